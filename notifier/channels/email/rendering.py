"""Templates of mail: values in HTML are escaped, and none may be missing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt

_FOLDER = Path(__file__).with_name("templates")
_SCHEMES = ("http://", "https://", "mailto:")


def new_templates() -> Environment:
    """Load the templates of mail."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = _Markdown().render
    return environment


class _Markdown(MarkdownIt):
    """CommonMark as newsletters may use it: no HTML, no images, links to the web and to mail.

    An image would let its server know who reads the mail, and when.
    """

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.disable("image")

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it-py calls it that
        return url.lower().startswith(_SCHEMES)
