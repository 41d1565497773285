"""`init`, `migrate`, `doctor`, `verify`: what a steward meets first, and after a mishap."""

import json
import os
import sqlite3
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import doctor
from bot.settings import Settings
from storage import inbox, instance, outbox
from storage.database import Tx
from storage.keys import KeyRing, Sealer
from storage.leader import MAIN, lock
from tests.bot.commands.conftest import ORG, Terminal


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_everything_private_and_keeps_it_the_second_time(terminal: Terminal) -> None:
    assert "新做了密钥" in terminal.ok("init")
    files = {name: terminal.folder / name for name in ("cunjian.toml", "cunjian.key")}
    assert all(mode(path) == 0o600 for path in files.values())
    assert mode(terminal.folder / "data") == 0o700
    assert mode(terminal.folder / "data" / "cunjian.db") == 0o600
    before = {name: path.read_bytes() for name, path in files.items()}
    assert "没动" in terminal.ok("init")
    assert {name: path.read_bytes() for name, path in files.items()} == before


def test_the_settings_file_changes_nothing_and_names_every_setting(terminal: Terminal) -> None:
    terminal.ok("init")
    text = (terminal.folder / "cunjian.toml").read_text("utf-8")
    assert tomllib.loads(text) == {}
    spoken = "\n".join(
        line.removeprefix("# ")
        for line in text.split("\n")
        if line.startswith("# ") and " = " in line
    )
    assert set(tomllib.loads(spoken)) == set(Settings.model_fields)
    terminal.write("cunjian.toml", spoken)
    assert Settings().http == "127.0.0.1:8787"


def test_no_new_key_is_made_where_data_wait_for_the_old_one(terminal: Terminal) -> None:
    terminal.ok("init")
    (terminal.folder / "cunjian.key").unlink()
    assert "找回原来的密钥" in terminal.refused("init")
    assert not (terminal.folder / "cunjian.key").exists()


def test_no_new_key_is_left_where_postgres_waits_for_the_old_one(both: Terminal) -> None:
    both.ok("people", "list")
    (both.folder / "cunjian.key").unlink()
    assert "找回原来的密钥" in both.refused("init")
    assert not (both.folder / "cunjian.key").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda key: key.chmod(0o644), "chmod 600"),
        (lambda key: key.write_text(""), "空的"),
        (lambda key: key.write_text("a b\n"), "内容不对"),
        (lambda key: key.write_text("a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), "例子"),
        (lambda key: key.unlink(), "没有密钥文件"),
    ],
)
def test_a_bad_key_is_refused_in_plain_words(house: Terminal, spoil: object, said: str) -> None:
    house.ok("people", "list")
    spoil(house.folder / "cunjian.key")  # type: ignore[operator]
    assert said in house.refused("people", "list")
    assert said in house.run("doctor").stdout


def test_a_foreign_key_and_one_beside_the_data_are_refused(
    house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.ok("people", "list")
    KeyRing.create(house.folder / "other.key")
    monkeypatch.setenv("CUNJIAN_KEY_FILE", "other.key")
    assert "打不开这些数据" in house.refused("people", "list")
    KeyRing.create(house.folder / "data" / "inner.key")
    monkeypatch.setenv("CUNJIAN_KEY_FILE", "data/inner.key")
    assert "数据目录里" in house.refused("people", "list")


def test_an_older_database_is_refused_until_it_is_migrated(terminal: Terminal) -> None:
    terminal.ok("init")
    (terminal.folder / "data" / "cunjian.db").unlink()
    sqlite3.connect(terminal.folder / "data" / "cunjian.db").close()
    assert "cunjian migrate" in terminal.refused("people", "list")
    assert "这一版" in terminal.ok("migrate")
    terminal.ok("people", "list")


def marks(terminal: Terminal) -> dict[str, str]:
    found = json.loads(terminal.run("doctor", "--json").stdout)
    return {check["name"]: check["mark"] for check in found}


def test_doctor_is_content_with_a_fresh_installation(both: Terminal) -> None:
    found = marks(both)
    assert "bad" not in found.values()
    assert {"settings", "key", "database", "disk", "running", "queues", "packs"} <= set(found)
    assert both.run("doctor").exit_code == 0


def test_doctor_names_what_is_stuck(both: Terminal, now: datetime) -> None:
    async def stick(tx: Tx) -> None:
        row = await inbox.store(tx, "telegram", "1", "p", {"text": "x"}, now)
        assert row is not None
        assert await inbox.fail(tx, row, now, "ValueError", limit=1)
        letter = await outbox.put(
            tx, channel="telegram", chat="7", lane="answer", payload={"text": "密"}, now=now
        )
        assert letter is not None
        await outbox.dead(tx, letter, now, "blocked")

    both.within(stick)
    done = both.run("doctor")
    assert done.exit_code == 1
    assert "放一边的 1 条，送不到的 1 条" in done.stdout
    for words in (["outbox", "list"], ["inbox", "parked"], ["outbox", "list", "--json"]):
        said = both.ok(*words)
        assert "密" not in said
        assert "telegram" in said
    (row,) = json.loads(both.ok("inbox", "parked", "--json"))
    assert "会再试" in both.ok("inbox", "retry", row["id"])
    assert "不在放一边的里面" in both.refused("inbox", "retry", row["id"])


def test_doctor_sees_a_wild_clock_and_a_running_server(house: Terminal) -> None:
    async def later(tx: Tx) -> None:
        await instance.heartbeat(tx, datetime.now(UTC) + timedelta(days=3))

    house.within(later)
    assert marks(house)["clock"] == "bad"

    sealer = Sealer(KeyRing.load(house.folder / "cunjian.key"))
    handle = lock(house.folder / "data", sealer.fingerprint("leader", MAIN))
    assert handle is not None
    assert marks(house)["running"] == "ok"
    os.close(handle)
    assert marks(house)["running"] == "mind"


@pytest.mark.parametrize(
    ("name", "value", "failing"),
    [
        ("HTTP", "nowhere", "settings"),
        ("WEBHOOK_URL", "https://x.test", "settings"),
        ("PACKS", '["none"]', "packs"),
        ("LOG_LEVEL", "INFO", ""),
    ],
)
def test_doctor_judges_the_settings(
    house: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, failing: str
) -> None:
    monkeypatch.setenv(f"CUNJIAN_{name}", value)
    found = marks(house)
    assert [key for key, mark in found.items() if mark == "bad"] == ([failing] if failing else [])


def test_doctor_sees_a_disk_that_fills(house: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FULL", 1e9)
    assert marks(house)["disk"] == "bad"
    monkeypatch.setattr(doctor, "FULL", 0.0)
    monkeypatch.setattr(doctor, "LOW", 1e9)
    assert marks(house)["disk"] == "mind"


def test_doctor_says_which_office_hears_nothing(house: Terminal) -> None:
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    assert "海云街道监察办 收不到线索" in house.run("doctor").stdout.replace("区信访室 ", "")


def test_verify_is_content_until_a_row_is_touched(house: Terminal) -> None:
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    lead = house.lead()
    assert "没有问题" in house.ok("verify")
    assert json.loads(house.ok("verify", "--json")) == []
    with sqlite3.connect(house.folder / "data" / "cunjian.db") as raw:
        raw.execute("UPDATE leads SET outcome = 'x'")
    said = house.refused("verify")
    assert f"线索 {lead.number}：结果和经过对不上" in said
    assert json.loads(house.run("verify", "--json").stdout)
