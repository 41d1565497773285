"""A malformed or hostile pack is refused whole, with file, line and reason, and never acted on."""

import os
from pathlib import Path

import pytest

from bot.commands.knowledge import sentence
from knowledge import folder as reading
from knowledge.findings import Finding, PackError
from knowledge.folder import Document
from knowledge.load import build_pack, load_pack
from tests.knowledge.small_pack import FILES, lower, write

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"

HOSTILE = [
    ("kind: card\nentries: !!python/object/apply:os.system [id]\n", "yaml_tag", 2),
    ("kind: card\nentries: !!set {a}\n", "yaml_tag", 2),
    ("kind: !local card\n", "yaml_tag", 1),
    ("kind: ! card\n", "yaml_tag", 1),
    ("%TAG ! tag:example.com,2000:\n---\nkind: card\n", "yaml_directive", 1),
    (BOMB, "yaml_alias", 1),
    ("kind: card\nentries: *nothing\n", "yaml_alias", 2),
    ("kind: card\nentries: []\nbase: &base {}\n<<: *base\n", "yaml_alias", 3),
    ("kind: card\nkind: power\nentries: []\n", "duplicate_key", 2),
    ("kind: card\nentries:\n  - id: C001\n    id: C002\n", "duplicate_key", 4),
    ("kind: card\n? [a, b]\n: c\n", "bad_key", 2),
    ("kind: card\n---\nkind: card\n", "several_documents", 2),
    ("kind: card\nentries: " + "[" * 40 + "]" * 40, "too_deep", 2),
    ("kind: card\nentries: " + "[" * 5000, "too_deep", 2),
    ("kind: card\nentries: [" + "[], " * 200_000 + "]\n", "too_many_values", 2),
    ("kind: card\nentries: [\n", "not_yaml", 3),
    ("kind: card\n\tentries: []\n", "not_yaml", 2),
    ("- kind\n- card\n", "not_a_mapping", 1),
    ("", "not_a_mapping", 1),
    ("kind: ../../etc/passwd\nentries: []\n", "unknown_kind", 1),
    ("entries: []\n", "unknown_kind", 1),
    ("kind: card\nentries: 12\n", "bad_value", 2),
    ("kind: card\nentries: [12]\n", "not_a_mapping", 2),
    ("kind: card\ngroups: [a]\nentries: []\n", "bad_value", 2),
    ("kind: card\nentries: []\nextra: 1\n", "unknown_field", 3),
    ("kind: card\ntitle: 正\u202e反\n", "hidden_character", 2),
    ("kind: card\ntitle: 零\u200b宽\n", "hidden_character", 2),
    ('kind: card\ntitle: "\\u202e反"\n', "hidden_character", 2),
    ('kind: card\ntitle: "\\0"\n', "hidden_character", 2),
    ("kind: card\nday: 2026-13-01\n", "no_such_day", 2),
    ("kind: words\nwords: {../../x: [a]}\n", "bad_form", 2),
]


def refused(folder: Path) -> tuple[Finding, ...]:
    """The reasons for which a pack is refused; each has a sentence for people."""
    with pytest.raises(PackError) as error:
        load_pack(folder)
    assert all(sentence(each) for each in error.value.findings)
    return error.value.findings


@pytest.mark.parametrize(("text", "code", "line"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_is_refused_by_line(
    tmp_path: Path, text: str, code: str, line: int
) -> None:
    found = refused(write(tmp_path / "p", hostile=text))[0]
    assert (found.code, found.file, found.line) == (code, "p/hostile.yaml", line)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xef\xbb\xbfkind: card\n", "byte_order_mark"),
        ("kind: card\n".encode("utf-16"), "byte_order_mark"),
        ("kind: card\ntitle: 公开\n".encode("gb18030"), "not_utf8"),
        (b"kind: card\x00\n", "hidden_character"),
        ("kind: card\n".encode("utf-16-le"), "hidden_character"),
    ],
)
def test_other_encodings_are_refused(tmp_path: Path, raw: bytes, code: str) -> None:
    folder = write(tmp_path / "p")
    (folder / "other.yaml").write_bytes(raw)
    assert refused(folder)[0].code == code


def test_links_and_other_special_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("kind: card\nentries: []\n")
    linked = write(tmp_path / "linked")
    (linked / "cards2.yaml").symlink_to(secret)
    assert refused(linked)[0].code == "not_a_plain_file"
    linked_folder = write(tmp_path / "folder")
    (linked_folder / "words2").symlink_to(tmp_path, target_is_directory=True)
    assert refused(linked_folder)[0].code == "not_a_plain_file"
    pipe = write(tmp_path / "pipe")
    os.mkfifo(pipe / "cards2.yaml")
    assert refused(pipe)[0].code == "not_a_plain_file"


def test_a_link_put_in_place_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "p")
    look = reading._files

    def swap(where: Path) -> list[tuple[Path, str]]:
        found = list(look(where))
        (folder / "cards.yaml").unlink()
        (folder / "cards.yaml").symlink_to(folder / "states.yaml")
        return found

    monkeypatch.setattr(reading, "_files", swap)
    assert refused(folder)[0].code == "unreadable"


def test_ten_megabytes_and_five_hundred_files_are_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = write(tmp_path / "big")
    (big / "long.yaml").write_text("kind: card\nentries: []\n" + "# 很长\n" * 1_200_000, "utf-8")
    assert refused(big)[0].code == "too_big"
    monkeypatch.setattr(reading, "MOST_FILES", 5)
    assert refused(write(tmp_path / "many"))[0].code == "too_many_files"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cards.yml", "not_a_pack_file"),
        ("run.py", "not_a_pack_file"),
        (".hidden.yaml", "bad_file_name"),
        ("a b.yaml", "bad_file_name"),
        ("..yaml", "bad_file_name"),
    ],
)
def test_a_file_nobody_would_read_is_refused(tmp_path: Path, name: str, code: str) -> None:
    folder = write(tmp_path / "p")
    (folder / name).write_text("kind: card\nentries: []\n")
    assert refused(folder)[0].code == code


@pytest.mark.parametrize(
    "name", ["p/../../etc/cron.yaml", "p//etc/cron.yaml", "p/..\\x.yaml", "p", "p/a/../b.yaml"]
)
def test_no_name_leads_out_of_the_pack(name: str) -> None:
    with pytest.raises(PackError, match="bad_file_name"):
        build_pack([Document(name, {"kind": "card", "entries": []})])


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    twice = FILES["cards.yaml"] + FILES["cards.yaml"].split("entries:\n")[1]
    (found,) = refused(write(tmp_path / "a", cards=twice))
    assert (found.code, found.entry) == ("duplicate_id", "C001")
    other_file = {**FILES, "more.yaml": FILES["cards.yaml"]}
    (found,) = refused(write(tmp_path / "b", other_file))
    assert (found.code, found.file) == ("duplicate_id", "b/more.yaml")
    other_kind = FILES["cards.yaml"].replace("C001", "SP01")
    assert refused(write(tmp_path / "c", cards=other_kind))[0].code == "duplicate_id"


def test_a_pack_without_manifest_or_folder_is_refused(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name != "manifest.yaml"}
    assert refused(write(tmp_path / "p", files))[0].code == "no_manifest"
    assert refused(tmp_path / "nowhere")[0].code == "no_folder"
    evil = lower("street").replace("name: street", "name: ../street")
    assert refused(write(tmp_path / "q", manifest=evil))[0].code == "bad_form"
