"""What holds for every command: plain words for every error, and a quick start."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import storage
from bot.commands.common import sentences
from bot.settings import Settings
from handlers.texts import find, has
from storage.errors import Told
from tests.bot.commands.conftest import Terminal

ROOT = Path(storage.__file__).parents[1]
HEAVY = {"aiogram", "telegram", "sqlalchemy", "openpyxl", "PIL", "segno", "fastapi", "numpy"}


def told_errors() -> list[type[Told]]:
    """Every error of storage whose docstring is its message."""
    for module in pkgutil.walk_packages(storage.__path__, "storage."):
        if ".migrations" not in module.name and module.name != "storage.redraw":
            importlib.import_module(module.name)
    found, todo = [], [Told]
    while todo:
        kinds = todo.pop().__subclasses__()
        found += kinds
        todo += kinds
    return found


@pytest.mark.parametrize("kind", told_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_storage_has_its_own_sentence(kind: type[Told]) -> None:
    assert find(f"cli.error.{kind.__name__}")
    (line,) = sentences(kind())
    assert not line.isascii()


def test_every_reason_to_refuse_a_backup_has_its_sentence() -> None:
    tree = ast.parse((ROOT / "storage" / "backup.py").read_text("utf-8"))
    reasons = {
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Refused"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    assert reasons
    assert reasons == set(find("cli.refused"))


def test_what_nobody_foresaw_is_one_line_with_its_place() -> None:
    try:
        Settings().port.bit_length("secret")  # type: ignore[call-arg]
    except TypeError as error:
        (line,) = sentences(error)
    assert "TypeError" in line
    assert "secret" not in line


def test_every_setting_is_explained() -> None:
    assert set(find("cli.setting")) == set(Settings.model_fields)


def test_the_commands_start_without_anything_heavy() -> None:
    code = (
        "import sys; from bot.commands import data, leads, org, people, procedure;"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_sentence_that_is_named_exists() -> None:
    said: set[str] = set()
    for source in (ROOT / "bot").rglob("*.py"):
        text = source.read_text("utf-8")
        said |= set(re.findall(r'(?:find|say|words|has)\(\s*"(cli\.[a-z_.0-9]+)"', text))
        if "bot.commands.common import" in text:
            told = re.findall(r'(?<![._])(?:tell|fail)\(\s*"([a-z_.0-9]+)"', text)
            said |= {f"cli.{key}" for key in told}
    assert len(said) > 100
    assert [key for key in sorted(said) if not has(key)] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["invite"], 2),
        (["invite", "--role", "king", "--place", "x"], 2),
        (["invite", "--role", "monitor", "--place", "x", "--days", "0"], 2),
        (["outbox", "release"], 2),
        (["inbox", "retry", "x"], 2),
        (["org", "import"], 2),
        (["nonsense"], 2),
    ],
)
def test_wrong_usage_is_exit_2(house: Terminal, words: list[str], code: int) -> None:
    assert house.run(*words).exit_code == code


def test_a_broken_settings_file_is_named_with_its_line(terminal: Terminal) -> None:
    terminal.write("cunjian.toml", 'data = "x"\nhttp = nonsense"\n')
    assert "cunjian.toml 第 2 行" in terminal.refused("people", "list")
    terminal.write("cunjian.toml", "packs = 5\n")
    assert "「packs」" in terminal.refused("people", "list")


def test_nothing_is_begun_in_a_folder_without_an_installation(terminal: Terminal) -> None:
    assert "cunjian init" in terminal.refused("people", "list")
    assert not (terminal.folder / "data").exists()
