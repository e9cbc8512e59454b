"""Kind 4: scores and verdicts that do not mean what they say."""

import os
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import StackingRegressor, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import LeaveOneGroupOut, TimeSeriesSplit

from skhybrid import (
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    DenseRegressor,
    WindowDisplay,
    WindowedClassifier,
    WindowedRegressor,
    check_leakage,
    compare_models,
    diebold_mariano,
    forecast_scorer,
    mase,
    pinball,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
SMALL = {"filters": 4, "units": 4, "dense_units": 4, "epochs": 2, "random_state": 0}


def outcome(call):
    """Return what a call returns, or the error that it raises, as text."""
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def compare(models, X, y, **options):
    return compare_models(models, X, y, **{"cv": TimeSeriesSplit(3), "baseline": next(iter(models)), **options})


@pytest.mark.fault("4.1")
def test_errors_of_numbers_refuse_classifiers():
    models = {"mean": DummyRegressor(), "log": LogisticRegression()}
    words = "scoring and models must be about numbers alike, as scoring='rmse' is, but models['log'] is about labels"
    assert words in str(outcome(lambda: compare(models, X, (X[:, 0] > 0).astype(int))))


@pytest.mark.fault("4.1")
def test_classifiers_are_compared_by_their_error_rate():
    models = {"often": DummyClassifier(), "log": LogisticRegression()}
    labels = np.where(X[:, 0] > 0, "up", "down")
    comparison = outcome(lambda: compare(models, X, labels, scoring="error_rate"))
    assert not isinstance(comparison, str), comparison
    wrong = comparison.predictions.assign(wrong=lambda p: p["y_true"] != p["y_pred"])
    assert comparison.table.loc["log", "error_rate"] == pytest.approx(
        wrong[wrong["model"] == "log"].groupby("fold")["wrong"].mean().mean()
    )
    losses = [wrong.loc[wrong["model"] == name, "wrong"].astype(float) for name in ("log", "often")]
    assert comparison.tests.loc[("log", "often"), "dm"] == pytest.approx(diebold_mariano(*losses).statistic)
    assert "mase" not in comparison.table


@pytest.mark.fault("4.2")
def test_rows_are_tested_by_the_loss_of_the_scorer():
    y = np.random.default_rng(0).gamma(2, size=120)
    models = {"median": DummyRegressor(strategy="median"), "q90": DummyRegressor(strategy="quantile", quantile=0.9)}
    comparison = compare(models, X, y, scoring={"p90": forecast_scorer("pinball", quantile=0.9)})
    p = comparison.predictions.assign(above=lambda p: p["y_true"] - p["y_pred"])
    p["loss"] = np.maximum(0.9 * p["above"], -0.1 * p["above"])
    expected = diebold_mariano(*(p.loc[p["model"] == name, "loss"] for name in ("q90", "median")))
    assert comparison.tests.loc[("q90", "median"), "dm"] == pytest.approx(expected.statistic)


@pytest.mark.fault("4.2")
def test_pinball_takes_the_quantile_that_it_measures():
    y = 10 * X[:, 0]
    network = DenseRegressor(dense_units=4, epochs=2, random_state=0, loss="quantile", quantiles=(0.1, 0.5, 0.9))
    model = WindowedRegressor(network, 3).fit(X, y)
    expected = pinball(y, model.estimator_.predict_quantiles(model.read_windows(X))[:, 2], quantile=0.9)
    assert -forecast_scorer("pinball", quantile=0.9)(model, X, y) == pytest.approx(expected)


SHOPS, DAYS = [f"s{i}" for i in range(6)], pd.date_range("2024-01-01", periods=30)
PANEL = pd.MultiIndex.from_product([SHOPS, DAYS])
SALES = pd.Series(np.arange(6).repeat(30) * 100 + RNG.normal(size=180).cumsum(), PANEL)
PRICES = pd.DataFrame(RNG.normal(size=(180, 2)), PANEL, columns=["price", "rain"])


@pytest.mark.fault("4.3")
@pytest.mark.parametrize("labelled", [True, False])
def test_comparison_of_groups_counts_days(labelled):
    groups = PANEL.get_level_values(0).to_numpy()
    X, y = (PRICES, SALES) if labelled else (PRICES.to_numpy(), SALES.to_numpy())
    days = [
        (np.flatnonzero(DAYS[20] > PANEL.get_level_values(1)), np.flatnonzero(PANEL.get_level_values(1) >= DAYS[20]))
    ]
    models = {"mean": DummyRegressor(), "ridge": Ridge()}
    options = {} if labelled else {"groups": groups}
    comparison = outcome(lambda: compare(models, X, y, cv=days, **options))
    assert not isinstance(comparison, str), comparison
    p = comparison.predictions.assign(time=lambda p: PANEL.get_level_values(1)[p["row"]])
    p["loss"] = (p["y_true"] - p["y_pred"]) ** 2
    by_day = p.groupby(["model", "time"])["loss"].mean()
    assert comparison.tests.loc[("ridge", "mean"), "dm"] == pytest.approx(
        diebold_mariano(by_day["ridge"], by_day["mean"]).statistic
    )
    known = SALES[PANEL.get_level_values(1) < DAYS[20]]
    alone = [
        mase(of_one["y_true"], of_one["y_pred"], known[shop])
        for shop, of_one in p[p["model"] == "mean"].groupby(groups[p.loc[p["model"] == "mean", "row"]])
    ]
    assert comparison.table.loc["mean", "mase"] == pytest.approx(np.mean(alone))
    assert comparison.is_forward


@pytest.mark.fault("4.3")
@pytest.mark.parametrize("labelled", [True, False])
def test_whole_series_held_out_are_no_leak(labelled):
    groups = PANEL.get_level_values(0).to_numpy()
    X, y = (PRICES, SALES) if labelled else (PRICES.to_numpy(), SALES.to_numpy())
    folds = list(LeaveOneGroupOut().split(X, groups=groups))
    options = {} if labelled else {"groups": groups}
    report = outcome(lambda: check_leakage(Ridge(), X, y, cv=folds, **options))
    assert not isinstance(report, str), report
    assert report.is_clean, report


@pytest.mark.fault("4.3")
@pytest.mark.parametrize("labelled", [True, False])
def test_horizon_is_read_in_steps_of_each_series(labelled):
    y = SALES.groupby(level=0).shift(-2).dropna().sort_index(level=1)
    X, groups = pd.DataFrame({"now": SALES.loc[y.index]}), y.index.get_level_values(0).to_numpy()
    cut = 6 * 15
    folds = [(np.arange(cut), np.arange(cut, len(y)))]
    data, options = ((X, y), {}) if labelled else ((X.to_numpy(), y.to_numpy()), {"groups": groups})
    report = outcome(lambda: check_leakage(Ridge(), *data, cv=folds, **options))
    assert "(gap=1)" in str(report), report


@pytest.mark.fault("4.4")
def test_windowed_classifiers_validate_on_the_last_windows():
    labels = np.repeat([0, 1, 0, 1], 30)
    network = CNNLSTMClassifier(**SMALL, early_stopping=True, validation_fraction=0.2)
    model = WindowedClassifier(network, 12).fit(X, labels)
    changed = labels.copy()
    changed[-15:] = 0  # within the part in time that validates
    other = WindowedClassifier(network, 12).fit(X, changed)
    assert model.estimator_.history_["loss"] == pytest.approx(other.estimator_.history_["loss"])
    assert model.estimator_.history_["val_loss"] != pytest.approx(other.estimator_.history_["val_loss"])


@pytest.mark.fault("4.5")
def test_horizon_keeps_targets_out_of_what_validates():
    network = CNNLSTMRegressor(**SMALL, early_stopping=True)
    model = outcome(lambda: WindowedRegressor(network, 6, horizon=24).fit(X, X[:, 0]))
    assert not isinstance(model, str), model
    assert model.estimator_.validation_gap == 23
    assert model.n_training_rows_ == 120 - 5 - 23
    assert WindowedRegressor(network, 6, horizon=24, embargo=0).fit(X, X[:, 0]).n_training_rows_ == 120 - 5


@pytest.mark.fault("4.6")
@pytest.mark.parametrize("kind", [VotingRegressor, StackingRegressor])
@pytest.mark.parametrize("others", [[], [("ridge", Ridge())]])
def test_windows_reach_networks_inside_ensembles(kind, others):
    ensemble = kind([("network", CNNLSTMRegressor(**SMALL)), *others])
    model = outcome(lambda: WindowedRegressor(ensemble, 12).fit(X, X[:, 0]))
    assert not isinstance(model, str), model
    assert model.estimator_.estimators_[0].input_shape_ == (12, 2)


def make_mortal(path):
    class Mortal(RegressorMixin, BaseEstimator):  # local, so that workers need not load this module
        """Ends its process on the largest training fold, as one without memory does, until a file is there."""

        def fit(self, X, y):
            if len(X) > 80 and not path.exists():
                os._exit(1)
            return self

        def predict(self, X):
            return np.zeros(len(X))

    return Mortal()


@pytest.mark.fault("4.7")
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_dies_leaves_what_is_finished(tmp_path):
    models = {"mean": DummyRegressor(), "mortal": make_mortal(tmp_path / "spared")}
    comparison = outcome(lambda: compare(models, X, X[:, 0], n_jobs=2))
    assert not isinstance(comparison, str), comparison
    assert not comparison.is_complete
    assert len(comparison.scores) >= 1
    (tmp_path / "spared").touch()
    comparison.resume()
    assert comparison.is_complete
    whole = compare(models, X, X[:, 0])
    pd.testing.assert_series_equal(comparison.table["rmse"], whole.table["rmse"])


class ListsOnly(joblib.parallel.ThreadingBackend):
    """A backend as Ray's, which returns all results at once."""

    supports_return_generator = False


@pytest.mark.fault("4.7")
def test_backends_that_return_lists():
    joblib.register_parallel_backend("lists only", ListsOnly)
    with joblib.parallel_config("lists only"):
        comparison = outcome(lambda: compare({"mean": DummyRegressor(), "ridge": Ridge()}, X, X[:, 0]))
    assert not isinstance(comparison, str), comparison
    assert comparison.is_complete


@pytest.mark.fault("4.8")
@pytest.mark.parametrize("loss", ["msle", "poisson"])
def test_losses_of_positive_targets_are_refused_where_targets_are_centred(loss):
    y = np.exp(X[:, 0])
    fitted = outcome(lambda: DenseRegressor(dense_units=4, epochs=2, loss=loss, random_state=0).fit(X, y))
    assert f"loss='{loss}' needs" in str(fitted)
    assert "output_activation='softplus'" in str(fitted)


@pytest.mark.fault("4.9")
def test_unscaled_inputs_are_warned_of_once():
    table = pd.DataFrame(X * [1, 100] + [0, 30_000], columns=["rain", "price"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        WindowedRegressor(CNNLSTMRegressor(**SMALL), 6).fit(table, X[:, 0])
    texts = [str(warning.message) for warning in caught if warning.category is UserWarning]
    assert len(texts) == 1, texts
    assert "price" in texts[0]
    assert "3e+04" in texts[0]


@pytest.mark.fault("4.10")
def test_folds_are_shown_as_they_are_fitted():
    model = WindowedRegressor(Ridge(), 4, warmup=10, embargo=2)
    roles = outcome(lambda: WindowDisplay.from_cv(TimeSeriesSplit(3), X, window_length=4, warmup=10, embargo=2).roles)
    assert not isinstance(roles, str), roles
    for (train, _), of_fold in zip(TimeSeriesSplit(3).split(X), roles, strict=True):
        n_shown = np.count_nonzero(of_fold == 2)
        assert n_shown == model.fit(X[train], X[train, 0]).n_training_rows_
