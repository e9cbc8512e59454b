import pickle
from threading import Event

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import CNNLSTMRegressor, NaiveRegressor, WindowedRegressor, diebold_mariano, make_supervised, mase
from tests.helpers import PLANE_MODELS, Noisy, compare_on_plane, make_plane

CV = TimeSeriesSplit(5)


def test_scores_equal_cross_validation():
    X, y = make_plane()
    scores = compare_on_plane(X=X, y=y).scores
    expected = cross_validate(
        LinearRegression(), X, y, cv=CV, scoring=["neg_root_mean_squared_error", "neg_mean_absolute_error"]
    )
    linear = scores[scores["model"] == "linear"]
    assert linear["fold"].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(linear["rmse"], -expected["test_neg_root_mean_squared_error"])
    np.testing.assert_allclose(linear["mae"], -expected["test_neg_mean_absolute_error"])


def test_predictions_are_out_of_fold():
    X, y = make_plane()
    predictions = compare_on_plane(X=X, y=y, cv=KFold(4)).predictions
    linear = predictions[predictions["model"] == "linear"].sort_values("row")
    np.testing.assert_allclose(linear["y_pred"], cross_val_predict(LinearRegression(), X, y, cv=KFold(4)))
    np.testing.assert_array_equal(linear["y_true"], y)


def test_table_by_hand():
    comparison = compare_on_plane({"noisy": Noisy(), **PLANE_MODELS}, n_seeds=3)
    table, scores = comparison.table, comparison.scores
    assert table["rmse"].is_monotonic_increasing
    for name in table.index:
        errors = scores.loc[scores["model"] == name, "rmse"]
        assert table.loc[name, "rmse"] == pytest.approx(errors.mean())
        assert table.loc[name, "rmse_std"] == pytest.approx(errors.std())
        assert table.loc[name, "skill"] == pytest.approx(1 - errors.mean() / table.loc["mean", "rmse"])
        assert table.loc[name, "fit_seconds"] > 0
    assert table["n_parameters"].to_dict() == pytest.approx(
        {"linear": 4, "lasso": 4, "mean": np.nan, "noisy": np.nan}, nan_ok=True
    )


def test_mase_takes_the_training_targets_of_the_fold():
    X, y = make_plane()
    scores = compare_on_plane(X=X, y=y, season_length=4).scores
    expected = []
    for train, test in CV.split(X):
        y_pred = LinearRegression().fit(X[train], y[train]).predict(X[test])
        expected.append(mase(y[test], y_pred, y[train], season_length=4))
    np.testing.assert_allclose(scores.loc[scores["model"] == "linear", "mase"], expected)


def test_mase_is_missing_where_training_gives_no_scale():
    X, y = make_plane(12)
    comparison = compare_on_plane(X=X, y=y, cv=TimeSeriesSplit(2), season_length=6)
    assert comparison.scores.groupby("fold")["mase"].count().to_dict() == {0: 0, 1: 3}


def test_seeds_reach_every_random_state():
    models = {"mean": DummyRegressor(), "deep": make_pipeline(StandardScaler(), Noisy())}
    comparison = compare_on_plane(models, n_seeds=3, random_state=7)
    X, y = make_plane()
    train, _ = next(CV.split(X))
    deep = comparison.predictions.query("model == 'deep' and fold == 0").groupby("seed")["y_pred"].first()
    expected = {seed: y[train].mean() + np.random.default_rng(seed).normal() for seed in (7, 8, 9)}
    assert deep.to_dict() == pytest.approx(expected)
    assert comparison.table["n_seeds"].to_dict() == {"mean": 1, "deep": 3}


def test_models_are_not_altered():
    models = {"mean": DummyRegressor(), "noisy": Noisy(random_state=42)}
    compare_on_plane(models, n_seeds=2)
    assert models["noisy"].random_state == 42
    assert not hasattr(models["noisy"], "mean_")
    assert list(models) == ["mean", "noisy"]


@pytest.mark.parametrize("as_frame", [False, True])
def test_several_outputs(as_frame):
    X, y = make_plane()
    Y = np.column_stack([y, 2 * y, -y])
    Y = pd.DataFrame(Y, columns=["a", "b", "c"]) if as_frame else Y
    comparison = compare_on_plane({"mean": DummyRegressor(), "linear": LinearRegression()}, X, Y)
    predictions = comparison.predictions
    assert [c for c in predictions if c.startswith("y_")] == [f"y_{k}_{j}" for k in ("true", "pred") for j in range(3)]
    np.testing.assert_allclose(predictions["y_pred_1"], 2 * predictions["y_pred_0"])
    losses = [
        [
            ((row.y_true_0 - row.y_pred_0) ** 2) * (1 + 4 + 1) / 3
            for row in predictions.query("model == @m").itertuples()
        ]
        for m in ("linear", "mean")
    ]
    assert comparison.tests.iloc[0]["dm"] == pytest.approx(diebold_mariano(*losses, horizon=3).statistic)


def test_windowed_models_on_frames_and_a_network():
    index = pd.date_range("2024-01-01", periods=64, freq="h")
    X, y = make_supervised(pd.DataFrame({"load": np.sin(np.arange(64.0)), "price": 1.0}, index), "load")
    network = CNNLSTMRegressor(filters=4, units=4, dense_units=4, epochs=2)
    models = {
        "last": WindowedRegressor(NaiveRegressor(n_features=2), 6),
        "ridge": WindowedRegressor(Ridge(), 6),
        "hybrid": WindowedRegressor(network, 6),
    }
    table = compare_on_plane(models, X, y, cv=TimeSeriesSplit(2), baseline="last", n_seeds=2).table
    assert table.loc["ridge", "n_parameters"] == 6 * 2 + 1
    assert table.loc["hybrid", "n_parameters"] == (3 * 2 + 1) * 4 + 4 * 4 * (4 + 4 + 1) + 5 * 4 + 5
    assert table["n_seeds"].to_dict() == {"last": 1, "ridge": 2, "hybrid": 2}
    assert table["failure"].eq("").all()


class Engine(DummyRegressor):
    """Stands for a network that says how it was trained, by seed."""

    def __init__(self, random_state=None):
        super().__init__()
        self.random_state = random_state

    def fit(self, X, y):
        self.engine_ = "compiled" if self.random_state == 0 else "keras: why not"
        return super().fit(X, y)


def test_engine_is_that_of_the_network_inside():
    search = GridSearchCV(Engine(), {"random_state": [0]}, cv=2)
    models = {"mean": DummyRegressor(), "pipe": make_pipeline(StandardScaler(), Engine()), "search": search}
    comparison = compare_on_plane(models, cv=TimeSeriesSplit(2), n_seeds=2)
    engines = comparison.scores.groupby("model")["engine"].agg(list).to_dict()
    assert engines["mean"] == ["", ""]
    assert engines["pipe"] == ["compiled", "keras: why not"] * 2
    assert comparison.table["engine"].to_dict() == {
        "mean": "",
        "pipe": "compiled; keras: why not",
        "search": "compiled",
    }
    assert "compiled" not in repr(comparison)


def test_cheapest_within_one_standard_error():
    comparison = compare_on_plane({"slow": Slow(), "mean": DummyRegressor(), "close": Ridge(1.0)})
    table, scores = comparison.table, comparison.scores
    errors = scores.loc[scores["model"] == comparison.best_, "rmse"]
    limit = errors.mean() + errors.std() / np.sqrt(5)
    assert table["within_one_se"].equals(table["rmse"] <= limit)
    assert comparison.best_ == "slow"
    assert comparison.cheapest_ == "close"


class Slow(LinearRegression):
    def fit(self, X, y):
        Event().wait(0.02)
        return super().fit(X, y)


def test_plot():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = compare_on_plane().plot(ax, metric="mae")
    assert display.ax_ is ax
    assert display.metric == "mae"


def test_import_loads_neither_tensorflow_nor_matplotlib(run_python):
    code = "import sys, skhybrid.evaluation.comparison\nprint({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    assert run_python(code).stdout.strip() == "set()"


def test_complete_comparison_is_pickled_without_the_data():
    X, y = make_plane(80)
    X = np.hstack([X, np.random.default_rng(1).normal(size=(80, 5000))])
    comparison = compare_on_plane({"mean": DummyRegressor()}, X, y)
    pickled = pickle.dumps(comparison)
    assert len(pickled) < X.nbytes / 20
    assert pickle.loads(pickled).verdict() == comparison.verdict()


def test_lists_are_taken():
    X, y = make_plane()
    pd.testing.assert_series_equal(
        compare_on_plane(X=X.tolist(), y=y.tolist()).table["rmse"], compare_on_plane(X=X, y=y).table["rmse"]
    )
