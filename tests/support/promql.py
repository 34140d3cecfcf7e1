"""The queries of the dashboard and of the alert rules, and the series that they select."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus/alerts.yml"

_OF_PROMETHEUS = frozenset({"up", "ALERTS"})
_GIVEN_BY_PROMETHEUS = frozenset({"job", "instance"})
_INTERVALS = {"$__rate_interval": "5m"}


@dataclass(frozen=True)
class Selector:
    """A metric's name, conditions on its labels (pattern, whether it is meant), and groupings."""

    name: str
    conditions: tuple[tuple[str, str, bool], ...] = ()
    grouped_by: frozenset[str] = field(default_factory=frozenset)

    def selects(self, name: str, labels: Mapping[str, str]) -> bool:
        """Tell whether a series has the name, all labels, and the values."""
        conditions = [each for each in self.conditions if each[0] not in _GIVEN_BY_PROMETHEUS]
        return (
            name == self.name
            and self.grouped_by - _GIVEN_BY_PROMETHEUS <= labels.keys()
            and all(
                label in labels and bool(re.fullmatch(pattern, labels[label])) is meant
                for label, pattern, meant in conditions
            )
        )


def dashboard_queries() -> Sequence[str]:
    """Every query of the dashboard, with intervals in place of Grafana's variables."""
    dashboard = json.loads((DEPLOY / "grafana/coffeeshop.json").read_text())
    queries = [query for panel in dashboard["panels"] for query in _queries_of(panel)]
    queries += [each["expr"] for each in dashboard["annotations"]["list"]]
    for variable, interval in _INTERVALS.items():
        queries = [query.replace(variable, interval) for query in queries]
    return queries


def _queries_of(panel: Mapping[str, Any]) -> Iterator[str]:
    yield from (target["expr"] for target in panel.get("targets", ()))
    for inner in panel.get("panels", ()):
        yield from _queries_of(inner)


def rules() -> Sequence[Mapping[str, Any]]:
    """Every alert rule and recording rule."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def recorded() -> frozenset[str]:
    """The names of the recording rules."""
    return frozenset(rule["record"] for rule in rules() if "record" in rule)


def selectors(query: str) -> Iterator[Selector]:
    """Parse a query; raises ValueError when it is none. Metrics of Prometheus' own are left out."""
    for selector in _selectors(promql.parse(query), frozenset()):
        if selector.name not in _OF_PROMETHEUS | recorded():
            yield selector


def _selectors(node: promql.Expr, grouped_by: frozenset[str]) -> Iterator[Selector]:
    match node:
        case promql.VectorSelector():
            yield Selector(node.name or "", _conditions(node), grouped_by)
        case promql.MatrixSelector():
            yield from _selectors(node.vector_selector, grouped_by)
        case promql.AggregateExpr():
            by = node.modifier.labels if node.modifier else ()
            yield from _selectors(node.expr, grouped_by | frozenset(by))
        case promql.BinaryExpr():
            yield from _selectors(node.lhs, grouped_by)
            yield from _selectors(node.rhs, grouped_by)
        case promql.Call():
            for argument in node.args:
                yield from _selectors(argument, grouped_by)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _selectors(node.expr, grouped_by)
        case promql.NumberLiteral() | promql.StringLiteral():
            pass
        case _:
            raise TypeError(f"what is {node!r}?")


def _conditions(node: promql.VectorSelector) -> tuple[tuple[str, str, bool], ...]:
    exact = (promql.MatchOp.Equal, promql.MatchOp.NotEqual)
    meant = (promql.MatchOp.Equal, promql.MatchOp.Re)
    return tuple(
        (each.name, re.escape(each.value) if each.op in exact else each.value, each.op in meant)
        for each in node.matchers.matchers
    )
