import numpy as np
import pandas as pd
import pytest
from pandas.tseries.offsets import CustomBusinessDay

from skhybrid.series.steps import check_steps, learn_steps

HOURS = pd.date_range("2024-01-01", periods=40, freq="h")
SUMMER_TIME = pd.date_range("2024-03-20", periods=30, freq="D", tz="Europe/Berlin")  # one day has 23 hours
WORKDAYS = pd.bdate_range("2024-01-01", periods=40)
MONTHS = pd.date_range("2000-01-31", periods=200, freq="ME")
JITTER = HOURS + pd.to_timedelta(np.arange(40) % 3, unit="min")
TRADES = pd.Index(np.cumsum([0, *[1, 1, 1, 2.5] * 6]))  # steps differ


def numbers(labels, n_rows=None, freq=None):
    return learn_steps(labels, freq).number(labels, len(labels) if n_rows is None else n_rows).tolist()


def left_out(n, *rows):
    """Return the numbers of `n` rows of which some are left out."""
    return np.delete(np.arange(n), rows).tolist()


# --- learn_steps and number ------------------------------------------------------------------------------------------


def test_rows_without_labels_are_steps():
    assert numbers(None, n_rows=3) == [0, 1, 2]


@pytest.mark.parametrize(
    "labels",
    [
        *(HOURS.as_unit(unit) for unit in ("s", "ms", "us", "ns")),
        SUMMER_TIME,
        pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin"),
        pd.period_range("2024", periods=30, freq="M"),
        pd.period_range("2024", periods=30, freq="2D"),
        pd.timedelta_range("0s", periods=30, freq="5s"),
        pd.RangeIndex(3, 63, 2),
        pd.Index(np.arange(30) * 0.1),
        MONTHS[:40],
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_equal_steps_are_learned_and_holes_counted(labels):
    assert numbers(labels) == list(range(len(labels)))
    assert numbers(labels.delete([4, 9, 10])) == left_out(len(labels), 4, 9, 10)


@pytest.mark.parametrize("labels", [MONTHS, WORKDAYS, SUMMER_TIME], ids=["months", "workdays", "clock change"])
def test_long_holes_are_counted_on_the_inferred_grid(labels):
    hole = range(8, len(labels) - 20) if labels is WORKDAYS else range(4, len(labels) - 4)
    assert numbers(labels.delete(list(hole))) == left_out(len(labels), *hole)


@pytest.mark.parametrize(("longest", "n_steps"), [(10, 1), (11, 11)])
def test_steps_that_differ_may_do_so_up_to_ten_times(longest, n_steps):
    labels = TRADES.append(TRADES[-1:] + longest)
    assert numbers(labels) == [*range(len(TRADES)), len(TRADES) - 1 + n_steps]


@pytest.mark.parametrize("n_left_out", [4, 12, 18])
@pytest.mark.parametrize(
    "make", [lambda labels: labels, lambda labels: labels.to_period("h")], ids=["times", "periods"]
)
def test_hours_are_counted_though_many_are_missing(n_left_out, make):
    missing = np.random.default_rng(n_left_out).choice(np.arange(1, 79), n_left_out, replace=False)
    labels = make(pd.date_range("2024-01-01", periods=80, freq="h"))
    assert numbers(labels.delete(missing)) == left_out(80, *missing)


def test_workdays_are_counted_where_no_other_day_was_missing():
    later = pd.date_range(WORKDAYS[-1], periods=9, freq="B")
    assert learn_steps(WORKDAYS, None).number(later.delete(5), 8).tolist() == left_out(9, 5)
    assert learn_steps(WORKDAYS.delete(7), None).number(later.delete(5), 8).tolist() == list(range(8))


@pytest.mark.parametrize(("jitter", "longest"), [(0.19, 1.5), (0.3, 10)])
def test_steps_are_regular_where_nine_in_ten_are_alike(jitter, longest):
    steps = learn_steps(pd.Index(np.cumsum([1.0] * 40 + [1 + jitter] * 6)), None)
    assert (steps.usual, steps.longest) == pytest.approx((1, longest))


@pytest.mark.parametrize(
    ("labels", "longest_after"), [(pd.RangeIndex(9), 1.5), (pd.Index([0, 1, 3, 4, 7, 8, 28]), 3.0)]
)
def test_what_follows_steps_that_differ_does_so_after_the_longest_of_them(labels, longest_after):
    assert learn_steps(labels, None).longest_after == longest_after


@pytest.mark.parametrize(
    ("labels", "inferred"),
    [
        (HOURS, "h"),
        (HOURS[:2], "h"),
        (HOURS.delete([10, 38]), "h"),
        (JITTER, None),
        (WORKDAYS, "B"),
        (SUMMER_TIME, "D"),
        (TRADES, None),
    ],
)
def test_offset_is_inferred(labels, inferred):
    assert learn_steps(labels, None).inferred == inferred


@pytest.mark.parametrize("labels", [None, HOURS[:1]])
def test_one_row_tells_no_step(labels):
    steps = learn_steps(labels, None)
    assert np.isnan(steps.usual)
    assert steps.number(labels, 1).tolist() == [0]
    assert steps.number(HOURS.delete(2), 39).tolist() == left_out(40, 2)  # those of the labels given


def test_number_takes_the_steps_that_were_learned():
    assert learn_steps(HOURS, None).number(HOURS.as_unit("s")[[0, 6, 12]], 3).tolist() == [0, 6, 12]


# --- freq ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "freq"),
    [
        (HOURS, "h"),
        (HOURS, pd.offsets.Hour()),
        (SUMMER_TIME, "D"),
        (WORKDAYS, "B"),
        (WORKDAYS.delete(5), CustomBusinessDay(holidays=[WORKDAYS[5]])),
        (MONTHS, "ME"),
        (pd.period_range("2024", periods=20, freq="W-SUN"), "W-SUN"),
        (pd.period_range("2024", periods=20, freq="2D"), "2D"),
        (pd.timedelta_range("0s", periods=20, freq="5s"), "5s"),
    ],
)
def test_freq_counts_what_its_grid_has(labels, freq):
    assert numbers(labels, freq=freq) == list(range(len(labels)))
    assert numbers(labels.delete([1, 7, 8]), freq=freq) == left_out(len(labels), 1, 7, 8)


def test_freq_rows_counts_rows():
    assert numbers(TRADES, freq="rows") == list(range(len(TRADES)))
    assert numbers(None, n_rows=3, freq="rows") == [0, 1, 2]


@pytest.mark.parametrize(
    ("labels", "freq", "label"),
    [
        (HOURS[:3].append(HOURS[3:] + pd.Timedelta("1min")), "h", "2024-01-01 03:01:00"),
        (SUMMER_TIME, "B", "2024-03-23"),  # a Saturday
        (pd.period_range("2024", periods=2, freq="M"), "D", "2024-01"),
    ],
)
def test_freq_refuses_labels_beside_its_grid(labels, freq, label):
    with pytest.raises(ValueError, match=f"freq='{freq}' must make all labels of X .* does not make {label}.*; pass"):
        numbers(labels, freq=freq)


@pytest.mark.parametrize("freq", ["fortnight", "", 5])
def test_freq_must_be_an_offset(freq):
    with pytest.raises(ValueError, match=f"freq must be None, a pandas offset .* but is {freq!r}; pass one of these"):
        learn_steps(HOURS, freq)


@pytest.mark.parametrize(("labels", "has"), [(None, "no labels"), (pd.RangeIndex(3), "labels of type int64")])
def test_freq_needs_times(labels, has):
    with pytest.raises(ValueError, match=f"freq='h' needs rows with times as their labels, but X has {has}; pass"):
        learn_steps(labels, "h")


# --- between ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fitted", "freq", "first", "n_steps"),
    [
        (HOURS, None, HOURS[-1] + pd.Timedelta("1h"), 1),
        (HOURS, None, HOURS[-1] + pd.Timedelta("30min"), 1),
        (HOURS, None, HOURS[-1] + pd.Timedelta("5h"), 5),
        (HOURS, "rows", HOURS[-1] + pd.Timedelta("5h"), 1),
        (HOURS, "h", HOURS[-1] + pd.Timedelta("5h"), 5),
        (WORKDAYS, None, WORKDAYS[-1] + pd.Timedelta("3D"), 1),  # Friday and Monday
        (WORKDAYS, None, WORKDAYS[-1] + pd.Timedelta("4D"), 2),
        (MONTHS, None, MONTHS[-1] + pd.offsets.MonthEnd(60), 60),
        (JITTER, None, JITTER[-1] + pd.Timedelta("5h"), 5),  # no offset is inferred
        (JITTER, None, JITTER[-1] + pd.Timedelta("80min"), 1),
        (TRADES, None, TRADES[-1] + 2.5, 1),
        (TRADES, None, TRADES[-1] + 4, 4),
        (pd.RangeIndex(2, 20, 2), None, 20, 1),
        (pd.RangeIndex(2, 20, 2), None, 24, 3),
        (pd.Index([0, 1, 2, 4, 6, 8, 10.5]), None, 13.1, 2),  # a hole is two steps at least
        (pd.period_range("2024-01", "2024-06", freq="M"), None, pd.Period("2024-09"), 3),
    ],
)
def test_between_counts_the_steps_to_a_later_label(fitted, freq, first, n_steps):
    assert learn_steps(fitted, freq).between(fitted[-1:], pd.Index([first])) == n_steps


# --- check_steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "labels"), [([0, 1, 2], HOURS[:3]), ([0], HOURS[:1]), ([0, 4], None)], ids=["regular", "one", "no labels"]
)
def test_check_steps_takes_rows_that_follow_one_another(steps, labels):
    check_steps(np.array(steps), labels)


def test_check_steps_refuses_holes():
    with pytest.raises(ValueError, match=r"data must .* \(2 holes, the first of them after 2024-01-01 03:00:00\);"):
        check_steps(np.array(left_out(40, 4, 9)), HOURS.delete([4, 9]), "data")


def test_steps_are_compared_by_value():
    assert learn_steps(HOURS, None) == learn_steps(HOURS, None) != learn_steps(HOURS, "h")


# --- What users bring ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        pd.date_range("2023-01-01", periods=80),
        pd.period_range("2023-01-01", periods=80, freq="D"),
        pd.date_range("2020-01-01", periods=80, freq="MS"),
        pd.period_range("2020-01", periods=80, freq="M"),
        pd.date_range("2020-01-01", periods=80, freq="QS"),
        pd.RangeIndex(80),
        pd.timedelta_range("0D", periods=80, freq="D"),
    ],
    ids=["days", "periods of days", "months", "periods of months", "quarters", "numbers", "timedeltas"],
)
@pytest.mark.parametrize("n_left_out", [4, 12, 20])
def test_steps_are_counted_though_many_are_missing(labels, n_left_out):
    missing = np.random.default_rng(n_left_out).choice(np.arange(1, 79), n_left_out, replace=False)
    assert numbers(labels.delete(missing)) == left_out(80, *missing)


@pytest.mark.parametrize("fitted", [HOURS, WORKDAYS, MONTHS], ids=["hours", "workdays", "months"])
@pytest.mark.parametrize("late", ["1ms", "10min"])
def test_labels_that_are_a_little_late_are_no_step_later(fitted, late):
    steps = learn_steps(fitted[:20], None)
    assert steps.between(fitted[19:20], fitted[20:21] + pd.Timedelta(late)) == 1
    assert steps.between(fitted[19:20], fitted[22:23] + pd.Timedelta(late)) == 3


def test_long_gaps_are_divided_not_counted():
    labels = pd.date_range("2024-01-01", periods=9, freq="ms")
    later = labels + pd.Timedelta(days=365)
    n_steps = 365 * 86_400_000
    for freq in (None, "ms"):
        assert learn_steps(labels, freq).between(labels[:1], later[:1]) == n_steps
        assert learn_steps(labels, freq).number(labels.append(later), 18)[9] == n_steps


@pytest.mark.parametrize("freq", ["0h", "2h"])
def test_periods_must_lie_on_the_grid_of_freq(freq):
    labels = pd.PeriodIndex(["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 03:00"], freq="2h")
    with pytest.raises(ValueError, match=r"freq must be None, a pandas offset|must make all labels of X"):
        numbers(labels, freq=freq)


@pytest.mark.parametrize(
    "labels", [HOURS, HOURS - HOURS[0], HOURS.to_period("h")], ids=["times", "timedeltas", "periods"]
)
def test_freq_of_no_length_is_refused(labels):
    with pytest.raises(ValueError, match="freq must be None, a pandas offset"):
        learn_steps(labels, "0h")
