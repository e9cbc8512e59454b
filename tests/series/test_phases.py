import numpy as np
import pandas as pd
import pytest
from pandas.tseries.offsets import CustomBusinessDay

from skhybrid.series.phases import learn_clock
from skhybrid.series.steps import learn_steps

BERLIN, N = "Europe/Berlin", 60
UNEVEN = pd.Index(np.cumsum(np.resize([1, 3, 2, 2, 1, 2, 3], N)))
WORKDAYS = pd.bdate_range("2024-01-01", periods=N)
HOURS = pd.date_range("2024-03-30", periods=N, freq="h", tz=BERLIN)  # the clock goes from 2:00 to 3:00 on the 31st


def phases(labels, season, horizons=(1,), freq=None, fitted=None):
    """Return the phases after rows with these labels, counted as in fitted ones; (n_rows, n_horizons)."""
    fitted = labels if fitted is None else fitted
    clock = learn_clock(fitted, learn_steps(fitted, freq), [season])
    n_rows = N if labels is None else len(labels)
    return clock.phases(labels, np.arange(n_rows), horizons, [season])[:, :, 0]


def check_cycle(labels, season, first, **options):
    """Assert that the phases of the steps after some labels go round from a first one."""
    expected = (first + np.arange(len(labels))[:, None] + [0, 1, 4]) % season
    np.testing.assert_array_equal(phases(labels, season, (1, 2, 5), **options), expected)


@pytest.mark.parametrize(
    ("labels", "season", "first"),
    [
        (pd.date_range("2024-05-01 05:00", periods=N, freq="h"), 24, 6),
        (pd.date_range("2024-05-01 05:00", periods=N, freq="h", tz=BERLIN), 24, 6),
        (pd.date_range("2024-05-01 05:30", periods=N, freq="30min").as_unit("s"), 48, 12),
        (pd.date_range("2024-05-01 05:30", periods=N, freq="30min", tz="Asia/Kolkata"), 48, 12),
        (pd.date_range("2024-05-01 05:30", periods=N, freq="30min"), 2, 0),  # within the hour
        (pd.date_range("2024-01-04", periods=N), 7, 1),  # a Thursday, as was the first of January 1970
        (pd.date_range("2024-03-28", periods=N, tz=BERLIN), 7, 1),
        (pd.date_range("1969-12-31", periods=N), 7, 0),
        (pd.date_range("2024-01-31", periods=N, freq="ME"), 12, 1),
        (pd.date_range("2024-01-01", periods=N, freq="MS", tz=BERLIN), 12, 1),
        (pd.date_range("2024-01-01", periods=N, freq="MS") + pd.Timedelta(14, "D"), 12, 1),  # pandas infers no offset
        (pd.date_range("2024-01-01", periods=N, freq="2MS"), 6, 1),
        (pd.date_range("2024-02-01", periods=N, freq="QS-FEB"), 4, 1),
        (pd.date_range("2024-01-01", periods=N, freq="YS"), 5, 0),
        (pd.date_range("1970-01-04", periods=N, freq="W"), 52, 1),
        (WORKDAYS, 5, 3),
        (pd.period_range("2024-01", periods=N, freq="M"), 12, 1),
        (pd.period_range("2024-01-01 02:00", periods=N, freq="2h"), 12, 2),
        (pd.timedelta_range("0h", periods=N, freq="15min"), 4, 1),
        (pd.RangeIndex(7, 7 + N), 5, 3),
        (pd.Index(np.arange(10, 10 + 2 * N, 2)), 5, 1),
        (pd.Index(np.arange(1, N + 1) * 0.1), 5, 2),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_phases_follow_from_the_label(labels, season, first):
    check_cycle(labels, season, first)
    later = labels[N // 2 :]
    np.testing.assert_array_equal(phases(later, season), phases(labels, season)[N // 2 :])
    np.testing.assert_array_equal(phases(later[-1:], season, fitted=labels), phases(labels, season)[-1:])


@pytest.mark.parametrize(
    ("labels", "freq", "season", "first"),
    [
        (WORKDAYS, "B", 5, 3),
        (pd.date_range("2024-05-01", periods=N, freq="h"), "h", 24, 1),
        (pd.date_range("2024-03-28", periods=N, tz=BERLIN), "D", 7, 1),
        (pd.date_range("1970-01-04", periods=N, freq="W"), "W", 52, 1),
        (pd.date_range("2024-01-31", periods=N, freq="ME"), "ME", 12, 1),
        (pd.period_range("2024-01-01 02:00", periods=N, freq="2h"), "2h", 12, 2),
        (pd.timedelta_range("0h", periods=N, freq="15min"), "15min", 4, 1),
        (pd.RangeIndex(7, 7 + N), "rows", 5, 1),  # counted from the first row
        (UNEVEN, "rows", 5, 1),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_phases_follow_from_freq(labels, freq, season, first):
    check_cycle(labels, season, first, freq=freq)


@pytest.mark.parametrize("labels", [None, pd.RangeIndex(N), pd.Index(np.arange(N))], ids=["none", "range", "numbers"])
def test_rows_that_are_only_numbered_are_counted(labels):
    assert phases(labels, 3)[:5, 0].tolist() == [1, 2, 0, 1, 2]


def test_seasons_of_days_follow_the_clock_on_the_wall():
    assert phases(HOURS, 24)[23:29, 0].tolist() == [0, 1, 3, 4, 5, 6]
    assert phases(HOURS, 168)[23:27, 0].tolist() == [72, 73, 75, 76]  # from a Thursday on
    assert phases(HOURS, 12)[23:27, 0].tolist() == [0, 1, 3, 4]


def test_seasons_that_fit_no_day_are_counted_in_utc():
    counts = (HOURS.tz_convert("UTC").as_unit("s").asi8 // 3600 + 1) % 5
    assert phases(HOURS, 5)[:, 0].tolist() == counts.tolist()


def test_the_hour_that_comes_twice_has_one_phase():
    hours = pd.date_range("2024-10-27", periods=5, freq="h", tz=BERLIN)
    assert phases(hours, 24)[:, 0].tolist() == [1, 2, 2, 3, 4]


@pytest.mark.parametrize(("labels", "season"), [(HOURS, 24), (pd.date_range("2024-03-28", periods=N, tz=BERLIN), 7)])
def test_labels_of_another_zone_are_read_in_that_of_the_fit(labels, season):
    np.testing.assert_array_equal(phases(labels.tz_convert("UTC"), season, fitted=labels), phases(labels, season))


@pytest.mark.parametrize("early", [-10, 0, 10])
def test_labels_may_come_early_or_late(early):
    hours = pd.date_range("2024-05-01", periods=N, freq="h")
    jitter = pd.to_timedelta(early * (np.arange(N) % 2), unit="min")
    np.testing.assert_array_equal(phases(hours + jitter, 24, fitted=hours), phases(hours, 24))


def test_several_seasons_are_counted_side_by_side():
    clock = learn_clock(HOURS, learn_steps(HOURS, None), [24, 5])
    found = clock.phases(HOURS, np.arange(N), [2, 1], [24, 5])
    assert found.shape == (N, 2, 2)
    for i, season in enumerate((24, 5)):
        np.testing.assert_array_equal(found[:, :, i], phases(HOURS, season, (2, 1)))


@pytest.mark.parametrize(
    ("labels", "freq"),
    [
        (UNEVEN, None),
        (WORKDAYS.delete(7), None),  # a holiday
        (WORKDAYS, CustomBusinessDay()),
        (pd.date_range("2024-01-15", periods=N, freq="SMS"), None),
        (pd.date_range("2024-01-15", periods=N, freq="bh"), "bh"),
        (HOURS[:1], None),
    ],
    ids=["uneven", "holiday", "own workdays", "half months", "business hours", "one row"],
)
def test_steps_that_are_not_regular_are_refused(labels, freq):
    with pytest.raises(ValueError, match=r"seasons=\(24,\) needs rows that are a regular step apart.*freq='rows'"):
        phases(labels, 24, freq=freq)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (None, "has none"),
        (pd.RangeIndex(N), "labels of type int64"),
        (HOURS.tz_localize(None), r"labels of type datetime64\[us\]"),
        (HOURS.tz_localize(None).to_period("h"), "labels of type period"),
    ],
    ids=["none", "numbers", "no zone", "periods"],
)
def test_labels_of_another_kind_are_refused(labels, found):
    with pytest.raises(ValueError, match=f"fitted rows, which are times with a time zone, but X.* {found}"):
        phases(labels, 24, fitted=HOURS)
