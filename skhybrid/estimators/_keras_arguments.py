"""What the user passes on to Keras: loss and optimizer, checked, and copied where a fit changes them."""

import copy
import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid._training import RateOfEpoch, own_names

LOWEST_RATE = 0.01  # of the first learning rate, where it falls exponentially
# Metrics of errors, and the power of y's units that they have.
POWERS = {keras.metrics.MeanAbsoluteError: 1, keras.metrics.RootMeanSquaredError: 1, keras.metrics.MeanSquaredError: 2}


def check_loss(loss):
    """Return `loss`, a name that Keras knows or a loss of the user's."""
    try:
        keras.losses.get(loss)
    except ValueError:
        raise ValueError(
            f"loss must be the name of a Keras loss, a keras.losses.Loss or a function, but is {loss!r}; pass for "
            "example 'mse', 'mae' or 'huber'."
        ) from None
    return loss


def check_optimizer(optimizer, learning_rate):
    """Return the class of an optimizer, or a copy of an instance, which belongs to one model only."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if learning_rate is not None:
            raise ValueError(
                f"learning_rate must be None where optimizer is an instance, which brings its own, but is "
                f"{learning_rate!r}; set the rate in the instance, or pass optimizer={type(optimizer).__name__!r}."
            )
        with own_names():
            return copy.deepcopy(optimizer)
    try:
        if isinstance(optimizer, str):
            with own_names():
                return type(keras.optimizers.get(optimizer))
        if not issubclass(optimizer, keras.optimizers.Optimizer):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"optimizer must be the name, the class or an instance of a Keras optimizer, but is {optimizer!r}; pass "
            "for example 'adam', 'sgd' or keras.optimizers.Adam(0.01)."
        ) from None
    return optimizer


def first_learning_rate(optimizer: Any, rate: Any) -> Any:
    """Return the learning rate that training starts with: `rate`, or where that is None the optimizer's own."""
    if rate is not None:
        return as_rate(rate)
    kind = check_optimizer(optimizer, None)
    with own_names():
        return float((kind() if isinstance(kind, type) else kind).learning_rate)


def is_mean_absolute(loss: Any) -> bool:
    """Return whether a loss is Keras' mean absolute error, as a name, a function or an instance."""
    loss = keras.losses.get(loss)
    return loss is keras.losses.mean_absolute_error or isinstance(loss, keras.losses.MeanAbsoluteError)


def mean_loss(loss: Any, targets: NDArray[Any], outputs: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """Return the weighted mean of a loss over samples, which Keras computes batch by batch, without its reduction."""
    loss = keras.losses.get(loss)
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss
    values = function(*(keras.ops.convert_to_tensor(a, "float32") for a in (targets, outputs)))
    values = np.asarray(values, dtype=np.float64)
    if values.ndim == 0:  # a function of the user's that is a mean already
        return float(values)
    return float(np.average(values.reshape(len(weights), -1).mean(axis=1), weights=weights))


def make_schedule(name: str, rate: float, n_epochs: int, first_epoch: int) -> keras.callbacks.Callback:
    """Return the callback that sets the learning rate of each epoch, of `n_epochs` from `first_epoch` on."""

    def rate_of(epoch):
        done = (epoch - first_epoch) / n_epochs
        return rate * (0.5 * (1 + math.cos(math.pi * done)) if name == "cosine" else LOWEST_RATE**done)

    return RateOfEpoch(rate_of)


def check_schedule(name: str | None, optimizer: Any, rate: Any) -> None:
    """Refuse a fall of the learning rate where the rate is not one number to fall from."""
    if name is None:
        return
    is_instance = isinstance(optimizer, keras.optimizers.Optimizer)
    own = optimizer.get_config()["learning_rate"] if is_instance else rate
    if isinstance(own, dict | keras.optimizers.schedules.LearningRateSchedule):
        whose = "that of the optimizer" if is_instance else "learning_rate"
        raise ValueError(
            f"learning_rate_schedule={name!r} needs a learning rate that is a number, but {whose} is {own!r}; pass a "
            "number, or learning_rate_schedule=None."
        )


def check_metrics(metrics: Any) -> list[Any]:
    """Return metrics as names, or as classes and configurations of which each network makes its own."""
    given = list(metrics) if isinstance(metrics, list | tuple) else [] if metrics is None else [metrics]
    names = [metric if isinstance(metric, str) else getattr(metric, "name", None) for metric in given]
    for metric in given:
        try:
            is_known = isinstance(metric, str | keras.metrics.Metric) and callable(keras.metrics.get(metric))
        except (TypeError, ValueError):
            is_known = False
        if not is_known:
            raise ValueError(
                f"metrics must hold names of Keras metrics or instances of keras.metrics.Metric, but holds {metric!r}; "
                "pass for example metrics=['mae']."
            )
    if len(set(names)) < len(names) or {"loss", "val_loss", "learning_rate"} & set(names):
        raise ValueError(
            f"metrics must have names of their own, for the history, but are named {names}; give each another name=."
        )
    return [metric if isinstance(metric, str) else (type(metric), metric.get_config()) for metric in given]


def make_metrics(metrics: Iterable[Any]) -> list[Any]:
    """Return the metrics of a network, as `model.compile` takes them."""
    return [metric if isinstance(metric, str) else metric[0].from_config(metric[1]) for metric in metrics]


def rename_metrics(history: dict[str, list[float]], metrics: list[Any], scale: float | None) -> dict[str, list[float]]:
    """Return a history with metrics in the units of y, of which one is `scale` in those of the network.

    Where `scale` is None, and of other metrics than those of errors, the names say that they are scaled.
    """
    found = list(zip(metrics, map(keras.metrics.get, make_metrics(metrics)), strict=True))
    powers = {metric if isinstance(metric, str) else kept.name: POWERS.get(type(kept), 0) for metric, kept in found}
    renamed = {}
    for key, values in history.items():
        of, name = ("val_", key.removeprefix("val_")) if key.startswith("val_") else ("", key)
        power = powers.get(name)
        if power is None:  # the loss, the learning rate
            renamed[key] = values
        elif scale is None or (power == 0 and scale != 1):
            renamed[f"{of}scaled_{name}"] = values
        else:
            renamed[key] = [value * scale**power for value in values]
    return renamed


def as_rate(rate: Any) -> Any:
    """Return a learning rate as Keras takes it: a number as a float, a schedule as it is."""
    return float(rate) if isinstance(rate, Real) else rate
