"""Checks of the builders' parameters."""

from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, NamedTuple

from skhybrid._backend import keras

Ints = int | tuple[int, ...]
Activation = str | Callable[..., Any] | None

PADDINGS = ("causal", "same", "valid")


class Convolution(NamedTuple):
    """One convolution and the pooling after it; `pool_size` is 1 where nothing is pooled."""

    filters: int
    kernel_size: int
    pool_size: int


def check_input_shape(input_shape: Iterable[int], axes: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Return `input_shape` as a tuple of ints, one for each of `axes`; without `axes`, one or more."""
    shape = tuple(input_shape) if isinstance(input_shape, Iterable) else ()
    right_rank = len(shape) == len(axes) if axes else len(shape) > 0
    if not right_rank or not all(_is_int(size, 1) for size in shape):
        needed = f"({', '.join(axes)})" if axes else "(n_steps, n_features) or another tuple"
        raise ValueError(
            f"input_shape must be {needed}, each an integer of at least 1, but is {input_shape!r}; "
            "pass the shape of one sample, X.shape[1:]."
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


def check_convolutions(
    n_steps: int,
    filters: Ints,
    kernel_size: Ints,
    pool_size: Ints,
    padding: str,
    *,
    at_least: int = 0,
    whole: str = "windows",
) -> list[Convolution]:
    """Return the stacked convolutions, sure that each finds enough of the `n_steps` steps left.

    `whole` is what the user calls that which has these steps.
    """
    check_choice(padding, "padding", PADDINGS)
    n_filters = check_sizes(filters, "filters", at_least=at_least)
    kernels = check_per_convolution(kernel_size, "kernel_size", n_filters)
    pools = check_per_convolution(pool_size, "pool_size", n_filters)
    convolutions = []
    for i, (n, kernel, pool) in enumerate(zip(n_filters, kernels, pools, strict=True), start=1):
        if padding == "valid":
            place = f"the {whole} have {n_steps}" if i == 1 else f"{n_steps} are left in front of conv_{i}"
            if kernel > n_steps:
                raise ValueError(
                    f"kernel_size={kernel} with padding='valid' needs at least {kernel} steps, but {place}; "
                    f"pass a smaller kernel_size, longer {whole} or padding='causal'."
                )
            n_steps -= kernel - 1
        if n_steps == 1:  # nothing left to pool
            pool = 1
        if pool > n_steps:
            raise ValueError(
                f"pool_size={pool} needs at least {pool} steps, but {n_steps} are left behind conv_{i}; "
                f"pass a smaller pool_size or longer {whole}."
            )
        n_steps //= pool
        convolutions.append(Convolution(n, kernel, pool))
    return convolutions


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


def check_choice(value: str, name: str, choices: Iterable[str]) -> str:
    """Return `value` where it is one of `choices`."""
    *first, last = map(repr, choices)
    if not isinstance(value, str) or repr(value) not in [*first, last]:
        raise ValueError(f"{name} must be {', '.join(first)} or {last}, but is {value!r}; pass one of these.")
    return value


def check_dropout(dropout: float) -> float:
    """Return `dropout` where it is a share that leaves something."""
    if isinstance(dropout, Real) and not isinstance(dropout, bool) and 0 <= dropout < 1:
        return float(dropout)
    raise ValueError(
        f"dropout must be a number of at least 0 and below 1, but is {dropout!r}; pass for example dropout=0.2."
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


def _is_int(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least
