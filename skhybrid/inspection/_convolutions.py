"""The convolutions of a network, in the order of its layers."""

from typing import Any, NamedTuple


class Layer(NamedTuple):
    """A layer of a model, and the layer inside it where it is applied to each subsequence."""

    outer: Any
    inner: Any


def convolutions(network) -> dict[str, Layer]:
    """Return the convolutions by name, with the pooling and the activations after them."""
    from skhybrid._backend import keras

    if len(network.members_) > 1:
        raise ValueError(
            f"estimator must hold one network, but holds {len(network.members_)}, each with convolutions of its own; "
            "pass a fit with n_estimators=1."
        )
    pools = (keras.layers.MaxPooling1D, keras.layers.AveragePooling1D)
    activations = (keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.ReLU)
    stage: dict[str, Layer] = {}
    for outer in network.model_.layers:
        layer = Layer(outer, getattr(outer, "layer", outer))
        keeps_time = stage and not isinstance(outer.output, list) and len(outer.output.shape) > 2
        if isinstance(layer.inner, keras.layers.Conv1D) or (
            keeps_time and isinstance(layer.inner, (*pools, *activations))
        ):
            stage[outer.name] = layer
    if not stage:
        raise ValueError(
            f"estimator must have a convolution over time, but {type(network).__name__} has the layers "
            f"{[layer.name for layer in network.model_.layers]}; pass for example a fitted CNNLSTMRegressor."
        )
    return stage


def shifts(network) -> dict[str, Layer]:
    """Return the convolutions and what follows them, and also the layers that pad or crop the time axis before them."""
    from skhybrid._backend import keras

    stage, pads = convolutions(network), (keras.layers.ZeroPadding1D, keras.layers.Cropping1D)
    layers = [Layer(outer, getattr(outer, "layer", outer)) for outer in network.model_.layers]
    return {a.outer.name: a for a in layers if a.outer.name in stage or isinstance(a.inner, pads)}


def check_layer(layer, stage):
    """Return the name of a layer where it is one of `stage`."""
    if layer not in stage:
        raise ValueError(
            f"layer={layer!r} must be one of the network's convolutions, {list(stage)}; pass one of these, or None."
        )
    return layer
