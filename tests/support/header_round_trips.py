"""Random subjects and names through the headers of mail; needs nothing but a Python.

`python header_round_trips.py headers.py COUNT` prints the number of those that arrive changed.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import importlib.util
import random
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from types import ModuleType

ALPHABETS = (
    *(
        "abc XYZ",
        "äöü ßÄ",
        "半額 セール",
        "☕👨‍👩‍👧 🎉",
        "é̈ a",
        "שלום עולם",
        "=?_=?utf-8?q?a?= ",
        "\"'<>(),;:@ ",
    ),
    *("   ", "\u00a0\u2003 x", "-.!", "0123456789"),
)


IN_ONE_WORD = 36
"""Octets. Of longer names, in more encoded words, Python reads the spaces between these as well."""


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("headers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(rnd: random.Random) -> str:
    return "".join(
        rnd.choice(rnd.choice(ALPHABETS)) for _ in range(rnd.choice((1, 5, 40, 120, 300)))
    )


def name(rnd: random.Random) -> str:
    """A name as settings have it: visible, and with single spaces."""
    return " ".join(text(rnd)[:60].split())


def written(headers: ModuleType, subject: str, shown: str) -> bytes:
    message = EmailMessage(headers.mail_policy())
    message["From"] = Address(shown, "shop", "coffee.example")
    message["To"] = Address("", "a" * 64, "b" * 60 + "." + "c" * 60 + ".example")
    message["Subject"] = headers.one_line(subject)
    message.set_content("Come by!")
    return bytes(message)


def arrives(raw: bytes, subject: str, shown: str) -> bool:
    """Read the mail by both of Python's parsers."""
    new = email.message_from_bytes(raw, policy=email.policy.default)
    old = email.message_from_bytes(raw, policy=email.policy.compat32)
    name, address = email.utils.parseaddr(old["From"])
    return (
        new["Subject"] == subject
        and decoded(old["Subject"]) == subject
        and (decoded(name), address) == (shown, "shop@coffee.example")
        and (len(shown.encode()) > IN_ONE_WORD or new["From"].addresses[0].display_name == shown)
        and new["From"].addresses[0].addr_spec == "shop@coffee.example"
        and new["To"].addresses[0].addr_spec.startswith("a" * 64 + "@")
        and raw.split(b"\r\n\r\n")[0].isascii()
        and max(map(len, raw.split(b"\r\n"))) <= 998
        and set(new.keys())
        == {"From", "To", "Subject", "Content-Type", "MIME-Version", "Content-Transfer-Encoding"}
    )


def decoded(text: str) -> str:
    return str(email.header.make_header(email.header.decode_header(text)))


def changed(headers: ModuleType, count: int) -> list[tuple[str, str]]:
    rnd = random.Random(42)
    pairs = [(headers.one_line(text(rnd)), name(rnd)) for _ in range(count)]
    return [pair for pair in pairs if not arrives(written(headers, *pair), *pair)]


if __name__ == "__main__":
    sys.stdout.write(f"{len(changed(load(sys.argv[1]), int(sys.argv[2])))}\n")
