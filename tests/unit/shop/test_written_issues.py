"""How a newsletter issue is read from Markdown, and an event summed up in one line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.visible_text import visible
from shop.client.connection import path
from shop.client.event_summary import LONGEST, summary
from shop.client.markdown import UnfinishedError, Written, read_issue


@pytest.mark.parametrize(
    ("text", "subject", "body"),
    [
        ("# Two\n\nToday", "Two", "Today\n"),
        ("Before\n\n# Two\n\nAfter", "Two", "Before\n\n\nAfter\n"),
        ("Two *for* `one`\n===\nToday", "Two for one", "Today\n"),
        ("# One\n# Two", "One", "# Two\n"),
        ("```\n# a comment\n```\n# Two", "Two", "```\n# a comment\n```\n"),
        ("> # Theirs\n\n# Ours", "Ours", "> # Theirs\n"),
        ("## Second\n# First #", "First", "## Second\n"),
    ],
)
def test_the_first_heading_is_the_subject_and_leaves_the_body(
    text: str, subject: str, body: str
) -> None:
    assert read_issue(text) == Written(subject, body)


def test_a_subject_that_is_given_leaves_the_headings_alone() -> None:
    assert read_issue("# Two\n\nToday", "News") == Written("News", "# Two\n\nToday\n")


@pytest.mark.parametrize("text", ["", "Today", "## Second", "#", "# \n\nToday"])
def test_without_a_subject_the_error_says_how_to_give_it(text: str) -> None:
    with pytest.raises(UnfinishedError, match="--subject"):
        read_issue(text)


@pytest.mark.parametrize(("text", "subject"), [("# Two", None), ("# Two\n \n", None), (" ", "A")])
def test_a_subject_alone_is_no_issue(text: str, subject: str | None) -> None:
    with pytest.raises(UnfinishedError, match="no body"):
        read_issue(text, subject)


def summarized(**data: object) -> str:
    event = {"time": "2026-11-20T09:30:00.000Z", "type": "coffeeshop.some.v1", "data": data}
    return summary(json.dumps(event)).partition("  ")[2]


def test_events_are_summed_up_by_their_subject() -> None:
    assert summarized(number="042", state="ready", previous_state="preparing") == (
        "coffeeshop.some.v1  042 is ready, was preparing"
    )
    assert summarized(topic="coupons", subject="Two") == "coffeeshop.some.v1  coupons: Two"
    assert summarized(beans="Kenya") == 'coffeeshop.some.v1  {"beans": "Kenya"}'


def test_no_event_controls_the_terminal() -> None:
    assert summarized(topic="coupons", subject="\x1b[2JTwo\n").endswith(r"coupons: \x1b[2JTwo\n")


@given(st.text())
def test_whatever_comes_is_one_printable_line(text: str) -> None:
    shown = summary(text)
    assert visible(shown) == shown
    assert len(shown) <= LONGEST + 20


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_step_of_a_path_becomes_two(steps: list[str]) -> None:
    made = path(*steps)
    assert made.count("/") == len(steps) - 1
    assert not set(made) & set("?# ")
