"""The `Idempotency-Key` header: a request repeated under the same key is carried out once.

Whoever sends the key and the body of an order gets that order, from whatever address. So the key
is its sender's secret, and has to be random.
"""

from __future__ import annotations

import itertools
import re
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from shared.web.operation import Parameter
from shared.web.problem import Problem, ProblemKind

IDEMPOTENCY_KEY = "Idempotency-Key"

INVALID_KEY = ProblemKind(
    "invalid-idempotency-key", HTTPStatus.BAD_REQUEST, "The idempotency key is malformed"
)
KEY_REUSED = ProblemKind(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The idempotency key belongs to another request",
)

_KEY = re.compile(r"[\x21-\x7e]{16,255}")
_HEX_KEY = re.compile(r"[0-9a-f]{32,}")
_SEPARATORS = frozenset("-_.:/@")

_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_IN_WORDS = """
    th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le
    sa si ar ve ra ld ur ro ri io ic ne me no wh co ll la li ta ma ch ce ca om be us ho so wa em fe
    ff ee tt ad da my id ke ey ay am pa pr pl fi ir rs rd ot po pe op ow wi we ec tr ac ct ut un su
    sh ss ns ts ge gh ie il im iv ig ol lo ly mo mi do di ai vi ul wo ex el ef ev ep ap av ab ag ci
    cu ck cl cr du ds fo fr ga go gr ks ki mp nc ni oo os oc pp qu rt ry rm rr tu ty ue up uc ua ui
    um va wn ye yo ys ba bl br bo bu by
"""
_PREDICTABLE = frozenset(_IN_WORDS.split()) | {
    first + second
    for sequence in (*_SEQUENCES, *(text[::-1] for text in _SEQUENCES))
    for first, second in itertools.pairwise(sequence)
}
"""Pairs of characters that words, counters and keyboards have."""

_HEX_STEPS = frozenset(
    (one, other)
    for one, other in itertools.product("0123456789abcdef", repeat=2)
    if abs(int(one, 16) - int(other, 16)) <= 1
)

KEY_PARAMETER = Parameter(
    IDEMPOTENCY_KEY,
    "header",
    "16 to 255 visible ASCII characters, as hard to guess as a UUID: it is the caller's secret."
    " What is sent again under the same key is done once",
    Annotated[
        str,
        Field(pattern=rf"^{_KEY.pattern}$", examples=["9f0c3d8e-5b1a-4c67-8e2f-d41b7a90c365"]),
    ],
)


def idempotency_key(request: web.Request) -> str | None:
    """Read the key, if there is one; raises a Problem of kind INVALID_KEY."""
    keys = request.headers.getall(IDEMPOTENCY_KEY, [])
    if not keys:
        return None
    if len(keys) > 1 or not is_idempotency_key(keys[0]):
        raise Problem(
            INVALID_KEY,
            f"{IDEMPOTENCY_KEY} is one of 16 to 255 visible ASCII characters, and as hard to guess"
            " as a UUID; uuidgen, crypto.randomUUID() or Python's uuid.uuid4() makes one",
        )
    return keys[0]


def is_idempotency_key(value: str) -> bool:
    """Return whether `value` is 16 to 255 visible ASCII characters that look random.

    Words and counters lie below the bounds. Fewer than one in a million random keys of 96 bits or
    more does: `tests/unit/shared/test_idempotency_keys.py` has both.
    """
    least = min(46, max(25, 1.5 * len(value)))
    return _KEY.fullmatch(value) is not None and _estimated_bits(value) >= least


def _estimated_bits(key: str) -> int:
    """Estimate what it takes to guess the key: predictable pairs and repeated ones add little."""
    if digits := _HEX_KEY.search(key.lower().replace("-", "")):
        return 4 * len(set(itertools.pairwise(digits[0])) - _HEX_STEPS)
    bits, before, seen = 0, "", set[str]()
    for character in key:
        if character in _SEPARATORS:
            bits, before = bits + 1, ""
            continue
        pair = (before + character).lower()
        if pair not in seen and character != before:
            seen.add(pair)
            bits += _bits_of(before, character, pair) if before else 2
        before = character
    return bits


def _bits_of(before: str, character: str, pair: str) -> int:
    starts_a_word = before.islower() and character.isupper()
    predictable = pair.isdigit() or (pair in _PREDICTABLE and not starts_a_word)
    return 1 if predictable else 5
