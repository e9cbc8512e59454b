"""Epochs and networks as scikit-learn's callbacks see them, in searches, pipelines and processes."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import CNNLSTMRegressor, DenseClassifier, DenseRegressor
from skhybrid._progress import UNSEEN
from skhybrid.estimators._epochs import show_epochs
from tests.helpers import Follower, assert_same_predictions

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on")

SMALL = {"dense_units": 2, "epochs": 2, "random_state": 0}


def epochs_of(path, n_epochs=2):
    return [path, *(f"{path}/epoch#{i}" for i in range(n_epochs))]


# Which tasks a fit has


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, epochs_of("fit#0")),
        ({"engine": "keras"}, epochs_of("fit#0")),
        ({"n_estimators": 2}, ["fit#0", *epochs_of("fit#0/network#0"), *epochs_of("fit#0/network#1")]),
        ({"n_estimators": 2, "n_jobs": 2}, ["fit#0", *epochs_of("fit#0/network#0"), *epochs_of("fit#0/network#1")]),
        (
            {"refit": True, "early_stopping": True},
            ["fit#0", *epochs_of("fit#0/network#0"), *epochs_of("fit#0/refit#1")],
        ),
        (
            {"refit": True, "early_stopping": True, "n_estimators": 2},
            [
                "fit#0",
                *(
                    path
                    for place in ("network#0", "network#1", "refit#2", "refit#3")
                    for path in epochs_of(f"fit#0/{place}")
                ),
            ],
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_tasks_of_a_fit(data, options, expected):
    follower = Follower()
    plain = DenseRegressor(**SMALL, **options).fit(*data)
    model = DenseRegressor(**SMALL, **options).set_callbacks(follower).fit(*data)
    assert sorted(follower.begun) == sorted(follower.ended) == sorted(expected)
    if "n_jobs" not in options:
        assert follower.begun == expected
    inner = {path.rpartition("/")[0] for path in expected}
    n_inside = {path: sum(other.rpartition("/")[0] == path for other in expected) for path in inner - {""}}
    assert {path: n for path, n in follower.places.items() if n} == n_inside
    assert_same_predictions(model, plain, data[0])
    assert model.histories_ == plain.histories_
    assert model.engine_ == plain.engine_
    assert vars(model).keys() - vars(plain).keys() == {"_skl_callbacks"}


def test_early_stopping_ends_before_the_places_are_filled(data):
    follower = Follower()
    model = DenseRegressor(2, epochs=50, early_stopping=True, n_iter_no_change=1, learning_rate=0.5, random_state=0)
    model.set_callbacks(follower).fit(*data)
    assert follower.places["fit#0"] == 50
    assert len(follower.ended) - 1 == model.n_epochs_ < 50


def test_warm_start_and_partial_fit_are_fits_of_their_own(data):
    follower = Follower()
    model = DenseRegressor(**SMALL, warm_start=True).set_callbacks(follower).fit(*data).fit(*data)
    assert follower.begun == epochs_of("fit#0") * 2
    follower.begun.clear()
    model.partial_fit(*data)
    assert follower.begun == ["fit#0", "fit#0/epoch#0"]
    assert follower.places["fit#0"] == 1
    plain = DenseRegressor(**SMALL, warm_start=True).fit(*data).fit(*data).partial_fit(*data)
    assert_same_predictions(model, plain, data[0])


# A wish to stop


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_wish_to_stop_is_obeyed(data, engine):
    model = DenseRegressor(2, epochs=9, engine=engine, random_state=0)
    model.set_callbacks(Follower(stop=["fit#0/epoch#1"])).fit(*data)
    assert model.n_epochs_ == 2
    assert_same_predictions(model, DenseRegressor(2, epochs=2, engine=engine, random_state=0).fit(*data), data[0])


def test_wish_to_stop_ends_the_training_of_one_network(data):
    model = DenseRegressor(2, epochs=4, n_estimators=2, random_state=0)
    model.set_callbacks(Follower(stop=["fit#0/network#0/epoch#0"])).fit(*data)
    assert [len(history["loss"]) for history in model.histories_] == [1, 4]


# What is shown


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_scores_of_an_epoch_are_those_of_a_fit_that_ends_there(data, engine):
    monitor = callback.ScoringMonitor(scoring="r2")
    options = {"dense_units": 2, "engine": engine, "random_state": 0}
    DenseRegressor(epochs=3, **options).set_callbacks(monitor).fit(*data)
    rows = {row["task_id_path"]: row["r2"] for row in monitor.get_logs().data}
    scores = [DenseRegressor(epochs=n, **options).fit(*data).score(*data) for n in (1, 2, 3)]
    assert rows == {(0, 0): scores[0], (0, 1): scores[1], (0, 2): scores[2], (0,): scores[2]}


def test_scores_of_networks_are_their_own(data):
    monitor = callback.ScoringMonitor(scoring="r2")
    model = DenseRegressor(**SMALL, n_estimators=2, n_jobs=2).set_callbacks(monitor).fit(*data)
    rows = {row["task_id_path"]: row["r2"] for row in monitor.get_logs().data}
    assert rows[0, 0, 1] == DenseRegressor(**SMALL).fit(*data).score(*data)
    assert rows[0, 0, 1] != rows[0, 1, 1]
    assert rows[0,] == model.score(*data)


def test_classifier_is_scored_on_weighted_labels(data):
    X, labels, weights = data[0], np.where(data[1] > 0, "up", "down"), np.arange(1.0, len(data[1]) + 1)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = DenseClassifier(**SMALL).set_callbacks(monitor).fit(X, labels, sample_weight=weights)
    assert monitor.get_logs().data[0]["accuracy"] == model.score(X, labels, weights)


def test_fitted_estimator_can_be_kept_by_a_deep_copy(data):
    class Keeps(Follower):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            self.kept = [*getattr(self, "kept", ()), copy.deepcopy(fitted_estimator)]

    follower = Keeps()
    DenseRegressor(**SMALL).set_callbacks(follower).fit(*data)
    for model, n_epochs in zip(follower.kept, (1, 2, 2), strict=True):
        plain = DenseRegressor(2, epochs=n_epochs, random_state=0).fit(*data)
        assert_same_predictions(model, plain, data[0])


def test_warm_start_shows_the_networks_in_training(data):
    monitor = callback.ScoringMonitor(scoring="r2")
    model = DenseRegressor(**SMALL, warm_start=True).fit(*data).set_callbacks(monitor).fit(*data)
    assert [row["r2"] for row in monitor.get_logs().data] == pytest.approx(
        [DenseRegressor(2, epochs=n, random_state=0).fit(*data).score(*data) for n in (4, 3, 4)]
    )
    assert model.n_epochs_ == 4


def test_networks_are_not_watched_without_callbacks():
    assert show_epochs(UNSEEN, [None], [None], [["theirs"]]) == [["theirs"]]


# Searches, copies and failures


def searched(rates=(1e-3, 1e-2), n_jobs=None):
    network = CNNLSTMRegressor(2, units=2, dense_units=2, epochs=2, random_state=0)
    grid = {"cnnlstmregressor__batch_size": [8, 16, 32], "cnnlstmregressor__learning_rate": rates}
    return GridSearchCV(make_pipeline(StandardScaler(), network), grid, cv=TimeSeriesSplit(3), n_jobs=n_jobs)


def test_search_over_a_pipeline_is_shown_down_to_the_epochs(data):
    X, y = data[0].reshape(len(data[0]), -1), data[1]
    follower = Follower()
    search = searched().set_callbacks(follower).fit(X, y)
    folds = [f"fit#0/search#0/fit#{i}" for i in range(18)]
    expected = [
        path for fold in [*folds, "fit#0/fit#1"] for path in [fold, f"{fold}/fit#0", *epochs_of(f"{fold}/fit#1")]
    ]
    assert follower.begun == ["fit#0", "fit#0/search#0", *expected]
    assert sorted(follower.ended) == sorted(follower.begun)
    assert not hasattr(search.best_estimator_[-1], "_skl_callbacks")
    plain = searched().fit(X, y)
    assert_same_predictions(search, plain, X)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])


def test_search_in_processes_is_shown_and_scored(data, capsys):
    X, y = data[0].reshape(len(data[0]), -1), data[1]
    monitor = callback.ScoringMonitor(scoring="r2")
    search = searched([1e-3], n_jobs=2)
    search.estimator[-1].set_callbacks(monitor)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y)
    lines = [line.partition("100%")[0].rstrip() for line in capsys.readouterr().out.splitlines() if "100%" in line]
    assert lines[:2] == ["GridSearchCV - fit", "  GridSearchCV - search #0"]
    assert lines.count("      Pipeline - fit-final-estimator | CNNLSTMRegressor - fit #1") == 9
    assert lines[-1] == "    Pipeline - fit-final-estimator | CNNLSTMRegressor - fit #1"
    rows = monitor.get_logs().data
    assert sum(row["task_name"] == "epoch" for row in rows) == 2 * 10
    assert_same_predictions(search, searched([1e-3]).fit(X, y), X)


@pytest.mark.parametrize("copied", [clone, copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copy_is_followed(data, copied):
    monitor = callback.ScoringMonitor(scoring="r2")
    bar = callback.ProgressBar()
    model = copied(DenseRegressor(**SMALL).set_callbacks(monitor, bar))
    model.fit(*data)
    held = next(c for c in model._skl_callbacks if isinstance(c, callback.ScoringMonitor))
    assert len(held.get_logs().data) == 3


def test_failed_training_leaves_the_estimator_as_it_was(data):
    class Fails(Follower):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 1:
                raise RuntimeError("no room is left")

    follower = Fails()
    model = DenseRegressor(**SMALL, warm_start=True).fit(*data)
    expected, names = model.predict(data[0]), {*vars(model)}
    with pytest.raises(RuntimeError, match="no room"):
        model.set_callbacks(follower).fit(*data)
    assert not follower.is_open
    assert vars(model).keys() - names == {"_skl_callbacks"}
    np.testing.assert_array_equal(model.predict(data[0]), expected)
