"""Style sheets, modules and pictures of pages, at addresses that change with their contents.

An address has a hash of its whole folder, so that modules may import one another by relative
addresses, and browsers need not ask again.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from posixpath import dirname, join, normpath

from aiohttp import hdrs, web
from rjsmin import jsmin

from shared.web.operation import Operation, Response, Role
from shared.web.problem import NOT_FOUND, Problem

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""The kinds of assets there are; the machine's own table of types may have others for them."""

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_BREAK = re.compile(r"(?<=[{};,])\s*\n\s*|(?<=\n)\s+|;\s*(?=\})")
"""Line breaks that no rule needs; spaces stay, as some of them have a meaning in nested rules."""

_FOR_EVER = "public, max-age=31536000, immutable"
_VERSION_DIGITS = 12
_IMPORT = re.compile(rb"""\b(?:from|import)\s*["']([^"']+\.js)["']""")


@dataclass(frozen=True)
class Assets:
    """The assets in a folder, served below `root`.

    Its modules import those of other folders, which it `uses`, by `<root>/<name>`, as in
    `/assets/dom.js`; they are sent with the version in it.
    """

    root: str
    folder: Path
    uses: Sequence[Assets] = field(default=())

    @functools.cached_property
    def files(self) -> Mapping[str, bytes]:
        """What is sent, by name."""
        paths = sorted(path for path in self.folder.iterdir() if path.suffix in MEDIA_TYPES)
        return {path.name: self._with_versions(_for_browsers(path)) for path in paths}

    @functools.cached_property
    def version(self) -> str:
        """The hash of all files."""
        digest = hashlib.sha256()
        for name, content in self.files.items():
            digest.update(b"%s %d\n%s" % (name.encode(), len(content), content))
        return digest.hexdigest()[:_VERSION_DIGITS]

    def url(self, name: str) -> str:
        """Return the address of a file; raises KeyError when there is none of that name."""
        self.files[name]
        return f"{self.root}/{self.version}/{name}"

    def imports(self, name: str) -> Iterator[str]:
        """List the addresses of the modules that a module imports, and that those import."""
        pending, found = [self.url(name)], dict[str, None]()
        while pending:
            url = pending.pop()
            for imported in _IMPORT.findall(self._at(url)):
                absolute = normpath(join(dirname(url), imported.decode()))
                if absolute not in found:
                    found[absolute] = None
                    pending.append(absolute)
        return iter(found)

    def operation(self) -> Operation:
        """Make the operation that serves the files to anyone."""
        return Operation(
            method=hdrs.METH_GET,
            path=f"{self.root}/{{version}}/{{name}}",
            summary="A style sheet, a module or a picture of pages",
            handler=self._send,
            responses={HTTPStatus.OK: Response("The file", media_type="text/javascript")},
            role=Role.ANYONE,
            tag="pages",
            documented=False,
            turns=True,
        )

    async def _send(self, request: web.Request) -> web.StreamResponse:
        """Send a file; of another version, which an open page may still name, the newest one."""
        name = request.match_info["name"]
        if name not in self.files:
            raise Problem(NOT_FOUND, "there is no such asset")
        is_newest = request.match_info["version"] == self.version
        return web.Response(
            body=self.files[name],
            content_type=MEDIA_TYPES[Path(name).suffix],
            charset="utf-8",
            headers={hdrs.CACHE_CONTROL: _FOR_EVER if is_newest else "no-cache"},
        )

    def _with_versions(self, content: bytes) -> bytes:
        for used in self.uses:
            bare = f'"{used.root}/'.encode()
            content = content.replace(bare, f'"{used.root}/{used.version}/'.encode())
        return content

    def _at(self, url: str) -> bytes:
        for assets in (self, *self.uses):
            root = f"{assets.root}/{assets.version}/"
            if url.startswith(root):
                return assets.files[url.removeprefix(root)]
        raise KeyError(url)


def _for_browsers(path: Path) -> bytes:
    """Leave out what only readers need: a third."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        text = jsmin(text)
    elif path.suffix == ".css":
        text = _CSS_BREAK.sub("", _CSS_COMMENT.sub("", text)).strip()
    return text.encode()


SHARED_ASSETS = Assets("/assets", Path(__file__).with_name("assets"))
"""The look of all pages, and the modules that they share."""
