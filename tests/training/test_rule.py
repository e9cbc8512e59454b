"""An optimizer's rule: its step, and the way of what it gathers to Keras' optimizer and back."""

import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import served
from skhybrid._training.rule import Rule, split

Opt = keras.optimizers
SHAPES = (2, 3), (3,), (3, 1)
OPTIONS = [{}, {"use_ema": True, "ema_momentum": 0.5}, {"clipnorm": 0.1}, {"weight_decay": 0.1, "clipvalue": 0.2}]


def make_weights(*, bounded=False):
    rng = np.random.default_rng(0)
    constraint = keras.constraints.MaxNorm(0.5) if bounded else None
    weights = [
        keras.Variable(rng.normal(size=s).astype(np.float32), name=n) for s, n in zip(SHAPES, "abc", strict=True)
    ]
    weights[0].constraint = constraint
    return weights


def make_gradients(seed):
    rng = np.random.default_rng(seed)
    return [tf.constant(rng.normal(size=shape), tf.float32) for shape in SHAPES]


def rule_of(optimizer, weights):
    return Rule(optimizer, weights, make_weights(bounded=weights[0].constraint is not None))


def step_by_keras(optimizer, weights, seeds):
    for seed in seeds:
        optimizer.apply(make_gradients(seed), weights)


def step_by_rule(rule, slots, packed, seeds):
    for seed in seeds:
        packed, slots = rule.apply(slots, make_gradients(seed), packed)
    return [np.asarray(slot) for slot in slots], packed


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cls", sorted(served.OPTIMIZERS, key=lambda cls: cls.__name__), ids=lambda cls: cls.__name__)
def test_steps_go_on_from_keras_and_to_keras(cls, options, bounded):
    """Keras makes two steps, the rule two more, Keras the last: as if Keras had made all five."""
    optimizers, (whole, passed) = [cls(**options) for _ in range(2)], [make_weights(bounded=bounded) for _ in range(2)]
    step_by_keras(optimizers[0], whole, range(5))

    step_by_keras(optimizers[1], passed, range(2))
    rule = rule_of(optimizers[1], passed)
    assert rule.is_flat == (cls in served.ELEMENTWISE and not bounded and "clipnorm" not in options)
    slots = rule.layout.gather(optimizers[1].variables)
    slots, packed = step_by_rule(rule, slots, rule.pack([w.numpy() for w in passed]), range(2, 4))
    for weight, value in zip(passed, rule.unpack(packed), strict=True):
        weight.assign(value)
    rule.layout.assign(slots, optimizers[1].variables)
    step_by_keras(optimizers[1], passed, [4])

    for ours, theirs in zip(passed, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(*[optimizer.variables for optimizer in reversed(optimizers)], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6, err_msg=ours.path)


def test_first_slots_are_those_of_keras():
    optimizer, weights = Opt.Adagrad(0.1), make_weights()
    rule = rule_of(optimizer, weights)
    optimizer.build(weights)
    for ours, theirs in zip(rule.first_slots, rule.layout.gather(optimizer.variables), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_learning_rate_is_up_to_the_caller():
    optimizer, weights = Opt.SGD(0.1, momentum=0.9), make_weights()
    rule = rule_of(optimizer, weights)
    optimizer.build(weights)
    optimizer.learning_rate = 0.5
    slots = [slot + 1 for slot in rule.first_slots]
    rule.layout.assign(slots, optimizer.variables)
    assert float(optimizer.learning_rate) == 0.5
    assert optimizer.iterations == 1
    assert rule.first_slots[rule.rate_slot] == np.float32(0.1)


def test_excluded_weights_do_not_decay():
    optimizer, weights = Opt.SGD(0.1, weight_decay=0.5), make_weights()
    optimizer.exclude_from_weight_decay(var_names=["b"])
    rule = rule_of(optimizer, weights)
    assert not rule.is_flat
    none = [tf.zeros(shape) for shape in SHAPES]
    values = [w.numpy() for w in weights]
    packed, _ = rule.apply(rule.first_slots, none, values)
    for before, after, factor in zip(values, packed, (0.95, 1.0, 0.95), strict=True):
        np.testing.assert_allclose(after, before * factor, rtol=1e-6)


def test_vector_is_split_in_order():
    parts = split(np.arange(12.0), SHAPES)
    assert [part.shape for part in parts] == list(SHAPES)
    np.testing.assert_array_equal(np.concatenate([part.ravel() for part in parts]), np.arange(12.0))
