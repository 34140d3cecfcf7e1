"""The bar that shows how far a redrive has come."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shop.cli import terminal


class RedriveBar(Progress):
    """A moving bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int | None = None) -> None:
        console = terminal.err()
        super().__init__(
            TextColumn("redriven"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._bar = self.add_task("redriven", total=total)

    def show(self, completed: int, total: int | None = None) -> None:
        """Move the bar; with `total`, to that of so many."""
        self.update(self._bar, completed=completed, total=total)
