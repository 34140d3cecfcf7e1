"""How orders are typed and sent again, events are read, and to whom the staff key is shown."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.client.connection import connect, staff_key
from shop.client.live_stream import Event, EventLines
from shop.client.ordering import parse_order_line
from shop.client.retrier import LONGEST_PAUSE, pause


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "espresso:double",
            {"item": "espresso", "size": "double", "modifiers": [], "quantity": 1},
        ),
        (
            "flat-white:large+oat-milk+vanilla*12",
            {
                "item": "flat-white",
                "size": "large",
                "modifiers": ["oat-milk", "vanilla"],
                "quantity": 12,
            },
        ),
    ],
)
def test_a_line_of_an_order_is_typed_in_one_word(text: str, expected: dict[str, object]) -> None:
    assert parse_order_line(text) == expected


@pytest.mark.parametrize("text", ["", "a latte", "latte:", ":large", "a:b*", "a:b*x", "a:b+"])
def test_anything_else_is_answered_with_how_it_is_typed(text: str) -> None:
    with pytest.raises(ValueError, match=r"as in espresso, flat-white:small"):
        parse_order_line(text)


def test_the_shop_says_how_long_to_wait() -> None:
    assert pause(0, "3", 0) == 3


def test_without_its_word_the_wait_doubles() -> None:
    assert [pause(attempt, None, 0) for attempt in range(4)] == [0.2, 0.4, 0.8, 1.6]


def test_a_date_is_not_understood_and_does_no_harm() -> None:
    assert pause(1, "Fri, 20 Nov 2026 09:30:00 GMT", 0) == 0.4


@given(st.integers(0, 1000), st.none() | st.text(), st.floats(0, 1))
def test_no_wait_is_longer_than_the_longest(
    attempt: int, retry_after: str | None, jitter: float
) -> None:
    assert 0 <= pause(attempt, retry_after, jitter) <= LONGEST_PAUSE * 1.25


def test_the_key_in_the_state_folder_is_shown_to_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COFFEE_STAFF_KEY", raising=False)
    monkeypatch.setenv("COFFEE_STATE_DIR", str(tmp_path))
    (tmp_path / "staff-key").write_text("secret\n")

    assert staff_key("http://127.0.0.1:8080") == "secret"
    assert staff_key("http://localhost:8080/") == "secret"
    assert staff_key("https://coffee.example") is None
    assert staff_key("http://127.0.0.1.coffee.example") is None


def test_a_key_that_was_given_is_shown_wherever_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COFFEE_STAFF_KEY", "given")

    assert staff_key("https://coffee.example") == "given"


@pytest.mark.parametrize("url", ["", "coffee.example", "ftp://coffee.example", "http://a:b", "//a"])
def test_what_leads_to_no_shop_is_no_address(url: str) -> None:
    with pytest.raises(aiohttp.InvalidURL):
        connect(url)


def read(lines: EventLines, text: str) -> list[Event]:
    return [event for line in text.split("\n") if (event := lines.read(line))]


def test_events_are_put_together_from_their_lines() -> None:
    lines = EventLines()

    events = read(
        lines, "retry: 2000\n: hello\n\nid: a-1\ndata: one\ndata:two\n\nevent: reset\ndata\n\n"
    )

    assert events == [Event("message", "one\ntwo"), Event("reset", "")]
    assert lines.last_event_id == "a-1"


def test_an_event_without_data_moves_the_place() -> None:
    lines = EventLines("a-1")

    assert read(lines, "id: a-7\n\n") == []
    assert lines.last_event_id == "a-7"


def test_half_an_event_does_not_move_the_place() -> None:
    lines = EventLines("a-1")

    assert read(lines, "id: a-2\ndata: half") == []
    assert lines.last_event_id == "a-1"
