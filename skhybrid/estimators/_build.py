"""The Keras model of an estimator: what the network reads, the network, the linear path beside it, and quantiles."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from skhybrid._backend import keras
from skhybrid._training import has_all_weights
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._keras_arguments import make_metrics
from skhybrid.estimators._offsets import PhaseOffsets
from skhybrid.estimators._phase_path import PhaseLayers
from skhybrid.estimators._quantiles import spread_quantiles
from skhybrid.estimators._window_norm import WindowNorm, divide_features, last_step
from skhybrid.networks import NETWORKS
from skhybrid.networks.linear_path import add_linear_path, place
from skhybrid.series.carrier import MAX_HARMONICS

# What a builder may have no parameter for: what the user asked for, and another way.
REFUSALS = {
    "future_shape": (
        "X with inputs known ahead",
        "take CNNLSTMRegressor, a recurrent network or CNNRegressor, or pass X.values alone",
    ),
    "output_activation": ("output_activation", "leave it out"),
}


class Reading(NamedTuple):
    """What of a sample the network reads, and how.

    Attributes
    ----------
    input_shape : tuple of int
        Shape of one sample.
    norm : WindowNorm or None
        How a window is expressed relative to itself.
    ahead : AheadScale or None
        How inputs known ahead are scaled, where there are any.
    last_steps : int or None
        Number of the window's newest steps that the network reads; None for all.
    offsets : PhaseOffsets or None
        Which offsets by phase the window is read without.
    """

    input_shape: tuple[int, ...]
    norm: WindowNorm | None = None
    ahead: AheadScale | None = None
    last_steps: int | None = None
    offsets: PhaseOffsets | None = None

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of what the network reads of a sample."""
        shape = self.input_shape if self.last_steps is None else (self.last_steps, *self.input_shape[1:])
        return [shape] if self.ahead is None else [shape, (self.ahead.n_steps, self.ahead.n_columns)]


class LinearLayers(NamedTuple):
    """Which layers the linear path beside a network has.

    Attributes
    ----------
    trainable : bool
        Whether they are trained with the network.
    has_level : bool
        Whether they read the level of a window, too.
    segment_length : int or None
        Number of coming steps whose outputs see each other's inputs known ahead; None for all.
    phase : PhaseLayers or None
        What regressions by phase read, where they are added.
    """

    trainable: bool
    has_level: bool = False
    segment_length: int | None = None
    phase: PhaseLayers | None = None


def build_network(
    meta: Any = None,
    compile_kwargs: dict[str, Any] | None = None,
    *,
    network: Any,
    parameters: dict[str, Any],
    seed: int,
    reading: Reading,
    n_outputs: int,
    quantiles: tuple[float, ...] = (),
    linear: LinearLayers | None = None,
    metrics: Sequence[Any] = (),
) -> Any:
    """Build the Keras model.

    Parameters
    ----------
    meta : dict, default=None
        What SciKeras knows of the data; not used.

    compile_kwargs : dict, default=None
        Loss and optimizer to compile with, as SciKeras makes them; None leaves the model uncompiled.

    network, parameters, seed
        Name or builder of the network, its parameters and seed.

    reading : Reading
        What of a sample the network reads.

    n_outputs : int
        Number of values to predict for each sample.

    quantiles : tuple of float, default=()
        Levels of the quantiles to predict of each value; () for none.

    linear : LinearLayers or None, default=None
        The linear path beside the network; None for none.

    metrics : sequence, default=()
        Metrics to compile with, by name or configuration.

    Returns
    -------
    model : keras.Model
        The model.
    """
    n_values = n_outputs * max(1, len(quantiles))
    model = find_builder(network)(reading.shapes[0], n_values, seed=seed, **parameters)
    _check_model(model, n_values, reading.shapes)
    if not has_all_weights(model):
        samples = [np.zeros((1, *shape), dtype=np.float32) for shape in reading.shapes]
        model(samples if len(samples) > 1 else samples[0])
    if any(part is not None for part in reading[1:]) or linear is not None:
        model = _read(model, reading, linear, n_outputs, quantiles, seed)
    if quantiles:
        outputs = spread_quantiles(model.outputs[0], n_outputs, quantiles)
        model = keras.Model(model.inputs, outputs, name=model.name)  # a Sequential has no `input` until it is called
    if compile_kwargs is not None:
        model.compile(**compile_kwargs | ({"metrics": make_metrics(metrics)} if metrics else {}))
    return model


def find_builder(network):
    """Return the builder of a network that is given by name, or as a builder."""
    if isinstance(network, keras.Model):
        raise ValueError(
            f"network must be a function that builds a model, so that each fit has one of its own, but is the model "
            f"{network.name!r}; pass a function of (input_shape, n_outputs, *, seed) that returns it, not compiled."
        )
    return NETWORKS[network] if isinstance(network, str) else network


def takes_parameter(network, name):
    """Return whether a network's builder has a parameter of this name."""
    return name in inspect.signature(find_builder(network)).parameters


def all_parameters(network: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a network, those among them that are the builder's defaults."""
    declared = inspect.signature(find_builder(network)).parameters
    return {name: p.default for name, p in declared.items() if p.default is not p.empty} | parameters


def check_takes(network: Any, given: Iterable[str]) -> None:
    """Refuse options that a network's builder has no parameter for."""
    for name in given:
        if not takes_parameter(network, name):
            what, way_out = REFUSALS[name]
            raise ValueError(
                f"{what} needs a network whose builder has the parameter {name}, but {network!r} has none; {way_out}."
            )


def check_last_steps(last_steps: int | None, input_shape: tuple[int, ...], *, ends_early: bool) -> int | None:
    """Return how many of the window's newest steps the network reads; None for all."""
    if last_steps is None:
        return None
    if ends_early:
        raise ValueError(
            f"last_steps={last_steps} needs sequences of equal length, but some samples of X end early (in NaN); pass "
            "last_steps=None."
        )
    if len(input_shape) != 2 or last_steps > input_shape[0]:
        raise ValueError(
            f"last_steps={last_steps} needs windows of at least as many steps, but a sample has shape {input_shape}; "
            "pass a smaller number, plain windows instead of subsequences, or None."
        )
    return last_steps


def _read(model, reading, linear, n_outputs, quantiles, seed):
    """Return the model on samples, of which its layers read what `reading` says, with a linear path beside them."""
    norm, ahead = reading.norm, reading.ahead
    inputs = [keras.Input(reading.input_shape, name="window")]
    if ahead is not None:
        inputs.append(keras.Input((ahead.n_steps, ahead.n_inputs), name="ahead"))
    window = whole = inputs[0] if norm is None else norm.normalise(inputs[0])
    of_targets = None
    if reading.offsets is not None:
        whole, of_targets = reading.offsets.subtract(window, ahead, inputs[1])
    if reading.last_steps is not None:
        whole = keras.layers.Cropping1D((whole.shape[1] - reading.last_steps, 0), name="last_steps")(whole)
    read = [whole]
    numbers = ahead.numbers(inputs[1]) if ahead is not None and len(ahead.mean) else None
    if ahead is not None:
        read.append(_join([numbers, *ahead.waves(inputs[1], first_step=False)]))
    median = quantiles.index(0.5) if quantiles else 0
    outputs = _read_instead(model, inputs, read)
    if of_targets is not None:
        outputs += place(of_targets, max(1, len(quantiles)), median)
    if linear is not None:
        numbers = None if numbers is None else ahead.with_squares(numbers)
        parts = [keras.layers.Reshape((-1,))(window)]
        if linear.has_level:
            parts.append(keras.layers.Reshape((-1,))(divide_features(last_step(inputs[0]), "level")))
        if ahead is not None:
            parts += ahead.waves(inputs[1], MAX_HARMONICS, first_step=True)
        options = {"n_outputs": n_outputs, "seed": seed, "median": median}
        options |= {"segment_length": linear.segment_length, "trainable": linear.trainable}
        outputs = add_linear_path(outputs, _join(parts), numbers, **options)
        if linear.phase is not None:
            outputs += place(linear.phase.add(window, inputs[1], numbers), max(1, len(quantiles)), median)
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name=model.name)
    _set_scales(model, reading, linear)
    return model


def _set_scales(model, reading, linear):
    """Give the layers that scale what is read their weights."""
    if reading.ahead is not None and len(reading.ahead.mean) and "ahead_scale" not in {x.name for x in model.layers}:
        raise ValueError(
            "network must read what is known ahead, its second input, but its outputs do not depend on it; use it, or "
            "pass X.values alone."
        )
    if reading.norm is not None:
        model.get_layer("channel_scale").set_weights([1 / reading.norm.channel_scale])
        if linear is not None and linear.has_level:
            model.get_layer("level").set_weights([reading.norm.is_treated / reading.norm.channel_scale])
    if reading.ahead is not None and len(reading.ahead.mean):
        model.get_layer("ahead_scale").set_weights(reading.ahead.weights())
    if reading.offsets is not None:
        reading.offsets.set_scale(model)


def _join(parts):
    """Return tensors side by side, along their last axis."""
    parts = [part for part in parts if part is not None]
    return parts[0] if len(parts) == 1 else keras.ops.concatenate(parts, axis=-1)


def _read_instead(model, inputs, read):
    """Return the outputs of a model on new inputs, whose layers read what is made of these; the layers are its own."""
    graph = keras.Model(model.inputs, model.outputs[0])
    instead = {id(new): made for new, made in zip(inputs, read, strict=True)}

    def call(layer, *args, **kwargs):
        args, kwargs = keras.tree.map_structure(lambda a: instead.get(id(a), a), (args, kwargs))
        return layer(*args, **kwargs)

    copy = keras.models.clone_model(graph, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call)
    return copy.outputs[0]


def _check_model(model, n_values, shapes):
    """Refuse what is not an uncompiled Keras model with the right number of inputs and outputs."""
    if not isinstance(model, keras.Model) or not model.built or model.output_shape != (None, n_values):
        what = f"one with output shape {model.output_shape}" if getattr(model, "built", False) else repr(model)
        raise ValueError(
            f"network must return a Keras model with an Input and output shape (None, {n_values}), one column per "
            f"target, but returned {what}; end it with Dense({n_values}) on 2-D features."
        )
    found = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if found != [tuple(shape) for shape in shapes]:
        raise ValueError(
            f"network must return a model of inputs of the shapes {shapes}, the window and what is known ahead where "
            f"anything is, but its model has {found}; make one Input for each, in this order."
        )
    if model.compiled:
        raise ValueError(
            "network must return a model that is not compiled, but returned a compiled one; leave out compile(), and "
            "pass loss, optimizer and learning_rate to the estimator."
        )
