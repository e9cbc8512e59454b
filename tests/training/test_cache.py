"""The programs of a process: one for many fits, no more than there is room for, and nothing left of the others."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import joblib
import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import cache, fast_recurrence
from skhybrid._training.cache import clear_caches, program_of
from skhybrid._training.loops import predict, train
from skhybrid._training.program import count_builds
from skhybrid.networks import cnn, cnn_lstm, dense, recurrent, time_distributed_cnn_lstm
from tests.helpers import compile_network, largest_difference
from tests.training.two_inputs import compiled, make_data

L = keras.layers
N, SHAPE, BATCH = 40, (6, 2), 16


# One program for many fits


def count_new_builds(function):
    before = count_builds()
    function()
    return count_builds() - before


def fit_some(data, n_rows=N, batch_size=BATCH, **parameters):
    model = compile_network(cnn, filters=3, dense_units=3, **parameters)
    train(model, data, np.arange(n_rows), epochs=1, batch_size=batch_size, seed=0)
    predict(model, data[0][:n_rows])


def test_seed_rate_length_and_batch_size_share_a_program(data):
    clear_caches()

    def fit_all():
        fit_some(data)
        fit_some(data, seed=2)
        fit_some(data, n_rows=33, batch_size=7)
        fit_some(data, optimizer=keras.optimizers.Adam(0.1))

    assert count_new_builds(fit_all) == 2  # one to train, one to predict


@pytest.mark.parametrize(
    "other",
    [{"activation": "tanh"}, {"loss": "mae"}, {"optimizer": "sgd"}, {"optimizer": keras.optimizers.Adam(beta_1=0.5)}],
    ids=["activation", "loss", "optimizer", "constant of the optimizer"],
)
def test_what_shapes_the_result_gets_its_own_program(data, other):
    fit_some(data)
    assert program_of(compile_network(cnn, filters=3, dense_units=3)) is not program_of(
        compile_network(cnn, filters=3, dense_units=3, **other)
    )


def test_metrics_get_their_own_program():
    def measured(*metrics):
        model = dense(SHAPE, 2, seed=0, dense_units=4)
        model.compile("adam", "mse", metrics=list(metrics) or None)
        return program_of(model)

    assert measured("mae") is measured("mae")
    assert len({measured(), measured("mae"), measured("mse"), measured("mae", "mse")}) == 4


def test_metrics_compiled_anew_are_seen(data):
    model = compile_network(dense, dense_units=4)
    for metrics in (["mae"], ["mse"], []):  # None would leave them as they are
        model.compile(model.optimizer, model.loss, metrics=metrics)
        history = train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=0).history
        assert list(history) == ["loss", *metrics]


def test_data_of_several_inputs_share_a_program():
    clear_caches()

    def fit_both():
        for seed, n_rows in ((0, N), (1, 30)):
            data = make_data(n_rows, seed)
            model = compiled(metrics=["mae"])
            train(model, data, np.arange(n_rows), epochs=1, batch_size=BATCH, seed=seed)
            predict(model, data[0])

    assert count_new_builds(fit_both) == 2


def test_losses_of_one_name_are_told_apart(data):
    def make(power):
        def loss(y, p):
            return keras.ops.mean(keras.ops.abs(y - p) ** power, axis=-1)

        return loss

    first, second = (compile_network(dense, dense_units=4, loss=make(power)) for power in (1, 2))
    for model in (first, second):
        train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=0)
    assert largest_difference(first, second) > 1e-4


def test_counted_names_share_a_program():
    def unnamed():
        model = keras.Sequential([keras.Input((3,)), L.Dense(2), L.Dense(1)])
        model.compile("sgd", "mse")
        return program_of(model)

    unnamed()  # the first names of a process have no number
    assert unnamed() is unnamed()


def test_program_for_one_core_does_not_serve_several(monkeypatch):
    programs = []
    for n_cores in (1, 2, 1):
        monkeypatch.setattr(joblib, "cpu_count", lambda n_cores=n_cores: n_cores)
        programs.append(program_of(compile_network(dense, dense_units=4)))
    assert programs[0] is programs[2] is not programs[1]


def test_model_without_a_program_is_asked_once(monkeypatch):
    model = compile_network(dense, dense_units=4, optimizer="nadam")
    assert program_of(model) is None
    monkeypatch.delattr(cache, "why_not")
    assert program_of(model) is None


def test_threads_share_a_program_and_stay_right(data):
    def fit(seed):
        model = compile_network(cnn_lstm, seed=seed, filters=3, units=4, dense_units=4, dropout=0.2)
        train(model, data, np.arange(N), epochs=2, batch_size=4, seed=seed)
        return predict(model, data[0])

    clear_caches()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(8)))
    np.testing.assert_array_equal(together, [fit(seed) for seed in range(8)])


# Bounds, and what is forgotten


def test_programs_are_bounded(monkeypatch):
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 2)
    for units in (5, 6, 7):
        program_of(compile_network(dense, dense_units=units))
        assert 1 <= len(cache._PROGRAMS) <= 2
    clear_caches()
    assert len(cache._PROGRAMS) == 0


def test_programs_used_last_are_kept(monkeypatch):
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 4)
    clear_caches()
    first, *_ = (program_of(compile_network(dense, dense_units=units)) for units in (1, 2, 3, 4))
    assert program_of(compile_network(dense, dense_units=1)) is first
    fifth = program_of(compile_network(dense, dense_units=5))
    assert list(cache._PROGRAMS.values()) == [first, fifth]  # half of those that there is room for
    clear_caches()


def test_model_keeps_its_program_when_that_is_forgotten():
    model = compile_network(dense, dense_units=4)
    program = program_of(model)
    clear_caches()
    assert program_of(model) is program
    assert program_of(compile_network(dense, dense_units=4)) is not program


@pytest.mark.parametrize(
    ("builder", "large"),
    [(dense, False), (cnn, False), *product((cnn_lstm, recurrent, time_distributed_cnn_lstm), (False, True))],
)
def test_forgotten_programs_leave_no_graph(builder, large, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 0 if large else fast_recurrence.LARGE_RECURRENCE)
    clear_caches()
    shape = (2, 3, 2) if builder is time_distributed_cnn_lstm else SHAPE
    model = builder(shape, 2, seed=0)
    model.compile("adam", "mse")
    X, y = np.zeros((N, *shape), np.float32), np.zeros((N, 2), np.float32)
    train(model, (X, y, y[:, 0] + 1), np.arange(N), np.arange(4), epochs=1, batch_size=BATCH, seed=0)
    predict(model, X)
    program = program_of(model)
    graphs = [weakref.ref(graph._concrete.graph) for graph in (program.train, program.evaluate, program.forward)]
    assert all(graph() is not None for graph in graphs)
    del model, program
    clear_caches()
    for _ in range(3):  # what has a finalizer goes in a later round
        gc.collect()
    assert [graph() for graph in graphs] == [None] * 3


def test_kernels_of_forgotten_programs_are_freed(monkeypatch):
    n_freed = []
    monkeypatch.setattr(cache, "forget_kernels", lambda: n_freed.append(1))
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 4)
    clear_caches()
    assert len(n_freed) == 1
    for units in range(1, 10):
        program_of(compile_network(dense, dense_units=units))
    assert len(n_freed) == 1 + 2  # two are kept of five, so the fifth and the eighth are one too many


def test_forgotten_programs_go_on_in_their_threads(data, monkeypatch):
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 2)

    def fit(units):
        model = compile_network(dense, dense_units=units)
        train(model, data, np.arange(N), epochs=3, batch_size=4, seed=0)
        return np.array([predict(model, data[0]) for _ in range(20)])

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(1, 9)))
    np.testing.assert_array_equal(together, [fit(units) for units in range(1, 9)])
