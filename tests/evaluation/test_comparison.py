import pickle
import signal
import sys
import warnings
from itertools import count
from threading import Event

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.metrics import make_scorer, max_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    NaiveRegressor,
    WindowedRegressor,
    compare_models,
    corrected_resampled_ttest,
    diebold_mariano,
    forecast_scorer,
    holm,
    make_supervised,
    mase,
)
from skhybrid.evaluation import _run


def data(n_rows=80, noise=1.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    return X, X @ [2.0, -1.0, 0.0] + 10 + noise * rng.normal(size=n_rows)


MODELS = {"mean": DummyRegressor(), "linear": LinearRegression(), "lasso": Lasso(0.5)}
CV = TimeSeriesSplit(5)


def compare(models=MODELS, X=None, y=None, *, cv=CV, baseline="mean", **options):
    X, y = data() if X is None else (X, y)
    return compare_models(models, X, y, cv=cv, baseline=baseline, **options)


class Noisy(RegressorMixin, BaseEstimator):
    """Predicts what its seed says."""

    def __init__(self, scale=1.0, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y):
        self.mean_ = np.mean(y) + self.scale * np.random.default_rng(self.random_state).normal()
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


class Failing(DummyRegressor):
    """Fails when trained on more than 30 rows."""

    def fit(self, X, y):
        if len(X) > 30:
            raise RuntimeError("too many\nrows")
        return super().fit(X, y)


# The numbers.


def test_scores_equal_cross_validation():
    X, y = data()
    scores = compare(X=X, y=y).scores
    expected = cross_validate(
        LinearRegression(), X, y, cv=CV, scoring=["neg_root_mean_squared_error", "neg_mean_absolute_error"]
    )
    linear = scores[scores["model"] == "linear"]
    assert linear["fold"].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(linear["rmse"], -expected["test_neg_root_mean_squared_error"])
    np.testing.assert_allclose(linear["mae"], -expected["test_neg_mean_absolute_error"])


def test_predictions_are_out_of_fold():
    X, y = data()
    predictions = compare(X=X, y=y, cv=KFold(4)).predictions
    linear = predictions[predictions["model"] == "linear"].sort_values("row")
    np.testing.assert_allclose(linear["y_pred"], cross_val_predict(LinearRegression(), X, y, cv=KFold(4)))
    np.testing.assert_array_equal(linear["y_true"], y)


def test_table_by_hand():
    comparison = compare({"noisy": Noisy(), **MODELS}, n_seeds=3)
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
    X, y = data()
    scores = compare(X=X, y=y, season_length=4).scores
    expected = []
    for train, test in CV.split(X):
        y_pred = LinearRegression().fit(X[train], y[train]).predict(X[test])
        expected.append(mase(y[test], y_pred, y[train], season_length=4))
    np.testing.assert_allclose(scores.loc[scores["model"] == "linear", "mase"], expected)


def test_mase_is_missing_where_training_gives_no_scale():
    X, y = data(12)
    comparison = compare(X=X, y=y, cv=TimeSeriesSplit(2), season_length=6)
    assert comparison.scores.groupby("fold")["mase"].count().to_dict() == {0: 0, 1: 3}


def test_seeds_reach_every_random_state():
    models = {"mean": DummyRegressor(), "deep": make_pipeline(StandardScaler(), Noisy())}
    comparison = compare(models, n_seeds=3, random_state=7)
    X, y = data()
    train, _ = next(CV.split(X))
    deep = comparison.predictions.query("model == 'deep' and fold == 0").groupby("seed")["y_pred"].first()
    expected = {seed: y[train].mean() + np.random.default_rng(seed).normal() for seed in (7, 8, 9)}
    assert deep.to_dict() == pytest.approx(expected)
    assert comparison.table["n_seeds"].to_dict() == {"mean": 1, "deep": 3}


def test_models_are_not_altered():
    models = {"mean": DummyRegressor(), "noisy": Noisy(random_state=42)}
    compare(models, n_seeds=2)
    assert models["noisy"].random_state == 42
    assert not hasattr(models["noisy"], "mean_")
    assert list(models) == ["mean", "noisy"]


def test_folds_are_drawn_once():
    scores = compare(cv=ShuffleSplit(4, test_size=10)).predictions  # without a seed, each split() is another
    rows = scores.groupby(["fold", "model"])["row"].agg(tuple).groupby("fold").nunique()
    assert rows.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("as_frame", [False, True])
def test_several_outputs(as_frame):
    X, y = data()
    Y = np.column_stack([y, 2 * y, -y])
    Y = pd.DataFrame(Y, columns=["a", "b", "c"]) if as_frame else Y
    comparison = compare({"mean": DummyRegressor(), "linear": LinearRegression()}, X, Y)
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
    table = compare(models, X, y, cv=TimeSeriesSplit(2), baseline="last", n_seeds=2).table
    assert table.loc["ridge", "n_parameters"] == 6 * 2 + 1
    assert table.loc["hybrid", "n_parameters"] == (3 * 2 + 1) * 4 + 4 * 4 * (4 + 4 + 1) + 5 * 4 + 5
    assert table["n_seeds"].to_dict() == {"last": 1, "ridge": 2, "hybrid": 2}
    assert table["failure"].eq("").all()


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        ("mae", ["mae"]),
        (["smape", "neg_median_absolute_error"], ["smape", "median_absolute_error"]),
        (
            {"p90": forecast_scorer("pinball", quantile=0.9), "worst": make_scorer(max_error, greater_is_better=False)},
            ["p90", "worst"],
        ),
        ({"first": "rmse"}, ["first"]),
    ],
)
def test_scoring(scoring, columns):
    comparison = compare(scoring=scoring)
    assert [c.removesuffix("_std") for c in comparison.table if c.endswith("_std")] == [*columns, "mase"]
    assert comparison.metric == columns[0]
    assert (comparison.scores[columns] >= 0).all(axis=None)


class Counting(DummyRegressor):
    n_predictions = 0

    def predict(self, X):
        Counting.n_predictions += 1
        return super().predict(X)


def test_each_fit_predicts_once():
    Counting.n_predictions = 0
    compare({"mean": Counting()}, cv=TimeSeriesSplit(2), scoring=["rmse", "mae", "smape"])
    assert Counting.n_predictions == 2


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
    comparison = compare(models, cv=TimeSeriesSplit(2), n_seeds=2)
    engines = comparison.scores.groupby("model")["engine"].agg(list).to_dict()
    assert engines["mean"] == ["", ""]
    assert engines["pipe"] == ["compiled", "keras: why not"] * 2
    assert comparison.table["engine"].to_dict() == {
        "mean": "",
        "pipe": "compiled; keras: why not",
        "search": "compiled",
    }
    assert "compiled" not in repr(comparison)


# The tests of difference.


def test_tests_against_the_baseline():
    X, y = data()
    comparison = compare({**MODELS, "noisy": Noisy()}, X, y, n_seeds=3)
    scores = comparison.scores.groupby(["model", "fold"])["rmse"].mean()
    ratio = np.mean([len(test) / len(train) for train, test in CV.split(X)])
    squares = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]) ** 2)
    losses = squares.groupby(["model", "row"])["loss"].mean()  # over the seeds
    names = ["linear", "lasso", "noisy"]
    folds = [corrected_resampled_ttest(scores[name] - scores["mean"], ratio) for name in names]
    rows = [diebold_mariano(losses[name], losses["mean"]) for name in names]
    tests = comparison.tests.loc[[(name, "mean") for name in names]]
    np.testing.assert_allclose(tests["t_folds"], [result.statistic for result in folds])
    np.testing.assert_allclose(tests["p_folds"], holm([result.pvalue for result in folds]))
    np.testing.assert_allclose(tests["dm"], [result.statistic for result in rows])
    np.testing.assert_allclose(tests["p_dm"], holm([result.pvalue for result in rows]))
    np.testing.assert_allclose(comparison.table.loc[names, "p_dm"], tests["p_dm"])
    assert np.isnan(comparison.table.loc["mean", "p_dm"])


def test_difference_of_a_pair():
    comparison = compare()
    errors = comparison.table["mae"]
    forth, back = comparison.difference("linear", "lasso", "mae"), comparison.difference("lasso", "linear", "mae")
    assert forth["difference"] == pytest.approx(errors["linear"] - errors["lasso"])
    assert forth["relative"] == pytest.approx(errors["linear"] / errors["lasso"] - 1)
    assert (forth["t_folds"], forth["dm"]) == pytest.approx((-back["t_folds"], -back["dm"]))
    absolutes = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]).abs())
    losses = [absolutes.loc[absolutes["model"] == name, "loss"] for name in ("linear", "lasso")]
    assert forth["p_dm"] == pytest.approx(diebold_mariano(*losses).pvalue)


def test_seeds_alone_move_a_difference():
    comparison = compare({"mean": DummyRegressor(), "noisy": Noisy(), "wild": Noisy(3.0)}, n_seeds=4)
    errors = comparison.scores.groupby(["model", "fold"])["rmse"]
    variance = errors.var() / 4
    expected = np.sqrt((variance["noisy"] + variance["wild"]).sum()) / 5
    assert comparison.difference("noisy", "wild")["se_seeds"] == pytest.approx(expected)
    assert compare().difference("linear", "mean")["se_seeds"] == 0


def test_contrasts_are_adjusted_among_themselves():
    pairs = [("linear", "lasso"), ("lasso", "mean")]
    comparison = compare(contrasts=pairs)
    alone = [comparison.difference(*pair)["p_dm"] for pair in pairs]
    np.testing.assert_allclose(comparison.contrasts["p_dm"], holm(alone))
    assert list(comparison.contrasts.index) == pairs


def test_horizon_is_that_of_the_overlapping_errors():
    one, three, several = (compare(horizon=h).tests["dm"] for h in (None, 3, range(1, 4)))
    assert not np.allclose(one, three)
    np.testing.assert_array_equal(three, several)


def test_rows_tested_in_several_folds_count_once():
    X, y = data(40)
    test = np.arange(30, 40)
    folds = [(np.arange(10), test), (np.arange(10, 30), test)]
    comparison = compare(X=X, y=y, cv=folds)
    losses = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]) ** 2)
    losses = losses.groupby(["model", "row"])["loss"].mean()
    result = diebold_mariano(losses["linear"], losses["lasso"])
    assert comparison.difference("linear", "lasso")["p_dm"] == pytest.approx(result.pvalue)
    assert result.df == 9


def test_one_fold_has_no_test_over_folds():
    comparison = compare(cv=[(np.arange(60), np.arange(60, 80))])
    assert comparison.tests["p_folds"].isna().all()
    assert comparison.tests["p_dm"].notna().all()


def test_equal_models_do_not_differ():
    test = compare({"mean": DummyRegressor(), "same": DummyRegressor()}).tests.iloc[0]
    assert (test["difference"], test["p_folds"], test["p_dm"]) == (0, 1, 1)


def test_cheapest_within_one_standard_error():
    comparison = compare({"slow": Slow(), "mean": DummyRegressor(), "close": Ridge(1.0)})
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


# Failures and interruptions.


def test_failing_model_leaves_the_others_alone():
    with pytest.warns(FitFailedWarning, match="3 of 20 fits failed; the first was 'bad' in fold 2: .* too many rows;"):
        comparison = compare({**MODELS, "bad": Failing()}, cv=CV)
    good = compare()
    columns = ["rmse", "mae", "mase", "p_folds", "p_dm"]
    pd.testing.assert_frame_equal(comparison.table.loc[good.table.index, columns], good.table[columns])
    assert comparison.table.loc["bad", ["rmse", "skill", "p_dm"]].isna().all()
    assert comparison.table.loc["bad", "failure"] == "RuntimeError: too many\nrows"
    assert comparison.table.index[-1] == "bad"
    assert comparison.failures[["model", "fold"]].to_numpy().tolist() == [["bad", 2], ["bad", 3], ["bad", 4]]
    assert comparison.scores.query("model == 'bad'")["rmse"].notna().tolist() == [True, True, False, False, False]
    assert comparison.verdict().endswith("bad failed in 3 fits and is left out.")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_failing_baseline():
    comparison = compare({**MODELS, "bad": Failing()}, baseline="bad")
    assert comparison.tests[["p_folds", "p_dm"]].isna().all(axis=None)
    assert comparison.table["skill"].isna().all()
    assert "the baseline bad has no result." in comparison.verdict()


def test_all_models_failing_is_an_error():
    with pytest.raises(
        ValueError, match="all 5 fits failed; the first was 'bad' in fold 0: RuntimeError: too many rows"
    ):
        compare({"bad": Failing()}, *data(300), baseline="bad")


class Wrong(DummyRegressor):
    def __init__(self, value=np.nan, width=0):
        super().__init__()
        self.value = value
        self.width = width

    def predict(self, X):
        return np.full((len(X), self.width) if self.width else len(X), self.value)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.parametrize(
    ("model", "words"), [(Wrong(), "contains NaN"), (Wrong(1.0, 2), r"one value for each of .* \(13, 2\)")]
)
def test_wrong_predictions_are_failures(model, words):
    failures = compare({"mean": DummyRegressor(), "wrong": model}).failures
    assert len(failures) == 5
    assert failures["error"].str.contains(words).all()


def test_predictions_in_a_column_count_as_one_output():
    comparison = compare({"mean": DummyRegressor(), "column": Wrong(1.0, 1)})
    assert comparison.predictions.query("model == 'column'")["y_pred"].eq(1).all()


def test_score_that_is_no_error():
    with pytest.raises(ValueError, match=r"scoring='r2' must be a negated error, .*; pass an error"):
        compare({"linear": LinearRegression()}, scoring={"r2": make_scorer(r2_score)}, baseline="linear")


def test_warnings_of_models_are_heard():
    with pytest.warns(ConvergenceWarning):
        compare({"mean": DummyRegressor(), "lasso": Lasso(1e-9, max_iter=1)})


class Interrupted(Noisy):
    """Stands for Ctrl-C in the n-th fit: raised where it runs, or sent to the process as the keyboard does."""

    numbers = count(1)

    def __init__(self, scale=1.0, random_state=None, at=4, how="raise"):
        super().__init__(scale, random_state)
        self.at = at
        self.how = how

    def fit(self, X, y):
        number = next(Interrupted.numbers)
        Event().wait(0.02)  # so that others may end meanwhile
        if number == self.at:
            if self.how == "raise":
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)
        return super().fit(X, y)


@pytest.fixture
def ctrl_c():
    """Have SIGINT raise KeyboardInterrupt: a shell that runs this in the background has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("how", ["raise", "signal"])
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.usefixtures("ctrl_c")
def test_interrupted_comparison_is_resumed(n_jobs, how):
    Interrupted.numbers = count(1)
    models = {"mean": DummyRegressor(), "noisy": Interrupted(how=how), "linear": LinearRegression()}
    with joblib.parallel_config("threading"):
        with pytest.warns(UserWarning, match=r"interrupted after \d+ of 20 fits; resume\(\) runs the rest"):
            comparison = compare(models, n_seeds=2, n_jobs=n_jobs)
        assert not comparison.is_complete
        assert 0 < len(comparison.scores) < 20
        assert 1 <= comparison.n_folds_ < 5
        assert "only; resume() goes on." in comparison.verdict()
        assert comparison.resume() is comparison
    assert comparison.is_complete
    without = compare({**models, "noisy": Noisy()}, n_seeds=2)
    assert_same(comparison, without)


def assert_same(one, other):
    times = ["fit_seconds", "predict_seconds"]
    pd.testing.assert_frame_equal(one.scores.drop(columns=times), other.scores.drop(columns=times))
    pd.testing.assert_frame_equal(one.predictions, other.predictions)
    pd.testing.assert_frame_equal(one.table.drop(columns=times), other.table.drop(columns=times))
    pd.testing.assert_frame_equal(one.tests, other.tests)


def test_table_of_an_interrupted_comparison_holds_whole_folds():
    Interrupted.numbers = count(1)
    models = {"mean": DummyRegressor(), "linear": LinearRegression(), "noisy": Interrupted(at=3)}
    with pytest.warns(UserWarning, match="interrupted after 8 of 15 fits"):
        comparison = compare(models)
    first = comparison.scores[comparison.scores["fold"] < 2]
    assert comparison.n_folds_ == 2
    assert len(comparison.scores) == 8
    assert comparison.table["rmse"].to_dict() == pytest.approx(first.groupby("model")["rmse"].mean().to_dict())
    assert len(comparison.predictions) == 8 * 13


def test_interruption_in_the_first_fold():
    Interrupted.numbers = count(1)
    with pytest.warns(UserWarning, match="interrupted after 1 of 10 fits"):
        comparison = compare({"mean": DummyRegressor(), "noisy": Interrupted(at=1)})
    assert comparison.best_ is None
    assert comparison.verdict().startswith("No model has results on a whole fold yet")
    assert "mean" in repr(comparison)
    assert comparison.resume().best_ is not None


def test_resume_of_a_complete_comparison_changes_nothing():
    comparison = compare()
    scores = comparison.scores
    pd.testing.assert_frame_equal(comparison.resume().scores, scores)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_jobs_change_nothing(backend):
    models = {"mean": DummyRegressor(), "noisy": Noisy()} if backend == "threading" else MODELS
    with joblib.parallel_config(backend, n_jobs=2):
        parallel = compare(models, n_seeds=2)
    assert_same(parallel, compare(models, n_seeds=2))


def test_warning_filters_outlive_threads_that_lose_them(monkeypatch):
    class Losing(_run.Parallel):
        def __call__(self, jobs):
            yield from super().__call__(jobs)
            warnings.resetwarnings()  # as threads do that start at once, which is rare

    monkeypatch.setattr(_run, "Parallel", Losing)
    before = list(warnings.filters)
    compare()
    assert warnings.filters == before
    assert before


def test_complete_comparison_is_pickled_without_the_data():
    X, y = data(80)
    X = np.hstack([X, np.random.default_rng(1).normal(size=(80, 5000))])
    comparison = compare({"mean": DummyRegressor()}, X, y)
    pickled = pickle.dumps(comparison)
    assert len(pickled) < X.nbytes / 20
    assert pickle.loads(pickled).verdict() == comparison.verdict()


# Progress, views, imports.


def test_progress(capsys):
    compare({"mean": DummyRegressor()}, cv=TimeSeriesSplit(2), verbose=1)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 2
    assert lines[0].startswith("[1/2] mean, fold 0, seed 0: rmse ")


def test_silent_where_nobody_watches(capsys):
    compare()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("verbose", "n_lines"), [(None, 2), (0, 0)])
def test_progress_in_a_terminal(capsys, monkeypatch, verbose, n_lines):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    compare({"mean": DummyRegressor()}, cv=TimeSeriesSplit(2), verbose=verbose)
    assert len(capsys.readouterr().err.splitlines()) == n_lines


def test_plot():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = compare().plot(ax, metric="mae")
    assert display.ax_ is ax
    assert display.metric == "mae"


def test_import_loads_neither_tensorflow_nor_matplotlib(run_python):
    code = "import sys, skhybrid.evaluation.comparison\nprint({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    assert run_python(code).stdout.strip() == "set()"


# Input that is refused.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": []}, "models must be a dict of at least one estimator by its name, but is list; pass"),
        ({"models": {}}, "models must be a dict of at least one estimator"),
        ({"models": {1: Ridge()}}, r"but is a dict with the keys \[1\]"),
        ({"models": {"mean": Ridge}}, r"models must hold scikit-learn estimators, but models\['mean'\] is <class"),
        ({"models": {"mean": "ridge"}}, r"models\['mean'\] is 'ridge'; pass an instance"),
        ({"baseline": "naive"}, "baseline must be one of 'mean', 'linear', 'lasso', but is 'naive'"),
        ({"n_seeds": 0}, "n_seeds must be an integer of at least 1, but is 0"),
        ({"random_state": None}, "random_state must be an integer of at least 0, the first of the seeds, but is None"),
        ({"season_length": 0}, "season_length must be an integer of at least 1"),
        ({"horizon": 0}, "horizon must be an integer of at least 1"),
        ({"scoring": []}, "scoring must hold at least one error, but is empty"),
        ({"scoring": "r2"}, "starts with 'neg_', or a dict of scorers, but holds 'r2'"),
        ({"scoring": ["rmse", "neg_nothing"]}, "but holds 'neg_nothing'"),
        ({"scoring": make_scorer(max_error)}, "scoring must name its scorers, .* pass a dict"),
        (
            {"contrasts": [("linear", "lstm")]},
            r"contrasts must be pairs of two different models, but hold \('linear', ",
        ),
        ({"contrasts": [("linear", "linear")]}, "contrasts must be pairs of two different models"),
        ({"contrasts": ("linear", "lasso")}, r"but hold \('linear',\); pass for example contrasts=\[\('mean', 'linear"),
        ({"cv": [(np.arange(20), np.arange(19, 30))]}, "fold 0 has 20 and 11, of which 1 are in both"),
        ({"cv": [(np.arange(20), [])]}, "cv must give folds with training rows and other test rows, but fold 0 has 20"),
    ],
)
def test_compare_models_refuses(options, words):
    with pytest.raises(ValueError, match=words):
        compare(**options)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(79), r"X has 80 samples and y has shape \(79,\)"),
        (np.zeros((80, 1, 1)), r"y must be 1-D or 2-D .* \(80, 1, 1\)"),
        (np.array(["a"] * 80), "y must hold numbers"),
    ],
)
def test_compare_models_refuses_targets(y, words):
    with pytest.raises(ValueError, match=words):
        compare(X=data()[0], y=y)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("linear", "lstm"), "b must be one of 'mean', 'linear', 'lasso', but is 'lstm'"),
        (("linear", "mean", "mape"), "metric must be one of 'rmse', 'mae', 'mase', but is 'mape'"),
    ],
)
def test_difference_refuses(arguments, words):
    comparison = compare()
    with pytest.raises(ValueError, match=words):
        comparison.difference(*arguments)


def test_lists_are_taken():
    X, y = data()
    pd.testing.assert_series_equal(compare(X=X.tolist(), y=y.tolist()).table["rmse"], compare(X=X, y=y).table["rmse"])
