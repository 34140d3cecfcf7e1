"""Whose a key is, as a process knows it: how fresh, how often read, and when the store is away."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import structlog

from shared.domain.errors import UnavailableError
from shared.domain.staff import OWNER, StaffKey, StaffKeyRecord, StaffRole
from shared.domain.tokens import token_digest
from shared.web.known_keys import FRESH_SECONDS, KEPT_SECONDS, KnownKeys

ADA = StaffKey("1", "Ada", StaffRole.BARISTA)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@dataclass
class Shop:
    """A store of keys that can fail, and a clock; one second of it is a second of nobody's."""

    keys: dict[str, StaffKey] = field(default_factory=dict)
    reads: int = 0
    fails: bool = False
    now: float = 0.0

    def __post_init__(self) -> None:
        self.known = KnownKeys(token_digest("the-owners"), self.read, lambda: self.now)

    async def read(self) -> Sequence[StaffKeyRecord]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.fails:
            raise UnavailableError("the store is away")
        return [
            StaffKeyRecord(key, token_digest(token), NOW, "owner")
            for token, key in self.keys.items()
        ]


async def test_a_key_is_read_once_a_second_however_often_it_is_shown() -> None:
    shop = Shop({"adas": ADA})
    for _ in range(10):
        holders = await asyncio.gather(*(shop.known.holder("adas") for _ in range(100)))
        assert holders == [ADA] * 100
        shop.now += FRESH_SECONDS / 10
    assert shop.reads == 1


async def test_a_withdrawn_key_is_nobodys_a_second_later() -> None:
    shop = Shop({"adas": ADA})
    assert await shop.known.holder("adas") == ADA
    del shop.keys["adas"]
    shop.now += FRESH_SECONDS
    assert await shop.known.holder("adas") == ADA  # what was read then may be a second old
    shop.now += 0.001
    assert await shop.known.holder("adas") is None


async def test_a_key_is_good_as_soon_as_it_is_added() -> None:
    shop = Shop()
    assert await shop.known.holder("adas") is None
    shop.keys["adas"] = ADA
    shop.now += 0.001
    assert await shop.known.holder("adas") == ADA


async def test_the_owners_key_needs_no_store() -> None:
    shop = Shop(fails=True)
    assert await shop.known.holder("the-owners") == OWNER
    assert shop.reads == 0


async def test_the_owners_old_key_is_good_too_while_it_is_rotated_and_said_once_a_minute() -> None:
    shop = Shop(fails=True)
    shop.known.old_owner_digest = token_digest("the-owners-old")
    with structlog.testing.capture_logs() as logs:
        for key in ("the-owners-old", "the-owners", "the-owners-old"):
            assert await shop.known.holder(key) == OWNER
    assert [log["event"] for log in logs] == ["staff_key.old_shown"]
    shop.known.old_owner_digest = None
    for key in ("the-owners-old", ""):
        with pytest.raises(UnavailableError):
            await shop.known.holder(key)


async def test_while_the_store_is_away_known_keys_are_good_for_a_time_and_others_unknown() -> None:
    shop = Shop({"adas": ADA})
    assert await shop.known.holder("adas") == ADA
    shop.fails = True
    with structlog.testing.capture_logs() as logs:
        for shop.now in (FRESH_SECONDS + 1, KEPT_SECONDS):
            assert await shop.known.holder("adas") == ADA
            with pytest.raises(UnavailableError):
                await shop.known.holder("somebodys")
        shop.now = KEPT_SECONDS + 3
        with pytest.raises(UnavailableError):
            await shop.known.holder("adas")
    assert {log["event"] for log in logs} == {"staff_keys.not_read"}
    assert "adas" not in str(logs)
    assert await shop.known.holder("the-owners") == OWNER
    shop.fails = False
    shop.now += FRESH_SECONDS
    assert await shop.known.holder("adas") == ADA


async def test_a_store_that_is_away_is_asked_once_a_second() -> None:
    shop = Shop(fails=True)
    for _ in range(20):
        with pytest.raises(UnavailableError):
            await shop.known.holder("somebodys")
        shop.now += FRESH_SECONDS / 10
    assert shop.reads == 2


async def test_keys_that_nobody_has_share_the_reads() -> None:
    shop = Shop({"adas": ADA})
    holders = await asyncio.gather(*(shop.known.holder(f"guess {n}") for n in range(100)))
    assert holders == [None] * 100
    assert shop.reads <= 2
