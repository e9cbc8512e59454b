"""The networks of an estimator: what they differ in, how each is trained, and what the trainings leave."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import fields
from itertools import zip_longest
from threading import Event
from typing import Any, NamedTuple

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray

from skhybrid._backend import BaseWrapper, keras
from skhybrid._training import Training, train
from skhybrid._validation import check_parameters
from skhybrid.estimators._gate import Evidence, Gate, SquaredEvidence, add_up
from skhybrid.estimators._keras_arguments import first_learning_rate, make_schedule
from skhybrid.estimators._linear_learning import LinearPath
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._state import hold_parameters

OF_MEMBERS = ("last_steps", "half_life", "linear_weight", "network_params")  # and the parameters of the network


class Lesson(NamedTuple):
    """What a network is trained on, and for how long.

    Attributes
    ----------
    samples : Samples
        Samples, as the network sees them.
    targets, weights : ndarray
        Their targets, as the network sees them, and their weights.
    rows, validation : ndarray of int
        Samples to train on, and to validate on; None for no early stopping.
    n_before, n_epochs, n_planned : int
        Numbers of epochs trained before, to train now, and over which the learning rate falls.
    seed : int or None
        Decides on the order of the samples.
    linear : LinearPath or None
        The linear path in closed form, where there is one.
    gate : Gate or None
        What the network's part is multiplied by afterwards; None for what samples held out say.
    """

    samples: Samples
    targets: NDArray[Any]
    weights: NDArray[np.float64]
    rows: NDArray[np.intp]
    validation: NDArray[np.intp] | None
    n_before: int
    n_epochs: int
    n_planned: int
    seed: int | None
    linear: LinearPath | None
    gate: Gate | None = None


class Trained(NamedTuple):
    """What the training of a network leaves beside it.

    Attributes
    ----------
    history : dict of str to list of float
        Losses and metrics.
    engine : str
        The loop that ran.
    n_epochs : int
        Number of epochs after which the weights were kept.
    gate : Gate or None
        What the network's part is multiplied by, where there is a linear path in closed form.
    """

    history: dict[str, list[float]]
    engine: str
    n_epochs: int
    gate: Gate | None

    @property
    def best_epoch(self) -> int:
        """The number of epochs that are worth it: 0 where the linear path is as good alone."""
        return self.n_epochs if self.gate is None or self.gate.is_open else 0


def settings_of(estimator: Any, i: int) -> Any:
    """Return an estimator with the parameters that the `i`-th network has."""
    if not estimator.member_params:
        return estimator
    known = [f.name for f in fields(estimator) if "builder" in f.metadata or f.name in OF_MEMBERS]
    differences = estimator.member_params[i % len(estimator.member_params)]
    if not isinstance(differences, dict) or not set(differences) <= set(known):
        raise ValueError(
            f"member_params must hold dicts of parameters of the network, {', '.join(OF_MEMBERS[:-1])}, but holds "
            f"{differences!r}; pass for example [{{}}, {{'last_steps': 48}}]."
        )
    settings = hold_parameters(estimator).set_params(**differences)
    check_parameters(settings)
    return settings


def linear_of(estimator: Any, i: int) -> LinearPath | None:
    """Return an estimator's linear path as the `i`-th network is trained beside it."""
    return estimator._linear and estimator._linear.beside(i, settings_of(estimator, i).linear_weight)


def seed_of(seed: int, i: int) -> int:
    """Return the seed of the `i`-th network; that of the first is the estimator's own."""
    return seed if i == 0 else int(np.random.SeedSequence([seed, i]).generate_state(1)[0] >> 1)


def train_all(options: Any, wrappers: list[BaseWrapper], lessons: list[Lesson], callbacks: list[Any]) -> list[Trained]:
    """Train each network on its lesson, `n_jobs` at a time, each in a thread."""
    calls = list(zip(wrappers, lessons, callbacks, strict=True))
    n_threads = min(effective_n_jobs(options.n_jobs), len(calls))
    if n_threads == 1:
        return [_train(options, *of_one) for of_one in calls]
    is_over = Event()
    with ThreadPoolExecutor(n_threads) as pool:  # which waits for its threads: none may train on when `fit` has failed
        futures = [
            pool.submit(_train, options, wrapper, lesson, [*of_one, _StopsWithOthers(is_over)])
            for wrapper, lesson, of_one in calls
        ]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            is_over.set()
            for wrapper in wrappers:  # whose epochs may take long
                wrapper.model_.stop_training = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def mean_history(histories: list[dict[str, list[float]]]) -> dict[str, list[float]]:
    """Return the mean of several histories, epoch by epoch, over those that go so far."""
    if len(histories) == 1:
        return histories[0]
    names = dict.fromkeys(name for history in histories for name in history)  # one without epochs has no metrics
    series = {name: [history.get(name, []) for history in histories] for name in names}
    return {
        name: [float(np.nanmean(values)) for values in zip_longest(*of_all, fillvalue=np.nan)]
        for name, of_all in series.items()
    }


def pool(trained: list[Trained], lessons: list[Lesson]) -> list[Trained]:
    """Return what trainings left, with one gate for all that learned alike, by the evidence of all that they held out.

    Networks learn alike beside the same weight of the linear path.
    """
    evidence: dict[float, list[Evidence]] = {}
    for of_one, lesson in zip(trained, lessons, strict=True):
        if of_one.gate is not None and lesson.linear is not None:
            evidence.setdefault(lesson.linear.weight, []).append(of_one.gate.evidence)
    pooled = []
    for of_one, lesson in zip(trained, lessons, strict=True):
        if of_one.gate is not None and lesson.linear is not None:
            shares = lesson.linear.by_output(add_up(evidence[lesson.linear.weight]).find_shares())
            of_one = of_one._replace(gate=of_one.gate._replace(shares=shares))
        pooled.append(of_one)
    return pooled


class _StopsWithOthers(keras.callbacks.Callback):
    """Ends a training when that of another network has failed, or all have been interrupted."""

    def __init__(self, is_over: Event) -> None:
        super().__init__()
        self.is_over = is_over

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.is_over.is_set():
            self.model.stop_training = True


def _train(options, wrapper, lesson, callbacks):
    """Train one network, and set the gate of its part where there is a linear path in closed form."""
    model, linear = wrapper.model_, lesson.linear
    if linear is not None:
        linear.set_gate(model, np.ones(linear.design.n_outputs))
    stopping = _stopping(options, lesson)
    if lesson.n_epochs == 0:
        reason = f"samples are fewer than min_samples={options.min_samples}" if options.epochs else "epochs is 0"
        training = Training({"loss": []}, f"none: the linear path forecasts alone, as {reason}")
    else:
        training = train(
            model,
            # Keras divides by the number of rows, not by their weights.
            (lesson.samples.for_keras, lesson.targets, lesson.weights / lesson.weights[lesson.rows].mean()),
            lesson.rows,
            lesson.validation,
            epochs=lesson.n_before + lesson.n_epochs,
            initial_epoch=lesson.n_before,
            batch_size=options.batch_size,
            seed=lesson.seed,
            callbacks=[*callbacks, *_schedule(options, lesson), *stopping],
            verbose=options.verbose,
            engine=options.engine,
        )
    n_epochs = lesson.n_before + len(training.history["loss"])
    _check_loss(training.history["loss"], n_epochs)
    gate = None
    if linear is not None:
        gate = _find_gate(options, model, lesson, n_epochs)
        linear.set_gate(model, gate.of_network)
    n_kept = stopping[0].best_epoch + 1 if stopping else n_epochs
    return Trained(training.history, training.engine, n_kept, gate)


def _stopping(options, lesson):
    if lesson.validation is None or lesson.n_epochs == 0:
        return []
    patience = options.n_iter_no_change
    return [keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)]


def _schedule(options, lesson):
    if options.learning_rate_schedule is None or lesson.n_epochs == 0:
        return []
    rate = first_learning_rate(options.optimizer, options.learning_rate)
    return [make_schedule(options.learning_rate_schedule, rate, lesson.n_planned, lesson.n_before)]


def _check_loss(losses, n_epochs):
    """Refuse a training that has diverged."""
    if losses and not np.isfinite(losses[-1]):
        raise ValueError(
            f"Training must end with a finite loss, but the loss is {losses[-1]} after {n_epochs} epochs; "
            "scale X (for example with StandardScaler) or pass a smaller learning_rate."
        )


def _find_gate(options, model, lesson, n_epochs):
    """Return what corrections are multiplied by: by samples held out where there are any, else the network's by 1."""
    linear, held_out = lesson.linear, lesson.validation
    if lesson.gate is not None:
        return lesson.gate
    if n_epochs and held_out is not None:
        return linear.weigh_corrections(
            model, lesson.samples.take(held_out), lesson.targets[held_out], lesson.weights[held_out], options.engine
        )
    n_outputs, nothing = linear.design.n_outputs, SquaredEvidence.of_none(len(linear.design.blocks()), 1)
    return Gate(np.full((1, n_outputs), float(n_epochs > 0)), nothing, linear.n_quantiles > 1)
