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
    "X", [np.zeros((3, 2)), pd.DataFrame({"load": [1.0, 2.0]})], ids=["array", "frame without times"]
)
def test_calendar_refuses_data_without_times(X):
    with pytest.raises(ValueError, match=r"time=None needs .* DatetimeIndex.* RangeIndex; .* name or position"):
        CalendarFeatures().fit(X)


def test_calendar_transform_refuses_data_without_times(indexed):
    with pytest.raises(ValueError, match="time=None needs a DataFrame with a DatetimeIndex"):
        CalendarFeatures().fit(indexed).transform(indexed.reset_index(drop=True))


@pytest.mark.parametrize("time", ["day", 3, -4])
def test_calendar_refuses_a_missing_column(time, dated):
    with pytest.raises(ValueError, match=rf"time={time!r} is not among the columns \['load', 'date', 'price'\]"):
        CalendarFeatures(time=time).fit(dated)


def test_calendar_refuses_times_as_text(dated):
    dated["date"] = dated["date"].astype(str)
    with pytest.raises(ValueError, match=r"column of times 'date' must hold datetimes or seconds.*to_datetime"):
        CalendarFeatures(time="date").fit(dated)


@pytest.mark.parametrize("features", [(), ("hour", "hour"), ("hour", "fortnight")])
def test_calendar_refuses_features(features, indexed):
    with pytest.raises(ValueError, match=r"features must name one or more different ones of \['minute', 'hour'"):
        CalendarFeatures(features).fit(indexed)


def test_calendar_needs_fit(indexed):
    with pytest.raises(NotFittedError):
        CalendarFeatures().transform(indexed)
