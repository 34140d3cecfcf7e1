"""How heartbeats are stored: a column, or an attribute, for each field."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

from shared.clock import sortable
from shared.domain.shop import CashierHeartbeat, Heartbeat, NotifierHeartbeat, WorkerHeartbeat

KEPT_AFTER = dt.timedelta(days=1)
"""How long the heartbeat of a worker that stopped uncleanly stays stored."""

_STORED_AS = {"worker": "barista", "newest_ticket_at": "head", "unannounced_since": "untold_since"}
"""The columns that are named otherwise than their field: stored names never change."""

_ADAPTERS: Mapping[type[Heartbeat], TypeAdapter[Any]] = {
    WorkerHeartbeat: TypeAdapter(WorkerHeartbeat),
    CashierHeartbeat: TypeAdapter(CashierHeartbeat),
    NotifierHeartbeat: TypeAdapter(NotifierHeartbeat),
}

_Heartbeat = TypeVar("_Heartbeat", WorkerHeartbeat, CashierHeartbeat, NotifierHeartbeat)


def columns(kind: type[Heartbeat]) -> Mapping[str, str]:
    """Give the column of each field; the first is that of the process's name."""
    fields = (field.name for field in dataclasses.fields(kind))
    return {field: _STORED_AS.get(field, field) for field in fields}


def to_row(beat: Heartbeat) -> Mapping[str, Any]:
    """Write a heartbeat as a value for each column, times as sortable text."""
    row = {column: getattr(beat, field) for field, column in columns(type(beat)).items()}
    return {
        column: sortable(value) if isinstance(value, dt.datetime) else value
        for column, value in row.items()
    }


def from_row(kind: type[_Heartbeat], row: Mapping[str, Any]) -> _Heartbeat:
    """Read a heartbeat; an older release may have left columns out that have a default."""
    known = columns(kind).items()
    values = {field: row[column] for field, column in known if column in row}
    beat: _Heartbeat = _ADAPTERS[kind].validate_python(values)
    return beat
