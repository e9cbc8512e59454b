"""Keras' own loops: what the package keeps away from the user, and leaves as it was."""

import logging

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training.keras_loop import _without_retracing_notices, forward_with_keras
from skhybrid._training.loops import train
from skhybrid._training.state import hand_over
from skhybrid.networks import dense
from tests.helpers import compile_network, largest_difference

N, BATCH = 40, 16


class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("stop here")


def test_logger_has_its_filters_back_after_an_error(data):
    before = list(logging.getLogger("tensorflow").filters)
    model = compile_network(dense, dense_units=4)
    with pytest.raises(RuntimeError, match="stop here"):
        train(model, data, np.arange(N), epochs=1, batch_size=N, seed=None, callbacks=[Fails()], engine="keras")
    assert logging.getLogger("tensorflow").filters == before


@pytest.mark.parametrize(
    ("message", "n_seen"), [("5 out of the last 5 calls triggered tf.function retracing.", 0), ("Something else.", 1)]
)
def test_logger_holds_back_retracing_notices_only(message, n_seen):
    class Seen(logging.Handler):
        def emit(self, record):
            seen.append(record.getMessage())

    seen, handler, logger = [], Seen(), logging.getLogger("tensorflow")
    logger.addHandler(handler)
    try:
        with _without_retracing_notices():
            logger.warning(message)
    finally:
        logger.removeHandler(handler)
    assert seen == [message] * n_seen


@pytest.mark.parametrize("engines", [("compiled", "keras"), ("keras", "compiled")])
@pytest.mark.parametrize("optimizer", ["adam", "scheduled", "constrained"])
def test_loops_carry_on_what_the_other_gathered(data, engines, optimizer):
    def make():
        rate = keras.optimizers.schedules.ExponentialDecay(0.05, 4, 0.5) if optimizer == "scheduled" else 0.02
        model = dense((6, 2), 2, seed=0, dense_units=4, dropout=0.3)
        if optimizer == "constrained":
            model.layers[-1].kernel.constraint = keras.constraints.MaxNorm(0.3)
        model.compile(keras.optimizers.Adam(rate, amsgrad=True, use_ema=True), "mse")
        return model

    whole, changing = make(), make()
    options = {"batch_size": BATCH, "seed": 4}
    for epoch, engine in enumerate(engines):
        for model, loop in ((whole, engines[0]), (changing, engine)):
            train(model, data, np.arange(N), epochs=epoch + 1, initial_epoch=epoch, engine=loop, **options)
    assert largest_difference(whole, changing) < 1e-5
    for model in (whole, changing):
        hand_over(model)
    for a, b in zip(whole.optimizer.variables, changing.optimizer.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-6, err_msg=a.path)


def test_forward_pass_is_made_once_for_a_model():
    first, second = (compile_network(dense, dense_units=4) for _ in range(2))
    assert forward_with_keras(first) is forward_with_keras(first)
    assert forward_with_keras(first) is not forward_with_keras(second)


@pytest.mark.parametrize("n_rows", [1, 3])
def test_forward_pass_is_that_of_prediction(data, n_rows):
    model = compile_network(dense, dense_units=4, dropout=0.9)
    outputs = forward_with_keras(model)(data[0][:n_rows])
    np.testing.assert_allclose(outputs, model.predict_on_batch(data[0][:n_rows]), rtol=1e-6)
