"""A fitted forecaster as a Keras model, and what this model reads."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid._validation import check_is_fitted
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import check_columns
from skhybrid.forecasting._within import rows_of


class Exported:
    """The methods of `Forecaster` that hand over its network."""

    estimator_: Any
    _memory: Memory

    def to_keras(self):
        """Return a Keras model from the raw rows of one window, and what is known ahead, to a forecast.

        It holds what scales the samples, the network with its linear path, and `bounds`; not what
        ``update(adapt="bias")`` adds to forecasts.

        Returns
        -------
        model : keras.Model
            Maps a dict of arrays, as `read_samples` returns it, to what `predict` returns: forecasts in the units of
            the target, of shape (n_samples, horizon) or (n_samples, n_targets * horizon). It is made of Keras' own
            layers, and computes in float32.

        Raises
        ------
        ValueError
            If the estimator is not a network, or has parts that are no layers of Keras, such as boosted trees; with
            `target_transform`; or if each of several targets is a series of its own.
        """
        check_is_fitted(self)
        _check_exported(self.estimator_, self._memory.plan)
        return _build(self.estimator_.to_keras(), self._memory.plan)

    def read_samples(self, X, *, archive=None):
        """Return what the model of `to_keras` reads at each row of X.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows as in `predict`.

        archive : DataFrame, default=None
            What was known at origins that no `archive` before has held; see `fit`.

        Returns
        -------
        samples : dict of str to ndarray
            "window", (n_rows, window_length, n_targets + n_past), the values of the target and of `past`, in their
            units; where there are such, "ahead", (n_rows, horizon, n_known), the numbers of `known_future` and of the
            calendar for each step to forecast, with the phases last, and "static", (n_rows, n_static); and of many
            series "scale", (n_rows, n_targets), the mean size of the target in its series so far. NaN stands where
            something is not known; of such rows the model makes NaN.
        """
        check_is_fitted(self)
        memory = self._memory.with_archive(archive)
        table = memory.read(check_columns(self, X))
        samples: dict[str, NDArray[np.float64]] = {}
        for key, part in table.parts.items():
            grid = memory.lay(key, part.frame)
            found = _read(memory.plan, grid, rows_of(grid, len(part.positions)))
            for name, values in found.items():
                samples.setdefault(name, np.empty((len(table.labels), *values.shape[1:])))[part.positions] = values
        return samples


def _read(plan, grid, rows):
    """Return what a model reads at some steps of one series."""
    windows, ahead, static, _ = replace(plan.cutter, scaled=False).cut(grid, rows, fill=not plan.passes_nan)
    scale = plan.cutter.scale(grid, plan.cutter.features(grid))[rows]
    found = {"window": windows, "ahead": ahead, "static": static, "scale": scale}
    return {name: found[name] for name in _shapes(plan, ahead.shape[2], static.shape[1])}


def _shapes(plan: Plan, n_known: int, n_static: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each input of a model."""
    cutter = plan.cutter
    shapes: dict[str, tuple[int, ...]] = {"window": (cutter.window_length, len(cutter.delays))}
    shapes |= {"ahead": (cutter.horizon, n_known)} if n_known else {}
    shapes |= {"static": (n_static,)} if n_static else {}
    return shapes | ({"scale": (plan.n_targets,)} if cutter.scaled else {})


def _build(network: Any, plan: Plan) -> Any:
    """Return a network on raw rows, with forecasts in the units of the targets."""
    n_static = len(plan.maker.encoder.names(plan.maker.roles.static))
    n_phases, horizon = len(plan.maker.seasons), plan.cutter.horizon
    n_known = 0 if len(network.inputs) == 1 else network.inputs[1].shape[2] - n_static
    inputs = {name: keras.Input(shape, name=name) for name, shape in _shapes(plan, n_known, n_static).items()}
    window, ahead = inputs["window"], inputs.get("ahead")
    if "scale" in inputs:
        others = keras.ops.ones_like(window[:, 0, plan.n_targets :])
        window = window / keras.ops.expand_dims(keras.ops.concatenate([inputs["scale"], others], axis=1), 1)
    parts = [] if ahead is None else [ahead[:, :, : n_known - n_phases], ahead[:, :, n_known - n_phases :]]
    if "static" in inputs:
        parts.insert(1 if parts else 0, keras.layers.RepeatVector(horizon, name="static_by_step")(inputs["static"]))
    parts = [part for part in parts if part.shape[2]]
    outputs = network(
        [window, parts[0] if len(parts) == 1 else keras.ops.concatenate(parts, axis=2)] if parts else window
    )
    if "scale" in inputs:
        outputs *= keras.ops.repeat(inputs["scale"], horizon, axis=1)
    lower, upper = plan.transform.bounds
    outputs = outputs if lower is None else keras.ops.maximum(outputs, lower)
    outputs = outputs if upper is None else keras.ops.minimum(outputs, upper)
    # Activations may make 0 of NaN; what is not known has no forecast.
    sums = [keras.ops.sum(tensor, axis=tuple(range(1, len(tensor.shape)))) for tensor in inputs.values()]
    outputs = keras.ops.where(keras.ops.isnan(sum(sums))[:, None], np.nan, outputs)
    return keras.Model(inputs, outputs, name="forecaster")


def _check_exported(estimator, plan):
    """Refuse what cannot be a Keras model."""
    if plan.transform.transformers:
        raise ValueError(
            "to_keras needs forecasts that the network makes in the units of the target, but target_transform is set "
            f"({type(plan.transform.transformers[0]).__name__}); fit with target_transform=None."
        )
    if plan.separate:
        raise ValueError(
            "to_keras needs one target, or an estimator that learns all of them at once, but each of "
            f"{list(plan.maker.roles.targets)} is a series of its own; fit with an estimator, or one target."
        )
    if not hasattr(estimator, "to_keras") or getattr(estimator, "loss", None) == "quantile":
        found = "one with loss='quantile'" if hasattr(estimator, "to_keras") else type(estimator).__name__
        raise ValueError(
            f"to_keras needs an estimator that is a network of this package with one forecast for each step, but it is "
            f"{found}; fit with another, such as estimator=recommended(horizon, seasons, boosting=False)."
        )
