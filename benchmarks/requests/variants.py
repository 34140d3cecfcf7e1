"""Requests that anybody may send, made to cost the server as much as they can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import hdrs

from shared.web.operation import Operation

_VARIABLE = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_LONGEST = 64 * 1024
_TAKES_BODY = {hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE}
_FILLED = {"name": "order-events"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One request as it goes over the wire; `name` says what is special about it."""

    name: str
    wire: bytes
    is_stream: bool = False


def variants(operation: Operation) -> Iterator[Variant]:
    """Give an operation's requests, none with a key or a token that is right."""
    path = _VARIABLE.sub(lambda found: _FILLED.get(found[1], "0" * 26), operation.path)
    for name, target, headers, body in _shapes(operation, path):
        head = {"Host": "shop", "Accept": "text/html", **headers}
        if body is not None and "Transfer-Encoding" not in head:
            head["Content-Length"] = str(len(body))
        lines = "".join(f"{header}: {value}\r\n" for header, value in head.items())
        wire = f"{operation.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b"")
        yield Variant(name, wire, operation.is_stream)


def _shapes(
    operation: Operation, path: str
) -> Iterator[tuple[str, str, Mapping[str, str], bytes | None]]:
    query = f"{path}?token={'a' * 40}&topics=order-events&order_id={'0' * 26}"
    for name, headers in _HEADERS.items():
        yield name, query if operation.is_stream else path, headers, None
    for name, text in _QUERIES.items():
        yield name, f"{path}?{text}", {}, None
    yield "percent-encoded", path.rstrip("/") + "%41" * 2500, {}, None
    if operation.method in _TAKES_BODY:
        for name, body in BODIES.items():
            yield name, path, _JSON, body
        yield "form", f"{path}?token={'a' * 40}", _FORM, b"a=1&" * (_LONGEST // 4)
        yield "chunks of a byte", path, _JSON | {"Transfer-Encoding": "chunked"}, _CHUNKS
        yield "gzip", path, _JSON | {"Content-Encoding": "gzip"}, b"\x1f\x8b" + b"a" * 60_000


_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CHUNKS = b"1\r\n[\r\n" * 60_000 + b"0\r\n\r\n"

_HEADERS: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "100 headers": {f"X-{number}": "a" * 70 for number in range(100)},
    "100 cookies": {"Cookie": "; ".join(f"c{number}=" + "a" * 60 for number in range(100))},
    "languages": {"Accept-Language": ",".join(f"en-{number};q=0.1" for number in range(500))},
    "long token": {"Authorization": f"Bearer {'a' * 8000}"},
    "wrong token": {"Authorization": "Bearer 0123456789abcdef"},
    "old position": {"Last-Event-ID": "0123456789abcdef-1"},
    "etags": {"If-None-Match": ", ".join(f'"{number}"' for number in range(900))},
    "forwarded": {"X-Forwarded-For": ", ".join(f"192.0.2.{n % 250}" for n in range(500))},
}

_QUERIES: Mapping[str, str] = {
    "2,000 parameters": "&".join(f"a{number}=" for number in range(1100)),
    "one parameter, often": "a=&" * 2500,
    "many topics": "topics=" + ",".join(["order-events"] * 75) + "&order_id=1",
    "long token in the query": "token=" + "a" * 7000,
    "encoded query": "token=" + "%F0%9F%98%80" * 600,
}

_LINE = b'{"item":"latte","size":"large","modifiers":["oat-milk"],"quantity":20,"note":"hot"}'
_ORDER = b'{"customer_name":"Ada","items":[' + b",".join([_LINE] * 20) + b"]}"
BODIES: Mapping[str, bytes] = {
    "an order": _ORDER,
    "no order": b"{}",
    "nested arrays": b'{"items":' + b"[" * 32_000 + b"]" * 32_000 + b"}",
    "arrays side by side": b'{"items":[' + b"[]," * 21_000 + b"[]]}",
    "objects side by side": b'{"items":[' + b"{}," * 21_000 + b"{}]}",
    "arrays 30 deep": b'{"items":[' + (b"[" * 29 + b"]" * 29 + b",") * 1000 + b"1]}",
    "objects, as many as may be": b'{"items":[' + b"{}," * 480 + b"{}]}",
    "many names": json.dumps({f"n{number}": 0 for number in range(5500)}).encode(),
    "names, as many as may be": json.dumps({f"n{number}": 0 for number in range(950)}).encode(),
    "one name, often": b'{"items":0' + b',"items":0' * 6000 + b"}",
    "many numbers": b'{"items":[' + b"1," * 32_000 + b"1]}",
    "long numbers": b'{"items":[' + b",".join([b"9" * 4000] * 15) + b"]}",
    "floats": b'{"items":[' + b"1e9," * 15_000 + b"1]}",
    "a long string": b'{"customer_name":"' + b"a" * 65_000 + b'"}',
    "escapes": b'{"customer_name":"' + b"\\u00e9" * 10_800 + b'"}',
    "lone surrogates": b'{"customer_name":"' + b"\\ud800" * 10_800 + b'"}',
    "quotes": b'{"customer_name":"' + b'\\"' * 32_000 + b'"}',
    "a string without end": b"," * 1001 + b'"' + b'\\"' * 32_000,
    "names without end": b"{" * 1001 + b'"\\\\' * 21_000,
    "many strings": b'{"items":[' + b'"",' * 21_000 + b'""]}',
    "not UTF-8": b'{"customer_name":"' + b"\xff" * 65_000 + b'"}',
    "white space": b" " * 65_000 + b"{}",
    "lines": b"\n" * 65_000 + b"!",
    "1 KB nested": b'{"token":' + b"[" * 500 + b"]" * 500 + b"}",
    "1 KB of names": json.dumps({f"n{number}": 0 for number in range(90)}).encode(),
}
