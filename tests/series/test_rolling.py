import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import RollingFeatures
from tests.helpers import OUTPUT_CHECKS

ROWS_ARE_TIME = {"check_methods_sample_order_invariance": "the rows are time steps, so that their order matters"}


@parametrize_with_checks([RollingFeatures()], expected_failed_checks=lambda estimator: ROWS_ARE_TIME)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .* feature names, but")  # some checks mix frames and arrays
@pytest.mark.parametrize("check", OUTPUT_CHECKS)
def test_scikit_learn_checks_of_the_output(check):
    check("RollingFeatures", RollingFeatures())


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
