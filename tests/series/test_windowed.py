import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    HistGradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import (
    CNNLSTMRegressor,
    DenseRegressor,
    LSTMClassifier,
    LSTMRegressor,
    PerStepTransformer,
    WindowedClassifier,
    WindowedRegressor,
    make_supervised,
)
from skhybrid.series.readers import takes_nan, takes_windows
from tests.helpers import Follower

ROWS_ARE_TIME = {
    "check_methods_sample_order_invariance": "the rows are time steps, so that their order matters",
    "check_methods_subset_invariance": "a window holds the rows before it, which a subset may lack",
    "check_sample_weight_equivalence_on_dense_data": "a repeated row is a later step, not the same row twice",
}


@parametrize_with_checks(
    [
        WindowedRegressor(Ridge(), window_length=2),
        WindowedClassifier(LogisticRegression(), window_length=1),  # the labels of the checks have no past
        WindowedClassifier(RidgeClassifier(), window_length=1),
    ],
    expected_failed_checks=lambda estimator: ROWS_ARE_TIME if estimator.window_length > 1 else {},
)
def test_windowed_check_estimator(estimator, check):
    check(estimator)


def supervised(n_rows=120, horizon=1):
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    df = pd.DataFrame({"load": rng.normal(size=n_rows).cumsum(), "price": rng.normal(size=n_rows)}, index)
    return make_supervised(df, "load", horizon=horizon)


def forecast_by_loop(X, y, train, test, window_length, embargo, warmup=0):
    """Train a ridge on complete windows of the training rows, and predict each test row, in the plainest way."""
    rows = X.to_numpy()
    window = {t: rows[t - window_length + 1 : t + 1].ravel() for t in range(window_length - 1, len(rows))}
    trained = [t for t in train if t >= max(warmup, window_length - 1) and t < len(train) - embargo]
    ridge = Ridge().fit([window[t] for t in trained], y.to_numpy()[trained])
    return ridge.predict([window[t] for t in test])


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize(("horizon", "warmup"), [(1, 0), (6, 0), (6, 15), (range(1, 4), 0)])
def test_windowed_ridge_equals_loop_in_every_fold(as_frame, horizon, warmup):
    X, y = supervised(horizon=horizon)
    embargo = max(np.atleast_1d(horizon)) - 1
    model = WindowedRegressor(Ridge(), window_length=8, embargo=embargo, warmup=warmup)
    for train, test in TimeSeriesSplit(4).split(X):
        data = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
        parts = [[d.iloc[rows] if as_frame else d[rows] for d in data] for rows in (train, test)]
        model.fit(*parts[0])
        expected = forecast_by_loop(X, y, train, test, 8, embargo, warmup)
        np.testing.assert_allclose(model.predict(parts[1][0]), expected, rtol=0, atol=1e-8)
        assert model.n_training_rows_ == len(train) - max(7, warmup) - embargo


@pytest.mark.parametrize("as_frame", [False, True])
def test_gap_leaves_rows_out_of_the_first_windows_and_says_so(as_frame):
    X, y = supervised()
    train, test = np.arange(60), np.arange(63, 100)  # a splitter with gap=3
    data = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    parts = [[d.iloc[rows] if as_frame else d[rows] for d in data] for rows in (train, test)]
    model = WindowedRegressor(Ridge(), window_length=8).fit(*parts[0])
    if as_frame:
        with pytest.warns(UserWarning, match="3 rows between them are missing from its first windows"):
            forecast = model.predict(parts[1][0])
    else:  # nothing tells arrays from such as follow
        forecast = model.predict(parts[1][0])
    exact = forecast_by_loop(X, y, train, test, 8, 0)
    np.testing.assert_allclose(forecast[7:], exact[7:], atol=1e-8)  # windows that lie within the test rows
    assert not np.allclose(forecast[:7], exact[:7], atol=1e-3)


def test_embargo_keeps_later_targets_out_of_training():
    X, y = supervised(horizon=6)
    model = WindowedRegressor(Ridge(), window_length=4, embargo=5)
    altered = y.copy()
    altered.iloc[75:80] += 100  # known only after row 80, the first to be predicted
    np.testing.assert_array_equal(
        model.fit(X.iloc[:80], y.iloc[:80]).predict(X.iloc[80:]),
        model.fit(X.iloc[:80], altered.iloc[:80]).predict(X.iloc[80:]),
    )


def test_windowed_regressor_does_not_see_the_future():
    X, y = supervised()
    model = WindowedRegressor(Ridge(), window_length=5).fit(X.iloc[:60], y.iloc[:60])
    altered = X.copy()
    altered.iloc[81:] += 100
    np.testing.assert_array_equal(model.predict(X.iloc[60:])[:21], model.predict(altered.iloc[60:])[:21])


@pytest.mark.parametrize("as_frame", [False, True])
def test_predict_then_update_equals_one_batch(as_frame):
    X, y = supervised()
    X, y = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    model = WindowedRegressor(Ridge(), window_length=9).fit(X[:80], y[:80])
    together = model.predict(X[80:])
    parts = []
    for start in range(80, len(X), 7):
        parts.append(model.predict(X[start : start + 7]))
        model.update(X[start : start + 7])
    np.testing.assert_allclose(np.concatenate(parts), together, rtol=1e-12)


def test_update_refuses_rows_of_the_past():
    X, y = supervised()
    model = WindowedRegressor(Ridge(), window_length=3).fit(X, y)
    with pytest.raises(ValueError, match="X must follow the rows known so far"):
        model.update(X.iloc[-5:])


def test_window_length_and_inner_parameters_are_searchable():
    X, y = supervised(horizon=3)
    search = GridSearchCV(
        WindowedRegressor(Ridge(), warmup=8, embargo=2),
        {"window_length": [2, 9], "estimator__alpha": [0.1, 10]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    ).fit(X, y)
    assert set(search.best_params_) == {"window_length", "estimator__alpha"}


def test_warmup_gives_all_candidates_the_same_rows():
    X, y = supervised()
    counts = {WindowedRegressor(Ridge(), w, warmup=20).fit(X, y).n_training_rows_ for w in (2, 10, 21)}
    assert counts == {len(X) - 20}


def test_train_scores_see_the_training_windows():
    X, _ = supervised()
    scores = cross_validate(
        WindowedRegressor(Ridge(1e-6), window_length=3),
        X,
        X["load"] - X["load"].shift(2, fill_value=X["load"].iloc[0]),  # exactly a function of a complete window
        cv=TimeSeriesSplit(3),
        return_train_score=True,
    )
    np.testing.assert_allclose(scores["train_score"], 1, atol=1e-3)
    np.testing.assert_allclose(scores["test_score"], 1, atol=1e-6)


def test_sequence_estimators_get_windows_and_others_tables():
    X, y = supervised(60)
    network = DenseRegressor(dense_units=2, epochs=1, random_state=0)
    assert WindowedRegressor(network, 6).fit(X, y).estimator_.input_shape_ == (6, 2)
    assert WindowedRegressor(Ridge(), 6).fit(X, y).estimator_.n_features_in_ == 12
    assert takes_windows(make_pipeline(PerStepTransformer(), network))
    assert takes_windows(TransformedTargetRegressor(network))
    assert not takes_windows(make_pipeline(StandardScaler(), Ridge()))


def test_ensembles_take_windows_where_all_their_members_do():
    network = CNNLSTMRegressor(units=2, epochs=1)
    assert takes_windows(VotingRegressor([("n", network), ("m", make_pipeline(PerStepTransformer(), network))]))
    assert takes_windows(VotingRegressor([("n", network), ("r", "drop")]))
    assert takes_windows(StackingRegressor([("n", network)], final_estimator=Ridge()))
    assert not takes_windows(VotingRegressor([("n", network), ("r", Ridge())]))
    assert not takes_windows(BaggingRegressor())


def test_networks_of_an_ensemble_get_windows():
    X, y = supervised(60)
    network = CNNLSTMRegressor(2, units=2, dense_units=(), epochs=1, random_state=0)
    model = WindowedRegressor(VotingRegressor([("n", network)]), 12).fit(X, y)
    assert model.estimator_.estimators_[0].input_shape_ == (12, 2)
    assert model.predict(X).shape == (len(X),)


@pytest.mark.parametrize("network", [False, True])
def test_windows_are_read_as_the_estimator_gets_them(network):
    X, y = supervised(60)
    inner = DenseRegressor(dense_units=2, epochs=1, random_state=0) if network else Ridge()
    model = WindowedRegressor(inner, window_length=3).fit(X[:40], y[:40])
    windows = model.read_windows(X[40:])
    rows = X.to_numpy()
    expected = np.stack([rows[t - 2 : t + 1] for t in range(40, len(X))])
    np.testing.assert_array_equal(windows, expected if network else expected.reshape(len(expected), -1))
    np.testing.assert_array_equal(model.estimator_.predict(windows), model.predict(X[40:]))


def test_sample_weight_of_zero_is_no_row():
    X, y = supervised(60)
    altered = y.copy()
    altered.iloc[20:30] += 100
    weights = np.ones(len(X))
    weights[20:30] = 0
    model = WindowedRegressor(Ridge(), 4)
    np.testing.assert_allclose(
        model.fit(X, y, sample_weight=weights).predict(X), model.fit(X, altered, sample_weight=weights).predict(X)
    )


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)])
def test_windowed_regressor_refuses_folds_that_are_not_in_time(cv):
    X, y = supervised()
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        cross_val_predict(WindowedRegressor(Ridge(), 3), X, y, cv=cv)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window_length": 200}, "window_length=200 with warmup=0 and embargo=0 needs at least 200 rows, but X has"),
        ({"window_length": 9, "embargo": 115}, "embargo=115 needs at least 124 rows, but X has n_samples=119"),
        ({"window_length": 9, "warmup": 3}, "warmup=3 must be at least window_length - 1 = 8"),
    ],
)
def test_windowed_regressor_with_too_few_rows(arguments, message):
    X, y = supervised()
    with pytest.raises(ValueError, match=message):
        WindowedRegressor(Ridge(), **arguments).fit(X, y)


# Holes in a time index


def hourly(n_rows):
    return pd.date_range("2024-01-01", periods=n_rows, freq="h")


REGULAR = {
    "hours": hourly(40),
    "months": pd.date_range("2000-01-31", periods=40, freq="ME"),
    "trading days": pd.bdate_range("2024-12-02", periods=40).delete([17, 22]),  # holidays
    "periods": pd.period_range("2024-01", periods=40, freq="M"),
    "numbers": pd.Index(np.arange(40) * 0.5),
    "two rows": hourly(2),
}


@pytest.mark.parametrize("index", REGULAR.values(), ids=REGULAR)
def test_rows_that_follow_one_another_are_taken(index):
    X = pd.DataFrame({"load": np.arange(len(index), dtype=float)}, index)
    model = WindowedRegressor(Ridge(), window_length=2).fit(X, X["load"])
    assert len(model.predict(X)) == len(index)


HOLES = {
    "an hour": hourly(40).delete(7),
    "months": pd.date_range("2000-01-31", periods=40, freq="ME").delete(20),
    "weeks among trading days": pd.bdate_range("2024-12-02", periods=60).delete(range(20, 30)),
    "periods": pd.period_range("2024-01", periods=40, freq="M").delete([3, 4]),
    "numbers": pd.Index(np.arange(40)).delete(9),
}


@pytest.mark.parametrize("index", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("method", ["fit", "predict"])
def test_holes_in_a_time_index_are_refused(index, method):
    X = pd.DataFrame({"load": np.arange(len(index), dtype=float)}, index)
    model = WindowedRegressor(Ridge(), window_length=2)
    if method == "predict":
        model.fit(X.iloc[:3], X["load"].iloc[:3])
    with pytest.raises(ValueError, match=r"steps are missing in its index \(1 holes, .* TimeSeriesSplit, fill"):
        model.fit(X, X["load"]) if method == "fit" else model.predict(X)


# Labels


@pytest.fixture(scope="module")
def labelled():
    X, _ = supervised()
    return X, np.where(X["load"].diff(3).fillna(0) > 0, "up", "down")  # a function of four rows


def test_classifier_predicts_labels_from_windows(labelled):
    X, y = labelled
    model = WindowedClassifier(LogisticRegression(C=1000, max_iter=1000), window_length=4).fit(X[:80], y[:80])
    assert is_classifier(model)
    assert model.classes_.tolist() == ["down", "up"]
    assert model.score(X[80:], y[80:]) > 0.9
    windows = np.stack([X.to_numpy()[t - 3 : t + 1].ravel() for t in range(80, len(X))])
    np.testing.assert_allclose(model.predict_proba(X[80:]), model.estimator_.predict_proba(windows))
    np.testing.assert_allclose(model.decision_function(X[80:]), model.estimator_.decision_function(windows))


def test_classifier_has_the_methods_of_its_estimator():
    assert not hasattr(WindowedClassifier(LinearSVC()), "predict_proba")
    assert hasattr(WindowedClassifier(LinearSVC()), "decision_function")
    assert hasattr(WindowedClassifier(LogisticRegression()), "predict_proba")


def test_classifier_takes_networks_and_searches(labelled):
    X, y = labelled
    model = WindowedClassifier(LSTMClassifier(2, dense_units=(), epochs=1, random_state=0), warmup=5)
    search = GridSearchCV(model, {"window_length": [3, 6]}, cv=TimeSeriesSplit(2), error_score="raise").fit(X, y)
    assert search.best_estimator_.estimator_.input_shape_ == (search.best_params_["window_length"], 2)
    assert search.predict_proba(X).shape == (len(X), 2)


def test_classifier_keeps_labels_of_the_embargo_out_of_training(labelled):
    X, y = labelled
    model = WindowedClassifier(LogisticRegression(), window_length=4, embargo=5)
    altered = y[:80].copy()
    altered[75:] = "later"
    expected = model.fit(X[:80], y[:80]).predict_proba(X[80:])
    np.testing.assert_array_equal(model.fit(X[:80], altered).predict_proba(X[80:]), expected)


# Training on


def warm_network(**options):
    return DenseRegressor(4, **{"epochs": 1, "random_state": 0, "warm_start": True, **options})


@pytest.mark.parametrize("as_frame", [False, True])
def test_warm_start_of_the_estimator_goes_on(as_frame):
    X, y = supervised(60)
    X, y = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    model = WindowedRegressor(warm_network(), window_length=5).fit(X[:40], y[:40])
    network = model.estimator_
    model.set_params(estimator__learning_rate=0.1).fit(X[10:50], y[10:50])
    assert model.estimator_ is network
    assert network.n_epochs_ == 2
    by_hand = warm_network().fit(*windows_of(X, y, 4, 40)).set_params(learning_rate=0.1).fit(*windows_of(X, y, 14, 50))
    np.testing.assert_array_equal(model.predict(X[50:]), by_hand.predict(windows_of(X, y, 50, len(X))[0]))


def windows_of(X, y, start, stop, window_length=5):
    rows = np.asarray(X)
    return np.stack([rows[t - window_length + 1 : t + 1] for t in range(start, stop)]), np.asarray(y)[start:stop]


def test_warm_start_in_the_last_step_of_a_pipeline_goes_on():
    X, y = supervised(60)
    model = WindowedRegressor(make_pipeline(PerStepTransformer(), warm_network()), 5).fit(X, y).fit(X, y)
    assert model.estimator_[-1].n_epochs_ == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"estimator__dense_units": 5}, "dense_units must be 4, as in the fit whose network is trained on, but is 5"),
        ({"window_length": 4}, "window_length must be 5, as in the fit that is continued, but is 4; set it back"),
        ({"estimator": LSTMRegressor(2, warm_start=True)}, "estimator must be a DenseRegressor, .* is a LSTMRegressor"),
    ],
    ids=list,
)
def test_warm_start_refuses_another_network(change, words):
    X, y = supervised(60)
    model = WindowedRegressor(warm_network(), window_length=5).fit(X, y)
    expected, network = model.predict(X), model.estimator_
    fitted = network.get_params()
    with pytest.raises(ValueError, match=words):
        model.set_params(**change).fit(X[:50], y[:50])
    assert model.estimator_ is network
    assert network.get_params() == fitted
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize(
    "outer",
    [
        TransformedTargetRegressor,
        lambda network: VotingRegressor([("n", network)]),
        lambda network: GridSearchCV(network, {"epochs": [1]}, cv=2),
        lambda network: make_pipeline(PerStepTransformer(), TransformedTargetRegressor(network)),
    ],
    ids=["target", "ensemble", "search", "pipeline"],
)
def test_warm_start_that_would_be_lost_is_refused(outer):
    X, y = supervised(60)
    model = WindowedRegressor(outer(warm_network()), 5).fit(X, y)
    with pytest.raises(ValueError, match=r"warm_start=True needs a DenseRegressor that is .*, which fits new clones"):
        model.fit(X, y)


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("network", [False, True])
def test_partial_fit_takes_rows_that_follow(as_frame, network):
    X, y = supervised(100)
    X, y = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())

    def make():
        return warm_network() if network else SGDRegressor(random_state=0, shuffle=False)

    model, by_hand = WindowedRegressor(make(), window_length=5), make()
    for start, stop in [(0, 60), (60, 62), (62, 80)]:
        model.partial_fit(X[start:stop], y[start:stop])
        windows, targets = windows_of(X, y, max(start, 4), stop)
        by_hand.partial_fit(windows if network else windows.reshape(len(windows), -1), targets)
        assert model.n_training_rows_ == len(targets)
    windows = windows_of(X, y, 80, len(X))[0]
    expected = by_hand.predict(windows if network else windows.reshape(len(windows), -1))
    np.testing.assert_allclose(model.predict(X[80:]), expected, rtol=1e-12)


def test_partial_fit_of_a_classifier_knows_its_classes(labelled):
    X, y = labelled
    model = WindowedClassifier(LSTMClassifier(2, dense_units=(), epochs=1, random_state=0), 5)
    model.partial_fit(X[:60], np.repeat("up", 60), classes=["down", "up"]).partial_fit(X[60:], y[60:])
    assert model.classes_.tolist() == ["down", "up"]
    assert model.estimator_.n_epochs_ == 2


def test_partial_fit_is_there_where_the_estimator_has_it():
    assert hasattr(WindowedRegressor(SGDRegressor()), "partial_fit")
    assert not hasattr(WindowedRegressor(Ridge()), "partial_fit")


def test_partial_fit_refuses_rows_of_the_past_and_bad_parameters():
    X, y = supervised(60)
    model = WindowedRegressor(SGDRegressor(random_state=0), 3).fit(X, y)
    before, expected = {**vars(model)}, model.predict(X)
    with pytest.raises(ValueError, match="X must follow the rows known so far"):
        model.partial_fit(X[-5:], y[-5:])
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict(X), expected)
    with pytest.raises(ValueError, match="The 'window_length' parameter of WindowedRegressor"):
        model.set_params(window_length=0).partial_fit(X, y)


def test_failed_fit_leaves_the_model_as_it_was():
    X, y = supervised(60)
    model = WindowedRegressor(warm_network(optimizer="sgd"), 5)
    with pytest.raises(ValueError, match="finite loss"):
        model.set_params(estimator__learning_rate=1e30, estimator__epochs=4).fit(X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.set_params(estimator__learning_rate=0.01).fit(X[:50], y[:50])
    expected = model.predict(X[50:])
    with pytest.raises(ValueError, match="finite loss"):
        model.set_params(estimator__learning_rate=1e30).fit(X[:40], y[:40])
    np.testing.assert_array_equal(model.predict(X[50:]), expected)


# What users bring


def hourly_frame(n_rows=100):
    rows = np.random.default_rng(0).normal(size=(n_rows, 2))
    return pd.DataFrame(rows, pd.date_range("2024-01-01", periods=n_rows, freq="h"), columns=["a", "b"])


@pytest.mark.filterwarnings("ignore:.*the windows of")
@pytest.mark.parametrize("window_length", [1, 3])
def test_dead_sensor_is_predicted_alike_among_all_and_at_the_end(window_length):
    X = hourly_frame()
    X.iloc[90:, 1] = np.nan
    model = WindowedRegressor(Ridge(), window_length, missing="drop").fit(X[:98], X["a"][:98])
    whole = model.predict(X)
    np.testing.assert_allclose(model.predict(X[98:]), whole[-2:], rtol=1e-12)
    model.update(X[98:99])
    np.testing.assert_allclose(model.predict(X[99:]), whole[-1:], rtol=1e-12)


@pytest.mark.parametrize("labels", [[1, None, 0], [True, None, False], ["a", None, "b"], [1.0, np.nan, 0.0]])
def test_labels_may_be_missing(labels):
    y = np.array(labels * 10, dtype=object if labels[1] is None else float)
    model = WindowedClassifier(LogisticRegression(), 2, missing="drop").fit(np.arange(30.0)[:, None], y)
    assert (model.n_training_rows_, model.n_left_out_, len(model.classes_)) == (19, 10, 2)


def test_all_targets_missing_is_refused():
    with pytest.raises(ValueError, match="y must hold a known target"):
        WindowedRegressor(Ridge(), 2, missing="drop").fit(np.arange(9.0)[:, None], np.full(9, np.nan))


def test_fitted_rows_are_known_again_as_float32():
    X = 1000 + np.random.default_rng(0).normal(size=(200, 1))
    model = WindowedRegressor(Ridge(), 4).fit(X, X[:, 0])
    np.testing.assert_allclose(model.read_windows(X.astype(np.float32)), model.read_windows(X), rtol=1e-6)


@pytest.mark.parametrize("method", ["predict", "update"])
def test_rows_of_three_dimensions_are_refused(method):
    X = np.random.default_rng(0).normal(size=(50, 3))
    model = WindowedRegressor(Ridge(), 4).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="dim"):
        getattr(model, method)(X.reshape(-1, 3, 2)[:5])


@pytest.mark.parametrize(
    "estimator",
    [
        StackingRegressor([("h", HistGradientBoostingRegressor())], final_estimator=Ridge(), passthrough=True),
        AdaBoostRegressor(HistGradientBoostingRegressor()),
        make_pipeline(StandardScaler(), Ridge()),
        VotingRegressor([("r", Ridge())]),
    ],
)
def test_estimators_that_refuse_nan_are_told_apart(estimator):
    assert not takes_nan(estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingRegressor(),
        make_pipeline(StandardScaler(), HistGradientBoostingRegressor()),
        make_pipeline(SimpleImputer(), Ridge()),
        VotingRegressor([("h", HistGradientBoostingRegressor())]),
        TransformedTargetRegressor(HistGradientBoostingRegressor()),
    ],
)
def test_estimators_that_take_nan_get_it(estimator):
    X = hourly_frame()
    X.iloc[50, 1] = np.nan
    model = WindowedRegressor(estimator, 3, missing="drop").fit(X, X["a"])
    assert (model.n_training_rows_, model.n_left_out_) == (98, 0)


def test_weights_of_rows_without_a_window_are_not_enough():
    X = hourly_frame()
    with pytest.raises(ValueError, match="sample_weight must hold no negative weight and not only zeros"):
        WindowedRegressor(Ridge(), 3).fit(X, X["a"], sample_weight=np.eye(100)[0])


def test_freq_may_be_a_timedelta():
    X = hourly_frame()
    assert WindowedRegressor(Ridge(), 3, freq=pd.Timedelta("1h")).fit(X, X["a"]).n_training_rows_ == 98


# --- scikit-learn's callbacks ----------------------------------------------------------------------------------------


def test_fit_is_shown_down_to_the_epochs_of_the_network_inside():
    pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    network = DenseRegressor(2, epochs=2, random_state=0)
    model = WindowedRegressor(make_pipeline(PerStepTransformer(), network), window_length=3, horizon=1)
    follower = Follower()
    followed = clone(model).set_callbacks(follower).fit(X, y)
    inside = ["fit#0/fit#0", "fit#0/fit#0/fit#0", "fit#0/fit#0/fit#1"]
    epochs = [f"fit#0/fit#0/fit#1/epoch#{i}" for i in range(2)]
    assert follower.begun == ["fit#0", *inside, *epochs]
    assert sorted(follower.ended) == sorted(follower.begun)
    np.testing.assert_array_equal(followed.predict(X), model.fit(X, y).predict(X))
    assert not hasattr(followed.estimator_[-1], "_skl_callbacks")


def test_partial_fit_is_shown():
    pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    follower = Follower()
    model = WindowedRegressor(DenseRegressor(2, epochs=2), window_length=3).set_callbacks(follower)
    model.partial_fit(X[:20], y[:20]).partial_fit(X[20:], y[20:])
    assert follower.begun == ["fit#0", "fit#0/fit#0", "fit#0/fit#0/epoch#0"] * 2


def test_what_was_fitted_keeps_no_callbacks_of_a_search():
    callback = pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    model = WindowedRegressor(DenseRegressor(2, epochs=1, random_state=0), window_length=3, horizon=1)
    search = GridSearchCV(model, {"window_length": [2, 3]}, cv=TimeSeriesSplit(2))
    best = search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y).best_estimator_
    for held in (best, best._as_fitted, best.estimator_):
        assert not hasattr(held, "_skl_callbacks")


def test_scores_of_a_fit_are_those_of_the_rows_whose_targets_are_known():
    callback = pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    monitor = callback.ScoringMonitor(scoring="r2")
    model = WindowedRegressor(Ridge(), window_length=3, missing="drop").set_callbacks(monitor).fit(X, y)
    assert [row["r2"] for row in monitor.get_logs().data] == [model.score(X, y)]
    model.fit(X, y.where(np.arange(len(y)) != 20))  # which leaves nothing that a scorer takes
    assert len(monitor.get_logs(select="all")) == 1


def test_callbacks_set_in_between_follow_a_warm_start():
    callback = pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    model = WindowedRegressor(DenseRegressor(2, epochs=1, warm_start=True), window_length=3).fit(X, y)
    monitor = callback.ScoringMonitor(scoring="r2")
    model.estimator.set_callbacks(monitor)
    model.fit(X, y)
    assert [row["task_id_path"] for row in monitor.get_logs().data] == [(0, 0), (0, 0, 0)]
    model.estimator.set_callbacks()
    assert not hasattr(model.fit(X, y).estimator_, "_skl_callbacks")


def test_bar_of_an_estimator_inside_is_refused_and_changes_nothing():
    callback = pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    model = WindowedRegressor(DenseRegressor(2, epochs=1).set_callbacks(callback.ProgressBar()), window_length=3)
    names = {*vars(model)}
    with pytest.raises(TypeError, match="Register them directly on the meta-estimator"):
        model.fit(X, y)
    assert {*vars(model)} == names


def test_classifier_is_shown_and_scored():
    callback = pytest.importorskip("sklearn.callback")
    X, y = supervised(40)
    monitor, follower = callback.ScoringMonitor(scoring="accuracy"), Follower()
    model = WindowedClassifier(LSTMClassifier(2, epochs=1, random_state=0), window_length=3)
    model.set_callbacks(monitor, follower).fit(X, y > 0)
    assert follower.begun == ["fit#0", "fit#0/fit#0", "fit#0/fit#0/epoch#0"]
    assert [row["accuracy"] for row in monitor.get_logs().data] == [model.score(X, y > 0)]
