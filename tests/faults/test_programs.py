"""Kind 1: a program gives other numbers than Keras."""

import functools
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass

import keras
import numpy as np
import pytest

from skhybrid import CNNLSTMRegressor, SequenceRegressor

L, ops = keras.layers, keras.ops
W = np.random.default_rng(0).normal(size=(200, 6, 2))
y = 10 * W[:, -1, 0] + W[:, 0, 1]
NOTHING = pytest.approx(0, abs=1e-4)  # what two trainings may differ by, relative to their largest value


def outcome(call):
    """Return what a call returns, or the error that it raises, as text."""
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def network(*makers):
    """Return a builder of a Sequential with these layers and a last one; all initial weights follow from the seed."""

    def build(input_shape, n_outputs, *, seed):
        keras.utils.set_random_seed(seed % 1000)
        layers = [make() for make in makers]
        return keras.Sequential([keras.Input(input_shape), *layers, L.Flatten(), L.Dense(n_outputs)])

    return build


def train(builder, engine, *, X=W, n_fits=1, **options):
    options = {"epochs": 3, "random_state": 0, **options}
    model = SequenceRegressor(builder, **options, engine=engine)
    for _ in range(n_fits):
        model.fit(X, y)
    return model


def results(model, X=W):
    """Return all numbers that training has left."""
    return [*model.model_.get_weights(), model.predict(X), *map(np.array, model.history_.values())]


def largest_difference(numbers, others):
    return max(
        np.abs(np.subtract(a, b, dtype=float)).max() / max(np.abs(b).max(), 1e-3)
        for a, b in zip(numbers, others, strict=True)
        if np.size(a)
    )


def difference_from_keras(builder, *, X=W, **options):
    """Return how far what "auto" trains is from what Keras' loop trains."""
    return largest_difference(*(results(train(builder, engine, X=X, **options), X) for engine in ("auto", "keras")))


# 1.1


def constrained(constraint):
    return network(lambda: L.Dense(8, kernel_constraint=constraint))


@pytest.mark.fault("1.1")
def test_constraint_holds():
    model = train(constrained(keras.constraints.MaxNorm(0.5)), "auto", epochs=20)
    assert np.linalg.norm(model.model_.get_weights()[0], axis=0).max() < 0.5001


CONSTRAINTS = [
    keras.constraints.MaxNorm(0.5),
    keras.constraints.UnitNorm(),
    keras.constraints.NonNeg(),
    keras.constraints.MinMaxNorm(0.2, 0.4),
]


@pytest.mark.fault("1.1")
@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda c: type(c).__name__)
def test_constraint_equals_keras(constraint):
    assert difference_from_keras(constrained(constraint)) == NOTHING


# 1.2


@pytest.mark.fault("1.2")
def test_delta_of_huber_is_its_own():
    dense = network(lambda: L.Dense(4))
    losses = {
        engine: [train(dense, engine, loss=keras.losses.Huber(delta=d)).history_["loss"][-1] for d in (1.0, 0.01)]
        for engine in ("auto", "keras")
    }
    assert losses["auto"] == pytest.approx(losses["keras"], rel=1e-4)


# 1.3

Q = 0.1


def loss_of_global(y_true, y_pred):
    return Q * ops.mean(ops.square(y_true - y_pred), axis=-1)


class LossOfAttribute(keras.losses.Loss):
    q = 0.1

    def call(self, y_true, y_pred):
        return self.q * ops.mean(ops.square(y_true - y_pred), axis=-1)


def change_global(monkeypatch):
    return loss_of_global, lambda: monkeypatch.setitem(globals(), "Q", 0.9)


def change_attribute(monkeypatch):
    loss = LossOfAttribute()
    return loss, lambda: setattr(loss, "q", 0.9)


def change_closure(monkeypatch):
    q = [0.1]

    def loss(y_true, y_pred):
        return q[0] * ops.mean(ops.square(y_true - y_pred), axis=-1)

    return loss, lambda: q.__setitem__(0, 0.9)


def change_argument(monkeypatch):
    options = {"q": 0.1}
    loss = functools.partial(lambda y_true, y_pred, options: options["q"] * (y_true - y_pred) ** 2, options=options)
    return loss, lambda: options.update(q=0.9)


@pytest.mark.fault("1.3")
@pytest.mark.parametrize("changed", [change_global, change_attribute, change_closure, change_argument])
def test_loss_is_read_again(changed, monkeypatch):
    loss, change = changed(monkeypatch)
    dense = network(lambda: L.Dense(4))
    train(dense, "auto", loss=loss)
    change()
    assert difference_from_keras(dense, loss=loss) == NOTHING


# 1.4


def spectral():
    return L.SpectralNormalization(L.Dense(4))


@pytest.mark.fault("1.4")
def test_spectral_norm_is_one():
    model = train(network(spectral), "auto", epochs=20)
    assert np.linalg.norm(model.model_.layers[0].layer.kernel.numpy(), 2) == pytest.approx(1, abs=0.03)


@pytest.mark.fault("1.4")
def test_weights_assigned_in_call_equal_keras():
    assert difference_from_keras(network(spectral)) == NOTHING


# 1.5


def behind_stop_gradient(input_shape, n_outputs, *, seed):
    keras.utils.set_random_seed(seed % 1000)
    inputs = keras.Input(input_shape)
    x = L.Flatten()(inputs)
    x = L.Concatenate()([x, ops.stop_gradient(L.Dense(4, name="stopped")(x))])
    return keras.Model(inputs, L.Dense(n_outputs)(x))


def unused_output(input_shape, n_outputs, *, seed):
    """Build a network whose gate is multiplied by 0 outside of TensorFlow's sight: no gradient reaches it."""
    keras.utils.set_random_seed(seed % 1000)
    inputs = keras.Input(input_shape)
    outputs, _, state = L.LSTM(3, return_state=True)(inputs)
    x = L.Add()([outputs, ops.cast(L.Dense(3)(state) > 0, "float32")])
    return keras.Model(inputs, L.Dense(n_outputs)(x))


@pytest.mark.fault("1.5")
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("builder", [behind_stop_gradient, unused_output])
def test_weight_without_gradient_is_left_alone(builder):
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=1.0)
    assert outcome(lambda: difference_from_keras(builder, optimizer=optimizer)) == NOTHING


# 1.6


@pytest.fixture(params=["first layer", "last layer", "whole network"])
def frozen_after_fit(request):
    """Return a network that was frozen in part after it was fitted, and its predictions before."""
    model = CNNLSTMRegressor(4, units=4, dense_units=3, epochs=2, random_state=0).fit(W, y)
    before = model.predict(W)
    parts = {"first layer": model.model_.layers[1], "last layer": model.model_.layers[-1]}
    parts.get(request.param, model.model_).trainable = False
    return model, before


@pytest.mark.fault("1.6")
def test_frozen_after_fit_predicts_the_same(frozen_after_fit):
    model, before = frozen_after_fit
    assert outcome(lambda: largest_difference([pickle.loads(pickle.dumps(model)).predict(W)], [before])) == NOTHING
    assert outcome(lambda: largest_difference([model.predict(W)], [before])) == NOTHING


@pytest.mark.fault("1.6")
def test_frozen_before_first_prediction_predicts_the_same():
    options = {"units": 4, "dense_units": 3, "epochs": 2, "random_state": 0}
    before = CNNLSTMRegressor(4, **options).fit(W, y).predict(W)
    model = CNNLSTMRegressor(4, **options).fit(W, y)
    model.model_.layers[1].trainable = False
    assert outcome(lambda: largest_difference([model.predict(W)], [before])) == NOTHING


# 1.7


class NotesIterations(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(int(self.model.optimizer.iterations))


class SlowsByIterations(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.01 / (1 + int(self.model.optimizer.iterations))


class ForgetsMoments(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            for variable in self.model.optimizer.variables[2:]:  # after iterations and rate
                variable.assign(ops.zeros_like(variable))


class NotesMoments(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["moments"] = float(sum(np.abs(v.numpy()).sum() for v in self.model.optimizer.variables[2:]))


class HalvesForTest(keras.callbacks.Callback):
    def on_test_begin(self, logs=None):
        self.weights = self.model.get_weights()
        self.model.set_weights([w / 2 for w in self.weights])

    def on_test_end(self, logs=None):
        self.model.set_weights(self.weights)


class ChangesDecay(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.weight_decay = 0.5 * epoch


@pytest.mark.fault("1.7")
def test_callback_reads_how_many_steps_were_taken():
    model = train(network(lambda: L.Dense(4)), "auto", callbacks=NotesIterations(), batch_size=50)
    assert model.callbacks_[0].seen == [4, 8, 12]


@pytest.mark.fault("1.7")
@pytest.mark.parametrize(
    ("callback", "optimizer"),
    [
        (SlowsByIterations(), "adam"),
        (ForgetsMoments(), "adam"),
        (NotesMoments(), "adam"),
        (HalvesForTest(), "adam"),
        (keras.callbacks.SwapEMAWeights(swap_on_epoch=False), keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)),
        (keras.callbacks.SwapEMAWeights(swap_on_epoch=True), keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)),
    ],
    ids=["iterations", "forgets", "notes", "on_test_begin", "SwapEMAWeights at test", "SwapEMAWeights at epoch"],
)
def test_callback_on_optimizer_or_test_equals_keras(callback, optimizer):
    options = {"callbacks": callback, "optimizer": optimizer, "early_stopping": True, "n_iter_no_change": 9}
    assert outcome(lambda: difference_from_keras(network(lambda: L.Dense(4)), **options)) == NOTHING


# 1.8


class WatchesBatches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


def predict_after_two_fits(engine, callbacks, optimizer="adam", rate=0.05):
    """Train twice, each time with callbacks of its own, and return the predictions."""
    dense = network(lambda: L.Dense(4))
    options = {"optimizer": optimizer, "learning_rate": rate, "warm_start": True, "epochs": 3, "random_state": 0}
    model = SequenceRegressor(dense, **options, engine=engine)
    for each in callbacks:
        model.set_params(callbacks=each).fit(W, y)
    return model.predict(W)


@pytest.mark.fault("1.8")
@pytest.mark.parametrize("first", ["by program", "by Keras"])
@pytest.mark.parametrize(
    "rate", [0.05, keras.optimizers.schedules.ExponentialDecay(0.05, 7, 0.5)], ids=["moments", "schedule"]
)
def test_warm_start_carries_the_optimizer_over(first, rate):
    callbacks = [None, WatchesBatches()][:: 1 if first == "by program" else -1]
    by_auto, by_keras = (predict_after_two_fits(engine, callbacks, rate=rate) for engine in ("auto", "keras"))
    assert largest_difference([by_auto], [by_keras]) == NOTHING


# 1.9


@dataclass
class DataclassLoss:
    factor: float = 2.0

    def __call__(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_true - y_pred), axis=-1)


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without `get_config`."""

    def __call__(self, step):
        return 0.01 / (1.0 + ops.cast(step, "float32"))


def frozen(freeze, *makers):
    """Return a builder of a network of which `freeze` freezes a part."""

    def build(*args, **options):
        model = network(*makers)(*args, **options)
        freeze(model)
        return model

    return build


def freeze_all(model):
    model.trainable = False


def freeze_bias(model):
    model.layers[0].bias.trainable = False


def freeze_cell(model):
    model.layers[0].cell.trainable = False


def dense():
    return L.Dense(4)


def lstm():
    return L.LSTM(3)


ODD_NETWORKS = {
    "float64 layer": network(lambda: L.Dense(4, dtype="float64")),
    "bfloat16 layer": network(lambda: L.LSTM(3, dtype="mixed_bfloat16")),
    "frozen bias": frozen(freeze_bias, dense),
    "frozen cell": frozen(freeze_cell, lstm),
    "layer as activation": network(lambda: L.Conv1D(4, 2, activation=L.PReLU(shared_axes=[1]))),
}


@pytest.mark.fault("1.9")
@pytest.mark.parametrize("builder", ODD_NETWORKS.values(), ids=ODD_NETWORKS)
def test_odd_network_equals_keras(builder):
    assert outcome(lambda: difference_from_keras(builder)) == NOTHING


@pytest.mark.fault("1.9")
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_frozen_network_equals_keras():
    assert outcome(lambda: difference_from_keras(frozen(freeze_all, dense))) == NOTHING


ODD_OPTIONS = {
    "reduction": {"loss": keras.losses.MeanSquaredError(reduction="none")},
    "dataclass": {"loss": DataclassLoss()},
    "schedule": {"learning_rate": Schedule()},
    "batch_size": {"batch_size": 2**31},
}


@pytest.mark.fault("1.9")
@pytest.mark.parametrize("options", ODD_OPTIONS.values(), ids=ODD_OPTIONS)
def test_odd_option_equals_keras(options):
    assert outcome(lambda: difference_from_keras(network(dense), **options)) == NOTHING


@pytest.fixture
def keras_settings():
    """Put back what is set for all of Keras."""
    before = keras.config.floatx(), keras.config.dtype_policy(), keras.config.image_data_format()
    yield keras.config
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])
    keras.config.set_image_data_format(before[2])


@pytest.mark.fault("1.9")
@pytest.mark.parametrize(
    ("setting", "value"), [("floatx", "float64"), ("dtype_policy", "mixed_bfloat16"), ("dtype_policy", "float64")]
)
def test_setting_of_keras_equals_keras(keras_settings, setting, value):
    getattr(keras_settings, f"set_{setting}")(value)
    assert outcome(lambda: difference_from_keras(network(lstm))) == NOTHING


@pytest.mark.fault("1.9")
@pytest.mark.parametrize("engine", ["auto", "keras"])
def test_data_format_is_that_of_the_windows(keras_settings, engine):
    def predictions():
        return CNNLSTMRegressor(4, units=4, epochs=2, random_state=0, engine=engine).fit(W, y).predict(W)

    expected = predictions()
    keras_settings.set_image_data_format("channels_first")
    assert outcome(lambda: largest_difference([predictions()], [expected])) == NOTHING


# 1.10

IMPORT = """
try:
    from skhybrid import CNNLSTMRegressor
except Exception as error:
    print(f"{type(error).__name__}: {error}")
else:
    print("no word")
"""


@pytest.mark.fault("1.10")
@pytest.mark.parametrize("backend", ["jax", "numpy"])
def test_other_backend_is_refused_at_once(backend):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", IMPORT], env=environment, capture_output=True, text=True, timeout=120)
    assert "KERAS_BACKEND" in done.stdout
    assert backend in done.stdout
    assert "tensorflow" in done.stdout


# 1.11


def embedding():
    return L.Embedding(10, 4)


NUMBERS = np.random.default_rng(1).integers(0, 10, size=(200, 6, 1)).astype(float)
UNEVEN = {
    "Embedding with Adam": (network(embedding), {"X": NUMBERS}),
    "LSTM(dropout) with early stopping": (
        network(lambda: L.LSTM(4, dropout=0.3)),
        {"early_stopping": True, "n_iter_no_change": 9, "epochs": 4},
    ),
    "TimeDistributed(Dropout)": (network(lambda: L.TimeDistributed(L.Dropout(0.3))), {}),
}


@pytest.mark.fault("1.11")
@pytest.mark.parametrize(("builder", "options"), UNEVEN.values(), ids=UNEVEN)
def test_what_is_promised_holds(builder, options):
    assert outcome(lambda: difference_from_keras(builder, **options)) == NOTHING
