"""docs/performance.md: a page of parts, each written by the command that its marker names."""

from __future__ import annotations

import re
from pathlib import Path

_BEGIN = "<!-- {name}: made by `{command}` -->"
_END = "<!-- /{name} -->"


def write_part(page: Path, name: str, made_by: str, markdown: str) -> None:
    """Put a part in the place of the one before, or at the end of the page."""
    begin, end = _BEGIN.format(name=name, command=made_by), _END.format(name=name)
    part = f"{begin}\n{markdown}\n{end}"
    text = page.read_text() if page.exists() else "# Performance\n"
    between = re.compile(rf"<!-- {name}: .*?{re.escape(end)}", re.DOTALL)
    if between.search(text):
        text = between.sub(lambda _: part, text)
    else:
        text = f"{text.rstrip()}\n\n{part}\n"
    page.write_text(text)
