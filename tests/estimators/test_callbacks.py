"""Callbacks: copied for each fit, what they hold shared with the caller, and packed with what can be pickled."""

import copy
import inspect
import os
import pickle
import threading
from functools import partial

import cloudpickle
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhybrid import DenseRegressor
from skhybrid._backend import keras
from skhybrid.estimators._callbacks import copy_callbacks, pack_callbacks
from tests.helpers import CountsEpochs, assert_same_predictions

small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)
keras_on_numpy_2 = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")


class Reports(keras.callbacks.Callback):
    """Reports each epoch to a list, and counts them."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        self.count += 1


class HoldsItsMethod(keras.callbacks.LambdaCallback):
    def __init__(self):
        super().__init__(on_epoch_end=self.count_layers)
        self.n_layers = 0

    def count_layers(self, epoch, logs):
        self.n_layers += len(self.model.layers)


class Holds(keras.callbacks.Callback):
    def __init__(self, **held):
        super().__init__()
        vars(self).update(held)


class LeavesLockOut(Holds):
    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "lock"}


class Study:
    """An object of the caller's."""


def test_callbacks_are_copies_that_keep_their_counts(data, fitted):
    counts = CountsEpochs()
    model = small_dense(callbacks=counts).fit(*data)
    assert model.callbacks_[0].epochs == [0, 1]
    assert counts.epochs == []
    assert counts.model is None
    assert_same_predictions(model, fitted, data[0])
    assert model.fit(*data).callbacks_[0].epochs == [0, 1]


def test_callbacks_count_on_in_a_warm_start(data):
    model = small_dense(callbacks=[CountsEpochs()], warm_start=True).fit(*data)
    assert model.fit(*data).callbacks_[0].epochs == [2, 3]


@keras_on_numpy_2
def test_learning_rate_scheduler_is_followed(data):
    descended = small_dense(optimizer="sgd", learning_rate=0.05).fit(*data)
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.05)
    model = small_dense(optimizer="sgd", learning_rate=1.0, callbacks=[scheduler]).fit(*data)
    np.testing.assert_allclose(model.predict(data[0]), descended.predict(data[0]), rtol=1e-5)


@keras_on_numpy_2
def test_reduce_on_plateau_lowers_the_rate(data):
    reduce = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100)
    model = small_dense(learning_rate=0.01, callbacks=[reduce]).set_params(epochs=3).fit(*data)
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.0025)


def test_early_stopping_of_ones_own_stops(data):
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=100)
    model = small_dense(callbacks=[stop]).set_params(epochs=9).fit(*data)
    assert model.n_epochs_ == 2
    assert (model.callbacks_[0].stopped_epoch, stop.stopped_epoch) == (1, 0)


def test_callbacks_may_be_none_one_or_several():
    first, second = CountsEpochs(), CountsEpochs()
    assert copy_callbacks(None) == copy_callbacks(()) == []
    assert [type(copied) for copied in copy_callbacks(first)] == [CountsEpochs]
    copies = copy_callbacks([first, second])
    assert len(copies) == 2
    assert {id(copied) for copied in copies}.isdisjoint({id(first), id(second)})


@pytest.mark.parametrize(
    ("callbacks", "came"), [(["stop"], "'stop'"), ([CountsEpochs], "<class")], ids=["name", "class"]
)
def test_what_is_not_a_callback_is_named(data, callbacks, came):
    with pytest.raises(
        ValueError, match=f"callbacks must hold instances of keras.callbacks.Callback, .* {came}.*; pass"
    ):
        small_dense(callbacks=callbacks).fit(*data)


def test_what_a_callback_holds_is_the_callers(data):
    epochs = []
    model = small_dense(callbacks=Reports(epochs)).fit(*data)
    assert epochs == [0, 1]
    model.fit(*data)
    assert epochs == [0, 1, 0, 1]
    assert (model.callbacks_[0].count, model.callbacks.count) == (2, 0)


def test_reports_come_through_cross_validation_of_a_pipeline(data):
    epochs = []
    model = make_pipeline(FunctionTransformer(), small_dense(callbacks=[Reports(epochs)]))
    cross_val_score(model, *data, cv=KFold(3))
    assert epochs == [0, 1, 0, 1, 0, 1]


def test_method_of_a_callback_belongs_to_its_copy(data):
    model = small_dense(callbacks=[HoldsItsMethod()]).fit(*data)
    assert model.callbacks_[0].n_layers == 2 * len(model.model_.layers)
    assert model.callbacks[0].n_layers == 0


def test_callback_that_holds_another_gets_its_copy():
    first = CountsEpochs()
    watching, copied = copy_callbacks([Holds(first=first), first])
    assert watching.first is copied is not first


def test_clone_shares_callbacks_and_copies_all_else(data):
    callbacks, loss = [CountsEpochs()], keras.losses.Huber(0.5)
    model = small_dense(callbacks=callbacks, loss=loss).fit(*data)
    cloned = clone(model)
    assert not hasattr(cloned, "callbacks_")
    assert cloned.callbacks == callbacks
    assert cloned.callbacks is not callbacks
    assert cloned.loss is not loss
    assert model.callbacks is callbacks


@pytest.mark.parametrize("callbacks", [None, CountsEpochs(), (CountsEpochs(),), []], ids=["None", "one", "tuple", "[]"])
def test_clone_keeps_the_form(callbacks):
    assert clone(small_dense(callbacks=callbacks)).callbacks == callbacks


# Packed


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "cloudpickle": lambda thing: pickle.loads(cloudpickle.dumps(thing)),
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())


def falling_rate(epoch):
    return 0.01 / (1 + epoch)


# What each callback of Keras is made with; those that are not here need a server or another package.
ARGUMENTS = {
    "BackupAndRestore": {"backup_dir": "backup"},
    "CSVLogger": {"filename": "log.csv"},
    "EarlyStopping": {"monitor": "loss", "restore_best_weights": True},
    "History": {},
    "LambdaCallback": {"on_epoch_end": print},
    "LearningRateScheduler": {"schedule": falling_rate},
    "ModelCheckpoint": {"filepath": "best.weights.h5", "save_weights_only": True},
    "ProgbarLogger": {},
    "ReduceLROnPlateau": {"monitor": "loss"},
    "SwapEMAWeights": {},
    "TensorBoard": {"log_dir": "logs"},
    "TerminateOnNaN": {},
}


def test_all_callbacks_of_keras_are_here():
    known = dict(inspect.getmembers(keras.callbacks, inspect.isclass))
    assert known.keys() - ARGUMENTS.keys() == {"Callback", "CallbackList", "OrbaxCheckpoint", "RemoteMonitor"}


@keras_on_numpy_2
@pytest.mark.parametrize("name", ARGUMENTS)
def test_copies_with_callbacks_of_keras_are_the_same(data, name, tmp_path, monkeypatch):
    if name == "TensorBoard":
        pytest.importorskip("tensorboard")
    monkeypatch.chdir(tmp_path)
    optimizer = keras.optimizers.SGD(0.01, use_ema=name == "SwapEMAWeights")
    callback = getattr(keras.callbacks, name)(**ARGUMENTS[name])
    model = small_dense(optimizer=optimizer, callbacks=[callback], verbose=0).fit(*data)
    for copied in COPIES.values():
        assert_same_predictions(copied(model), model, data[0])
        assert_same_predictions(copied(model).fit(*data), model, data[0])
    assert_same_predictions(clone(model).fit(*data), model, data[0])


def test_file_that_is_closed_is_left_out(tmp_path):
    file = (tmp_path / "a").open("w")
    callback = Holds(file=file)
    with pytest.raises(TypeError, match=r"^callbacks must .* but Holds.file is or holds a _io.TextIOWrapper; make"):
        pack_callbacks(callback)
    file.close()
    assert pack_callbacks(callback).file is None
    assert callback.file is file


@copies
@pytest.mark.parametrize(
    "held", [threading.Lock(), {"a": [threading.Lock()]}, (i for i in "a")], ids=["lock", "lock in a dict", "generator"]
)
def test_what_cannot_be_pickled_is_named(data, held, copied):
    model = small_dense(callbacks=[CountsEpochs(), Holds(thing=held)]).fit(*data)
    with pytest.raises(TypeError, match=r"^callbacks must hold what can be copied and pickled, but Holds.thing is or"):
        copied(model)
    model.predict(data[0])
    clone(model).fit(*data)


@copies
def test_what_a_class_leaves_out_is_not_missed(data, copied):
    model = small_dense(callbacks=[LeavesLockOut(lock=threading.Lock(), number=3)]).fit(*data)
    again = copied(model).callbacks_[0]
    assert again.number == 3
    assert not hasattr(again, "lock")


@pytest.mark.parametrize("callbacks", [None, [], "stop", ["stop"]], ids=str)
def test_what_is_not_a_callback_is_packed_as_it_is(callbacks):
    assert pack_callbacks(callbacks) is callbacks


# From another process


@pytest.fixture
def elsewhere(monkeypatch):
    """Return a function that brings callbacks into another process."""

    def bring(*callbacks):
        packed = pack_callbacks(list(callbacks))
        monkeypatch.setattr(os, "getpid", lambda: -1)
        return packed

    return bring


def close_over(thing):
    return lambda epoch, logs: thing


TO_REPORT_TO = {
    "list": Reports([]),
    "dict": Holds(losses={"train": [], "rest": []}),
    "object": Holds(study=Study()),
    "list of objects": Holds(studies=(1, [Study()])),
    "function": keras.callbacks.LambdaCallback(on_epoch_end=close_over([])),
    "method": keras.callbacks.LambdaCallback(on_epoch_end=Reports([]).on_epoch_end),
}
NOT_TO_REPORT_TO = {
    "numbers": Holds(a=1, b="text", c=np.zeros(3), d=[1, 2], e={"rate": 0.1}, f=None, g=falling_rate),
    "Keras'": keras.callbacks.EarlyStopping("loss"),
    "history": keras.callbacks.History(),
    "function": keras.callbacks.LambdaCallback(on_epoch_end=close_over([1, 2])),
    "its method": HoldsItsMethod(),
}


@pytest.mark.parametrize("callback", TO_REPORT_TO.values(), ids=TO_REPORT_TO.keys())
def test_reports_that_are_lost_are_warned_of(elsewhere, callback):
    callbacks = elsewhere(Holds(number=1), callback)
    with pytest.warns(
        UserWarning, match=rf"the {type(callback).__name__} came by pickle from another one, .* n_jobs=1"
    ):
        copy_callbacks(callbacks)


@pytest.mark.parametrize("callback", NOT_TO_REPORT_TO.values(), ids=NOT_TO_REPORT_TO.keys())
def test_what_is_not_reported_to_is_not_warned_of(elsewhere, callback):
    assert len(copy_callbacks(elsewhere(callback))) == 1


@pytest.mark.parametrize("callback", TO_REPORT_TO.values(), ids=TO_REPORT_TO.keys())
def test_copy_in_the_same_process_is_not_warned_of(callback):
    assert len(copy_callbacks(pack_callbacks([callback]))) == 1


def test_search_in_other_processes_warns(run_python):
    code = """
    import keras, numpy as np
    from sklearn.model_selection import cross_val_score
    from skhybrid import DenseRegressor

    class Reports(keras.callbacks.Callback):
        def __init__(self, epochs):
            super().__init__()
            self.epochs = epochs

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(epoch)

    X, epochs = np.random.default_rng(0).normal(size=(40, 3, 2)), []
    model = DenseRegressor(2, epochs=1, random_state=0, callbacks=Reports(epochs))
    scores = cross_val_score(model, X, X[:, -1, 0], cv=2, n_jobs=2)
    assert epochs == []
    np.testing.assert_allclose(scores, cross_val_score(model, X, X[:, -1, 0], cv=2), rtol=1e-6)
    assert epochs == [0, 0]
    """
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert "the Reports came by pickle from another one" in done.stderr
    assert "'epochs'" in done.stderr
