"""The rules of the house that no other tool checks."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from handlers import texts
from knowledge.yaml_text import parse

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "storage", "knowledge")
MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TEXT_FILES = sorted(path.stem for path in texts.FOLDER.glob("*.yaml"))
HAN = re.compile(r"[\u3400-\u9fff]")
KEY = re.compile(rf"^(?:{'|'.join(TEXT_FILES)})(?:\.[A-Za-z0-9_]+)+$")


def strings(path: Path) -> list[tuple[int, str]]:
    """Every string of a module, docstrings included, with its line."""
    tree = ast.parse(path.read_text("utf-8"))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_for_people_stand_in_texts_and_packs(path: Path) -> None:
    assert [line for line, value in strings(path) if HAN.search(value)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_grows_beyond_a_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_public_name_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module"
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, named)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_that_is_named_exists(path: Path) -> None:
    named = [value for _, value in strings(path) if KEY.match(value)]
    named = [key for key in named if not key.endswith((".html", ".py", "_"))]
    assert [key for key in named if not texts.has(key)] == []


@pytest.mark.parametrize("name", TEXT_FILES)
def test_no_sentence_shouts_or_flatters(name: str) -> None:
    def sentences(value: object) -> list[str]:
        if isinstance(value, dict):
            ours = [inner for key, inner in value.items() if key != "typed"]  # what people type
            return [one for inner in ours for one in sentences(inner)]
        if isinstance(value, list):
            return [one for inner in value for one in sentences(inner)]
        return [str(value)]

    loaded = yaml.safe_load((texts.FOLDER / f"{name}.yaml").read_text("utf-8"))
    for sentence in sentences(loaded):
        assert not re.search("[!！]|您好|感谢|恭喜|加油|真棒", sentence), sentence


@pytest.mark.parametrize("name", TEXT_FILES)
def test_no_text_is_hidden_by_another_of_its_name(name: str) -> None:
    # PyYAML takes the last of two keys without a word; packs are read by a parser that refuses.
    assert parse((texts.FOLDER / f"{name}.yaml").read_text("utf-8"), name)


def test_the_web_the_commands_and_the_domain_import_no_telegram_library() -> None:
    names = "bot.app, bot.demo, bot.__main__, handlers.answer, storage.leads, knowledge.search"
    code = (
        f"import {names}, sys; "
        "print([m for m in ('aiogram', 'telegram', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_every_package_imports_only_downwards() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
