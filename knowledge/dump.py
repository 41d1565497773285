"""From documents back to files, in the form in which the packs are written by hand."""

from typing import Any

import yaml

from knowledge.folder import Document


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, as the packs do, and never writes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(document: Document) -> str:
    """The file's text; the remarks at the head of its former text are kept."""
    kept = []
    for line in document.text.splitlines():
        if line and not line.startswith("#"):
            break
        kept.append(line)
    head = "\n".join(kept).strip()
    body = yaml.dump(document.data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=99)
    return f"{head}\n{body}" if head else body
