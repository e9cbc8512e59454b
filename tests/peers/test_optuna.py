"""Optuna's pruning callback reports to the caller's study and prunes, where the study is in memory too."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import DenseRegressor, SlidingWindow

optuna = pytest.importorskip("optuna")
KerasPruningCallback = pytest.importorskip("optuna_integration").KerasPruningCallback
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")]

X = np.random.default_rng(0).normal(size=(80, 2))
y = X[:, 0]


def dense(trial):
    rate = trial.suggest_categorical("rate", [0.1, 1e-6])
    return DenseRegressor(
        4, epochs=5, learning_rate=rate, random_state=0, callbacks=[KerasPruningCallback(trial, "loss")]
    )


def fit_once(trial):
    windows = SlidingWindow(3).fit_transform(X)
    return dense(trial).fit(windows, y).history_["loss"][-1]


def cross_validate(trial):
    model = make_pipeline(StandardScaler(), SlidingWindow(3), dense(trial))
    return -cross_val_score(model, X, y, cv=[(range(40), range(40, 80))], error_score="raise").mean()


@pytest.mark.parametrize("objective", [fit_once, cross_validate])
def test_study_in_memory_prunes(objective):
    sampler = optuna.samplers.GridSampler({"rate": [0.1, 1e-6]})
    study = optuna.create_study(sampler=sampler, pruner=optuna.pruners.MedianPruner(n_startup_trials=1))
    study.enqueue_trial({"rate": 0.1})
    study.enqueue_trial({"rate": 1e-6})
    study.optimize(objective, n_trials=2)
    complete, pruned = study.trials
    assert (complete.state.name, pruned.state.name) == ("COMPLETE", "PRUNED")
    assert list(complete.intermediate_values) == [0, 1, 2, 3, 4]
    assert list(pruned.intermediate_values) == [0]
