"""Each loss and optimizer of Keras, and classes of the user's: copied in each way, they train the same."""

import copy
import inspect
import pickle
import threading
from dataclasses import dataclass
from functools import partial

import cloudpickle
import numpy as np
import pytest
from sklearn.base import clone

import skhybrid._training
from skhybrid._backend import keras

assert skhybrid._training  # whose import mends how Keras' objects are copied

COPIES = {
    "clone": partial(clone, safe=False),
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "cloudpickle": lambda thing: pickle.loads(cloudpickle.dumps(thing)),
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())


def classes(module, base):
    """Return the public classes of a module of Keras that inherit from `base`."""
    found = dict(inspect.getmembers(module, inspect.isclass)).values()
    return sorted({cls for cls in found if issubclass(cls, base) and cls is not base}, key=lambda cls: cls.__name__)


def unusual_options(cls):
    """Return options of a loss, each of its numbers another than by default."""
    defaults = {name: option.default for name, option in inspect.signature(cls).parameters.items()}
    return {name: 0.9 * value + 0.05 for name, value in defaults.items() if isinstance(value, float)}


# Losses


class Scaled(keras.losses.Loss):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


class Huber(Scaled):
    """Of the name of one of Keras'."""


class HoldsItsMethod(Scaled):
    def __init__(self, factor):
        super().__init__(factor)
        self.scaled = self.scale

    def scale(self, y_true, y_pred):
        return super().call(y_true, y_pred)

    def call(self, y_true, y_pred):
        return self.scaled(y_true, y_pred)


@dataclass
class Described(keras.losses.Loss):
    factor: float

    def __post_init__(self):
        super().__init__()

    call = Scaled.call


@keras.saving.register_keras_serializable("tests")
class Registered(Scaled):
    pass


class HoldsLock(Scaled):
    def __init__(self, factor):
        super().__init__(factor)
        self.locks = [{"first": threading.Lock()}]


class LeavesLockOut(HoldsLock):
    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "locks"}


OF_KERAS = [cls(**unusual_options(cls)) for cls in classes(keras.losses, keras.losses.Loss)]
OF_LABELS = tuple(
    getattr(keras.losses, name)
    for name in ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle")
)
OF_USERS = [cls(3.0) for cls in (Scaled, Huber, HoldsItsMethod, Described, Registered, LeavesLockOut)]


def value_of(loss):
    """Return the loss of some predictions, of the kind that it is for."""
    rng = np.random.default_rng(0)
    y_pred = rng.uniform(0.1, 0.9, size=(4, 5, 3))
    if isinstance(loss, keras.losses.CTC):
        return float(loss(np.array([[1, 2]] * 4), y_pred))
    y_pred = y_pred[:, 0] / y_pred[:, 0].sum(axis=1, keepdims=True)
    if isinstance(loss, OF_LABELS):
        return float(loss(np.array([0, 2, 1, 1]), y_pred))
    return float(loss(np.eye(3)[[0, 2, 1, 1]], y_pred))


@copies
@pytest.mark.parametrize("loss", [*OF_KERAS, *OF_USERS], ids=lambda loss: type(loss).__name__)
def test_copy_of_a_loss_is_the_same(loss, copied):
    again = copied(loss)
    assert again is not loss
    assert type(again) is type(loss)
    assert value_of(again) == value_of(loss)


def test_options_matter():
    assert value_of(keras.losses.Huber(0.5)) != value_of(keras.losses.Huber(0.1))


@copies
def test_what_cannot_be_copied_is_named(copied):
    with pytest.raises(
        TypeError, match=r"^loss must .* but HoldsLock.locks is or holds a _thread.lock; make .* or leave"
    ):
        copied(HoldsLock(1.0))


# Optimizers


class Decays(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without `get_config`."""

    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first / (1 + keras.ops.cast(step, "float32"))


def constant_rate():
    return 0.25


class Shrinks(keras.optimizers.SGD):
    """An optimizer without `get_config`, which holds more than numbers."""

    def __init__(self, factors, **options):
        super().__init__(**options)
        self.factors = factors

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(self.factors["all"][0] * gradient, variable, learning_rate)


def make_optimizer(cls):
    if cls is keras.optimizers.LossScaleOptimizer:
        return cls(keras.optimizers.SGD(0.3, momentum=0.5), initial_scale=8.0)
    if cls is keras.optimizers.MultiOptimizer:
        return cls(keras.optimizers.OptimizerMap(keras.optimizers.Adam(0.2), {"w.*": keras.optimizers.SGD(0.3)}))
    return cls(**{**unusual_options(cls), "learning_rate": 0.3, "weight_decay": 0.1, "clipnorm": 0.5, "use_ema": True})


def without_decay_of(name):
    optimizer = keras.optimizers.AdamW(0.3, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=[name])
    return optimizer


OPTIMIZERS = [make_optimizer(cls) for cls in classes(keras.optimizers, keras.optimizers.Optimizer)] + [
    keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.3, 1, 0.5), gradient_accumulation_steps=2),
    keras.optimizers.SGD(Decays(0.3)),
    keras.optimizers.SGD(constant_rate),
    keras.optimizers.Muon(0.3, exclude_layers=["w", "v"]),
    Shrinks({"all": [0.5]}, learning_rate=0.3),
    without_decay_of("w"),
]


def trained_by(optimizer):
    """Return a variable after three steps."""
    variable = keras.Variable(np.arange(6, dtype=np.float32).reshape(3, 2), name="w")
    optimizer.build([variable])
    for step in range(3):
        optimizer.apply([np.cos(np.arange(6, dtype=np.float32) + step).reshape(3, 2)])
    return variable.numpy()


@copies
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
def test_copy_of_an_optimizer_trains_the_same(optimizer, copied):
    first, second = copied(optimizer), copied(copied(optimizer))
    assert type(first) is type(optimizer)
    assert first.name == optimizer.name
    np.testing.assert_array_equal(trained_by(second), trained_by(first))
    assert not optimizer.built


@pytest.mark.parametrize("make", [partial(make_optimizer, keras.optimizers.Adam), partial(without_decay_of, "w")])
def test_copy_of_an_optimizer_trains_as_the_original(make):
    original, other = make(), without_decay_of("v")
    expected = trained_by(copy.deepcopy(original))
    np.testing.assert_array_equal(trained_by(original), expected)
    assert np.abs(trained_by(other) - expected).max() > 0.1


@copies
def test_copy_of_an_optimizer_that_has_trained_starts_afresh(copied):
    optimizer = make_optimizer(keras.optimizers.Adam)
    expected = trained_by(optimizer)
    again = copied(optimizer)
    assert not again.built
    assert int(again.iterations) == 0
    np.testing.assert_array_equal(trained_by(again), expected)


@copies
def test_variables_of_another_model_are_refused(copied):
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_list=[keras.Variable(0.0)])
    with pytest.raises(ValueError, match=r"optimizer must name the variables .* of another model .*; pass var_names"):
        copied(optimizer)


@copies
def test_what_an_optimizer_holds_is_named(copied):
    with pytest.raises(TypeError, match=r"^optimizer must .* but Shrinks.factors is or holds a _thread.lock; make"):
        copied(Shrinks({"all": threading.Lock()}, learning_rate=0.3))


@copies
def test_variables_that_no_model_asked_for_are_refused(copied):
    with pytest.raises(ValueError, match=r"optimizer must make its variables in build, but Shrinks.factors holds"):
        copied(Shrinks({"all": [keras.Variable(0.5)]}, learning_rate=0.3))


# In other processes


def test_classes_of_a_script_reach_other_processes(run_python):
    code = """
    import numpy as np
    from sklearn.model_selection import GridSearchCV
    from skhybrid import DenseRegressor
    import keras

    class Scaled(keras.losses.Loss):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, y_true, y_pred):
            return self.factor * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    class Shrinks(keras.optimizers.SGD):
        def __init__(self, factor, **options):
            super().__init__(**options)
            self.factor = factor

        def update_step(self, gradient, variable, learning_rate):
            super().update_step(self.factor * gradient, variable, learning_rate)

    X = np.random.default_rng(0).normal(size=(40, 3, 2))
    grid = [
        {"loss": [Scaled(0.01), Scaled(1.0), keras.losses.Huber(0.01)]},
        {"optimizer": [Shrinks(factor, learning_rate=0.1) for factor in (0.01, 1.0)]},
    ]
    model, halves = DenseRegressor(2, epochs=1, random_state=0, engine="keras"), [(range(20), range(20, 40))]
    searches = [GridSearchCV(model, grid, cv=halves, n_jobs=n_jobs, refit=False) for n_jobs in (1, 2)]
    scores = [search.fit(X, X[:, -1, 0]).cv_results_["mean_test_score"] for search in searches]
    assert len(set(scores[0])) == 5, scores
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-6)
    """
    done = run_python(code)
    assert done.returncode == 0, done.stderr
