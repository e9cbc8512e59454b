"""mlflow's flavour of scikit-learn logs a model by its default, skops, and loads it."""

import numpy as np
import pytest

from skhybrid import DenseRegressor

mlflow = pytest.importorskip("mlflow")
pytest.importorskip("mlflow.sklearn")
skops_io = pytest.importorskip("skops.io")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]  # mlflow's and its parts' own

X = np.random.default_rng(0).normal(size=(40, 6, 2))


def test_logged_model_predicts_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = DenseRegressor(3, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'runs.db'}")
    trusted = skops_io.get_untrusted_types(data=skops_io.dumps(model))
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            model, name="model", skops_trusted_types=trusted, pip_requirements=["skhybrid"]
        )
    again = mlflow.sklearn.load_model(logged.model_uri)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
