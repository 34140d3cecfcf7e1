"""A day's report as CSV (RFC 4180): one table, whose first column says what a row is about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from producer.reports.day import DayReport
from shared.domain.money import decimal
from shared.domain.tax import TaxTotal, show_rate

COLUMNS = ("date", "about", "name", "detail", "count", "net", "tax", "gross", "seconds")
"""`net`, `tax` and `gross` are in the currency that the row `day` names."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (OWASP, CSV injection)."""

_Row = Sequence[object]


def as_csv(report: DayReport, currency: str) -> str:
    """Write a report for a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for about, *cells in _rows(report, currency):
        row = (report.day, about, *cells)
        writer.writerow([_safe(cell) for cell in (*row, *[""] * (len(COLUMNS) - len(row)))])
    return file.getvalue()


def _rows(report: DayReport, currency: str) -> Iterator[_Row]:
    yield "day", "sold", currency, report.sold, *_sums(report.total, currency)
    yield "day", "placed", "", report.orders
    yield "day", "remakes", "", report.remakes
    for state, count in report.states.items():
        yield "state", state, "", count
    for hour in report.hours:
        yield "hour", hour.begins.isoformat(), "", hour.orders
    for item in report.items:
        revenue = decimal(item.revenue, currency)
        yield "item", item.name, f"{item.item}:{item.size}", item.quantity, "", "", revenue
    for rate in report.rates:
        yield "tax", show_rate(rate.rate), "percent", "", *_sums(rate, currency)
    if waits := report.waits:
        for name, value in (("median", waits.median), ("90 percent within", waits.p90)):
            yield "wait", name, "", waits.count, "", "", "", f"{value / 1000:.3f}"
        yield "wait", "promised", "", waits.promised
        yield "wait", "kept", "", waits.kept
    for cancel in report.cancels:
        yield "canceled", cancel.reason or "", "", cancel.count


def _sums(total: TaxTotal, currency: str) -> Iterator[str]:
    return (decimal(amount, currency) for amount in (total.net, total.tax, total.gross))


def _safe(cell: object) -> object:
    """Keep a text that somebody has typed from being a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
