"""Which networks a program trains as Keras does."""

from collections.abc import Iterator
from typing import Any

from skhybrid._backend import keras, tf
from skhybrid._training._private import excludes_from_decay, find_missing

# Optimizers whose rule treats each number alike, so that one flat vector can stand for all weights.
ELEMENTWISE = {
    getattr(keras.optimizers, name)
    for name in ("SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion")
}
# Options of optimizers that look at a weight as a whole, or at several steps.
WHOLES = ("clipnorm", "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps")


def why_not(model: Any) -> str:
    """Return why a program would not give the same results as Keras' own loops, or "" where it does."""
    if missing := find_missing():
        return missing
    layers = list(flatten_layers(model))  # the model is the first
    own = [layer for layer in layers if not type(layer).__module__.startswith("keras.")]
    own += [layer for layer in layers[1:] if any(map(_is_foreign, vars(layer).values()))]
    if own:
        return f"{own[0].name!r} has Python code of its own"
    if adapted := [layer for layer in layers if hasattr(layer, "adapt")]:
        return f"{adapted[0].name!r} may hold what it learned of data elsewhere, which a copy of it would lack"
    if not model.compiled:
        return "it has no loss and no optimizer"
    if not len(model.inputs) == len(model.outputs) == 1:
        return "it has more than one input or output"
    if not _is_elementwise(model.optimizer):
        return f"the optimizer {type(model.optimizer).__name__}, or an option of it, does not treat each number alone"
    if keras.backend.backend() != "tensorflow":
        return f"Keras runs on {keras.backend.backend()!r}, not on 'tensorflow'"
    if tf.config.list_physical_devices("GPU"):
        return "there is a GPU"
    return ""


def why_not_watched(callbacks: Any) -> str:
    """Return why a program would not serve these callbacks, or "" where it does."""
    watching = [type(callback).__name__ for callback in callbacks if _has_batch_hooks(callback)]
    return f"the callback {watching[0]} wants to see each batch" if watching else ""


def flatten_layers(layer: Any) -> Iterator[Any]:
    """Yield a layer, and all layers that it, or one of these, keeps as attributes; each once."""
    known, waiting = set(), [layer]
    while waiting:
        found = waiting.pop()
        if id(found) in known:
            continue
        known.add(id(found))
        yield found
        waiting += reversed([part for value in vars(found).values() for part in _layers_in(value)])


def _layers_in(value):
    """Return the layers that an attribute is, or holds."""
    parts = value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
    return [part for part in parts if isinstance(part, keras.layers.Layer)]


def _is_elementwise(optimizer):
    config = optimizer.get_config()
    is_known = type(optimizer) in ELEMENTWISE and not any(config.get(name) for name in WHOLES)
    return is_known and not excludes_from_decay(optimizer)


def _is_foreign(value):
    """Return whether a layer's attribute is a function or object of the user's, of which a name says too little."""
    return callable(value) and not str(getattr(value, "__module__", "")).startswith("keras")


def _has_batch_hooks(callback):
    """Return whether a callback wants to be called for each batch."""
    return any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(keras.callbacks.Callback, name)
        for name in dir(keras.callbacks.Callback)
        if name.startswith("on_") and "batch" in name
    )
