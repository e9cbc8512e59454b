"""Which networks, optimizers, losses and callbacks a program serves: those made of what `served` lists."""

from collections.abc import Iterator
from typing import Any

from skhybrid._backend import keras, tf
from skhybrid._training._private import compiled_metrics, find_missing, function_of_metric
from skhybrid._training.served import (
    CONSTRAINTS,
    LAYERS,
    LAYERS_OPTIONS_OFF,
    LOSS_FUNCTIONS,
    LOSSES,
    METRIC_FUNCTIONS,
    METRICS,
    OPERATIONS,
    OPERATIONS_OF_MODULES,
    OPTIMIZERS,
    OPTIMIZERS_OPTIONS_OFF,
    REDUCTIONS,
    REGULARIZERS,
    SCHEDULES,
)

OF_TRAINING = ("loss", "_skhybrid_forward")  # attributes of a model which are not parts of it
SERVED_HOOKS = ("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end")


class NotServedError(Exception):
    """A program would not give the results of Keras; the text says why."""


def why_not(model: Any) -> str:
    """Return why a program would not give the same results as Keras' own loops, or "" where it does."""
    if missing := find_missing():
        return missing
    if tf.config.list_physical_devices("GPU"):
        return "there is a GPU"
    if (floatx := keras.config.floatx()) != "float32":
        return f"programs do not serve {floatx}, to which Keras' floatx is set"
    reasons = (_why_not_operation(operation) for operation in operations_of(model))
    return next(filter(None, reasons), "") or _why_not_whole(model) or _why_not_compiled(model)


def why_not_watched(callbacks: Any) -> str:
    """Return why a program would not serve these callbacks, or "" where it does."""
    for callback in callbacks:
        if other := sorted(_hooks(callback) - set(SERVED_HOOKS)):
            when = "each batch" if any("batch" in hook for hook in other) else "the validation"
            return f"the callback {type(callback).__name__} wants to see {when}"
    return ""


def operations_of(model: Any) -> Iterator[Any]:
    """Yield a model, and all layers and operations that it, or one of these, keeps as attributes; each once."""
    known, waiting = set(), [model]
    while waiting:
        found = waiting.pop()
        if id(found) in known:
            continue
        known.add(id(found))
        yield found
        waiting += reversed([part for value in vars(found).values() for part in _operations_in(value)])


def find_metrics(model: Any) -> Any:
    """Return the one metric that Keras makes of all that a model was compiled with, None where there are none.

    Raises
    ------
    ValueError
        If Keras does not know one of them.
    """
    whole = next((metric for metric in model.metrics if hasattr(metric, "metrics")), None)
    if whole is not None and not whole.built:  # Keras chooses an "accuracy" by the shape of outputs and targets
        outputs = keras.KerasTensor((None, *model.output_shape[1:]))
        whole.build(outputs, outputs)
    return whole


def averages_rows(loss: Any) -> bool:
    """Return whether a loss, as an object, is the mean of those of its rows, in whichever batches they come."""
    return _is_of_keras(getattr(loss, "fn", None)) and loss.reduction in ("sum_over_batch_size", "mean")


def has_all_weights(model: Any) -> bool:
    """Return whether all layers have made their weights; one that is another's activation waits until it is called."""
    return all(part.built for part in operations_of(model) if isinstance(part, keras.layers.Layer))


def _operations_in(value):
    """Return the operations that an attribute is, or holds."""
    parts = value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
    return [part for part in parts if isinstance(part, keras.Operation)]


def _why_not_operation(operation):
    """Return why a program does not serve a model, one of its layers or an operation of its graph."""
    kind, name = type(operation), repr(operation.name)
    if not _is_of_keras(kind):
        return f"{name} has Python code of its own"
    is_layer = isinstance(operation, keras.layers.Layer)
    if not (kind in LAYERS if is_layer else kind.__module__ in OPERATIONS_OF_MODULES or kind.__name__ in OPERATIONS):
        return f"programs do not serve {kind.__name__}, which {name} is"
    if is_layer and {operation.compute_dtype, operation.variable_dtype} != {"float32"}:
        return f"programs do not serve {operation.dtype_policy.name}, in which {name} computes"
    for attribute, value in vars(operation).items():
        if attribute in LAYERS_OPTIONS_OFF and value:
            return f"programs do not serve {attribute}={value}, which {name} has"
        if attribute not in OF_TRAINING and (reason := _why_not_attribute(value)):
            return reason.format(name=name)
    return ""


def _why_not_attribute(value):
    """Return why a program does not serve what a layer of a name has as an attribute."""
    if isinstance(value, keras.Operation):
        return ""  # it is asked itself
    kind = type(value)
    if callable(value) and not _is_of_keras(value):
        return "{name} has Python code of its own"  # of which a name says too little
    is_known = not isinstance(value, keras.constraints.Constraint) or kind in CONSTRAINTS
    is_known &= not isinstance(value, keras.regularizers.Regularizer) or kind in REGULARIZERS
    return "" if is_known else f"programs do not serve {kind.__name__}, which {{name}} has"


def _why_not_whole(model):
    """Return why the parts, though served, do not make a model that is."""
    if len(model.outputs) > 1:
        return "it has more than one output"
    graphs = [part for part in operations_of(model) if hasattr(part, "operations")]
    within = {id(operation) for graph in graphs for operation in graph.operations}
    layers = [layer for graph in graphs for layer in graph.layers]
    if alone := [layer for layer in layers if id(layer) not in within]:
        return f"{alone[0].name!r} is not part of its graph"
    parts = [part for variable in model.variables for part in (variable.constraint, variable.regularizer)]
    if reason := next(filter(None, map(_why_not_attribute, parts)), ""):
        return reason.format(name="a weight")
    if not has_all_weights(model):
        return "some layers have not made their weights"
    if not any(variable.trainable for variable in model.variables):
        return "none of its weights are trained"
    return ""


def _why_not_compiled(model):
    """Return why a program does not serve what a model was compiled with."""
    if not model.compiled:
        return "it has no loss and no optimizer"
    return _why_not_loss(model.loss) or _why_not_optimizer(model.optimizer) or _why_not_metrics(model)


def _why_not_loss(loss):
    if not isinstance(loss, str) and not callable(loss):
        return "it has no loss, or several"
    loss = keras.losses.get(loss)
    if not isinstance(loss, keras.losses.Loss):
        is_known = not _is_of_keras(loss) or loss in LOSS_FUNCTIONS  # a loss of the user's may have no hash
        return "" if is_known else f"programs do not serve the loss {loss.__name__}"
    kind = type(loss)
    if _is_of_keras(kind) and kind not in LOSSES:
        return f"programs do not serve the loss {kind.__name__}"
    if loss.reduction not in REDUCTIONS:
        return f"programs do not serve reduction={loss.reduction!r}, which the loss has"
    if loss.dtype != "float32":
        return f"programs do not serve {loss.dtype}, in which the loss computes"
    if any(isinstance(value, keras.Variable | keras.layers.Layer | tf.Variable) for value in vars(loss).values()):
        return "the loss holds variables"
    return ""


def _why_not_optimizer(optimizer):
    if type(optimizer) not in OPTIMIZERS:
        return f"programs do not serve the optimizer {type(optimizer).__name__}"
    for option in OPTIMIZERS_OPTIONS_OFF:
        if value := getattr(optimizer, option):
            return f"programs do not serve {option}={value}, which the optimizer has"
    rates = [value for value in vars(optimizer).values() if _is_rate(value)]
    return "" if all(type(rate) in SCHEDULES for rate in rates) else "the learning rate is Python code of its own"


def _why_not_metrics(model):
    try:
        whole = find_metrics(model)
    except ValueError:
        return "Keras does not know one of its metrics"
    metrics = [metric for metric, _ in compiled_metrics(whole)]
    if metrics != getattr(whole, "metrics", []) or len(model.metrics) > 1 + (whole is not None):
        return "it has metrics that it was not compiled with"
    return next(filter(None, map(_why_not_metric, metrics)), "")


def _why_not_metric(metric):
    kind, (function, _) = type(metric), function_of_metric(metric)
    if kind not in METRICS:
        return f"programs do not serve the metric {kind.__name__}"
    is_known = function in METRIC_FUNCTIONS if _is_of_keras(function) else callable(function)
    if kind is keras.metrics.MeanMetricWrapper and not is_known:
        return f"programs do not serve the metric {metric.name!r}"
    return "" if metric.dtype == "float32" else f"programs do not serve {metric.dtype}, in which a metric computes"


def _is_of_keras(thing):
    return str(getattr(thing, "__module__", "")).startswith("keras.")


def _is_rate(value):
    """Return whether an optimizer's attribute is a learning rate that is computed."""
    return callable(value) and not isinstance(value, keras.Variable)


def _hooks(callback):
    """Return the names of the hooks that a callback's class defines."""
    base = keras.callbacks.Callback
    names = (name for name in dir(base) if name.startswith("on_") and not name.startswith("on_predict"))
    return {name for name in names if getattr(getattr(callback, name), "__func__", None) is not getattr(base, name)}
