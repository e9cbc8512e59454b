"""The main job: a search over window and network in a plain pipeline, under forward folds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    DenseRegressor,
    NaiveRegressor,
    RollingFeatures,
    SlidingWindow,
    SubsequenceReshaper,
    make_power_usage,
    make_supervised,
)

SMALL = {"filters": 4, "units": 4, "dense_units": 4, "random_state": 0}


def hybrid_pipeline():
    return make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(24),
        CNNLSTMRegressor(**SMALL, epochs=2, batch_size=128),
    )


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "time", "target", "n_rows"),
    [
        ("sp500_monthly.csv", "date", "close", 917),
        ("vic_electricity_halfhourly.csv.gz", "time_utc", "demand_mw", 1500),
        ("ETTh1.csv.gz", "date", "OT", 1500),
    ],
)
def test_search_on_real_series(shared_data, name, time, target, n_rows):
    df = pd.read_csv(shared_data / name, index_col=time, parse_dates=True).select_dtypes("number").iloc[:n_rows]
    X, y = make_supervised(df, target=target, horizon=1)
    search = GridSearchCV(
        hybrid_pipeline(),
        {"slidingwindow__window_length": [12, 24], "cnnlstmregressor__kernel_size": [2, 3]},
        cv=TimeSeriesSplit(2),
        scoring="neg_root_mean_squared_error",
        error_score="raise",
    )
    search.fit(X, y)
    assert set(search.best_params_) == {"slidingwindow__window_length", "cnnlstmregressor__kernel_size"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    np.testing.assert_allclose(search.predict(X.iloc[-10:]), search.predict(X)[-10:], rtol=1e-5)


def dense_pipeline():
    return make_pipeline(
        RollingFeatures((3,)),
        StandardScaler(),
        SlidingWindow(6),
        DenseRegressor(dense_units=4, epochs=2, early_stopping=True, random_state=0),
    )


def weights(pipe):
    return np.concatenate([w.ravel() for w in pipe[-1].model_.get_weights()])


@pytest.mark.parametrize("as_frame", [False, True])
def test_test_rows_change_no_weight_and_later_rows_no_prediction(as_frame):
    X, y = make_supervised(make_power_usage(10, random_state=0), "load")
    n_train, t = 180, 200
    altered_X, altered_y = X.copy(), y.copy()
    altered_X.iloc[t + 1 :] += 50
    altered_y.iloc[n_train:] += 50
    predictions = []
    fitted = []
    for features, target in ((X, y), (altered_X, altered_y)):
        features, target = (features, target) if as_frame else (features.to_numpy(), target.to_numpy())
        pipe = dense_pipeline().fit(features[:n_train], target[:n_train])
        fitted.append(weights(pipe))
        predictions.append(pipe.predict(features[n_train:])[: t + 1 - n_train])
    np.testing.assert_array_equal(*fitted)
    np.testing.assert_array_equal(*predictions)


def test_folds_do_not_see_their_test_rows():
    X, y = make_supervised(make_power_usage(10, random_state=0), "load")
    cv = TimeSeriesSplit(2)
    last_test = next(reversed([test for _, test in cv.split(X)]))
    altered_X, altered_y = X.copy(), y.copy()
    altered_X.iloc[last_test] += 50
    altered_y.iloc[last_test] += 50
    before, after = (
        cross_validate(dense_pipeline(), *data, cv=cv, return_estimator=True, error_score="raise")["estimator"]
        for data in ((X, y), (altered_X, altered_y))
    )
    np.testing.assert_array_equal([weights(pipe) for pipe in before], [weights(pipe) for pipe in after])


def test_naive_rule_in_a_pipeline_is_the_shifted_series():
    X, y = make_supervised(make_power_usage(5, random_state=0), "load", horizon=[1, 24])
    pipe = make_pipeline(SlidingWindow(24), NaiveRegressor("seasonal", season_length=24, horizon=[1, 24]))
    pipe.fit(X.iloc[:60], y.iloc[:60])
    forecast = pipe.predict(X.iloc[60:])
    load = X["load"].to_numpy()
    np.testing.assert_array_equal(forecast[:, 0], load[60 - 23 : len(load) - 23])  # t + 1 - 24
    np.testing.assert_array_equal(forecast[:, 1], load[60:])  # t + 24 - 24


def test_subsequences_in_a_pipeline():
    X, y = make_supervised(make_power_usage(5, random_state=0), "load")
    pipe = make_pipeline(
        StandardScaler(), SlidingWindow(12), SubsequenceReshaper(3), CNNLSTMRegressor(**SMALL, epochs=1)
    )
    assert pipe.fit(X, y)[-1].input_shape_ == (3, 4, 3)
    assert pipe.predict(X).shape == y.shape


def test_incomplete_windows_are_left_out_of_training():
    X, y = make_supervised(make_power_usage(4, random_state=0)[["load"]])
    network = DenseRegressor(dense_units=4, epochs=2, random_state=0)
    pipe = make_pipeline(SlidingWindow(6, incomplete="nan"), network).fit(X, y)
    windows = SlidingWindow(6).fit_transform(X)
    by_hand = DenseRegressor(dense_units=4, epochs=2, random_state=0).fit(windows[5:], y.iloc[5:])
    np.testing.assert_array_equal(pipe.predict(X), by_hand.predict(windows))
