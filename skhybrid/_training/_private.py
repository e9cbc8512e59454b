"""All that is private to Keras and TensorFlow, looked for when it is needed, never at import.

Programs are built on it. Where a version of Keras or TensorFlow lacks some of it, `find_missing` says what, and
networks train in Keras' own loop, which needs none of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skhybrid._backend import keras

# Modules, and what is taken from them.
NAMES = {
    "keras.src.backend.common.global_state": ("get_global_attribute", "set_global_attribute"),
    "tensorflow.python.eager.record": ("record_operation", "stop_recording"),
    "tensorflow.python.eager.context": ("context", "function_executor_type"),
}
# Methods of `BaseOptimizer`, which work on tensors, that `TFOptimizer` replaces by others that work on variables.
PURE_METHODS = (
    "_apply_weight_decay",
    "_backend_increment_gradient_accumulators",
    "_backend_update_step",
    "_clip_by_norm",
    "_overwrite_model_variables_with_average_value",
    "_var_key",
    "add_variable_from_reference",
    "assign",
    "assign_add",
    "assign_sub",
    "stateless_apply",
)
# The method by which an optimizer says whether a weight decays.
DECAYS = "_use_weight_decay"
# The attribute in which an optimizer keeps the weights that it was built for.
BUILT_FOR = "_trainable_variables"
# What a copy of an optimizer is made from, or leaves out.
LEARNING_RATE = "_learning_rate"  # the variable, schedule or function; `learning_rate` is its value
EXCLUDED_VARIABLES = "_exclude_from_weight_decay"  # by keys that hold in this process, for one model
CACHE_OF_EXCLUDED = "_exclude_from_weight_decay_cache"
# Where Keras' one metric of a model keeps what that was compiled with, and what of it sees weights; what each averages.
METRICS, WEIGHTED_METRICS = "_flat_metrics", "_flat_weighted_metrics"
METRIC_FUNCTION, METRIC_OPTIONS = "_fn", "_fn_kwargs"


def find_missing() -> str:
    """Return what a program needs and this version of Keras or TensorFlow lacks, in a clause; "" where nothing."""
    lineage = _optimizer_classes(keras.optimizers.SGD)
    lacking = [f"{module}.{name}" for module, names in NAMES.items() for name in names if _find(module, name) is None]
    lacking += [f"keras.optimizers: {name}" for name in ("BaseOptimizer", "TFOptimizer") if name not in lineage]
    if not lacking:
        methods = vars(lineage["BaseOptimizer"])
        lacking += [f"BaseOptimizer.{name}" for name in (*PURE_METHODS, DECAYS) if name not in methods]
    return f"this version of Keras or TensorFlow lacks {lacking[0]}" if lacking else ""


@contextmanager
def own_names() -> Iterator[None]:
    """Count the names that Keras gives from 0, and leave the user's count as it was.

    TensorFlow keeps memory for each name that a variable ever had: names that come again keep a process that fits
    many networks from growing. Where Keras has no such count, names are as they come.
    """
    with _without_attribute("object_name_uids"):
        yield


@contextmanager
def without_values() -> Iterator[None]:
    """Make Keras' variables without their values, for a network whose weights always come from elsewhere."""
    # Keras would fill all that wait for a value when it next fills any.
    with _without_attribute("uninitialized_variables"), keras.StatelessScope(initialize_variables=False):
        yield


def executor_type(name: str) -> Any:
    """Return a context in which functions are traced for an executor of TensorFlow's."""
    return _find("tensorflow.python.eager.context", "function_executor_type")(name)


def forget_kernels() -> None:
    """Drop TensorFlow's kernels of functions that were called as operations; it does not free them with these."""
    context = _find("tensorflow.python.eager.context", "context")
    if context is not None:
        context().clear_kernel_cache()


def custom_gradient(function: Any) -> Any:
    """Do what tf.custom_gradient does, for a function of tensors to one tensor.

    TensorFlow's own keeps each gradient, and with it the whole graph it was traced in, as long as the process runs.
    """
    stop_recording, record_operation = (
        _find("tensorflow.python.eager.record", name) for name in ("stop_recording", "record_operation")
    )

    def call(*tensors):
        with stop_recording():
            output, gradient = function(*tensors)
        record_operation(function.__name__, [output], list(tensors), gradient)
        return output

    return call


def pure_class(optimizer_class: Any) -> Any:
    """Return the optimizer's class with Keras' update of tensors instead of TensorFlow's of variables."""
    lineage = _optimizer_classes(optimizer_class)
    base, in_place = lineage["BaseOptimizer"], vars(lineage["TFOptimizer"])
    pure = {name: getattr(base, name) for name in in_place if hasattr(base, name) and not name.startswith("__")}
    return type(f"Pure{optimizer_class.__name__}", (optimizer_class,), pure)


def is_decayed(optimizer: Any, weight: Any) -> bool:
    """Return whether an optimizer's weight decay, if it has any, does not leave a weight out."""
    return getattr(optimizer, DECAYS)(weight.value)  # TensorFlow's variable, by whose name it is found


def weights_of_optimizer(model: Any) -> list[Any]:
    """Return the weights that a model's optimizer was built for, none before."""
    return list(getattr(model.optimizer, BUILT_FOR, model.trainable_variables)) if model.optimizer.built else []


def compiled_metrics(whole: Any) -> list[tuple[Any, bool]]:
    """Return the metrics in the one that Keras makes of them, if there is any, and of each whether it sees weights."""
    kept = [
        (part, name == WEIGHTED_METRICS) for name in (METRICS, WEIGHTED_METRICS) for part in getattr(whole, name, ())
    ]
    return [(metric, is_weighted) for part, is_weighted in kept if part for metric in part.metrics]


def function_of_metric(metric: Any) -> tuple[Any, Any]:
    """Return the function that a metric averages, and its options; None for a metric that has none."""
    return getattr(metric, METRIC_FUNCTION, None), getattr(metric, METRIC_OPTIONS, None)


def _optimizer_classes(optimizer_class):
    """Return the classes that an optimizer's class inherits from, by name."""
    return {cls.__name__: cls for cls in optimizer_class.__mro__}


@contextmanager
def _without_attribute(name):
    """Have Keras start without one of its global attributes, and put it back afterwards."""
    get, put = (_find("keras.src.backend.common.global_state", f"{verb}_global_attribute") for verb in ("get", "set"))
    if get is None or put is None:
        yield
        return
    before = get(name)
    put(name, None)
    try:
        yield
    finally:
        put(name, before)


def _find(module, name):
    """Return an attribute of a module, None where one of the two is missing."""
    parts = module.split(".")
    try:
        for i in range(len(parts)):  # a package may be missing though what it held is loaded
            found = __import__(".".join(parts[: i + 1]), fromlist=["__name__"])
    except ImportError:
        return None
    return getattr(found, name, None)
