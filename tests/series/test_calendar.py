from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import CalendarFeatures
from tests.helpers import OUTPUT_CHECKS


@parametrize_with_checks([CalendarFeatures(time=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .* feature names, but")  # some checks mix frames and arrays
@pytest.mark.parametrize("check", OUTPUT_CHECKS)
def test_scikit_learn_checks_of_the_output(check):
    check("CalendarFeatures", CalendarFeatures(time=0))


def cycle(feature, times, **params):
    """Return the part of the cycle that has passed, read back from sine and cosine."""
    X = pd.DataFrame({"load": np.zeros(len(times))}, index=pd.DatetimeIndex(times))
    pairs = CalendarFeatures([feature], **params).fit_transform(X)[:, 1:]
    np.testing.assert_allclose(np.hypot(pairs[:, 0], pairs[:, 1]), 1.0)
    return np.arctan2(pairs[:, 0], pairs[:, 1]) / (2 * np.pi) % 1


@pytest.mark.parametrize(
    ("feature", "time", "passed"),
    [
        ("minute", "2024-03-01 05:15:30", 15.5 / 60),
        ("hour", "2024-03-01 06:00", 6 / 24),
        ("hour", "2024-03-01 18:30:36", 18.51 / 24),
        ("dayofweek", "2024-01-01 23:00", 0.0),  # a Monday
        ("dayofweek", "2024-01-07", 6 / 7),
        ("dayofmonth", "2024-01-01", 0.0),
        ("dayofmonth", "2024-02-15", 14 / 29),
        ("dayofmonth", "2023-02-15", 14 / 28),
        ("dayofyear", "2024-12-31", 365 / 366),
        ("dayofyear", "2023-12-31", 364 / 365),
        ("dayofyear", "1900-12-31", 364 / 365),
        ("weekofyear", "2021-01-04", 0.0),
        ("weekofyear", "2021-01-03", 52 / 53),
        ("weekofyear", "2021-12-31", 51 / 52),
        ("month", "2024-10-31", 9 / 12),
        ("quarter", "2024-06-30", 1 / 4),
        ("quarter", "2024-12-31", 3 / 4),
    ],
)
def test_calendar_by_hand(feature, time, passed):
    np.testing.assert_allclose(cycle(feature, [time]), [passed], atol=1e-12)


def test_calendar_weeks_agree_with_the_standard_library():
    days = [date(y, 1, 1) + timedelta(d) for y in range(1890, 2110) for d in (0, 3, 180, 364)]
    expected = [(d.isocalendar().week - 1) / date(d.isocalendar().year, 12, 28).isocalendar().week for d in days]
    np.testing.assert_allclose(cycle("weekofyear", days), expected, atol=1e-12)


def test_calendar_sine_comes_before_cosine():
    X = pd.DataFrame({"load": [5.0]}, index=pd.DatetimeIndex(["2024-01-01 06:00"]))
    np.testing.assert_allclose(CalendarFeatures(["hour", "month"]).fit_transform(X), [[5, 1, 0, 0, 1]], atol=1e-12)


TIMES = pd.date_range("2024-02-28 20:00", periods=30, freq="97min")
LOAD = np.arange(30.0)


@pytest.fixture
def indexed():
    return pd.DataFrame({"load": LOAD, "price": LOAD * 2}, index=TIMES)


@pytest.fixture
def dated():
    return pd.DataFrame({"load": LOAD, "date": TIMES, "price": LOAD * 2})


@pytest.mark.parametrize("time", ["date", 1, -2])
def test_calendar_column_of_datetimes_equals_index(time, indexed, dated):
    out = CalendarFeatures(time=time).fit_transform(dated)
    np.testing.assert_array_equal(out, CalendarFeatures().fit_transform(indexed))


@pytest.mark.parametrize("time", [1, -2])
def test_calendar_array_of_seconds_equals_index(time, indexed):
    seconds = np.array([stamp.timestamp() for stamp in TIMES])
    X = np.column_stack([LOAD, seconds, LOAD * 2])
    out = CalendarFeatures(time=time).fit_transform(X)
    np.testing.assert_allclose(out, CalendarFeatures().fit_transform(indexed), atol=1e-9)


def test_calendar_integer_seconds_column(indexed, dated):
    dated["date"] = [int(stamp.timestamp()) for stamp in TIMES]
    out = CalendarFeatures(time="date").fit_transform(dated)
    np.testing.assert_allclose(out, CalendarFeatures().fit_transform(indexed), atol=1e-9)


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "Float64"])
def test_calendar_reads_numbers_of_a_unit(unit, per_second, dtype, indexed, dated):
    dated["date"] = pd.Series([int(stamp.timestamp()) * per_second for stamp in TIMES], dtype=dtype)
    out = CalendarFeatures(time="date", unit=unit).fit_transform(dated)
    np.testing.assert_allclose(out, CalendarFeatures().fit_transform(indexed), atol=1e-9)


def test_calendar_unit_is_that_of_the_fit(dated):
    dated["date"] = [int(stamp.timestamp()) * 1000 for stamp in TIMES]
    calendar = CalendarFeatures(time="date", unit="ms").fit(dated)
    expected = calendar.transform(dated)
    np.testing.assert_array_equal(calendar.set_params(unit="s").transform(dated), expected)


DAYS = pd.date_range("2024-01-30", periods=4, freq="D")
READ_AS_TIMES = {
    "dates": list(DAYS.date),
    "ISO text": list(DAYS.strftime("%Y-%m-%d")),
    "string": pd.array(DAYS.strftime("%Y-%m-%d"), dtype="string"),
    "categories of text": pd.Categorical(DAYS.strftime("%Y-%m-%d")),
    "categories of times": pd.Categorical(DAYS),
    "periods": DAYS.to_period("D"),
    "objects": DAYS.astype(object),
    "seconds": DAYS.as_unit("s"),
}


@pytest.mark.parametrize("times", READ_AS_TIMES.values(), ids=READ_AS_TIMES)
def test_calendar_reads_times_of_many_types(times):
    cycles = ("dayofweek", "dayofmonth")
    expected = CalendarFeatures(cycles).fit_transform(pd.DataFrame({"load": np.arange(4.0)}, DAYS))
    in_index = pd.DataFrame({"load": np.arange(4.0)}, index=times if isinstance(times, pd.Index) else pd.Index(times))
    out = CalendarFeatures(cycles).set_output(transform="pandas").fit_transform(in_index)
    np.testing.assert_array_equal(out, expected)
    pd.testing.assert_index_equal(out.index, in_index.index)  # as it was, not as it was read
    in_column = pd.DataFrame({"time": times, "load": np.arange(4.0)})[::-1]  # in any order
    np.testing.assert_array_equal(CalendarFeatures(cycles, time="time").fit_transform(in_column), expected[::-1])


def test_calendar_reads_a_period_as_its_start():
    X = pd.DataFrame({"load": [1.0]}, pd.PeriodIndex(["2024-05"], freq="Q"))
    np.testing.assert_allclose(CalendarFeatures(["dayofyear"]).fit_transform(X)[0, 1], np.sin(2 * np.pi * 91 / 366))


def test_calendar_reads_zones_as_local_time():
    utc = pd.DatetimeIndex(["2024-07-01 10:00"], tz="UTC")
    np.testing.assert_allclose(cycle("hour", utc.tz_convert("Europe/Paris")), [12 / 24])


def test_calendar_without_other_columns():
    X = pd.DataFrame({"date": pd.DatetimeIndex(["2024-01-01 06:00"])})
    np.testing.assert_allclose(CalendarFeatures(["hour"], time=0).fit_transform(X), [[1.0, 0.0]], atol=1e-12)


def test_calendar_names_and_index_with_pandas_output(indexed):
    out = CalendarFeatures(("hour", "month")).set_output(transform="pandas").fit_transform(indexed)
    assert out.columns.to_list() == ["load", "price", "hour_sin", "hour_cos", "month_sin", "month_cos"]
    pd.testing.assert_index_equal(out.index, indexed.index)
    np.testing.assert_array_equal(out["price"], indexed["price"])


@pytest.mark.parametrize("time", ["date", 1, -2])
def test_calendar_names_leave_out_the_column_of_times(time, dated):
    calendar = CalendarFeatures(["hour"], time=time).fit(dated)
    assert calendar.get_feature_names_out().tolist() == ["load", "price", "hour_sin", "hour_cos"]
    assert calendar.feature_names_in_.tolist() == ["load", "date", "price"]
    assert calendar.n_features_in_ == 3
    assert calendar.time_position_ == 1


def test_calendar_after_a_scaler_in_a_pipeline(indexed):
    pipe = make_pipeline(StandardScaler(), CalendarFeatures(["hour"])).set_output(transform="pandas")
    out = pipe.fit_transform(indexed)
    np.testing.assert_array_equal(out.iloc[:, 2:], CalendarFeatures(["hour"]).fit_transform(indexed)[:, 2:])


@pytest.mark.parametrize("t", [0, 7, 28])
def test_calendar_row_does_not_depend_on_later_rows(t, dated):
    calendar = CalendarFeatures(
        ("minute", "hour", "dayofweek", "dayofmonth", "dayofyear", "weekofyear", "month", "quarter"), time="date"
    ).fit(dated)
    altered = dated.copy()
    altered.loc[t + 1 :, ["load", "price"]] = -1.0
    altered.loc[t + 1 :, "date"] = pd.Timestamp("1999-12-31 23:59")
    before, after = calendar.transform(dated), calendar.transform(altered)
    np.testing.assert_array_equal(after[: t + 1], before[: t + 1])
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(calendar.transform(dated[: t + 1]), before[: t + 1])


def test_calendar_lets_nan_through(dated):
    dated.loc[2, "load"] = np.nan
    dated.loc[3, "date"] = pd.NaT
    out = CalendarFeatures(("hour", "weekofyear"), time="date").fit_transform(dated)
    expected = np.zeros((30, 6), dtype=bool)
    expected[2, 0] = True
    expected[3, 2:] = True
    np.testing.assert_array_equal(np.isnan(out), expected)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([None, "2024-01-01"]),
        pd.Series([None, pd.Period("2024")]),
        pd.Series(pd.Categorical([None, "2024-01-01"])),
        pd.Series([None, 0], dtype="Int64"),
        pd.Series([np.nan, 0.0]),
        pd.Series(["2024-01-01"] * 2).where([False, True]),
        pd.to_datetime(pd.Series([None, "2024-01-01"]), utc=True),
    ],
    ids=lambda column: str(column.dtype),
)
def test_calendar_lets_missing_times_of_all_types_through(column):
    calendar = CalendarFeatures(["hour"], time=0).fit(column.to_frame())
    np.testing.assert_array_equal(calendar.transform(column.to_frame()), [[np.nan, np.nan], [0, 1]])
    np.testing.assert_array_equal(calendar.transform(column[:1].to_frame()), [[np.nan, np.nan]])


@pytest.mark.parametrize(
    ("X", "index"),
    [
        (np.zeros((3, 2)), "RangeIndex"),
        (pd.DataFrame({"load": [1.0, 2.0]}), "RangeIndex"),
        (pd.DataFrame({"load": [1.0, 2.0]}, [0.5, 1.5]), "Index"),
        (pd.DataFrame({"load": [1.0, 2.0]}, pd.to_timedelta([1, 2])), "TimedeltaIndex"),
        (pd.DataFrame({"load": [1.0, 2.0]}, ["b", "a"]), "Index"),
    ],
    ids=["array", "frame without times", "numbers", "durations", "names"],
)
def test_calendar_refuses_data_without_times(X, index):
    with pytest.raises(ValueError, match=rf"time=None needs .* DatetimeIndex.* is {index}; .* name or position"):
        CalendarFeatures().fit(X)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (DAYS[::-1], "not strictly increasing"),
        (DAYS[[0, 0, 1, 2]], "not strictly increasing"),
        (DAYS.strftime("%Y-%m-%d")[::-1], "not strictly increasing"),
        (pd.MultiIndex.from_product([["a"], ["b"], DAYS[:4]]), "MultiIndex of 3 levels"),
        (DAYS.where([True, True, True, False]), "missing ones are among them"),
        (DAYS.strftime("%d.%m.%Y"), "must have times or numbers as labels"),
    ],
    ids=["newest first", "repeated", "text newest first", "three levels", "missing", "text that is not ISO"],
)
def test_calendar_reads_the_index_by_the_rule_of_labels(index, message):
    X = pd.DataFrame({"load": np.arange(4.0), "time": DAYS[::-1]}, index)
    with pytest.raises(ValueError, match=message):
        CalendarFeatures().fit(X[["load"]])
    with pytest.raises(ValueError, match=message):
        CalendarFeatures().fit(X[["load"]].set_axis(DAYS)).transform(X[["load"]])
    CalendarFeatures(time="time").fit(X)  # does not read it


def test_calendar_refuses_no_rows_as_such(indexed):
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
        CalendarFeatures().fit(indexed[:0])


def test_calendar_transform_refuses_data_without_times(indexed):
    with pytest.raises(ValueError, match="time=None needs a DataFrame with a DatetimeIndex"):
        CalendarFeatures().fit(indexed).transform(indexed.reset_index(drop=True))


@pytest.mark.parametrize("time", ["day", 3, -4])
def test_calendar_refuses_a_missing_column(time, dated):
    with pytest.raises(ValueError, match=rf"time={time!r} is not among the columns \['load', 'date', 'price'\]"):
        CalendarFeatures(time=time).fit(dated)


@pytest.mark.parametrize(
    "times", [DAYS.strftime("%d.%m.%Y"), DAYS - DAYS[0], [True, False, True, True], ["2024-01-01", 1, 2, 3]]
)
def test_calendar_refuses_a_column_without_times(times):
    X = pd.DataFrame({"date": times, "load": np.arange(4.0)})
    with pytest.raises(ValueError, match=r"column of times 'date' must hold times or numbers .* dtype .*to_datetime"):
        CalendarFeatures(time="date").fit(X)


@pytest.mark.parametrize(
    ("number", "unit", "message"),
    [
        (1.7e12, "s", r"hold seconds since 1970 .* run from 0 to 1.7e\+12; pass unit='ms' if they are milliseconds"),
        (1.7e15, "ms", "hold milliseconds since 1970 .*; pass unit='us' if they are microseconds"),
        (-1.7e18, "s", r"run from -1.7e\+18 to 0; pass unit='ns' if they are nanoseconds"),
        (1e20, "s", "convert it with pandas.to_datetime"),
        (pd.Timestamp("2262-01-01").timestamp(), "s", "give times from 1678 to 2261"),
        (pd.Timestamp("1677-12-31").timestamp(), "s", "give times from 1678 to 2261"),
    ],
)
def test_calendar_refuses_numbers_that_give_no_times(number, unit, message):
    with pytest.raises(ValueError, match=message):
        CalendarFeatures(time=0, unit=unit).fit([[0.0], [number]])


@pytest.mark.parametrize("time", ["1678-01-01", "2261-12-31"])
def test_calendar_takes_numbers_up_to_the_ends_of_time(time):
    X = [[pd.Timestamp(time).timestamp()]]
    assert CalendarFeatures(["dayofyear"], time=0).fit_transform(X).shape == (1, 2)


def test_calendar_refuses_a_unit():
    with pytest.raises(ValueError, match="The 'unit' parameter of CalendarFeatures must be a str among"):
        CalendarFeatures(time=0, unit="h").fit([[0.0]])


@pytest.mark.parametrize("features", [(), ("hour", "hour"), ("hour", "fortnight")])
def test_calendar_refuses_features(features, indexed):
    with pytest.raises(ValueError, match=r"features must name one or more different ones of \['minute', 'hour'"):
        CalendarFeatures(features).fit(indexed)


def test_calendar_needs_fit(indexed):
    with pytest.raises(NotFittedError):
        CalendarFeatures().transform(indexed)
