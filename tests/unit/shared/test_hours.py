"""Opening hours, against a reference that looks at the clock minute by minute."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shared.domain.hours import (
    Hours,
    Overlap,
    Span,
    Weekday,
    business_day,
    has_ended,
    is_open,
    next_opening,
    open_time,
    overlaps,
)
from shared.domain.shop import ShopState, ShopStatus, within_hours

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
SUMMER_BEGINS = dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)
SUMMER_ENDS = dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)


def span(text: str) -> Span:
    opens, closes = map(dt.time.fromisoformat, text.split("-"))
    return Span(opens, closes)


def every_day(*spans: str) -> Hours:
    return Hours({day: tuple(map(span, spans)) for day in Weekday})


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def berlin(text: str, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def test_a_shop_without_hours_is_always_open() -> None:
    for at in (SUMMER_BEGINS, SUMMER_ENDS, utc("2026-06-01T00:00")):
        assert is_open(Hours(), BERLIN, at)
        assert business_day(Hours(), BERLIN, at) == at.astimezone(BERLIN).date()
        assert next_opening(Hours(), BERLIN, at) == at


def test_it_opens_on_the_minute_and_is_closed_on_the_minute() -> None:
    hours = every_day("07:30-18:00")
    assert not is_open(hours, BERLIN, berlin("2026-06-01T07:29:59.999"))
    assert is_open(hours, BERLIN, berlin("2026-06-01T07:30"))
    assert is_open(hours, BERLIN, berlin("2026-06-01T17:59:59.999"))
    assert not is_open(hours, BERLIN, berlin("2026-06-01T18:00"))


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    hours = Hours({Weekday.FRIDAY: (span("18:00-03:00"),)})
    saturday = berlin("2026-06-06T02:59")
    assert is_open(hours, BERLIN, saturday)
    assert business_day(hours, BERLIN, saturday) == dt.date(2026, 6, 5)
    assert business_day(hours, BERLIN, saturday + MINUTE) == dt.date(2026, 6, 5)


def test_while_the_shop_is_closed_it_is_still_the_day_that_ended_last() -> None:
    hours = Hours({Weekday.FRIDAY: (span("07:30-18:00"),)})
    friday = dt.date(2026, 6, 5)
    assert business_day(hours, BERLIN, berlin("2026-06-05T23:00")) == friday
    assert business_day(hours, BERLIN, berlin("2026-06-06T00:30")) == friday
    assert business_day(hours, BERLIN, berlin("2026-06-12T07:29")) == friday
    holidays = replace(hours, exceptions={friday + 7 * DAY: ()})
    assert business_day(holidays, BERLIN, berlin("2026-06-13T12:00")) == dt.date(2026, 6, 13)


def test_a_date_of_its_own_replaces_the_weekdays_hours_but_not_the_night_before() -> None:
    hours = replace(every_day("18:00-03:00"), exceptions={dt.date(2026, 12, 24): ()})
    assert is_open(hours, BERLIN, berlin("2026-12-24T02:00"))
    assert not is_open(hours, BERLIN, berlin("2026-12-24T18:00"))
    assert next_opening(hours, BERLIN, berlin("2026-12-24T03:00")) == berlin("2026-12-25T18:00")


@pytest.mark.parametrize(
    ("opens", "closes", "at"),
    [
        ("2026-03-29T01:00", "2026-03-29T01:00", "02:00-02:45"),  # clocks skip all of it
        ("2026-03-29T01:00", "2026-03-29T01:15", "02:15-03:15"),
        ("2026-10-25T00:15", "2026-10-25T00:45", "02:15-02:45"),  # the first time of the two
        ("2026-10-25T00:15", "2026-10-25T02:15", "02:15-03:15"),
    ],
)
def test_a_time_that_clocks_skip_is_the_skip_and_one_shown_twice_is_the_first(
    opens: str, closes: str, at: str
) -> None:
    hours = every_day(at)
    minutes = [utc(opens[:11] + "00:00") + MINUTE * at for at in range(4 * 60)]
    opened = [minute for minute in minutes if is_open(hours, BERLIN, minute)]
    assert opened == [minute for minute in minutes if utc(opens) <= minute < utc(closes)]


def test_a_day_that_has_begun_goes_on_when_clocks_are_put_back_into_the_day_before() -> None:
    st_johns = ZoneInfo("America/St_Johns")
    sunday = Hours({Weekday.SUNDAY: (span("00:00-05:00"),)})
    at = utc("2010-11-07T02:40")
    assert at.astimezone(st_johns).date() == dt.date(2010, 11, 6)  # 23:10, put back at 00:01
    assert business_day(sunday, st_johns, at) == dt.date(2010, 11, 7)
    assert is_open(sunday, st_johns, at)


def test_a_shop_whose_every_day_is_an_exception_opens_on_the_first_that_is_not_closed() -> None:
    closed = {dt.date(2026, 6, 1) + days * DAY: () for days in range(366)}
    monday = {Weekday.MONDAY: (span("09:00-12:00"),)}
    at = berlin("2026-06-01T00:00")
    assert next_opening(Hours(monday, closed), BERLIN, at) == berlin("2027-06-07T09:00")
    assert next_opening(Hours({}, closed), BERLIN, at) is None
    far = {**closed, dt.date(2199, 12, 31): (span("10:00-11:00"),)}
    assert next_opening(Hours({}, far), BERLIN, at) == berlin("2199-12-31T10:00")
    assert next_opening(Hours({}, far), BERLIN, berlin("2199-12-31T11:00")) is None


def test_overlapping_spans_are_found_within_a_day_and_into_the_next() -> None:
    morning, noon, night = span("07:00-12:00"), span("11:59-13:00"), span("22:00-07:01")
    assert list(overlaps(Hours({Weekday.SUNDAY: (noon, morning)}))) == [
        Overlap(Weekday.SUNDAY, morning, noon)
    ]
    assert list(overlaps(Hours({Weekday.SUNDAY: (night,), Weekday.MONDAY: (morning,)}))) == [
        Overlap(Weekday.SUNDAY, night, morning)
    ]
    monday = dt.date(2026, 6, 1)
    assert list(overlaps(Hours({Weekday.SUNDAY: (night,)}, {monday: (morning,)}))) == [
        Overlap(monday - DAY, night, morning)
    ]
    assert not list(overlaps(every_day("07:00-12:00", "12:00-07:00")))


def test_a_business_day_has_ended_once_it_is_past_and_no_later_moment_is_of_it() -> None:
    late = tuple(span(text) for text in ("11:00-14:00", "18:00-02:00"))
    bar = Hours({day: late for day in Weekday if day < Weekday.SATURDAY})
    begins = berlin("2026-06-01T00:00")
    moments = [begins + hours * dt.timedelta(hours=1) for hours in range(15 * 24)]
    days = [business_day(bar, BERLIN, at) for at in moments]
    for place, at in enumerate(moments[: 10 * 24]):
        date = at.astimezone(BERLIN).date()
        for day in (date + days_on * DAY for days_on in range(-4, 3)):
            is_over = day < date and day not in days[place:]
            assert has_ended(bar, BERLIN, day, at) == is_over, (day, at)


def test_what_staff_closed_until_a_time_opens_with_the_hours_after_that() -> None:
    hours = every_day("07:30-18:00")
    noon, evening = berlin("2026-06-01T12:00"), berlin("2026-06-01T20:00")
    opening = berlin("2026-06-02T07:30")

    def status(staff_set: ShopStatus, at: dt.datetime) -> ShopStatus:
        counts, time = within_hours(staff_set, hours, BERLIN, at)
        assert time == open_time(hours, BERLIN, at)
        return counts

    assert status(ShopStatus(), noon) == ShopStatus()
    closed = ShopStatus(ShopState.CLOSED, "outside the opening hours", opening)
    for staff_set in (ShopStatus(), ShopStatus(ShopState.BUSY, "a bus full of tourists")):
        assert status(staff_set, evening) == closed

    for until, opens in ((berlin("2026-06-01T13:00"), berlin("2026-06-01T13:00")),
                         (berlin("2026-06-01T18:00"), opening), (None, None)):  # fmt: skip
        paused = ShopStatus(ShopState.PAUSED, "a leak", until)
        assert status(paused, noon) == replace(paused, until=opens)

    over = ShopStatus(ShopState.PAUSED, "a leak", berlin("2026-06-01T19:00"))
    assert status(over, evening) == closed


zones = st.sampled_from(
    [
        *[BERLIN] * 4,
        ZoneInfo("Australia/Lord_Howe"),  # half an hour
        ZoneInfo("America/Havana"),  # at midnight
        ZoneInfo("America/St_Johns"),  # at a minute past midnight, until 2011
        ZoneInfo("Pacific/Apia"),  # skipped 2011-12-30
    ]
)
changes_of_clocks = st.sampled_from(
    [
        *[SUMMER_BEGINS, SUMMER_ENDS] * 3,
        utc("2026-04-04T15:00"),
        utc("2026-10-03T15:30"),
        utc("2026-03-08T05:00"),
        utc("2026-11-01T05:00"),
        utc("2011-03-13T03:31"),
        utc("2010-11-07T02:31"),
        utc("2011-12-30T10:00"),
    ]
)
moments = st.builds(lambda at, off: at + off * MINUTE, changes_of_clocks, st.integers(-3000, 3000))
quarters = st.integers(0, 95)


@st.composite
def weeks(draw: st.DrawFn) -> dict[Weekday, tuple[Span, ...]] | None:
    """Cut a week at quarters of an hour into times at which the shop is open and closed."""
    if draw(st.integers(0, 9)) == 0:
        return None
    cuts = sorted(draw(st.sets(st.integers(0, 7 * 96 - 1), max_size=28)))
    until_next_week = draw(st.booleans())
    if cuts and until_next_week:  # open from the last cut until the first of the next week
        cuts = [*cuts[1:], cuts[0] + 7 * 96]
    week: dict[Weekday, tuple[Span, ...]] = {}
    for opens, closes in zip(cuts[::2], cuts[1::2], strict=False):
        day = Weekday(opens // 96 % 7)
        cut = Span(clock(opens), clock(min(closes, opens + 96)))
        week[day] = (*week.get(day, ()), cut)
    return week


@st.composite
def hours_around(draw: st.DrawFn, at: dt.datetime) -> Hours:
    dates = st.integers(-3, 8).map(lambda days: at.date() + days * DAY)
    lists = st.lists(st.tuples(quarters, quarters), max_size=2).map(
        lambda pairs: tuple(Span(clock(a), clock(b)) for a, b in pairs)
    )
    return Hours(draw(weeks()), draw(st.dictionaries(dates, lists, max_size=3)))


def clock(quarter: int) -> dt.time:
    return dt.time(quarter % 96 // 4, quarter % 4 * 15)


def spans_by_the_clock(
    hours: Hours, zone: dt.tzinfo, since: dt.datetime, days: int
) -> Iterator[tuple[dt.date, dt.datetime, dt.datetime]]:
    """Watch a clock from `since` on: each span begins and ends once it shows that or later."""
    minutes = [since + at * MINUTE for at in range(days * 24 * 60)]
    shown = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
    for date in (since.date() + day * DAY for day in range(1, days - 2)):
        for one in hours.on(date):
            begins = dt.datetime.combine(date, one.opens)
            ends = dt.datetime.combine(date, one.closes)
            ends = ends if one.closes > one.opens else ends + DAY
            first = [next(m for m, s in zip(minutes, shown, strict=True) if s >= wall)
                     for wall in (begins, ends)]  # fmt: skip
            yield date, first[0], first[1]


@given(st.data(), zones, moments)
@example(None, BERLIN, SUMMER_BEGINS)
def test_hours_agree_with_a_clock_that_is_watched_minute_by_minute(
    data: st.DataObject | None, zone: ZoneInfo, at: dt.datetime
) -> None:
    hours = data.draw(hours_around(at)) if data else every_day("18:00-02:30", "03:00-04:00")
    assume(not list(overlaps(hours)))
    spans = list(spans_by_the_clock(hours, zone, at - 10 * DAY, 21))

    within = [date for date, begins, ends in spans if begins <= at < ends]
    assert is_open(hours, zone, at) == bool(within)
    assert len(within) <= 1
    today = at.astimezone(zone).date()
    ended = [(ends, date) for date, _, ends in spans if ends <= at and date >= today - 7 * DAY]
    last = max(ended)[1] if ended else today
    assert business_day(hours, zone, at) == (within or [last])[0]

    to_come = sorted(max(begins, at) for _, begins, ends in spans if max(begins, at) < ends)
    if to_come:
        assert next_opening(hours, zone, at) == to_come[0]
    else:
        opening = next_opening(hours, zone, at)
        assert opening is None or opening > at + 7 * DAY


@given(st.data())
def test_spans_overlap_if_some_minute_is_in_two_of_them(data: st.DataObject) -> None:
    monday = dt.date(2026, 6, 1)
    any_spans = st.lists(st.tuples(quarters, quarters), max_size=2).map(
        lambda pairs: tuple(Span(clock(a), clock(b)) for a, b in pairs)
    )
    week = data.draw(st.dictionaries(st.sampled_from(Weekday), any_spans, max_size=4))
    dates = st.integers(8, 14).map(lambda days: monday + days * DAY)
    hours = Hours(week, data.draw(st.dictionaries(dates, any_spans, max_size=2)))

    covered: Counter[int] = Counter()
    for day in range(30):
        for one in hours.on(monday + day * DAY):
            opens, closes = (at.hour * 60 + at.minute for at in (one.opens, one.closes))
            closes += 0 if closes > opens else 24 * 60
            covered.update(range(day * 1440 + opens, day * 1440 + closes))
    assert bool(list(overlaps(hours))) == (max(covered.values(), default=0) > 1)
