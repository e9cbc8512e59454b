"""The Keras model of an estimator: normalisation of the window, network, and quantiles where they are asked for."""

import inspect
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._training import has_all_weights
from skhybrid.estimators._quantiles import spread_quantiles
from skhybrid.estimators._samples import WindowNorm
from skhybrid.networks import NETWORKS


def build_network(
    meta: Any = None,
    compile_kwargs: dict[str, Any] | None = None,
    *,
    network: Any,
    parameters: dict[str, Any],
    seed: int,
    input_shape: tuple[int, ...],
    n_outputs: int,
    quantiles: tuple[float, ...] = (),
    norm: WindowNorm | None = None,
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

    input_shape : tuple of int
        Shape of one sample.

    n_outputs : int
        Number of values to predict for each sample.

    quantiles : tuple of float, default=()
        Levels of the quantiles to predict of each value; () for none.

    norm : WindowNorm or None, default=None
        How a window is expressed relative to itself.

    Returns
    -------
    model : keras.Model
        The model.
    """
    n_values = n_outputs * max(1, len(quantiles))
    model = find_builder(network)(input_shape, n_values, seed=seed, **parameters)
    _check_model(model, n_values)
    if not has_all_weights(model):
        model(np.zeros((1, *input_shape), dtype=np.float32))
    if norm is not None:
        inputs = keras.Input(input_shape, name="window")
        model = _read_instead(model, inputs, norm.normalise(inputs))
        model.get_layer("channel_scale").set_weights([1 / norm.channel_scale])
    if quantiles:
        outputs = spread_quantiles(model.outputs[0], n_outputs, quantiles)
        model = keras.Model(model.inputs[0], outputs, name=model.name)  # a Sequential has no `input` until it is called
    if compile_kwargs is not None:
        model.compile(**compile_kwargs)
    return model


def find_builder(network):
    """Return the builder of a network that is given by name, or as a builder."""
    return NETWORKS[network] if isinstance(network, str) else network


def takes_parameter(network, name):
    """Return whether a network's builder has a parameter of this name."""
    return name in inspect.signature(find_builder(network)).parameters


def _read_instead(model, inputs, normalised):
    """Return the model on new inputs, whose layers read what is `normalised` of them; the layers are its own."""

    def call(layer, *args, **kwargs):
        args, kwargs = keras.tree.map_structure(lambda a: normalised if a is inputs else a, (args, kwargs))
        return layer(*args, **kwargs)

    graph = keras.Model(model.inputs[0], model.outputs[0])
    copy = keras.models.clone_model(graph, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call)
    return keras.Model(inputs, copy.output, name=model.name)


def _check_model(model, n_values):
    """Refuse what is not an uncompiled Keras model with the right number of outputs."""
    if not isinstance(model, keras.Model) or not model.built or model.output_shape != (None, n_values):
        what = f"one with output shape {model.output_shape}" if getattr(model, "built", False) else repr(model)
        raise ValueError(
            f"network must return a Keras model with an Input and output shape (None, {n_values}), one column per "
            f"target, but returned {what}; end it with Dense({n_values}) on 2-D features."
        )
    if model.compiled:
        raise ValueError(
            "network must return a model that is not compiled, but returned a compiled one; leave out compile(), and "
            "pass loss, optimizer and learning_rate to the estimator."
        )
