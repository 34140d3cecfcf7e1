"""The README's figures are those of the run."""

from __future__ import annotations

import pytest

from benchmarks.bench.readme import _LINES, readme_lines
from benchmarks.section import Bound


def test_each_line_has_the_figure_that_was_measured() -> None:
    bounds = [Bound(what=what, figure=1.234, limit=1) for what in _LINES]
    lines = readme_lines(bounds).splitlines()
    assert len(lines) == len(_LINES)
    assert all("1.2" in line for line in lines)


def test_a_line_without_its_figure_is_an_error() -> None:
    with pytest.raises(KeyError):
        readme_lines([])
