"""The parts that were measured, kept until the others are: `make bench ONLY=…` completes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bench.provenance import Provenance, measured_where
from benchmarks.make_run import ROOT
from benchmarks.section import Bound, Section, bounds_table

KEPT = ROOT / "build/bench"


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What a benchmark found, and what it measured."""

    section: Section
    provenance: Provenance

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> KeptPart | None:
        """Read what `save` wrote; None if nothing is there, or no provenance in it."""
        read = json.loads(path.read_text()) if path.exists() else {}
        if "provenance" not in read:
            return None
        return cls(Section.parsed(read["section"]), Provenance(**read["provenance"]))


def part_path(folder: Path, name: str) -> Path:
    """Return where a part is kept."""
    return folder / f"{name}.json"


def kept_parts(folder: Path, names: Sequence[str]) -> Mapping[str, KeptPart] | None:
    """Read the parts; None while one of them is missing."""
    parts = {name: KeptPart.load(part_path(folder, name)) for name in names}
    kept = {name: part for name, part in parts.items() if part is not None}
    return kept if len(kept) == len(parts) else None


def bounds_of(parts: Mapping[str, KeptPart]) -> Sequence[Bound]:
    """Return the bounds of all parts."""
    return [bound for part in parts.values() for bound in part.section.bounds]


def summary(parts: Mapping[str, KeptPart], command: str) -> str:
    """Write the summary: what was measured, where, and every bound."""
    where = measured_where({name: part.provenance for name, part in parts.items()}, command)
    return f"## Bounds\n\n{where}\n\n{bounds_table(bounds_of(parts))}"
