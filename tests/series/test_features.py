from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from skhybrid.series.features import CalendarFeatures, PerStepTransformer, RollingFeatures

ESTIMATORS = [PerStepTransformer(), CalendarFeatures(time=0), RollingFeatures()]

ROWS_ARE_TIME = {
    "check_methods_sample_order_invariance": "the rows are time steps, so that their order matters",
    "check_methods_subset_invariance": "a statistic is made of the rows before it, which a subset may lack",
}


@parametrize_with_checks(
    ESTIMATORS, expected_failed_checks=lambda e: ROWS_ARE_TIME if isinstance(e, RollingFeatures) else {}
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .* feature names, but")  # some checks mix frames and arrays
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_get_feature_names_out_error,
        check_global_output_transform_pandas,
        check_param_validation,
        check_set_output_transform,
        check_set_output_transform_pandas,
        check_transformer_get_feature_names_out,
        check_transformer_get_feature_names_out_pandas,
    ],
)
def test_scikit_learn_checks_beyond_the_list(estimator, check):
    check(type(estimator).__name__, estimator)


# PerStepTransformer


def test_per_step_by_hand():
    X = np.array([[[0.0, 10.0], [2.0, 10.0]], [[4.0, 30.0], [6.0, 30.0]]])
    scaler = PerStepTransformer().fit(X)
    np.testing.assert_array_equal(scaler.transformer_.mean_, [3.0, 20.0])
    np.testing.assert_array_equal(scaler.transform(X)[:, :, 1], [[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_allclose(scaler.transform(X)[:, :, 0], np.array([[-3.0, -1.0], [1.0, 3.0]]) / np.sqrt(5))


@settings(max_examples=30)
@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4))
def test_per_step_round_trip(shape):
    X = np.random.default_rng(0).normal(size=shape)
    scaler = PerStepTransformer()
    transformed = scaler.fit_transform(X)
    assert transformed.shape == X.shape
    np.testing.assert_allclose(scaler.inverse_transform(transformed), X, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 4, 3), (6, 2, 2, 3)], ids=["3-D", "4-D"])
def test_per_step_equals_rows(shape):
    X = np.random.default_rng(0).normal(size=shape)
    rows = StandardScaler().fit_transform(X.reshape(24, 3))
    np.testing.assert_array_equal(PerStepTransformer().fit_transform(X), rows.reshape(shape))


def test_per_step_2d_equals_inner():
    X = np.random.default_rng(0).normal(size=(8, 3))
    np.testing.assert_array_equal(PerStepTransformer().fit_transform(X), StandardScaler().fit_transform(X))


def test_per_step_may_change_the_number_of_features():
    X = np.random.default_rng(0).normal(size=(6, 4, 3))
    pca = PerStepTransformer(PCA(2)).fit(X)
    rows = X.reshape(24, 3)
    inner = PCA(2).fit(rows)
    reduced = pca.transform(X)
    assert reduced.shape == (6, 4, 2)
    np.testing.assert_allclose(reduced.reshape(24, 2), inner.transform(rows))
    np.testing.assert_allclose(
        pca.inverse_transform(reduced).reshape(24, 3), inner.inverse_transform(inner.transform(rows))
    )


def test_per_step_makes_sparse_output_dense():
    X = np.array([[[0], [1]], [[2], [1]]])
    expected = [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0, 1, 0]]]
    np.testing.assert_array_equal(PerStepTransformer(OneHotEncoder()).fit_transform(X), expected)


def test_per_step_takes_a_pipeline():
    X = np.array([[[1.0], [np.nan]], [[3.0], [5.0]]])
    steps = PerStepTransformer(make_pipeline(SimpleImputer(), StandardScaler()))
    np.testing.assert_allclose(steps.fit_transform(X)[:, :, 0], np.array([[-2.0, 0.0], [0.0, 2.0]]) / np.sqrt(2))


def test_per_step_leaves_nan_out_of_the_statistics():
    X = np.array([[[np.nan], [1.0]], [[3.0], [5.0]]])
    scaler = PerStepTransformer().fit(X)
    np.testing.assert_array_equal(scaler.transformer_.mean_, [3.0])
    np.testing.assert_array_equal(np.isnan(scaler.transform(X)[:, :, 0]), [[True, False], [False, False]])


@pytest.mark.parametrize(("inner", "allow_nan"), [(None, True), (StandardScaler(), True), (PCA(), False)])
def test_per_step_allows_nan_where_the_inner_does(inner, allow_nan):
    assert get_tags(PerStepTransformer(inner)).input_tags.allow_nan is allow_nan


@pytest.mark.parametrize("inner", [None, StandardScaler(), OneHotEncoder()])
def test_per_step_preserves_the_dtypes_of_the_inner(inner):
    expected = get_tags(StandardScaler() if inner is None else inner).transformer_tags.preserves_dtype
    assert get_tags(PerStepTransformer(inner)).transformer_tags.preserves_dtype == expected


def test_per_step_refuses_nan_where_the_inner_does():
    with pytest.raises(ValueError, match="NaN"):
        PerStepTransformer(PCA()).fit(np.full((3, 2, 2), np.nan))


def test_per_step_fits_a_clone():
    inner = StandardScaler()
    X = np.zeros((2, 3, 1))
    per_step = PerStepTransformer(inner).fit(X)
    assert per_step.transformer_ is not inner
    assert not hasattr(inner, "mean_")


def test_per_step_n_features_in_is_the_second_axis():
    scaler = PerStepTransformer().fit(np.zeros((2, 5, 3)))
    assert scaler.n_features_in_ == 5
    assert scaler.transformer_.n_features_in_ == 3


def test_per_step_inverse_only_where_the_inner_has_it():
    assert hasattr(PerStepTransformer(), "inverse_transform")
    assert not hasattr(PerStepTransformer(Normalizer()), "inverse_transform")


def test_per_step_inverse_needs_fit():
    with pytest.raises(NotFittedError):
        PerStepTransformer().inverse_transform(np.zeros((2, 3, 1)))


def test_per_step_refuses_a_transformer_that_needs_y():
    with pytest.raises(ValueError, match=r"transformer=TargetEncoder\(\) needs y"):
        PerStepTransformer(TargetEncoder()).fit(np.zeros((2, 3, 1)), np.zeros(2))


@pytest.mark.parametrize("shape", [(2, 6, 1), (2, 4, 2), (2, 4), (2, 2, 2, 1)])
def test_per_step_refuses_another_shape(shape):
    scaler = PerStepTransformer().fit(np.zeros((2, 4, 1)))
    with pytest.raises(ValueError, match=r"samples of shape \(4, 1\) as in fit"):
        scaler.transform(np.zeros(shape))


def test_per_step_2d_keeps_the_index_with_pandas_output():
    X = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]}, index=pd.date_range("2024", periods=2))
    out = PerStepTransformer().set_output(transform="pandas").fit_transform(X)
    pd.testing.assert_frame_equal(out, StandardScaler().set_output(transform="pandas").fit_transform(X))


def test_per_step_2d_names_come_from_the_inner():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 3)), columns=list("abc"))
    assert PerStepTransformer(PCA(2)).fit(X).get_feature_names_out().tolist() == ["pca0", "pca1"]


def test_per_step_windows_stay_arrays():
    scaler = PerStepTransformer().set_output(transform="pandas").fit(np.zeros((2, 3, 1)))
    assert isinstance(scaler.transform(np.zeros((2, 3, 1))), np.ndarray)
    assert not hasattr(scaler, "get_feature_names_out")
    assert scaler.set_output(transform="pandas") is scaler


def test_per_step_windows_stay_arrays_under_the_global_setting():
    X = np.array([[[0.0], [2.0]], [[2.0], [4.0]]])
    with config_context(transform_output="pandas"):
        out = PerStepTransformer().fit_transform(X)
    np.testing.assert_array_equal(out, PerStepTransformer().fit_transform(X))


# CalendarFeatures


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


# --- RollingFeatures -------------------------------------------------------------------------------------------------


def rolling_frame(n_rows, seed=0):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n_rows, 2)), index, columns=["load", "price"])


@given(st.integers(1, 30), st.integers(1, 8), st.sampled_from(["mean", "std", "min", "max"]))
def test_rolling_features_equal_pandas(n_rows, window, statistic):
    df = rolling_frame(n_rows)
    out = RollingFeatures((window,), statistics=(statistic,)).fit_transform(df)
    rolling = df.rolling(window, min_periods=1)
    expected = rolling.std(ddof=0) if statistic == "std" else getattr(rolling, statistic)()
    np.testing.assert_allclose(out, np.hstack([df, expected]), atol=1e-7)  # pandas' running sums lose digits


def test_rolling_features_by_hand():
    out = RollingFeatures((1, 2), statistics=("mean", "std", "min", "max")).fit_transform([[1.0], [5.0]])
    assert out.tolist() == [[1, 1, 0, 1, 1, 1, 0, 1, 1], [5, 5, 0, 5, 5, 3, 2, 1, 5]]


@given(st.integers(0, 19), st.integers(1, 9))
def test_rolling_features_do_not_see_the_future(t, window):
    df = rolling_frame(30)
    altered = df.copy()
    altered.iloc[10 + t + 1 :] += 100
    rolling = RollingFeatures((window,), statistics=("mean", "std", "min", "max")).fit(df.iloc[:10])
    before, after = (rolling.transform(d.iloc[10:])[: t + 1] for d in (df, altered))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("as_frame", [False, True])
def test_rolling_features_are_exact_in_every_fold(as_frame):
    df = rolling_frame(60)
    X = df if as_frame else df.to_numpy()
    whole = RollingFeatures((3, 7)).fit_transform(X)
    for train, test in TimeSeriesSplit(4).split(X):
        X_train, X_test = (X.iloc[train], X.iloc[test]) if as_frame else (X[train], X[test])
        rolling = RollingFeatures((3, 7)).fit(X_train)
        np.testing.assert_array_equal(rolling.transform(X_train), whole[train])
        np.testing.assert_array_equal(rolling.transform(X_test), whole[test])


def test_rolling_features_name_their_columns_and_keep_the_index():
    out = RollingFeatures((2,), statistics=("min",)).set_output(transform="pandas").fit_transform(rolling_frame(3))
    assert out.columns.tolist() == ["load", "price", "load_min_2", "price_min_2"]
    assert out.index.equals(rolling_frame(3).index)


def test_rolling_features_refuse_folds_that_are_not_in_time():
    df = rolling_frame(30)
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        cross_val_predict(make_pipeline(RollingFeatures((2,)), LinearRegression()), df, df["load"], cv=KFold(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"windows": ()}, r"windows must hold at least one number of rows, but is \(\)"),
        ({"windows": (0,)}, "windows must be an integer of at least 1, but is 0"),
        ({"statistics": ("median",)}, r"statistics must name one or more of .* but is \('median',\)"),
        ({"statistics": ()}, "statistics must name one or more of"),
    ],
)
def test_rolling_features_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        RollingFeatures(**arguments).fit([[1.0], [2.0]])
