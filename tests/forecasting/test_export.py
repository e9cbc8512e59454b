"""A fitted forecaster as a Keras model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skhybrid import CNNLSTMRegressor, Forecaster, make_power_usage, recommended
from skhybrid._backend import keras

TINY = {"epochs": 1, "filters": 2, "units": 2, "kernel_size": 2, "pool_size": 1, "random_state": 0}

OF_RECIPE = {"epochs": 1, "boosting": False, "min_samples": 0, "n_estimators": 1, "linear_lengths": 1}


@pytest.fixture(scope="module")
def load():
    return make_power_usage(12, random_state=0)


def panel_of(load):
    """Return two series of different size, with a column that never changes and one of categories."""
    days = load.iloc[:120].assign(kind="shop", sky=np.where(np.arange(120) % 5 > 2, "clear", "cloudy"))
    return pd.concat({"a": days, "b": days.assign(load=days["load"] * 100 + 7, kind="market")}, names=["series"])


@pytest.mark.parametrize(
    "options",
    [
        {"known_future": ["temperature"], "past": ["workday"], "lead": 2, "delay": {"load": 1}},
        {"bounds": (100, 150), "calendar": None},
        {"target": ["load", "temperature"], "bounds": (0, None), "estimator": CNNLSTMRegressor(**TINY)},
        {"estimator": recommended(4, 24, **OF_RECIPE)},
    ],
)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, with NumPy 2
@pytest.mark.filterwarnings("ignore:.* rows have no forecast")  # the last ones
def test_model_forecasts_what_predict_does(load, options, tmp_path):
    settings = {"target": "load", "estimator": CNNLSTMRegressor(**TINY, window_norm="last"), "horizon": 4}
    model = Forecaster(**{**settings, "window_length": 8, "season_length": 24, **options}).fit(load[:200])
    network, samples = model.to_keras(), model.read_samples(load[200:])
    wanted = model.predict(load[200:])
    np.testing.assert_allclose(network.predict(samples, verbose=0), wanted, rtol=2e-5)
    network.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(samples, verbose=0), wanted, rtol=2e-5)
    np.testing.assert_array_equal(
        samples["window"][0, :, 0][::-1], load["load"].shift(options.get("delay", {}).get("load", 0))[193:201][::-1]
    )  # raw


@pytest.mark.parametrize("known_future", [(), ["sky"]])
@pytest.mark.filterwarnings("ignore:.* rows have no forecast")
def test_model_of_many_series_reads_their_size_and_what_never_changes(load, known_future):
    rows = panel_of(load)
    model = Forecaster("load", estimator=CNNLSTMRegressor(**TINY), horizon=3, window_length=6, static=["kind"])
    model.set_params(known_future=known_future, calendar="auto" if known_future else None, season_length=24).fit(rows)
    samples = model.read_samples(rows)
    assert {name: values.shape[1:] for name, values in samples.items()} == {
        "window": (6, 1),
        **({"ahead": (3, 2 + 1)} if known_future else {}),
        "static": (2,),
        "scale": (1,),
    }
    forecasts = model.to_keras().predict(samples, verbose=0)
    np.testing.assert_allclose(forecasts, model.predict(rows), rtol=2e-5)


def test_rows_without_all_that_is_known_ahead_have_no_forecast(load):
    model = Forecaster("load", estimator=CNNLSTMRegressor(**TINY), horizon=3, window_length=6)
    model.set_params(known_future=["temperature"]).fit(load)
    forecasts = model.to_keras().predict(model.read_samples(load[-5:]), verbose=0)
    assert np.isnan(forecasts).any(axis=1).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_transform": "log1p"}, r"to_keras needs .* but target_transform is set \(FunctionTransformer\)"),
        ({"estimator": Ridge()}, "to_keras needs an estimator that is a network of this package .* but it is Ridge"),
        (
            {"estimator": CNNLSTMRegressor(**TINY, loss="quantile", quantiles=(0.1, 0.5, 0.9))},
            "but it is one with loss='quantile'",
        ),
    ],
)
def test_what_is_no_layer_is_refused(load, options, message):
    settings = {"estimator": CNNLSTMRegressor(**TINY), "horizon": 2, "window_length": 4, "calendar": None}
    model = Forecaster("load", **{**settings, **options}).fit(load)
    with pytest.raises(ValueError, match=message):
        model.to_keras()


def test_several_targets_that_are_series_of_their_own_are_refused(load):
    model = Forecaster(["load", "temperature"], horizon=2, random_state=0).fit(load[:60])
    with pytest.raises(ValueError, match="to_keras needs one target, or an estimator that learns all of them at once"):
        model.to_keras()
