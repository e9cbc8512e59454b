"""Searches and comparisons in the workers of Dask and Ray, through their backends for joblib."""

import os

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skhybrid import DenseRegressor, compare_models

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
X, y = np.random.default_rng(0).normal(size=(2, 60))
X = np.stack([X, np.roll(X, 1)], axis=1)
NETWORK = DenseRegressor(2, epochs=1, random_state=0)


@pytest.fixture(params=["dask", "ray"])
def backend(request):
    """Start two workers, and return the name of their backend."""
    if request.param == "dask":
        distributed = pytest.importorskip("distributed")
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster):
            yield "dask"
        return
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    yield "ray"
    ray.shutdown()


def compare():
    models = {"mean": DummyRegressor(), "ridge": Ridge(), "network": NETWORK}
    return compare_models(models, X, y, cv=TimeSeriesSplit(2), baseline="mean", n_jobs=2)


def test_comparison_and_search_equal_serial_ones(backend):
    search = GridSearchCV(NETWORK, {"learning_rate": [0.01, 0.1]}, cv=TimeSeriesSplit(2), n_jobs=2)
    with joblib.parallel_config("threading", n_jobs=1):
        serial, best = compare(), search.fit(X, y).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend, n_jobs=2):
        comparison, found = compare(), search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, best, rtol=1e-6)
    errors = ["model", "fold", "rmse", "mae", "mase"]
    pd.testing.assert_frame_equal(comparison.scores[errors], serial.scores[errors])


def make_mortal(path):
    """Return a model that ends its process on the largest training fold, until a file is there."""

    class Mortal(RegressorMixin, BaseEstimator):  # local, so that workers need not load this module
        def fit(self, X, y):
            if len(X) > 40 and not path.exists():
                os._exit(1)
            return self

        def predict(self, X):
            return np.zeros(len(X))

    return Mortal()


def test_comparison_goes_on_after_a_worker_was_killed(backend, tmp_path):
    models = {"mean": DummyRegressor(), "ridge": Ridge(), "mortal": make_mortal(tmp_path / "spared")}
    options = {"cv": TimeSeriesSplit(3), "baseline": "mean"}
    with joblib.parallel_config(backend, n_jobs=2):
        comparison = compare_models(models, X, y, n_jobs=2, **options)
        kept = comparison.scores.set_index(["model", "fold"])
        assert not comparison.is_complete
        assert {("mean", 0), ("ridge", 1), ("mortal", 1)} <= set(kept.index)
        (tmp_path / "spared").touch()
        comparison.resume()
    assert comparison.is_complete
    again = comparison.scores.set_index(["model", "fold"]).loc[kept.index]
    pd.testing.assert_frame_equal(again, kept)  # seconds as well: what was finished is not fitted again
    errors = ["model", "fold", "rmse", "mae", "mase"]
    whole = compare_models(models, X, y, **options)
    pd.testing.assert_frame_equal(comparison.scores[errors], whole.scores[errors])
