"""An idempotency key is its sender's secret: random ones are taken, typed ones are not."""

from __future__ import annotations

import base64
import random
import string
import uuid
from collections.abc import Callable
from random import Random

import pytest

from shared.web.idempotency import is_idempotency_key

KEYS_OF_EACH_FORM = 100_000
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VISIBLE = string.ascii_letters + string.digits + string.punctuation


def uuid4(draw: Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def uuid7(draw: Random) -> str:
    """RFC 9562, section 5.7: 48 bits of milliseconds, then 74 random ones."""
    milliseconds = 1_795_862_400_000 + draw.randrange(10**10)
    number = milliseconds << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62
    return str(uuid.UUID(int=number | draw.getrandbits(62)))


def ulid(draw: Random) -> str:
    time = "01KB4" + "".join(draw.choices(CROCKFORD, k=5))
    return time + "".join(draw.choices(CROCKFORD, k=16))


def base64url(draw: Random) -> str:
    """Make what `secrets.token_urlsafe(16)` does."""
    return base64.urlsafe_b64encode(draw.randbytes(16)).decode().rstrip("=")


FORMS: dict[str, Callable[[Random], str]] = {
    "UUIDv4": uuid4,
    "UUIDv4 in capitals": lambda draw: uuid4(draw).upper(),
    "UUIDv4 without hyphens": lambda draw: uuid4(draw).replace("-", ""),
    "UUIDv4 with a prefix": lambda draw: f"load-{uuid4(draw)}",
    "UUIDv7": uuid7,
    "ULID": ulid,
    "ULID in small letters": lambda draw: ulid(draw).lower(),
    "token_hex(16)": lambda draw: draw.randbytes(16).hex(),
    "token_urlsafe(16)": base64url,
    "16 visible characters": lambda draw: "".join(draw.choices(VISIBLE, k=16)),
    "16 characters of base64": lambda draw: base64.b64encode(draw.randbytes(12)).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_random_key_is_refused(form: str) -> None:
    draw = random.Random(form)
    keys = (FORMS[form](draw) for _ in range(KEYS_OF_EACH_FORM))
    assert [key for key in keys if not is_idempotency_key(key)] == []


@pytest.mark.parametrize(
    "key",
    [
        *("a" * 16, "1234567890123456", "abcdefghijklmnop", "qwertyuiopasdfgh", "k" * 255),
        *("my-order-2026-11-28", "order-0000000000001", "README-first-order"),
        *("test-test-test-test", "the-first-order-of-ada", "my-first-coffee-order"),
        *("correct-horse-battery-staple", "ada-lovelace-latte-oat-milk"),
        *("ada@example.com-latte-1", "grace.hopper@guests.example", "+4915112345678901"),
        *("1795862400123456789", "2026-11-28T10:30:45.123456Z", "load-ada-000001-000017"),
        *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        *("00000000-0000-4000-8000-000000000001", "11111111-2222-3333-4444-555555555555"),
        *("12345678-1234-1234-1234-123456789012", "0123456789abcdef" * 2, "deadbeef" * 4),
    ],
)
def test_a_key_that_can_be_guessed_is_refused(key: str) -> None:
    assert not is_idempotency_key(key)


@pytest.mark.parametrize("change", ["{}\n", "{} ", "{}é", "{}\x7f"])
def test_a_key_has_visible_ascii_characters_only(change: str) -> None:
    assert not is_idempotency_key(change.format(uuid.uuid4()))


def test_a_key_has_16_to_255_characters() -> None:
    draw = random.Random(1)
    lengths = {length: "".join(draw.choices(VISIBLE, k=length)) for length in (15, 16, 255, 256)}
    taken = [length for length, key in lengths.items() if is_idempotency_key(key)]
    assert taken == [16, 255]
