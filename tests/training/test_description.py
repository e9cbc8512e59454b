"""What tells losses and models apart, and when two are the same."""

import functools
import sys
import types
from dataclasses import dataclass

import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training.description import describe, describe_model
from skhybrid._training.eligibility import NotServedError

L = keras.layers
LEVEL = 0.5


# Losses


def reads_global(y, p):
    return keras.ops.mean(LEVEL * (y - p))


def reads_function(y, p):
    return reads_global(y, p) + 1


def reads_inside(y, p):
    return (lambda: LEVEL * keras.ops.mean(y - p))()


def closes_over(value):
    def loss(y, p):
        return keras.ops.mean(value * (y - p))

    return loss


class Own(keras.losses.Loss):
    def __init__(self, factor=1.0, level=None):
        super().__init__(name="own")
        self.factor, self.level = factor, level

    def call(self, y, p):
        return self.scale() * keras.ops.mean(keras.ops.abs(y - p), axis=-1)

    def scale(self):
        return LEVEL * self.factor


@dataclass
class Plain:
    factor: float = 1.0

    def __call__(self, y, p):
        return self.factor * keras.ops.mean(y - p)


def with_power(y, p, power):
    return keras.ops.mean(keras.ops.abs(y - p) ** power)


PAIRS = {
    "delta": (keras.losses.Huber(1.0), keras.losses.Huber(0.1)),
    "reduction": (keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError(reduction="sum")),
    "name": ("mse", "mae"),
    "function": (keras.losses.mean_squared_error, keras.losses.mean_absolute_error),
    "state": (Own(1.0), Own(2.0)),
    "array": (Own(np.ones(2)), Own(np.arange(2.0))),
    "dataclass": (Plain(1.0), Plain(2.0)),
    "argument": (functools.partial(with_power, power=1), functools.partial(with_power, power=2)),
    "method": (Own(1.0).call, Own(2.0).call),
}
SAME = [
    *(lambda: keras.losses.Huber(0.3), lambda: Own(2.0), lambda: Plain(3.0), lambda: Own({"a": [1, (2, None)]})),
    *(lambda: "mse", lambda: reads_global, lambda: functools.partial(with_power, power=2), lambda: Own(np.ones(3))),
]


@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS)
def test_losses_that_differ_are_told_apart(first, second):
    assert describe(first) != describe(second)


@pytest.mark.parametrize("make", SAME)
def test_losses_that_do_not_differ_are_the_same(make):
    assert describe(make()) == describe(make())
    hash(describe(make()))


@pytest.mark.parametrize("loss", [reads_global, reads_function, reads_inside, Own()], ids=lambda loss: str(loss)[:25])
def test_global_that_is_read_tells_apart(loss, monkeypatch):
    before = describe(loss)
    monkeypatch.setattr(sys.modules[__name__], "LEVEL", 0.9)
    assert describe(loss) != before
    monkeypatch.setattr(sys.modules[__name__], "LEVEL", 0.5)
    assert describe(loss) == before


def test_functions_made_alike_are_told_apart():
    first, second = closes_over(1.0), closes_over(1.0)  # their code may be compared, but nobody would notice
    assert describe(first) == describe(first) != describe(second)


def test_closure_is_read_as_it_is():
    values = [1.0]
    loss = closes_over(values)
    before = describe(loss)
    values[0] = 2.0
    assert describe(loss) != before


OTHER = types.SimpleNamespace(level=0.5)


class Slots:
    __slots__ = ("level",)


def reads_module(y, p):
    return keras.ops.mean(sys.maxsize * (y - p))


def imports_module(y, p):
    import os

    return keras.ops.mean(y - p) * float(os.environ["LEVEL"])


def evaluates(y, p):
    return keras.ops.mean(y - p) * eval("LEVEL")


def reads_class(y, p):
    return keras.ops.mean(y - p) * Plain.factor


def draws(y, p):
    return keras.ops.mean(y - p) * np.random.default_rng().normal()


UNCLEAR = {
    "other module": reads_module,
    "import": imports_module,
    "eval": evaluates,
    "class": reads_class,
    "random numbers": draws,
    "model": closes_over(keras.Sequential([keras.Input((2,)), L.Dense(1)])),
    "slots": closes_over(Slots()),
    "variable of Keras": Own(keras.Variable(1.0)),
    "variable of TensorFlow": closes_over(tf.Variable(1.0)),
    "iterator": closes_over(iter([1.0])),
    "objects": closes_over(np.array([1.0, None])),
}


@pytest.mark.parametrize("loss", UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_seen_in_a_loss_is_said(loss):
    with pytest.raises(NotServedError):
        describe(loss)


def test_object_that_holds_itself_is_described():
    def make():
        loss = Own()
        loss.level = [loss]
        return loss

    assert describe(make()) == describe(make())


# Models


def sequential(*layers, name=None):
    return keras.Sequential([keras.Input((4, 2)), *layers, L.Dense(1)], name=name)


def frozen(cell=False):
    model = sequential(L.LSTM(2))
    (model.layers[0].cell if cell else model.layers[0].cell.bias).trainable = False
    return model


def constrained(limit):
    model = sequential(L.Dense(2))
    model.layers[0].kernel.constraint = keras.constraints.MaxNorm(limit)
    return model


MODELS = {
    "option": (sequential(L.Dense(2)), sequential(L.Dense(2, activation="relu"))),
    # The name of a layer is another's activation.
    "name": (sequential(L.Dense(2, "relu", name="relu")), sequential(L.Dense(2, "tanh", name="relu"))),
    "frozen weight": (sequential(L.LSTM(2)), frozen()),
    "frozen cell": (frozen(), frozen(cell=True)),
    "constraint of a weight": (constrained(1.0), constrained(2.0)),
    "constraint of a layer": (sequential(L.Dense(2)), sequential(L.Dense(2, kernel_constraint="max_norm"))),
    "class": (sequential(L.AveragePooling1D(2)), sequential(L.MaxPooling1D(2))),
}


@pytest.mark.parametrize(("first", "second"), MODELS.values(), ids=MODELS)
def test_models_that_differ_are_told_apart(first, second):
    assert describe_model(first) != describe_model(second)


def test_names_seeds_and_first_values_do_not_matter():
    def model(name, seed, initializer):
        return sequential(L.LSTM(2, kernel_initializer=initializer, seed=seed, name=name), L.Dropout(0.5, seed=seed))

    initializers = (keras.initializers.Constant(3.0), keras.initializers.GlorotUniform(seed=2))
    assert describe_model(model("a", 1, initializers[0])) == describe_model(model("lstm", 2, initializers[1]))


def test_wiring_is_told_apart():
    def model(swapped):
        inputs = keras.Input((4, 2))
        first, second = L.Dense(2, name="a")(inputs), L.Dense(2, "tanh", name="b")(inputs)
        return keras.Model(inputs, L.Dense(1)(L.Subtract()([second, first] if swapped else [first, second])))

    assert describe_model(model(swapped=False)) != describe_model(model(swapped=True))
    assert describe_model(model(swapped=True)) == describe_model(model(swapped=True))


def with_two_inputs(shapes, order):
    inputs = [keras.Input(shape) for shape in shapes]
    outputs = L.Dense(1)(L.Subtract()([L.Dense(2)(each) for each in inputs]))
    return keras.Model([inputs[i] for i in order], outputs)


def test_order_and_shapes_of_inputs_are_told_apart():
    cases = [((3,), (3,)), (0, 1)], [((3,), (3,)), (1, 0)], [((4,), (3,)), (0, 1)], [((3,), (4,)), (0, 1)]
    descriptions = [describe_model(with_two_inputs(*case)) for case in cases]
    assert len(set(descriptions)) == 4
    assert descriptions == [describe_model(with_two_inputs(*case)) for case in cases]


def test_settings_of_keras_are_told_apart():
    model, epsilon = sequential(L.Dense(2)), keras.config.epsilon()
    before = describe_model(model)
    keras.config.set_epsilon(1e-3)
    try:
        assert describe_model(model) != before
    finally:
        keras.config.set_epsilon(epsilon)
