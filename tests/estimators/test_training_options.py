"""How networks with parts of forecasts are trained, searched, copied and exported."""

import math
import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skhybrid import CNNLSTMRegressor, CNNRegressor, DenseClassifier, DenseRegressor
from skhybrid._backend import keras
from tests.estimators.known_ahead import make_known
from tests.helpers import CountsEpochs, assert_same_predictions

small = partial(DenseRegressor, 3, epochs=4, random_state=0)
stopped = partial(small, early_stopping=True, learning_rate=0.02, n_iter_no_change=2)

# Everything at once, on a network that is trained fast.
WHOLE = {
    "window_norm": "last",
    "norm_channels": [0],
    "last_steps": 6,
    "linear_path": "ridge",
    "linear_bases": ("last", "seasonal", "raw"),
    "season_length": 6,
    "phase_offsets": True,
    "early_stopping": True,
    "refit": True,
    "half_life": 0.5,
    "n_estimators": 2,
    "member_params": [{}, {"last_steps": 3}],
    "learning_rate_schedule": "cosine",
    "metrics": ["mae"],
}
CASES = {
    "whole": small(**WHOLE),
    "trained, quantiles": small(
        window_norm="seasonal",
        season_length=6,
        linear_path="trained",
        loss="quantile",
        quantiles=(0.1, 0.5, 0.9),
        learning_rate_schedule="exponential",
    ),
    "bounds": small(output_activation="softplus", metrics=["mae"], n_estimators=2),
}
over_cases = pytest.mark.parametrize("estimator", CASES.values(), ids=CASES)


@pytest.fixture(scope="module")
def data():
    X, y = make_known(level=12, n_features=3, known=(1, 2))
    return X, y


# As scikit-learn's


@over_cases
def test_fit_repeats_bit_for_bit_and_says_nothing(data, estimator, capfd):
    X, y = data
    first, second = clone(estimator).fit(X, y), clone(estimator).fit(X, y)
    assert_same_predictions(first, second, X)
    assert first.histories_ == second.histories_
    assert capfd.readouterr() == ("", "")


@over_cases
def test_pickle_and_clone_predict_the_same(data, estimator):
    X, y = data
    model = clone(estimator).fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    assert_same_predictions(model, copy, X)
    assert vars(copy).keys() == vars(model).keys()
    assert_same_predictions(model, clone(model).fit(X, y), X)
    if not model.refit:
        copy.set_params(warm_start=True).fit(X, y)
        assert_same_predictions(model.set_params(warm_start=True).fit(X, y), copy, X)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, with NumPy 2
def test_keras_alone_loads_what_is_exported(data, tmp_path, run_python):
    X, y = data
    np.savez(tmp_path / "X.npz", sample=X.values, ahead=X.ahead)
    for name, estimator in CASES.items():
        model = clone(estimator).fit(X, y)
        model.to_keras().save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", model.predict_quantiles(X) if model.quantiles else model.predict(X))
    code = """
    import pathlib, sys
    import keras
    import numpy as np
    folder = pathlib.Path(sys.argv[1])
    X = dict(np.load(folder / "X.npz"))
    for path in folder.glob("*.keras"):
        outputs = keras.saving.load_model(path).predict(X, verbose=0)
        print(np.abs(outputs - np.load(path.with_suffix(".npy"))).max())
    assert "skhybrid" not in sys.modules
    """
    done = run_python(code, tmp_path)
    differences = [float(line) for line in done.stdout.split()]
    assert len(differences) == len(CASES), done.stderr
    assert max(differences) <= 1e-5 * y.std()


def test_grid_search(data):
    grid = {"linear_path": [None, "ridge"], "window_norm": [None, "last"], "n_estimators": [1, 2]}
    X, y = data
    search = GridSearchCV(small(epochs=1), grid, cv=TimeSeriesSplit(2, gap=3)).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X).shape == y.shape
    train, test = list(TimeSeriesSplit(2, gap=3).split(y))[1]
    best = clone(search.best_estimator_).fit(X[train], y[train])
    assert best.score(X[test], y[test]) == search.cv_results_["split1_test_score"][search.best_index_]


# Engines


ENGINES = {
    "ridge, bases": (
        small,
        {"window_norm": "last", "linear_path": "ridge", "linear_bases": ("last", "mean"), "early_stopping": True},
    ),
    "trained, offsets": (
        partial(CNNRegressor, 2, dense_units=()),
        {"window_norm": "last", "linear_path": "trained", "phase_offsets": True, "norm_channels": [0]},
    ),
    "segments, quantiles": (
        partial(CNNLSTMRegressor, 2, kernel_size=2, units=2, dense_units=(), decoder="segments"),
        {"window_norm": "seasonal", "season_length": 6, "linear_path": "ridge", "loss": "quantile"},
    ),
    "schedule, bounds": (
        small,
        {"learning_rate_schedule": "cosine", "output_activation": "softplus", "metrics": ["mae"], "last_steps": 4},
    ),
}


@pytest.mark.parametrize(("network", "parameters"), ENGINES.values(), ids=ENGINES)
def test_programs_train_as_keras_does(data, network, parameters):
    X, y = data
    if parameters.get("loss") == "quantile":
        parameters = {**parameters, "quantiles": (0.1, 0.5, 0.9)}
    fitted = [
        network(epochs=2, random_state=0, engine=engine, **parameters).fit(X, y) for engine in ("compiled", "keras")
    ]
    assert fitted[0].engine_ == "compiled"
    assert fitted[1].engine_.startswith("keras: ")
    first, second = (model.predict(X) for model in fitted)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-5 * y.std())
    assert fitted[0].history_.keys() == fitted[1].history_.keys()
    for name, values in fitted[0].history_.items():
        np.testing.assert_allclose(values, fitted[1].history_[name], rtol=1e-5)


# Learning rates


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("cosine", [0.5 * (1 + math.cos(math.pi * epoch / 4)) for epoch in range(4)]),
        ("exponential", [0.01 ** (epoch / 4) for epoch in range(4)]),
    ],
)
@pytest.mark.parametrize("rate", [None, 0.02])
def test_rates_fall_from_epoch_to_epoch(data, name, rates, rate):
    X, y = data
    model = small(learning_rate=rate, learning_rate_schedule=name).fit(X, y)
    rates = [(rate or float(np.float32(0.001))) * share for share in rates]  # Adam's own
    np.testing.assert_allclose(model.history_["learning_rate"], rates, rtol=1e-12)
    by_hand = small(learning_rate=rate, callbacks=SetsRates(rates)).fit(X, y)
    assert_same_predictions(model, by_hand, X)


class SetsRates(keras.callbacks.Callback):
    """Sets the rate of each epoch."""

    def __init__(self, rates):
        super().__init__()
        self.rates = rates

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = self.rates[epoch]


def test_schedule_starts_anew_in_a_warm_start(data):
    model = small(learning_rate_schedule="cosine", warm_start=True).fit(*data).fit(*data)
    rates = model.history_["learning_rate"]
    assert rates[:4] == rates[4:]
    assert len(rates) == 8


@pytest.mark.parametrize(
    "options", [{"learning_rate": 0.02}, {"optimizer": keras.optimizers.Adam(0.02)}], ids=["rate", "optimizer"]
)
def test_schedule_left_out_in_a_warm_start_leaves_the_first_rate(data, options):
    X, y = data
    model = small(learning_rate_schedule="cosine", warm_start=True, **options).fit(X, y)
    model.set_params(learning_rate_schedule=None).fit(X, y)
    assert float(model.model_.optimizer.learning_rate) == np.float32(0.02)


def test_schedule_starts_at_the_rate_of_an_optimizer(data):
    X, y = data
    model = small(learning_rate_schedule="cosine", optimizer=keras.optimizers.Adam(0.02)).fit(X, y)
    expected = small(learning_rate_schedule="cosine", learning_rate=0.02).fit(X, y)
    np.testing.assert_allclose(model.history_["learning_rate"], expected.history_["learning_rate"], rtol=1e-6)
    assert_same_predictions(model, expected, X)


def test_schedule_is_not_that_of_partial_fit(data):
    X, y = data
    model = small(learning_rate_schedule="cosine").partial_fit(X, y).partial_fit(X, y)
    assert_same_predictions(model, small().partial_fit(X, y).partial_fit(X, y), X)


# Refit


@pytest.mark.parametrize("schedule", [None, "cosine"])
@pytest.mark.parametrize("linear_path", [None, "trained"])
def test_refit_is_a_fit_on_all_rows_for_the_best_number_of_epochs(data, linear_path, schedule):
    X, y = data
    options = {"linear_path": linear_path, "window_norm": "last", "learning_rate_schedule": schedule, "epochs": 30}
    options["learning_rate"] = 0.1
    model = stopped(refit=True, **options).fit(X, y)
    first = stopped(**options).fit(X, y)
    assert model.history_ == first.history_
    assert model.best_epoch_ == first.best_epoch_ == 1 + np.argmin(first.history_["val_loss"])
    n_epochs = model.best_epoch_
    assert n_epochs < 28
    assert len(model.refit_history_["loss"]) == n_epochs
    assert "val_loss" not in model.refit_history_
    rates = [SetsRates(first.history_["learning_rate"])] if schedule else None
    whole = small(linear_path=linear_path, window_norm="last", epochs=n_epochs, learning_rate=0.1, callbacks=rates)
    assert_same_predictions(model, whole.fit(X, y), X)


def test_refit_keeps_the_gate_and_the_choice_of_the_first_training(data):
    X, y = data
    options = {"linear_path": "ridge", "window_norm": "last", "activation": "tanh", "validation_fraction": 0.3}
    model, first = stopped(refit=True, **options).fit(X, y), stopped(**options).fit(X, y)
    np.testing.assert_array_equal(model.gate_, first.gate_)
    assert 0 < model.gate_[0, 0] < 1
    np.testing.assert_array_equal(model._linear.choice.penalties, first._linear.choice.penalties)
    of_both = [m.model_.get_layer("gate").get_weights()[0] for m in (model, first)]
    np.testing.assert_array_equal(*of_both)


def test_callbacks_see_the_first_training_only(data):
    model = stopped(refit=True, callbacks=CountsEpochs()).fit(*data)
    (callback,) = model.callbacks_
    assert callback.epochs == [*range(len(model.history_["loss"]))]


def test_classifier_is_refitted_on_all_samples(data):
    X, y = data
    labels = y[:, 0] > y[:, 0].mean()
    options = {"epochs": 3, "random_state": 0}
    model = DenseClassifier(3, early_stopping=True, refit=True, n_iter_no_change=9, **options).fit(X, labels)
    assert "val_loss" in model.history_
    whole = DenseClassifier(3, **options | {"epochs": model.best_epoch_}).fit(X, labels)
    assert_same_predictions(model, whole, X)
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X))


# Metrics


@pytest.mark.parametrize("window_norm", [None, "last", "standard"])
@pytest.mark.parametrize("n_outputs", [1, 4])
def test_metrics_are_in_the_units_of_y_or_named_as_scaled(data, n_outputs, window_norm):
    X, y = data[0].values, data[1][:, :n_outputs]
    metrics = ["mae", keras.metrics.MeanSquaredError(name="square"), keras.metrics.RootMeanSquaredError(name="root")]
    model = small(
        metrics=[*metrics, "cosine_similarity"], early_stopping=True, n_iter_no_change=9, window_norm=window_norm
    )
    model.fit(X, y)
    best = model.best_epoch_ - 1
    n_validation = round(0.1 * len(y))
    rest = model.predict(X[-n_validation:]) - y[-n_validation:]
    is_common = window_norm == "last" or (window_norm is None and n_outputs == 1)
    names = ["mae", "square", "root"]
    if not is_common:
        assert {f"scaled_{name}" for name in names} | {f"val_scaled_{name}" for name in names} < model.history_.keys()
        return
    of_scale = [model.history_[f"val_{name}"][best] for name in names]
    by_hand = [np.abs(rest).mean(), (rest**2).mean(), np.sqrt((rest**2).mean())]
    np.testing.assert_allclose(of_scale, by_hand, rtol=1e-5)
    assert "scaled_cosine_similarity" in model.history_


def test_metrics_of_classifiers_are_as_keras_names_them(data):
    X, y = data
    labels = y[:, 0] > y[:, 0].mean()
    model = DenseClassifier(3, metrics=["accuracy"], early_stopping=True, epochs=1, validation="last", random_state=0)
    model.fit(X, labels)
    n_validation = round(0.1 * len(y))
    np.testing.assert_allclose(
        model.history_["val_accuracy"], [model.score(X[-n_validation:], labels[-n_validation:])], rtol=1e-6
    )


def test_metrics_change_nothing(data):
    X, y = data[0], data[1][:, 0]
    assert_same_predictions(small().fit(X, y), small(metrics=["mae", "mse"]).fit(X, y), X)
    metric = keras.metrics.MeanAbsoluteError()
    model = small(metrics=metric, warm_start=True).fit(X, y).set_params(loss="mae").fit(X, y)
    assert len(model.history_["mean_absolute_error"]) == 8
    assert metric.result() == 0  # it is the caller's


# Outputs with bounds


@pytest.mark.parametrize("scale_target", [True, False])
def test_bounded_outputs_are_scaled_without_being_centred(data, scale_target):
    X, y = data[0].values, data[1] - data[1].min() + 0.1
    model = small(output_activation="softplus", scale_target=scale_target).fit(X, y)
    scale = y.std(axis=0) if scale_target else 1
    twin = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            keras.layers.Flatten(),
            keras.layers.Dense(3, "relu"),
            keras.layers.Dense(4, "softplus"),
        ]
    )
    twin.set_weights(model.model_.get_weights())
    np.testing.assert_allclose(model.predict(X), np.asarray(twin(X)) * scale, rtol=0, atol=1e-5 * y.std())
    assert model.n_parameters_ == twin.count_params()
    assert (model.predict(-100 * X) >= 0).all()
