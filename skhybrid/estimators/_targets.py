"""What the outputs of a network mean: values or labels. Each knows the way from y to the network and back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from skhybrid._backend import keras
from skhybrid._validation import short
from skhybrid.estimators._samples import Samples, WindowNorm
from skhybrid.estimators._window_norm import SEASONAL

HUGE = 1e100


@dataclass(frozen=True, eq=False)
class Values:
    """Targets of a regression, in the scale in which the network sees them.

    Attributes
    ----------
    is_1d : bool
        Whether y has no axis for the outputs.
    mean, scale : ndarray of shape (n_outputs,)
        What is subtracted from each target, and what it is divided by.
    levels : tuple of float
        Levels of the quantiles to forecast of each target, () for none.
    norm : WindowNorm or None
        How targets are relative to their windows, if they are.
    channel : int
        The feature that they are relative to.
    """

    is_1d: bool
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    levels: tuple[float, ...] = ()
    norm: WindowNorm | None = None
    channel: int = 0

    @property
    def n_outputs(self) -> int:
        """Number of targets of a sample."""
        return len(self.mean)

    @property
    def common_scale(self) -> float | None:
        """What one unit of all outputs is in units of y; None if that differs."""
        is_common = self.norm is None or self.norm.name in ("last", SEASONAL)
        return float(self.scale[0]) if is_common and (self.scale == self.scale[0]).all() else None

    def encode(self, y: NDArray[Any], samples: Samples) -> NDArray[np.float64]:
        """Return the targets as the network sees them, (sample, output x quantile)."""
        self._check_shape(y)
        y = y.reshape(len(y), -1)
        if self.norm is not None:
            location, scale = self.norm.locate(samples.windows, self.channel, self.n_outputs)
            with np.errstate(divide="ignore", invalid="ignore"):  # of samples that are left out
                y = (y - location) / scale
        return np.repeat((y - self.mean) / self.scale, max(1, len(self.levels)), axis=1)

    def decode(self, outputs: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.float64]:
        """Return what outputs for samples of these values mean, in the shape of y with an axis for the quantiles."""
        outputs = outputs.reshape(len(outputs), self.n_outputs, -1)  # (sample, output, quantile)
        forecasts = outputs * self.scale[:, None] + self.mean[:, None]
        if self.norm is not None:
            windows = values.reshape(len(values), -1, values.shape[-1])
            location, scale = self.norm.locate(windows, self.channel, self.n_outputs)
            forecasts = forecasts * scale[:, None] + location[:, :, None]
        return forecasts[:, 0] if self.is_1d else forecasts

    def export(self, outputs: Any, steps: Any) -> Any:
        """Return the network's outputs in the units of y, by layers of Keras."""
        n_quantiles = max(1, len(self.levels))
        scale, mean = (np.repeat(a, n_quantiles).tolist() for a in (self.scale, self.mean))
        outputs = keras.layers.Rescaling(scale, mean, name="unscale")(outputs)
        if self.norm is not None:
            outputs = self.norm.restore(outputs, steps, self.channel, n_quantiles)
        if not self.levels:
            return outputs
        return keras.layers.Reshape((self.n_outputs, n_quantiles), name="outputs_by_quantile")(outputs)

    def _check_shape(self, y):
        """Refuse targets of another shape than those the network was built for."""
        shape = () if self.is_1d else self.mean.shape
        if y.shape[1:] != shape:
            needed = ", ".join(["n_samples", *map(str, shape)])
            raise ValueError(
                f"y must have shape ({needed}) as in the first fit, but has shape {y.shape}; pass the same targets, "
                "or fit afresh."
            )


def learn_values(
    y: NDArray[Any],
    samples: Samples,
    rows: NDArray[np.intp],
    weights: NDArray[np.float64],
    *,
    scaled: bool,
    levels: tuple[float, ...],
    norm: WindowNorm | None,
    channel: int,
    centred: bool = True,
) -> Values:
    """Learn the scale in which the network sees y: relative to the windows, `scaled` to deviation 1, or as it is.

    Values with bounds are not `centred`, so that a bound of 0 stays where it is.
    """
    targets = y.reshape(len(y), -1)
    if norm is not None:
        mean, scale = _relative_scale(targets, samples.windows, rows, weights[rows], norm, channel)
    elif scaled:
        mean, scale = _mean_and_deviation(targets[rows], weights[rows])
        mean = mean if centred else np.zeros_like(mean)
    else:
        mean, scale = np.zeros(targets.shape[1]), np.ones(targets.shape[1])
    return Values(y.ndim == 1, mean, scale, levels, norm, channel)


def _mean_and_deviation(y, weights):
    """Return mean and deviation of each target; of one that is constant, the deviation is 1."""
    if (size := float(np.abs(y).max(initial=0))) > HUGE:  # squares would overflow
        mean, deviation = _mean_and_deviation(y / size, weights)
        return mean * size, deviation * size
    mean = np.average(y, axis=0, weights=weights)
    deviation = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weights))
    is_constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(is_constant, 1.0, deviation)


def _relative_scale(y, windows, rows, weights, norm, channel):
    """Return mean 0, and the size of the targets relative to their windows, one for all horizons."""
    if channel >= windows.shape[2]:
        raise ValueError(
            f"target_channel={channel} must be one of the {windows.shape[2]} features of a step, "
            f"counted from 0; pass at most {windows.shape[2] - 1}."
        )
    norm.check_units(y[rows], windows[rows, -1, channel])
    location, scale = norm.locate(windows, channel, y.shape[1])
    normalised = (y[rows] - location[rows]) / scale[rows]
    size = np.sqrt(np.average(normalised**2, weights=np.broadcast_to(weights[:, None], normalised.shape)))
    return np.zeros(y.shape[1]), np.full(y.shape[1], size or 1.0)  # 0 is no change, of which the mean is not taken


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels, which the network sees as 1 for the sample's class and 0 for others.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    classes: NDArray[Any]
    levels: tuple[float, ...] = ()  # no quantiles
    common_scale: float | None = 1.0  # of probabilities

    @property
    def n_outputs(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def encode(self, y: NDArray[Any], samples: Samples) -> NDArray[np.float32]:
        """Return the labels as the network sees them, (sample, class)."""
        unseen = set(np.unique(y).tolist()) - set(self.classes.tolist())
        if unseen:
            raise ValueError(
                f"y must hold labels among the classes {self.classes.tolist()}, but holds {sorted(unseen)}; name all "
                "labels in the first call of partial_fit (classes=), or fit afresh."
            )
        return np.eye(len(self.classes), dtype=np.float32)[np.searchsorted(self.classes, y)]

    def decode(self, outputs: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's outputs as probabilities of the classes, (sample, class)."""
        sums = outputs.sum(axis=1, keepdims=True)
        if outputs.min() < 0 or np.abs(sums - 1).max() > 1e-3:  # a network of the user's
            raise ValueError(
                "network must return the probabilities of the classes, but its outputs range from "
                f"{outputs.min():.3g} to {outputs.max():.3g} and sum to {sums.min():.3g} to {sums.max():.3g}; end it "
                "with a softmax."
            )
        return outputs / sums  # as float64, to the last digit

    def export(self, outputs: Any, steps: Any) -> Any:
        """Return the network's outputs, which are probabilities."""
        return outputs


def learn_labels(y: NDArray[Any], rows: NDArray[np.intp], classes: Any, class_weight: Any) -> Labels:
    """Learn the labels: those of y, or the `classes` that are given."""
    known = np.unique(y if classes is None else classes)
    name, found = ("y", np.unique(y[rows])) if classes is None else ("classes", known)
    if len(found) < 2:
        raise ValueError(
            f"{name} must hold at least 2 classes to train on, but holds {len(found)} class, {found.tolist()}; "
            "pass other classes as well."
        )
    check_weighted_labels(class_weight, known)
    return Labels(known)


def check_labels(y: NDArray[Any]) -> None:
    """Refuse targets that are not labels."""
    try:
        np.unique(y)
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in y}))
        raise ValueError(f"y must hold labels of one type, but holds {kinds}; pass for example all as text.") from None
    check_classification_targets(y)


def weigh_by_class(y: NDArray[Any], weights: NDArray[np.float64], class_weight: Any) -> NDArray[np.float64]:
    """Return the weights of the samples, times those of their classes."""
    if class_weight is None:
        return weights
    classes, which = np.unique(y, return_inverse=True)
    if isinstance(class_weight, dict):
        by_class = check_class_weights([class_weight.get(label, 1) for label in classes.tolist()])
        if not by_class.any():
            raise ValueError(
                f"class_weight must leave a label of y to train on, but is 0 for all, {short(classes.tolist())}; pass "
                "a positive weight for some."
            )
    else:  # balanced
        totals = np.bincount(which, weights)
        by_class = np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)
    return weights * by_class[which]


def check_class_weights(weights: list[Any]) -> NDArray[np.float64]:
    """Return the weights of classes as an array, none of them negative."""
    try:
        by_class = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        by_class = np.array([np.nan])
    if not (np.isfinite(by_class) & (by_class >= 0)).all():
        raise ValueError(
            f"class_weight must hold one number of at least 0 for each label, but holds the weights {weights}; pass "
            "for example {label: 2.0}."
        )
    return by_class


def check_weighted_labels(class_weight: Any, classes: NDArray[Any]) -> None:
    """Refuse weights of labels that there are not, unless all that there are have one: a part may lack a class."""
    if not isinstance(class_weight, dict):
        return
    unknown = class_weight.keys() - set(classes.tolist())
    unweighted = set(classes.tolist()) - class_weight.keys()
    if unknown and unweighted:
        raise ValueError(
            f"class_weight must name labels of y, {classes.tolist()}, but names {sorted(unknown, key=str)}; pass "
            "weights of labels that y holds."
        )
