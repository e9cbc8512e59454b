"""What a network was trained with, what of it may change before it is trained on, and the way back where that fails."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np

from skhybrid._backend import BaseWrapper, keras
from skhybrid._training import get_state, set_state
from skhybrid._validation import as_before_on_error, check_parameters
from skhybrid.estimators._keras_arguments import check_optimizer, make_metrics

# What each training reads anew. All other parameters went into the network, its input or the meaning of its outputs.
READ_AT_EACH_TRAINING = {
    "batch_size",
    "class_weight",
    "early_stopping",
    "engine",
    "epochs",
    "half_life",
    "learning_rate",
    "learning_rate_schedule",
    "loss",
    "n_iter_no_change",
    "n_jobs",
    "refit",
    "shuffle",
    "validation",
    "validation_folds",
    "validation_fraction",
    "validation_gap",
    "verbose",
    "warm_start",
}


def hold_parameters(estimator: Any) -> Any:
    """Return an unfitted estimator with the same parameters, which stay as they are whatever becomes of these."""
    return type(estimator)(**{name: _held(getattr(estimator, name)) for name in _names(estimator)})


def check_changes(estimator: Any, before: Any) -> set[str]:
    """Return which parameters have changed since `before`; refuse those with which the network cannot go on."""
    pairs = {name: (getattr(before, name), getattr(estimator, name)) for name in _names(estimator)}
    changed = {name: pair for name, pair in pairs.items() if not is_same(*pair)}
    if changed:
        check_parameters(estimator)  # scikit-learn leaves that out where partial_fit is called again
    for name, (old, new) in changed.items():
        if not _may_change(name, old, new):
            raise ValueError(
                f"{name} must be {old!r}, as in the fit whose network is trained on, but is {new!r}; set it back, or "
                "call fit with warm_start=False to start afresh."
            )
    return set(changed)


def set_loss(scikeras: BaseWrapper, loss: Any) -> None:
    """Compile a model with another loss; its optimizer goes on."""
    scikeras.loss = loss
    metrics = make_metrics(scikeras.model__metrics)
    scikeras.model_.compile(optimizer=scikeras.model_.optimizer, loss=keras.losses.get(loss), metrics=metrics or None)


def set_learning_rate(scikeras: BaseWrapper, rate: Any) -> None:
    """Give the optimizer of a model another learning rate."""
    scikeras.model_.optimizer.learning_rate = rate  # Keras would track a variable as one more of its own


@contextmanager
def all_or_nothing(estimator: Any, again: bool) -> Iterator[None]:
    """Leave an estimator as it was where training fails or is interrupted: trained before, or not at all.

    A fit that does not go on from the one before (`again`) forgets that one first.
    """
    if not again:
        _forget(estimator)
        with as_before_on_error(estimator):
            yield
        return
    before = [(member, member.loss, get_state(member.model_)) for member in estimator.members_]
    try:
        with as_before_on_error(estimator):
            yield
    except BaseException:
        for member, loss, state in before:
            if member.loss is not loss:
                set_loss(member, loss)
            set_state(member.model_, state)
        raise


def is_same(a: Any, b: Any) -> bool:
    """Return whether two values of a parameter are one, or equal in all that matters."""
    if a is b or (isinstance(a, np.random.RandomState) and isinstance(b, np.random.RandomState)):
        return True  # a generator has moved on since it was drawn from
    a, b = (value.tolist() if isinstance(value, np.ndarray) else value for value in (a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(is_same, a, b))
    return np.array_equal(a, b) if np.isscalar(a) else _are_made_alike(a, b)


def _names(estimator):
    """Return the names of the parameters, except of callbacks: each training copies them, and nothing remains."""
    return [f.name for f in fields(estimator) if f.name != "callbacks"]


def _may_change(name, old, new):
    """Return whether a network may be trained on with another value of a parameter."""
    if name == "loss":
        return "quantile" not in (old, new)  # which has outputs of its own
    if name == "learning_rate":  # an optimizer is made for a number or for a schedule
        return not any(isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) for rate in (old, new))
    return name in READ_AT_EACH_TRAINING


def _held(value):
    """Return a value of a parameter, and a copy of one that the user may change in place."""
    if isinstance(value, dict):
        return {key: _held(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_held, value))
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, keras.optimizers.Optimizer):
        return check_optimizer(value, None)
    return value


def _are_made_alike(a, b):
    """Return whether two objects are of one class and made with the same arguments, as far as they say so."""
    if type(a) is not type(b) or isinstance(a, keras.losses.Loss):  # some losses leave arguments out of their config
        return False
    try:
        if hasattr(a, "get_config"):
            return is_same(*({**value.get_config(), "name": None} for value in (a, b)))  # Keras counts names
        return pickle.dumps(a) == pickle.dumps(b)
    except Exception:  # objects of the user's may raise anything
        return False


def _forget(estimator):
    """Remove all that a fit has learned."""
    for name in [*vars(estimator)]:
        if name.endswith("_") or name in ("_as_fitted", "_reading", "_target", "_linear"):
            delattr(estimator, name)
