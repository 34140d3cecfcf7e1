"""Which upload of an item is shown, in whatever order, and however often, their events come."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.photo import (
    KEPT_UPLOADS,
    Photo,
    PhotoRecord,
    Upload,
    UploadState,
    consent,
    decide,
    is_later,
    take_off,
)

NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
SHOWN, HELD, REFUSED = UploadState.SHOWN, UploadState.HELD, UploadState.REFUSED
EMPTY = PhotoRecord("latte")


def looked_at(number: int, state: UploadState = SHOWN) -> Upload:
    """Give the upload of that place among its item's."""
    photo = Photo(f"{number:032x}", 4, 3, (4,), "#a1b2c3", "data:,", "0" * 16, 9)
    refused = state is REFUSED
    return Upload(
        sequencer=f"{number:018X}",
        at=NOON + dt.timedelta(seconds=number),
        state=state,
        reason=None if state is SHOWN else str(state),
        photo=None if refused else photo,
    )


uploads = st.dictionaries(
    st.integers(1, 500), st.sampled_from([SHOWN, HELD, REFUSED]), max_size=60
).map(lambda drawn: [looked_at(number, state) for number, state in drawn.items()])
"""Uploads in any order, many more than a record keeps among them."""


def after(*seen: Upload, record: PhotoRecord = EMPTY) -> PhotoRecord:
    for upload in seen:
        record = decide(record, upload)
    return record


def shown_number(record: PhotoRecord) -> int | None:
    return None if record.shown is None else int(record.shown.hash, 16)


def latest(seen: list[Upload], state: UploadState) -> int | None:
    return max((int(each.sequencer, 16) for each in seen if each.state is state), default=None)


@given(uploads)
def test_the_latest_good_upload_is_shown_in_whatever_order_they_come(seen: list[Upload]) -> None:
    record = after(*seen)

    assert shown_number(record) == latest(seen, SHOWN)
    assert sum(each.state is SHOWN for each in record.uploads) <= 1


@given(uploads, st.data())
def test_an_event_that_comes_again_at_any_time_changes_nothing(
    seen: list[Upload], data: st.DataObject
) -> None:
    seen = seen[:KEPT_UPLOADS]
    again = data.draw(st.lists(st.sampled_from(seen))) if seen else []
    record = after(*seen)

    assert after(*again, record=record) == record


@given(uploads, st.data())
def test_an_event_that_comes_again_after_it_was_forgotten_shows_nothing_else(
    seen: list[Upload], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(seen))) if seen else []
    record = after(*seen)
    repeated = after(*again, record=record)

    assert repeated.shown == record.shown
    assert repeated.settled == record.settled


@given(uploads)
def test_a_record_keeps_the_newest_uploads_in_order_and_the_shown_one(seen: list[Upload]) -> None:
    record = after(*seen)
    kept = [int(each.sequencer, 16) for each in record.uploads]
    newest = sorted((int(each.sequencer, 16) for each in seen), reverse=True)

    assert kept[:KEPT_UPLOADS] == newest[:KEPT_UPLOADS]
    assert kept[KEPT_UPLOADS:] in ([], [latest(seen, SHOWN)])


@given(uploads)
def test_each_write_counts_one_version(seen: list[Upload]) -> None:
    assert after(*seen).version == len(seen)


@given(uploads, uploads)
def test_what_was_taken_off_never_comes_back_and_a_later_upload_does(
    before: list[Upload], late: list[Upload]
) -> None:
    newest = max((int(each.sequencer, 16) for each in before), default=0)
    record = take_off(after(*before))
    assert record.shown is None

    shown = shown_number(after(*late, record=record))

    later = [each for each in late if int(each.sequencer, 16) > newest]
    assert shown == latest(later, SHOWN)


@given(uploads, st.data())
def test_consent_shows_a_held_upload_unless_a_later_one_is_shown(
    seen: list[Upload], data: st.DataObject
) -> None:
    record = after(*seen)
    held = [each for each in record.uploads if each.state is HELD]
    if not held:
        return
    chosen = data.draw(st.sampled_from(held))

    agreed = consent(record, chosen.sequencer)

    number, before = int(chosen.sequencer, 16), shown_number(record)
    assert shown_number(agreed) == (number if before is None else max(number, before))
    decided = agreed.upload(chosen.sequencer)
    assert decided is None or decided.state in (SHOWN, UploadState.REPLACED)
    assert decided is None or decided.reason is None or decided.state is not SHOWN
    assert consent(agreed, chosen.sequencer) == agreed


@pytest.mark.parametrize("state", [SHOWN, REFUSED])
def test_consent_to_what_is_not_held_changes_nothing(state: UploadState) -> None:
    record = after(looked_at(1, state))

    assert consent(record, looked_at(1).sequencer) == record
    assert consent(record, "0" * 18) == record


def test_a_late_good_upload_is_recorded_as_replaced() -> None:
    record = after(looked_at(2), looked_at(1))

    assert [each.state for each in record.uploads] == [SHOWN, UploadState.REPLACED]


def test_a_refused_upload_leaves_the_photo_that_is_shown() -> None:
    record = after(looked_at(1), looked_at(2, REFUSED))

    assert shown_number(record) == 1
    assert [each.state for each in record.uploads] == [REFUSED, SHOWN]


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [
        ("0055AED6DCD90281E5", "0055AED6DCD90281E4", True),
        ("0055AED6DCD90281E5", "0055AED6DCD90281E5", False),
        ("0055aed6dcd90281e5", "0055AED6DCD90281E4", True),
        ("0055aed6dcd90281e5", "0055AED6DCD90281E5", False),
        ("1", "01", True),  # padded on the right: "10" after "01"
        ("01", "1", False),
        ("1", "1000", False),
        ("1000", "1", False),
        ("1001", "1", True),
        ("0", "", False),
        ("1", "", True),
    ],
)
def test_sequencers_compare_as_s3_says(one: str, other: str, later: bool) -> None:  # noqa: FBT001
    assert is_later(one, other) is later


sequencers = st.text("0123456789ABCDEFabcdef", min_size=1, max_size=20)


@given(sequencers, sequencers, sequencers)
def test_sequencers_are_in_one_order(one: str, two: str, three: str) -> None:
    assert not (is_later(one, two) and is_later(two, one))
    if is_later(one, two) and is_later(two, three):
        assert is_later(one, three)
