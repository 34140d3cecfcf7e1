"""Closed orders are deleted after the time that the settings say, changes after a year."""

from __future__ import annotations

import datetime as dt

from producer.reconciling.retention import Retention
from shared.domain.change import Change, Changed
from shared.domain.order import OrderState
from tests.support.back_room import BackRoom

KEEP = dt.timedelta(days=30)


async def test_old_orders_that_are_closed_are_deleted_and_those_that_wait_are_not(
    room: BackRoom,
) -> None:
    closed = [await room.moved(await room.stored(), OrderState.CANCELED) for _ in range(450)]
    waiting = await room.stored()
    ready = await room.moved(await room.stored(), OrderState.PREPARING, OrderState.READY)
    room.ahead = KEEP - dt.timedelta(hours=1)
    recent = await room.moved(await room.stored(), OrderState.CANCELED)
    retention = Retention(room.store, room.clock, KEEP)
    await retention.delete_old()
    assert await room.store.get(closed[0].id) == closed[0]

    room.ahead = KEEP + dt.timedelta(hours=1)
    await retention.delete_old()
    assert [one for one in closed if await room.store.get(one.id)] == []
    for kept in (waiting, ready, recent):
        assert await room.store.get(kept.id) == kept


async def test_who_changed_what_is_known_for_a_year(room: BackRoom) -> None:
    retention = Retention(room.store, room.clock, KEEP)
    await room.store.record_change(Change(room.clock(), "ada", Changed.SHOP, "paused"))
    room.ahead = dt.timedelta(days=365)
    await room.store.record_change(Change(room.clock(), "ada", Changed.SHOP, "open"))
    await retention.delete_old()
    assert [one.detail for one in (await room.store.changes(9)).changes] == ["open"]
