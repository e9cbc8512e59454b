import signal
import sys
import time
import warnings
from concurrent.futures import Future
from itertools import count
from threading import Event, Thread

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import BaggingRegressor, RandomForestRegressor, StackingRegressor, VotingRegressor
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skhybrid import DenseRegressor, WindowedRegressor
from skhybrid.evaluation import _run
from skhybrid.evaluation._run import count_parameters, join_texts, read_engines, run_trial
from skhybrid.series.panel import read_labels
from tests.helpers import PLANE_MODELS, Noisy, compare_on_plane, make_plane

X, Y = np.random.default_rng(0).normal(size=(2, 30, 2))


@pytest.mark.parametrize(
    ("model", "n_outputs", "expected"),
    [
        (LinearRegression(), 1, 3),
        (LinearRegression(fit_intercept=False), 1, 2),
        (Ridge(), 2, 6),
        (make_pipeline(StandardScaler(), Ridge()), 1, 3),
        (GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2), 1, 3),
        (TransformedTargetRegressor(Ridge()), 1, 3),
        (WindowedRegressor(make_pipeline(Ridge()), 4), 1, 9),
        (DenseRegressor(dense_units=3, epochs=1, random_state=0), 1, 2 * 3 + 3 + 3 + 1),
        (VotingRegressor([("ridge", Ridge()), ("line", LinearRegression(fit_intercept=False))]), 1, 3 + 2),
        (VotingRegressor([("ridge", Ridge()), ("svr", SVR())]), 1, np.nan),
        (StackingRegressor([("ridge", Ridge())], Ridge(), cv=2), 1, 3 + 2),
        (BaggingRegressor(Ridge(), 4), 1, 4 * 3),
        (MultiOutputRegressor(Ridge()), 2, 2 * 3),
        (RandomForestRegressor(2, random_state=0), 1, np.nan),
        (SVR(), 1, np.nan),
    ],
)
def test_count_parameters(model, n_outputs, expected):
    model.fit(X, Y[:, 0] if n_outputs == 1 else Y)
    assert count_parameters(model) == pytest.approx(expected, nan_ok=True)


class Engine(RegressorMixin, BaseEstimator):
    """Stands for a network, which says in `fit` how it was trained."""

    def __init__(self, text="compiled"):
        self.text = text

    def fit(self, X, y):
        self.engine_ = self.text
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Engine(), ["compiled"]),
        (make_pipeline(StandardScaler(), Engine()), ["compiled"]),
        (GridSearchCV(make_pipeline(StandardScaler(), Engine()), {"engine__text": ["a"]}, cv=2), ["a"]),
        (WindowedRegressor(TransformedTargetRegressor(Engine()), 4), ["compiled"]),
        (VotingRegressor([("a", Engine("a")), ("ridge", Ridge()), ("b", Engine("b"))]), ["a", "b"]),
        (StackingRegressor([("ridge", Ridge())], Engine(), cv=2), ["compiled"]),
        (RandomForestRegressor(2), []),
    ],
)
def test_read_engines(model, expected):
    assert read_engines(model.fit(X, Y[:, 0])) == expected


def test_join_texts():
    assert join_texts(["b", "", "a", "b"]) == "b; a"
    assert join_texts([]) == ""


class Counting(DummyRegressor):
    n_predictions = 0

    def predict(self, X):
        Counting.n_predictions += 1
        return super().predict(X)


def test_each_fit_predicts_once():
    Counting.n_predictions = 0
    compare_on_plane({"mean": Counting()}, cv=TimeSeriesSplit(2), scoring=["rmse", "mae", "smape"])
    assert Counting.n_predictions == 2


class Failing(DummyRegressor):
    """Fails when trained on more than 30 rows."""

    def fit(self, X, y):
        if len(X) > 30:
            raise RuntimeError("too many\nrows")
        return super().fit(X, y)


def test_failing_model_leaves_the_others_alone():
    with pytest.warns(FitFailedWarning, match="3 of 20 fits failed; the first was 'bad' in fold 2: .* too many rows;"):
        comparison = compare_on_plane({**PLANE_MODELS, "bad": Failing()}, cv=TimeSeriesSplit(5))
    good = compare_on_plane()
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
    comparison = compare_on_plane({**PLANE_MODELS, "bad": Failing()}, baseline="bad")
    assert comparison.tests[["p_folds", "p_dm"]].isna().all(axis=None)
    assert comparison.table["skill"].isna().all()
    assert "the baseline bad has no result." in comparison.verdict()


def test_all_models_failing_is_an_error():
    with pytest.raises(
        ValueError, match="all 5 fits failed; the first was 'bad' in fold 0: RuntimeError: too many rows"
    ):
        compare_on_plane({"bad": Failing()}, *make_plane(300), baseline="bad")


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
    failures = compare_on_plane({"mean": DummyRegressor(), "wrong": model}).failures
    assert len(failures) == 5
    assert failures["error"].str.contains(words).all()


def test_predictions_in_a_column_count_as_one_output():
    comparison = compare_on_plane({"mean": DummyRegressor(), "column": Wrong(1.0, 1)})
    assert comparison.predictions.query("model == 'column'")["y_pred"].eq(1).all()


def test_score_that_is_no_error():
    with pytest.raises(ValueError, match=r"scoring='r2' must be a negated error, .*; pass an error"):
        compare_on_plane({"linear": LinearRegression()}, scoring={"r2": make_scorer(r2_score)}, baseline="linear")


def test_warnings_of_models_are_heard():
    with pytest.warns(ConvergenceWarning):
        compare_on_plane({"mean": DummyRegressor(), "lasso": Lasso(1e-9, max_iter=1)})


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
        with pytest.warns(UserWarning, match=r"interrupted after \d+ of 20 fits \(Ctrl-C\); resume\(\) runs the rest"):
            comparison = compare_on_plane(models, n_seeds=2, n_jobs=n_jobs)
        assert not comparison.is_complete
        assert 0 < len(comparison.scores) < 20
        assert 1 <= comparison.n_folds_ < 5
        assert "only; resume() goes on." in comparison.verdict()
        assert comparison.resume() is comparison
    assert comparison.is_complete
    without = compare_on_plane({**models, "noisy": Noisy()}, n_seeds=2)
    assert_same(comparison, without)


def assert_same(one, other):
    times = ["fit_seconds", "predict_seconds"]
    pd.testing.assert_frame_equal(one.scores.drop(columns=times), other.scores.drop(columns=times))
    pd.testing.assert_frame_equal(one.predictions, other.predictions)
    pd.testing.assert_frame_equal(one.table.drop(columns=times), other.table.drop(columns=times))
    pd.testing.assert_frame_equal(one.tests, other.tests)


class DaskDistributedBackend(joblib.parallel.ThreadingBackend):
    """As Dask's backend for joblib: the error of a worker that died is put into the job, and nobody is called."""

    def submit(self, func, callback=None):
        job = Future()

        def work():
            try:
                result = func()
            except SystemExit:
                job.set_exception(RuntimeError("the worker died"))
            else:
                job.set_result(result)
                callback(result)

        Thread(target=work, daemon=True).start()
        return job

    def retrieve_result_callback(self, out):
        if isinstance(out, BaseException):
            raise out
        return out


class Dies(Noisy):
    """Ends its worker in the last folds."""

    is_mortal = True

    def fit(self, X, y):
        if Dies.is_mortal and len(X) > 30:
            time.sleep(1)  # or it may die before a busy machine has taken what is finished
            raise SystemExit
        return super().fit(X, y)


def test_comparison_hears_of_a_worker_of_dask_that_died(monkeypatch):
    joblib.register_parallel_backend("as dask", DaskDistributedBackend)
    models, heard = {"mean": DummyRegressor(), "noisy": Dies()}, []
    # Threads that fit at the same time may restore each other's filters, and what is recorded gets lost.
    monkeypatch.setattr(warnings, "warn", lambda words, *args, **options: heard.append(str(words)))
    with joblib.parallel_config("as dask", n_jobs=2):
        comparison = compare_on_plane(models, n_jobs=2)
        assert not comparison.is_complete
        assert "of 10 fits (RuntimeError: the worker died); resume() runs the rest" in " ".join(heard)
        monkeypatch.setattr(Dies, "is_mortal", False)
        comparison.resume()
    assert_same(comparison, compare_on_plane({**models, "noisy": Noisy()}))


def test_table_of_an_interrupted_comparison_holds_whole_folds():
    Interrupted.numbers = count(1)
    models = {"mean": DummyRegressor(), "linear": LinearRegression(), "noisy": Interrupted(at=3)}
    with pytest.warns(UserWarning, match="interrupted after 8 of 15 fits"):
        comparison = compare_on_plane(models)
    first = comparison.scores[comparison.scores["fold"] < 2]
    assert comparison.n_folds_ == 2
    assert len(comparison.scores) == 8
    assert comparison.table["rmse"].to_dict() == pytest.approx(first.groupby("model")["rmse"].mean().to_dict())
    assert len(comparison.predictions) == 8 * 13


def test_interruption_in_the_first_fold():
    Interrupted.numbers = count(1)
    with pytest.warns(UserWarning, match="interrupted after 1 of 10 fits"):
        comparison = compare_on_plane({"mean": DummyRegressor(), "noisy": Interrupted(at=1)})
    assert comparison.best_ is None
    assert comparison.verdict().startswith("No model has results on a whole fold yet")
    assert "mean" in repr(comparison)
    assert comparison.resume().best_ is not None


def test_resume_of_a_complete_comparison_changes_nothing():
    comparison = compare_on_plane()
    scores = comparison.scores
    pd.testing.assert_frame_equal(comparison.resume().scores, scores)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_jobs_change_nothing(backend):
    models = {"mean": DummyRegressor(), "noisy": Noisy()} if backend == "threading" else PLANE_MODELS
    with joblib.parallel_config(backend, n_jobs=2):
        parallel = compare_on_plane(models, n_seeds=2)
    assert_same(parallel, compare_on_plane(models, n_seeds=2))


def test_warning_filters_outlive_threads_that_lose_them(monkeypatch):
    class Losing(_run.Parallel):
        def __call__(self, jobs):
            yield from super().__call__(jobs)
            warnings.resetwarnings()  # as threads do that start at once, which is rare

    monkeypatch.setattr(_run, "Parallel", Losing)
    before = list(warnings.filters)
    compare_on_plane()
    assert warnings.filters == before
    assert before


def test_progress(capsys):
    compare_on_plane({"mean": DummyRegressor()}, cv=TimeSeriesSplit(2), verbose=1)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 2
    assert lines[0].startswith("[1/2] mean, fold 0, seed 0: rmse ")


def test_silent_where_nobody_watches(capsys):
    compare_on_plane()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("verbose", "n_lines"), [(None, 2), (0, 0)])
def test_progress_in_a_terminal(capsys, monkeypatch, verbose, n_lines):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    compare_on_plane({"mean": DummyRegressor()}, cv=TimeSeriesSplit(2), verbose=verbose)
    assert len(capsys.readouterr().err.splitlines()) == n_lines


def test_mase_of_several_series_is_the_mean_of_theirs():
    index = pd.MultiIndex.from_product([["a", "b"], range(6)])
    y = pd.Series([1.0, 2, 3, 4, 5, 6, 10, 30, 50, 70, 90, 110], index)
    X = pd.DataFrame({"x": y})
    train, test = np.flatnonzero(index.get_level_values(1) < 4), np.flatnonzero(index.get_level_values(1) >= 4)
    trial = run_trial(DummyRegressor(strategy="constant", constant=0.0), 0, X, y, (train, test), {}, read_labels(y), 1)
    assert trial.errors["mase"] == pytest.approx((5.5 / 1 + 100 / 20) / 2)
    both = pd.DataFrame({"one": y, "other": 2 * y})
    trial = run_trial(
        DummyRegressor(strategy="constant", constant=[0.0, 0.0]), 0, X, both, (train, test), {}, read_labels(y), 1
    )
    assert trial.errors["mase"] == pytest.approx((5.5 / 1 + 100 / 20) / 2)
