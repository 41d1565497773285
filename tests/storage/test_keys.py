"""Keys and sealing: nothing is read without the key, in another place, or after a change."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import SealBroken
from storage.keys import (
    KeyBesideData,
    KeyEmpty,
    KeyExample,
    KeyExposed,
    KeyMalformed,
    KeyMissing,
    KeyProblem,
    KeyRing,
    Sealer,
)

SEALER = Sealer(KeyRing({"k": os.urandom(32)}))


def _file(path: Path, words: str, mode: int = 0o600) -> Path:
    path.write_text(words)
    path.chmod(mode)
    return path


def _line(key: bytes, name: str = "k1") -> str:
    return f"{name} {base64.b64encode(key).decode()}\n"


GOOD = bytes(range(100, 132))


@pytest.mark.parametrize(
    ("words", "mode", "problem"),
    [
        ("", 0o600, KeyEmpty),
        ("\n \n", 0o600, KeyEmpty),
        (_line(GOOD[:31]), 0o600, KeyMalformed),
        (_line(GOOD + b"x"), 0o600, KeyMalformed),
        ("k1 not-base64!\n", 0o600, KeyMalformed),
        ("justoneword\n", 0o600, KeyMalformed),
        (_line(GOOD) * 2, 0o600, KeyMalformed),
        ("钥匙\n", 0o600, KeyMalformed),
        (_line(bytes(32)), 0o600, KeyExample),
        (_line(b"changeme" * 4), 0o600, KeyExample),
        (_line(bytes(range(32))), 0o600, KeyExample),
        (_line(GOOD), 0o640, KeyExposed),
        (_line(GOOD), 0o604, KeyExposed),
    ],
)
def test_a_key_that_protects_nothing_is_refused(
    tmp_path: Path, words: str, mode: int, problem: type[KeyProblem]
) -> None:
    with pytest.raises(problem) as refused:
        KeyRing.load(_file(tmp_path / "key", words, mode))
    assert len(str(refused.value)) > 20, "it says why in plain words"


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        KeyRing.load(tmp_path / "none")


def test_a_key_beside_the_data_is_refused(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "data" / "key")
    with pytest.raises(KeyBesideData):
        KeyRing.load(tmp_path / "data" / "key", data=tmp_path / "data")


def test_a_new_key_is_private_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyRing.create(path)
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        KeyRing.create(path)
    assert path.read_bytes() == before


def test_rotation_seals_anew_and_still_opens_the_old(tmp_path: Path) -> None:
    old = Sealer(KeyRing.create(tmp_path / "keys"))
    sealed, name = old.seal(b"before", "t.c:1"), old.fingerprint("telegram", "7")
    link = old.link(b"", b"row")
    new = Sealer(KeyRing.rotate(tmp_path / "keys"))
    assert new.open(sealed, "t.c:1") == b"before"
    assert new.fingerprint("telegram", "7") == name
    assert new.link(b"", b"row") == link
    with pytest.raises(SealBroken):
        old.open(new.seal(b"after", "t.c:1"), "t.c:1")


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_is_sealed_opens_in_its_place(plain: bytes, where: str) -> None:
    where = where.encode("utf-8", "replace").decode()
    assert SEALER.open(SEALER.seal(plain, where), where) == plain


def test_another_place_refuses() -> None:
    with pytest.raises(SealBroken):
        SEALER.open(SEALER.seal(b"secret", "leads.content:a"), "leads.content:b")


@given(st.binary(min_size=1, max_size=80), st.data())
def test_any_changed_byte_refuses(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(plain, "t.c:1"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), "t.c:1")


@given(st.binary(max_size=40))
def test_rubbish_refuses(rubbish: bytes) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(rubbish, "t.c:1")


def test_the_length_shows_only_in_steps() -> None:
    lengths = {len(SEALER.seal(b"x" * n, "t.c:1")) for n in range(64)}
    assert len(lengths) == 1
    assert len(SEALER.seal(b"x" * 64, "t.c:1")) - lengths.pop() == 64


def test_the_same_text_never_looks_the_same() -> None:
    assert SEALER.seal(b"x", "t.c:1") != SEALER.seal(b"x", "t.c:1")


def test_json_comes_back_as_it_went() -> None:
    value = {"t": "字", "b": b"\x00\xff", "n": [1, None, 2.5], "at": datetime.now(UTC)}
    assert SEALER.open_json(SEALER.seal_json(value, "w"), "w") == value


def test_json_is_cleaned_of_what_no_engine_keeps() -> None:
    value = {"t": "a\0b\ud800c", "\ud83d\ude00": ["\udfff"]}
    kept = SEALER.open_json(SEALER.seal_json(value, "w"), "w")
    assert kept == {"t": "a�b�c", "😀": ["�"]}


def test_fingerprints_are_keyed_and_unambiguous() -> None:
    assert SEALER.fingerprint("ab", "c") != SEALER.fingerprint("a", "bc")
    assert SEALER.fingerprint("7") == SEALER.fingerprint("7")
    assert Sealer(KeyRing({"k": os.urandom(32)})).fingerprint("7") != SEALER.fingerprint("7")
    assert len(SEALER.fingerprint("7")) == 26
