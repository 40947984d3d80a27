"""The reading contract that all sources share: slices, checkpoints, and what may be stored when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.sources.reading import (
    ReadingContract,
    Slice,
    SliceKind,
    SliceReading,
    StreamState,
    field_of,
    instant_of,
    next_slice,
    object_id_of,
    utc_instant,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WINDOW = timedelta(days=90)
CONTRACT = ReadingContract(
    datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=300), timedelta(days=4), timedelta(days=7)
)
HOUR = timedelta(hours=1)


def read(state: StreamState, now: datetime, *instants: datetime, reconcile: bool = False) -> StreamState:
    """The state after a slice with rows of these times was read to its end."""
    reading = SliceReading(state, next_slice(state, CONTRACT, now, WINDOW, reconcile), now, is_sorted=True)
    for instant in instants:
        reading.see(instant)
    return reading.ended()


def test_the_first_slice_begins_at_the_initial_date_and_ends_settled() -> None:
    first = next_slice(StreamState(), CONTRACT, NOW, WINDOW)
    assert (first.lower, first.upper, first.kind) == (CONTRACT.initial_date, NOW - CONTRACT.settle, SliceKind.FIRST)
    assert first.holds(first.lower)
    assert not first.holds(first.upper)


def test_a_slice_ends_at_a_whole_second_as_some_filters_know_no_finer_bound() -> None:
    first = next_slice(StreamState(), CONTRACT, NOW + timedelta(microseconds=999_999), WINDOW)
    assert first.upper == NOW - CONTRACT.settle


def test_a_tick_goes_back_a_little_an_hour_later_the_look_back_and_a_week_later_the_window() -> None:
    last = NOW - 3 * HOUR
    state = read(StreamState(), NOW, last)
    tick = next_slice(state, CONTRACT, NOW + timedelta(minutes=59), WINDOW)
    assert (tick.lower, tick.kind) == (last - timedelta(minutes=10), SliceKind.TICK)
    hourly = next_slice(state, CONTRACT, NOW + HOUR, WINDOW)
    assert (hourly.lower, hourly.kind) == (last - CONTRACT.lookback, SliceKind.LOOKBACK)
    later = NOW + CONTRACT.reconcile_every
    assert next_slice(state, CONTRACT, later - timedelta(seconds=1), WINDOW).kind is SliceKind.LOOKBACK
    weekly = next_slice(state, CONTRACT, later, WINDOW)
    assert (weekly.lower, weekly.kind) == (later - WINDOW, SliceKind.RECONCILE)
    assert next_slice(read(state, later, last), CONTRACT, later, WINDOW).kind is SliceKind.TICK


def test_a_reconcile_may_be_asked_for_and_never_goes_before_the_initial_date() -> None:
    state = read(StreamState(), NOW)
    assert next_slice(state, CONTRACT, NOW, WINDOW, reconcile=True).lower == NOW - WINDOW
    assert next_slice(state, CONTRACT, NOW, timedelta(days=999), reconcile=True).lower == CONTRACT.initial_date


def test_an_empty_slice_moves_the_checkpoint_to_its_end() -> None:
    assert read(StreamState(), NOW).checkpoint_at == NOW - CONTRACT.settle


def test_rows_of_the_overlap_alone_move_it_to_the_end_as_well() -> None:
    last = NOW - timedelta(days=30)
    state = read(StreamState(), NOW, last)
    assert state.checkpoint_at == last
    assert read(state, NOW, last).checkpoint_at == NOW - CONTRACT.settle
    assert read(state, NOW, last, last + HOUR).checkpoint_at == last + HOUR


def test_part_of_a_sorted_slice_may_be_stored_and_the_next_load_goes_on_there() -> None:
    part = next_slice(StreamState(), CONTRACT, NOW, WINDOW)
    reading = SliceReading(StreamState(), part, NOW, is_sorted=True)
    reading.see(NOW - timedelta(days=100))
    cut_off = reading.under_way()
    assert cut_off.full_lookback_at is None
    following = next_slice(cut_off, CONTRACT, NOW + HOUR, WINDOW)
    assert following.kind is SliceKind.FIRST
    assert following.lower == NOW - timedelta(days=100) - timedelta(minutes=10)


def test_nothing_of_an_unsorted_slice_is_stored_before_its_end() -> None:
    before = read(StreamState(), NOW - HOUR, NOW - timedelta(days=3))
    reading = SliceReading(before, next_slice(before, CONTRACT, NOW, WINDOW), NOW, is_sorted=True)
    reading.see(NOW - HOUR)
    assert reading.under_way().checkpoint_at == NOW - HOUR
    reading.see(NOW - 2 * HOUR)
    assert reading.under_way() == before
    assert reading.ended().checkpoint_at == NOW - HOUR


INSTANTS = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))


@given(st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(days=9)), st.lists(INSTANTS), st.booleans())))
def test_whatever_comes_the_checkpoint_never_passes_the_settled_end_and_never_goes_back(
    loads: list[tuple[timedelta, list[datetime], bool]],
) -> None:
    state, now, read_up_to = StreamState(), NOW, CONTRACT.initial_date
    for waited, instants, reconcile in loads:
        now += waited
        part = next_slice(state, CONTRACT, now, WINDOW, reconcile)
        assert part.lower <= max(read_up_to, CONTRACT.initial_date), "no gap between two slices"
        reading = SliceReading(state, part, now, is_sorted=True)
        for instant in instants:
            if part.holds(instant):
                reading.see(instant)
            for stored in (reading.under_way(), reading.ended()):
                assert stored.checkpoint_at is None or stored.checkpoint_at <= now - CONTRACT.settle
        after = reading.ended()
        assert after.checkpoint_at is not None
        assert state.checkpoint_at is None or after.checkpoint_at >= state.checkpoint_at
        state, read_up_to = after, part.upper


@pytest.mark.parametrize(
    "text",
    [
        *("2026-06-23T00:15:23Z", "2026-06-23 00:15:23+00:00", "2026-06-23T02:15:23+02:00"),
        *("2026-06-23 02:15:23 +0200", "2026-06-23T00:15:23,000Z", "1782173723", "1782173723000"),
    ],
)
def test_instants_are_compared_in_utc_however_they_are_written(text: str) -> None:
    assert utc_instant(text) == datetime(2026, 6, 23, 0, 15, 23, tzinfo=UTC)


def test_a_slice_is_half_open() -> None:
    part = Slice(NOW, NOW + HOUR, SliceKind.TICK)
    assert [part.holds(NOW + n * HOUR) for n in (-1, 0, 1)] == [False, True, False]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("x" * 2_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", "b"]), inner, max_size=3),
)


@given(ANYTHING, ANYTHING | st.datetimes().map(str) | st.just("0001-01-01T00:00:00+14:00"))
def test_whatever_an_object_is_it_has_an_id_and_a_time_within_the_bounds_or_none(found: Any, told: Any) -> None:
    object_id = object_id_of(field_of(found, "id"), b"{}")
    assert 0 < len(object_id) <= 1_000
    assert "\0" not in object_id
    instant = instant_of(told)
    assert instant is None or 1990 <= instant.year < 2100
    assert field_of(found, "a", "b", "id") is None or isinstance(found, dict)


def test_an_id_that_cannot_be_read_is_made_of_the_payload() -> None:
    odd: list[Any] = [None, True, "", "  ", [], {}, "x" * 1_001, "a\0b"]
    ids = [object_id_of(one, b"{}") for one in odd]
    assert ids == ["unreadable-44136fa355b3678a"] * len(ids)
    assert [object_id_of(good, b"{}") for good in ("a/b", 7, "20261025100000114001")] == [
        "a/b",
        "7",
        "20261025100000114001",
    ]
