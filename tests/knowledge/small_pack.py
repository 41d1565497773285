"""A small complete pack on disk (`small_pack_files`), to be written out whole or spoilt."""

from pathlib import Path

HERE = Path(__file__).parent / "small_pack_files"

FILES = {
    path.relative_to(HERE).as_posix(): path.read_text("utf-8") for path in HERE.rglob("*.yaml")
}
"""Each file of the small pack and its text."""


def write(folder: Path, files: dict[str, str] | None = None, **changed: str) -> Path:
    """Write a pack's files. `changed` replaces one by its name, `powers="…"` for powers.yaml."""
    told = dict(FILES if files is None else files)
    told.update({f"{name}.yaml": text for name, text in changed.items()})
    for name, text in told.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def lower(level: str, version: str = "2026.1.1") -> str:
    """The manifest of a pack of that level."""
    return (
        FILES["manifest.yaml"]
        .replace("name: national", f"name: {level}")
        .replace("level: national", f"level: {level}")
        .replace("2026.1.1", version)
    )


def spoilt(folder: Path, name: str, old: str, new: str) -> Path:
    """A small pack with one thing changed in one file; the old text must be there."""
    text = FILES[name]
    assert old in text, old
    return write(folder, {**FILES, name: text.replace(old, new, 1)})
