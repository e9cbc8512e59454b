"""Checks of the builders' parameters."""

from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, NamedTuple

from skhybrid._backend import keras

Ints = int | tuple[int, ...]
Activation = str | Callable[..., Any] | None
Regularizer = Any  # a name, a keras.regularizers.Regularizer or None


class Regularizers(NamedTuple):
    """What penalises a network's weights."""

    kernel: Any = None
    recurrent: Any = None
    bias: Any = None

    def of_layer(self) -> dict[str, Any]:
        """Return the options of a convolution or a dense layer."""
        return {"kernel_regularizer": self.kernel, "bias_regularizer": self.bias}

    def of_recurrence(self) -> dict[str, Any]:
        """Return the options of a recurrence."""
        return {**self.of_layer(), "recurrent_regularizer": self.recurrent}


UNPENALISED = Regularizers()


def check_input_shape(
    input_shape: Iterable[int], axes: tuple[str, ...] = (), *, name: str = "input_shape"
) -> tuple[int, ...]:
    """Return `input_shape` as a tuple of ints, one for each of `axes`; without `axes`, one or more."""
    shape = tuple(input_shape) if isinstance(input_shape, Iterable) else ()
    right_rank = len(shape) == len(axes) if axes else len(shape) > 0
    if not right_rank or not all(_is_int(size, 1) for size in shape):
        needed = f"({', '.join(axes)})" if axes else "(n_steps, n_features) or another tuple"
        given = "one sample, X.shape[1:]" if name == "input_shape" else "what is known ahead of one sample"
        raise ValueError(
            f"{name} must be {needed}, each an integer of at least 1, but is {input_shape!r}; "
            f"pass the shape of {given}."
        )
    return tuple(int(size) for size in shape)


def check_sizes(value: Ints, name: str, *, at_least: int = 0) -> tuple[int, ...]:
    """Return an int or a sequence of ints, one for each stacked layer, as a tuple with `at_least` entries."""
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not all(_is_int(size, 1) for size in sizes):
        raise ValueError(
            f"{name} must be an integer of at least 1 or a tuple of them, but is {value!r}; "
            f"pass for example {name}=4 or {name}=(4, 2)."
        )
    if len(sizes) < at_least:
        raise ValueError(f"{name} must name at least one layer, but is {value!r}; pass for example {name}=4.")
    return tuple(int(size) for size in sizes)


def check_activation(activation: Activation, name: str = "activation") -> Activation:
    """Return `activation` where Keras knows it."""
    try:
        keras.activations.get(activation)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must be an activation that Keras knows, but is {activation!r}; "
            "pass for example 'relu', 'tanh', 'sigmoid', 'softmax' or None (linear)."
        ) from None
    return activation


def check_parts(
    dropout: float, seed: int, kernel: Regularizer, recurrent: Regularizer = None, bias: Regularizer = None
) -> dict[str, Any]:
    """Return what all layers of a network take: dropout, seed, and the regularizers of their weights."""
    regularizers = Regularizers(kernel, recurrent, bias)
    for name, value in regularizers._asdict().items():
        if not _is_regularizer(value):
            raise ValueError(
                f"{name}_regularizer must be a regularizer that Keras knows, but is {value!r}; "
                "pass for example 'l2', keras.regularizers.L2(0.001) or None."
            )
    return {"dropout": check_dropout(dropout), "seed": check_seed(seed), "regularizers": regularizers}


def check_choice(value: str, name: str, choices: Iterable[str]) -> str:
    """Return `value` where it is one of `choices`."""
    *first, last = map(repr, choices)
    if not isinstance(value, str) or repr(value) not in [*first, last]:
        raise ValueError(f"{name} must be {', '.join(first)} or {last}, but is {value!r}; pass one of these.")
    return value


def check_dropout(dropout: float) -> float:
    """Return `dropout` where it is a share that leaves something."""
    return check_below_one(dropout, "dropout", 0.2)


def check_below_one(value: float, name: str, example: float) -> float:
    """Return a number of at least 0 and below 1."""
    if isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < 1:
        return float(value)
    raise ValueError(
        f"{name} must be a number of at least 0 and below 1, but is {value!r}; pass for example {name}={example}."
    )


def check_seed(seed: int) -> int:
    """Return `seed` as an int of at least 0."""
    if _is_int(seed, 0):
        return int(seed)
    raise ValueError(f"seed must be an integer of at least 0, but is {seed!r}; pass for example seed=0.")


def check_per_convolution(value: Ints, name: str, n_filters: tuple[int, ...]) -> tuple[int, ...]:
    """Return one integer for each convolution."""
    sizes = check_sizes(value, name)
    if not isinstance(value, (tuple, list)):
        return sizes * len(n_filters)
    if len(sizes) != len(n_filters):
        raise ValueError(
            f"{name}={value!r} must have one entry for each of the {len(n_filters)} convolutions of "
            f"filters={n_filters}, but has {len(sizes)}; pass a tuple as long as filters, or one "
            "integer for all."
        )
    return sizes


def _is_regularizer(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None or isinstance(value, keras.regularizers.Regularizer)
    try:
        keras.regularizers.get(value)
    except ValueError:
        return False
    return True


def _is_int(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least
