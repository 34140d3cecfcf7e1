"""Resolves names for a process, and records the addresses it connects to, by audit hooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NameServer:
    """Resolves some names for the processes that have its `variables`; others as usual."""

    folder: Path

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of a service that uses it."""
        return {
            "CHAOS_NAMES": str(self._names),
            "CHAOS_CONNECTIONS": str(self._connections),
            "PYTHONPATH": str(Path(__file__).with_name("under_names")),
        }

    def mean(self, **meanings: str) -> None:
        """Resolve each of these names under `.test` to one address from now on."""
        news = self._names.with_suffix(".new")
        news.write_text(json.dumps({f"{name}.test": to for name, to in meanings.items()}))
        news.replace(self._names)

    def dialled(self) -> set[str]:
        """Return the addresses to which a connection was tried."""
        return set(self._connections.read_text().split())

    @property
    def _names(self) -> Path:
        return self.folder / "names.json"

    @property
    def _connections(self) -> Path:
        return self.folder / "connections.txt"
