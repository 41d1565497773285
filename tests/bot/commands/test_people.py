"""`invite`, `revoke`, `people list`: who comes in by which link, and who is out at once."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from typing_extensions import get_type_hints

from bot.commands import people as commands
from storage import history, instance, outbox, people
from storage.database import Tx
from storage.people import Person, Role
from tests.bot.commands.conftest import ORG, Terminal


@pytest.fixture
def staffed(both: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An organisation, and both kinds of links known."""
    both.write("org.yaml", ORG)
    both.ok("org", "import", "org.yaml", "--write")
    monkeypatch.setenv("CUNJIAN_PUBLIC_URL", "https://x.test/")
    both.within(lambda tx: instance.put(tx, "telegram.username", "cunjian_bot"))
    return both


def redeem(terminal: Terminal, link: str, account: str = "77") -> Person | None:
    """Opens an invitation's link."""
    code = re.split(r"/i/|start=", link)[1]
    now = datetime.now(UTC)
    return terminal.within(lambda tx: people.redeem(tx, code, "web", account, account, now))


def test_the_roles_offered_are_those_there_are() -> None:
    role = get_type_hints(commands.invite, include_extras=True)["role"]
    assert set(get_args(get_args(role)[0])) == {each.value for each in Role}


def test_an_invitation_brings_in_who_is_on_the_roster(staffed: Terminal) -> None:
    said = staffed.ok("invite", "--role", "monitor", "--place", "南礁村", "--name", "王 阿婆")
    assert "名单上有这个人" in said
    code = re.search(r"https://t\.me/cunjian_bot\?start=([\w-]{22})\n", said)
    assert code
    assert f"https://x.test/i/{code[1]}\n" in said
    found = redeem(staffed, f"/i/{code[1]}")
    assert found is not None
    assert (found.name, found.role) == ("王阿婆", Role.MONITOR)
    assert redeem(staffed, f"/i/{code[1]}") is None
    everyone = staffed.within(people.everyone)
    assert len(everyone) == 3
    roster = json.loads(staffed.ok("people", "list", "--json"))
    bound = {each["name"]: each["bound"] for each in roster["people"]}
    assert bound == {"王阿婆": ["web"], "李四": [], "赵管": []}


def test_an_invitation_brings_in_somebody_new(staffed: Terminal) -> None:
    words = ["invite", "--role", "officer", "--place", "东沙区/海云街道/北礁村", "--json"]
    told = json.loads(staffed.ok(*words, "--name", "新人", "--days", "2"))
    assert told["place"] == "东沙区/海云街道"
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=1, hours=23) < left <= timedelta(days=2)
    assert "新人" in staffed.ok("people", "list")
    found = redeem(staffed, told["web"])
    assert found is not None
    assert found.office_id is not None
    events = staffed.within(lambda tx: history.recent(tx, event="invited"))
    assert events[0].detail == {"invitation": told["id"], "role": "officer"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "monitor", "--place", "无此村"], "没有「无此村」"),
        (["--role", "monitor", "--place", ""], "没有「」"),
        (["--role", "officer", "--place", "南礁村", "--office", "XX"], "没有「XX」这个办公室"),
        (["--role", "monitor", "--place", "南礁村", "--qr", "a.gif"], ".png、.svg 或 .pdf"),
        (["--role", "monitor", "--place", "南礁村", "--qr", "org.yaml"], ".png、.svg 或 .pdf"),
        (["--role", "monitor", "--place", "南礁村", "--qr", "no/a.png"], "没有这个文件"),
        (["--role", "monitor", "--place", "南礁村", "--name", "\u202ea"], "看不见的字符"),
        (["--role", "monitor", "--place", "南礁村", "--name", "长" * 61], "姓名太长"),
    ],
)
def test_what_cannot_be_invited_is_refused(
    house: Terminal, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setenv("CUNJIAN_PUBLIC_URL", "https://x.test")
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    assert said in house.refused("invite", *words)
    assert house.within(people.invitations) == []


def test_a_place_named_twice_asks_for_the_path(
    house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUNJIAN_PUBLIC_URL", "https://x.test")
    house.write("org.yaml", "places: [甲区/东街/南村, 甲区/西街/南村]\n")
    house.ok("org", "import", "org.yaml", "--write")
    words = ["invite", "--role", "monitor", "--place"]
    assert "甲区/东街/南村 甲区/西街/南村" in house.refused(*words, "南村")
    house.ok(*words, "西街/南村")
    officer = ["invite", "--role", "officer", "--place", "西街/南村"]
    assert "没有办公室" in house.refused(*officer)


def test_without_any_link_nothing_is_issued(house: Terminal) -> None:
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    said = house.refused("invite", "--role", "monitor", "--place", "南礁村")
    assert "链接都还没有" in said
    assert house.within(people.invitations) == []


def test_the_link_that_is_not_known_yet_is_said(
    house: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUNJIAN_PUBLIC_URL", "https://x.test")
    house.write("org.yaml", ORG)
    house.ok("org", "import", "org.yaml", "--write")
    said = house.ok("invite", "--role", "monitor", "--place", "南礁村")
    assert "Telegram 的链接还不知道" in said
    assert "t.me" not in said


@pytest.mark.parametrize(
    ("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<svg"), ("a.pdf", b"%PDF-1.4")]
)
def test_a_sheet_to_print(staffed: Terminal, name: str, begins: bytes) -> None:
    words = ["invite", "--role", "monitor", "--place", "南礁村", "--name", "王阿婆", "--qr", name]
    assert "印出来当面交给本人" in staffed.ok(*words)
    sheet = staffed.folder / name
    assert sheet.read_bytes().startswith(begins)
    assert sheet.stat().st_mode & 0o077 == 0
    if name == "a.svg":
        text = sheet.read_text("utf-8")
        assert "东沙区/海云街道/南礁村" in text
        assert "前有效，只能用一次" in text
        assert "王阿婆" not in text
    assert "已经有这个文件" in staffed.refused(*words)


def test_who_is_revoked_is_out_at_once_and_told(staffed: Terminal) -> None:
    words = ["invite", "--role", "monitor", "--place", "南礁村", "--name", "王阿婆", "--json"]
    first, second = (json.loads(staffed.ok(*words)) for _ in range(2))
    assert redeem(staffed, first["web"]) is not None
    assert "已经停掉：监察信息员 王阿婆" in staffed.ok("revoke", "王阿婆")
    assert staffed.within(lambda tx: people.find(tx, "web", "77")) is None
    assert redeem(staffed, second["web"], "88") is None

    async def letters(tx: Tx) -> list[outbox.Letter]:
        return await outbox.due(tx, datetime.now(UTC) + timedelta(minutes=1))

    (letter,) = staffed.within(letters)
    assert "不在名单上" in letter.payload["text"]
    assert "王阿婆" not in staffed.ok("people", "list")
    assert "没有「王阿婆」" in staffed.refused("revoke", "王阿婆")


def test_an_invitation_is_taken_back(staffed: Terminal) -> None:
    told = json.loads(staffed.ok("invite", "--role", "monitor", "--place", "南礁村", "--json"))
    assert "作废了" in staffed.ok("revoke", told["id"])
    assert redeem(staffed, told["web"]) is None
    assert "已经用过或者作废" in staffed.refused("revoke", told["id"])


def test_of_two_with_one_name_neither_is_revoked_by_it(staffed: Terminal) -> None:
    staffed.write("more.yaml", "people:\n  - {role: 信息员, name: 王阿婆, place: 北礁村}\n")
    staffed.ok("org", "import", "more.yaml", "--write")
    said = staffed.refused("revoke", "王阿婆")
    ids = re.findall(r"^([a-z2-7]{10})  东沙区", said, re.MULTILINE)
    assert len(ids) == 2
    assert "写编号" in said
    assert "北礁村" in staffed.ok("revoke", ids[0]) + staffed.ok("revoke", ids[1])


def test_an_empty_roster_says_what_to_do(house: Terminal) -> None:
    assert "cunjian org import" in house.ok("people", "list")
