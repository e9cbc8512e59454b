"""The SciKeras wrapper that builds and compiles a network, asked for what SciKeras documents only.

The estimators own a wrapper instead of inheriting from it: SciKeras' classes carry tags of an older scikit-learn, with
which no subclass can meet today's estimator contract. Parameters prefixed with ``model__`` are routed to the function
that builds the model, those with ``optimizer__`` to the optimizer; `initialize` builds and compiles.
"""

from typing import Any

import numpy as np

from skhybrid._backend import BaseWrapper, keras
from skhybrid._training import get_state, own_names, set_state
from skhybrid.estimators._build import build_network


def make_wrapper(options: dict[str, Any], **of_keras: Any) -> BaseWrapper:
    """Return a wrapper whose `model_` is built with these options of `build_network`, and compiled."""
    routed = {f"model__{name}": value for name, value in options.items()}
    # SciKeras' own random_state would change the random state of the whole process.
    return _initialize(BaseWrapper(model=build_network, random_state=None, **routed, **of_keras))


def build_again(wrapper: BaseWrapper) -> Any:
    """Return a new, uncompiled Keras model like that of a wrapper, with weights of its own."""
    options = wrapper.get_params(deep=False).items()
    return build_network(**{name.removeprefix("model__"): v for name, v in options if name.startswith("model__")})


def copy_model(wrapper: BaseWrapper) -> Any:
    """Return a new, uncompiled Keras model like that of a wrapper, with the same weights."""
    model = build_again(wrapper)  # Keras' clone_model would draw seeds where a layer loses its own
    model.set_weights(wrapper.model_.get_weights())
    return model


def called_once(inputs: Any, outputs: Any, name: str) -> Any:
    """Return a model of these tensors, called once, as Keras needs it to export it as ONNX."""
    model = keras.Model(inputs, outputs, name=name)
    samples = [np.zeros((1, *tensor.shape[1:]), np.float32) for tensor in model.inputs]
    model(samples if len(samples) > 1 else samples[0])
    return model


def average(models: list[Any]) -> Any:
    """Return the mean of models of equal inputs and outputs, whose layers are theirs."""
    if len(models) == 1:
        return models[0]
    with own_names():
        inputs = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in models[0].inputs]
        called = inputs if len(inputs) > 1 else inputs[0]
        named = [keras.Model(m.inputs, m.outputs[0], name=f"member_{i}") for i, m in enumerate(models, start=1)]
        outputs = keras.layers.Average(name="mean")([model(called) for model in named])
        return keras.Model(called, outputs, name=models[0].name)


def pack(wrapper: BaseWrapper) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a wrapper was made of, and what training has changed.

    That is smaller and faster than a saved Keras model, and right for any layer that a builder may use.
    """
    return wrapper.get_params(deep=False), get_state(wrapper.model_)


def unpack(packed: tuple[dict[str, Any], dict[str, Any]]) -> BaseWrapper:
    """Return the wrapper that `pack` took apart."""
    parameters, state = packed
    wrapper = _initialize(BaseWrapper(**parameters))
    set_state(wrapper.model_, state)
    return wrapper


def _initialize(wrapper):
    """Build and compile; the data tell SciKeras nothing that it needs here."""
    with own_names():
        return wrapper.initialize(np.zeros((1, 1), dtype=np.float32))
