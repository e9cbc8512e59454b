"""Fits as scikit-learn's callbacks see them, and what is left where it has none that are known."""

import inspect
import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

import skhybrid
from skhybrid import (
    CalendarFeatures,
    DenseRegressor,
    NaiveRegressor,
    PerStepTransformer,
    RollingFeatures,
    SlidingWindow,
    SubsequenceReshaper,
    WindowedRegressor,
    _progress,
)
from skhybrid._progress import METHODS, Followed, clone_unfollowed, find_support, follow_fit, show_work, take_callbacks
from tests.helpers import Follower, frame

needs_callbacks = pytest.mark.skipif(find_support() is None, reason="scikit-learn has callbacks from version 1.9 on")


def rows_and_targets(n_rows=30):
    rows = frame(n_rows)
    return rows, rows["x0"].to_numpy()


# Which estimators


def test_every_estimator_is_followed():
    classes = [getattr(skhybrid, name) for name in skhybrid.__all__ if inspect.isclass(getattr(skhybrid, name))]
    fitted = {cls.__name__ for cls in classes if hasattr(cls, "fit") and hasattr(cls, "get_params")}
    fitted -= {"ConformalIntervals"}  # it is fitted to errors, at once and in no pipeline
    assert {"CNNLSTMRegressor", "LSTMClassifier", "Forecaster", "WindowedClassifier", "SlidingWindow"} < fitted
    assert fitted == {cls.__name__ for cls in classes if issubclass(cls, Followed)}


@needs_callbacks
@pytest.mark.parametrize(
    ("transformer", "data"),
    [
        (SlidingWindow(3), frame(30)),
        (RollingFeatures((3,)), frame(30)),
        (CalendarFeatures(), frame(30)),
        (PerStepTransformer(), np.random.default_rng(0).normal(size=(30, 4, 2))),
        (SubsequenceReshaper(2), np.random.default_rng(0).normal(size=(30, 4, 2))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_transformer_in_a_pipeline_is_shown(transformer, data):
    follower = Follower()
    pipeline = make_pipeline(transformer, "passthrough").set_callbacks(follower)
    pipeline.fit(data, np.zeros(len(data)))  # a step without support would be warned of
    assert follower.begun == ["fit#0", "fit#0/fit#0", "fit#0/fit-final-estimator#1"]
    assert sorted(follower.ended) == sorted(follower.begun)
    held = vars(pipeline[0]) | vars(getattr(pipeline[0], "_as_fitted", pipeline[0]))
    assert not [name for name in held if "callback" in name]


@needs_callbacks
def test_naive_regressor_is_shown_with_its_data():
    follower, X, y = Follower(), np.arange(12.0).reshape(4, 3), np.arange(4.0)
    model = NaiveRegressor().set_callbacks(follower).fit(X, y)
    assert follower.begun == follower.ended == ["fit#0"]
    shown_X, shown_y, metadata, shown = follower.shown["fit#0"]
    assert shown_X is X
    assert shown_y is y
    assert metadata is None
    np.testing.assert_array_equal(shown.predict(X), model.predict(X))


# A fit from its beginning to its end


class Fitted(Followed):
    """Does nothing, between the beginning and the end of a fit."""


@needs_callbacks
@pytest.mark.parametrize("y", [None, np.array([1.0, np.nan]), pd.DataFrame({"a": [1.0, None], "b": [1.0, 2.0]})])
def test_nothing_is_scored_without_all_targets(y):
    follower = Follower()
    with follow_fit(Fitted().set_callbacks(follower), np.zeros((2, 1)), y):
        pass
    assert follower.shown["fit#0"][3] is None


@needs_callbacks
@pytest.mark.parametrize("y", [np.array(["a", "b"]), [1, 2], pd.Series([1.0, 2.0]), [[1, 2], [3, 4]]])
def test_all_targets_are_scored(y):
    follower = Follower()
    with follow_fit(Fitted().set_callbacks(follower), np.zeros((2, 1)), y, [1.0, 2.0]):
        pass
    assert isinstance(follower.shown["fit#0"][3], Fitted)
    assert follower.shown["fit#0"][2] == {"sample_weight": [1.0, 2.0]}


@needs_callbacks
def test_failed_fit_takes_leave_of_callbacks():
    rows, y = rows_and_targets()
    follower = Follower()
    model = WindowedRegressor(LinearRegression(), 4).fit(rows, y).set_callbacks(follower)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="window_length=40"):
        model.set_params(window_length=40).fit(rows, y)
    assert follower.begun == ["fit#0"]
    assert follower.ended == []
    assert not follower.is_open
    assert vars(model) == before | {"window_length": 40}


@needs_callbacks
def test_copies_have_the_callbacks():
    follower = Follower()
    model = DenseRegressor(2).set_callbacks(follower)
    assert clone(model)._skl_callbacks == [follower]
    assert len(pickle.loads(pickle.dumps(model))._skl_callbacks) == 1
    assert not hasattr(clone_unfollowed(model), "_skl_callbacks")
    assert take_callbacks(DenseRegressor(3), model)._skl_callbacks == [follower]
    assert model._skl_callbacks == [follower]
    assert not hasattr(model.set_callbacks(), "_skl_callbacks")


# Work that fits copies


@needs_callbacks
def test_work_is_shown_part_by_part():
    follower = Follower()
    estimator = Fitted().set_callbacks(follower)

    def work(progress):
        for i in range(2):
            with progress.part("part"):
                assert follower.is_open
                yield i

    assert show_work(estimator, None, None, "work", 2, lambda progress: list(work(progress))) == [0, 1]
    assert follower.begun == ["work#0", "work#0/part#0", "work#0/part#1"]
    assert sorted(follower.ended) == sorted(follower.begun)
    assert follower.places["work#0"] == 2
    assert vars(estimator) == {"_skl_callbacks": [follower]}


@needs_callbacks
def test_work_that_fails_takes_leave_of_callbacks():
    follower = Follower()

    def fail(progress):
        raise ValueError("it fails")

    with pytest.raises(ValueError, match="it fails"):
        show_work(Fitted().set_callbacks(follower), None, None, "work", 1, fail)
    assert not follower.is_open


@pytest.mark.parametrize("has_support", [True, False])
def test_work_that_nobody_watches_is_done_as_ever(monkeypatch, has_support):
    if not has_support:
        monkeypatch.setattr(_progress, "_SUPPORT", None)

    def work(progress):
        with progress.part("part", n_parts=1) as part:
            return [part.context]

    assert show_work(Fitted(), None, None, "work", 1, work) == [None]


# scikit-learn without callbacks, or with others


def known_module():
    """Return a module with all that is used of scikit-learn's."""
    owners = {}
    for (owner, method), parameters in METHODS.items():
        signature = inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in parameters])
        owners.setdefault(owner, SimpleNamespace()).__dict__[method] = with_signature(signature)
    return SimpleNamespace(with_callbacks=lambda method: method, **owners)


def with_signature(signature):
    """Return a function that takes what a signature says."""

    def function():
        raise NotImplementedError

    function.__signature__ = signature
    return function


def test_support_is_found(monkeypatch):
    module = known_module()
    monkeypatch.setitem(sys.modules, "sklearn.callback", module)
    assert find_support() is module.CallbackSupportMixin


@pytest.mark.parametrize(("owner", "method"), METHODS, ids=lambda name: name)
def test_support_with_a_method_missing_is_none(monkeypatch, owner, method):
    module = known_module()
    delattr(getattr(module, owner), method)
    monkeypatch.setitem(sys.modules, "sklearn.callback", module)
    assert find_support() is None


@pytest.mark.parametrize(("owner", "method"), METHODS, ids=lambda name: name)
def test_support_with_other_parameters_is_none(monkeypatch, owner, method):
    module = known_module()
    setattr(getattr(module, owner), method, with_signature(inspect.Signature()))
    monkeypatch.setitem(sys.modules, "sklearn.callback", module)
    assert find_support() is None


def test_support_without_its_decorator_is_none(monkeypatch):
    module = known_module()
    del module.with_callbacks
    monkeypatch.setitem(sys.modules, "sklearn.callback", module)
    assert find_support() is None


def test_support_without_the_module_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    assert find_support() is None


def test_fits_are_as_ever_without_support(monkeypatch):
    rows, y = rows_and_targets()
    expected = WindowedRegressor(DenseRegressor(2, epochs=2, random_state=0), 4).fit(rows, y).predict(rows)
    monkeypatch.setattr(_progress, "_SUPPORT", None)
    model = WindowedRegressor(DenseRegressor(2, epochs=2, random_state=0), 4).fit(rows, y)
    np.testing.assert_array_equal(model.predict(rows), expected)


@needs_callbacks
def test_package_without_what_it_uses_of_callbacks_shows_nothing(run_python):
    done = run_python("""
        import numpy as np
        from sklearn.callback import CallbackContext

        del CallbackContext.subcontext
        from sklearn.linear_model import LinearRegression
        from skhybrid import WindowedRegressor

        model = WindowedRegressor(LinearRegression(), 2)
        print(hasattr(model, "set_callbacks"), model.fit(np.arange(9.0)[:, None], np.arange(9.0)).n_training_rows_)
        """)
    assert done.stdout.split() == ["False", "8"], done.stderr
