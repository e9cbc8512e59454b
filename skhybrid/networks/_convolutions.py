"""Convolutions over time: each with its stride, dilation and pooling, one after the other or as residual blocks."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from skhybrid._backend import keras
from skhybrid.networks._checks import (
    UNPENALISED,
    Activation,
    Ints,
    Regularizers,
    check_activation,
    check_choice,
    check_per_convolution,
    check_sizes,
)
from skhybrid.networks._ends import chain_to_ends, find_ends
from skhybrid.networks._layers import CHANNELS_LAST, chain, dropout_layers, glorot_uniform

PADDINGS = ("causal", "same", "valid")


class Convolution(NamedTuple):
    """One convolution of `n_steps` steps and the pooling after it; `pool_size` is 1 where nothing is pooled."""

    n_steps: int
    filters: int
    kernel_size: int
    pool_size: int
    stride: int
    dilation: int


def check_convolutions(
    n_steps: int,
    filters: Ints,
    kernel_size: Ints,
    pool_size: Ints,
    padding: str,
    *,
    strides: Ints | None = 1,
    dilations: Ints = 1,
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
    steps = kernels if strides is None else check_per_convolution(strides, "strides", n_filters)
    gaps = check_per_convolution(dilations, "dilations", n_filters)
    convolutions = []
    for i, options in enumerate(zip(n_filters, kernels, pools, steps, gaps, strict=True), start=1):
        convolution = _check_fit(Convolution(n_steps, *options), i, padding, whole)
        n_steps = _steps_after(convolution, padding) // convolution.pool_size
        convolutions.append(convolution)
    return convolutions


def _check_fit(convolution, i, padding, whole):
    """Return the i-th convolution, without pooling where it leaves one step, sure that there are steps enough."""
    n_steps, _, kernel, pool, stride, dilation = convolution
    if stride > 1 and dilation > 1:
        raise ValueError(
            f"strides must be 1 where dilations exceed 1, but conv_{i} has strides={stride} and dilations={dilation}; "
            "pass strides=1 or dilations=1."
        )
    if padding == "valid" and _reach(convolution) > n_steps:
        dilated = f", dilations={dilation}" if dilation > 1 else ""
        place = f"the {whole} have {n_steps}" if i == 1 else f"{n_steps} are left in front of conv_{i}"
        raise ValueError(
            f"kernel_size={kernel}{dilated} with padding='valid' needs at least {_reach(convolution)} steps, but "
            f"{place}; pass a smaller kernel_size, longer {whole} or padding='causal'."
        )
    n_left = _steps_after(convolution, padding)
    if n_left == 1:  # nothing left to pool
        return convolution._replace(pool_size=1)
    if pool > n_left:
        raise ValueError(
            f"pool_size={pool} needs at least {pool} steps, but {n_left} are left behind conv_{i}; "
            f"pass a smaller pool_size or longer {whole}."
        )
    return convolution


def _reach(convolution):
    """Return the number of steps from the first to the last that a filter sees at once."""
    return 1 + (convolution.kernel_size - 1) * convolution.dilation


def _steps_after(convolution, padding):
    """Return the number of steps that a convolution leaves."""
    n_steps = convolution.n_steps - (_reach(convolution) - 1 if padding == "valid" else 0)
    return -(-n_steps // convolution.stride)  # rounded up


def convolution_layers(
    convolutions: list[Convolution],
    *,
    padding: str,
    activation: Activation,
    dropout: float,
    seed: int,
    regularizers: Regularizers = UNPENALISED,
    masked: bool = False,
) -> list[Any]:
    """Return Conv1D [-> MaxPooling1D] for each of `convolutions`, and one dropout after them all.

    Pools are counted from the newest step; where sequences may end early (`masked`), `chain_to_ends` sees to that.
    """
    make = partial(_conv1d, activation=activation, seed=seed, regularizers=regularizers)
    layers: list[Any] = []
    for i, convolution in enumerate(convolutions, start=1):
        if convolution.stride > 1:
            layers += [*_aligned(convolution, padding, i), make(convolution, f"conv_{i}", padding="valid")]
        else:
            layers.append(make(convolution, f"conv_{i}", padding=padding))
        if convolution.pool_size > 1:
            size = convolution.pool_size
            n_oldest = _steps_after(convolution, padding) % size  # too few to fill a block
            if n_oldest and not masked:
                layers.append(keras.layers.Cropping1D((n_oldest, 0), name=f"pool_{i}_crop"))
            layers.append(keras.layers.MaxPooling1D(size, data_format=CHANNELS_LAST, name=f"pool_{i}"))
    return layers + dropout_layers(dropout, "conv", seed) if layers else []


def convolve(
    inputs: Any, layers: list[Any], *, masked: bool, wrap: Callable[[Any], Any] = lambda layer: layer
) -> tuple[Any, Any]:
    """Send `inputs` through convolutions, each wrapped; return also which steps are known, None if not `masked`."""
    if masked:
        return chain_to_ends(*find_ends(inputs), layers, wrap)
    return chain(inputs, map(wrap, layers)), None


def _aligned(convolution, padding, i):
    """Return the layers after which strides counted from the oldest step, as Keras counts them, end at the newest.

    What follows them is a convolution without padding: zeros take the place of the padding, and the steps that are too
    old to fill a stride are left out.
    """
    n_more = convolution.kernel_size - 1
    before, after = {"valid": (0, 0), "causal": (n_more, 0), "same": (n_more // 2, n_more - n_more // 2)}[padding]
    before -= (convolution.n_steps + before + after - n_more - 1) % convolution.stride
    layers: list[Any] = []
    if zeros := (max(before, 0), after) if max(before, after) > 0 else ():
        layers.append(keras.layers.ZeroPadding1D(zeros, data_format=CHANNELS_LAST, name=f"pad_{i}"))
    if before < 0:
        layers.append(keras.layers.Cropping1D((-before, 0), name=f"crop_{i}"))
    return layers


def _conv1d(convolution, name, *, padding, activation, seed, regularizers):
    return keras.layers.Conv1D(
        convolution.filters,
        convolution.kernel_size,
        strides=convolution.stride,
        dilation_rate=convolution.dilation,
        data_format=CHANNELS_LAST,
        padding=padding,
        activation=check_activation(activation),
        kernel_initializer=glorot_uniform(seed, name),
        **regularizers.of_layer(),
        name=name,
    )


def residual_blocks(
    x: Any,
    convolutions: list[Convolution],
    *,
    padding: str,
    activation: Activation,
    dropout: float,
    seed: int,
    regularizers: Regularizers,
) -> Any:
    """Send `x`, (sample, time, feature), through one residual block of two convolutions for each of `convolutions`."""
    if padding == "valid" or any(convolution.stride > 1 for convolution in convolutions):
        strides = tuple(convolution.stride for convolution in convolutions)
        raise ValueError(
            f"residual=True needs convolutions that keep all steps, but padding is {padding!r} and strides are "
            f"{strides}; pass padding='causal' and strides=1."
        )
    make = partial(_conv1d, padding=padding, seed=seed, regularizers=regularizers)
    drop = partial(dropout_layers, dropout, seed=seed, layer=keras.layers.SpatialDropout1D)
    for i, convolution in enumerate(convolutions, start=1):
        block_input = x
        for name in (f"conv_{i}_1", f"conv_{i}_2"):
            x = chain(x, [make(convolution, name, activation=activation), *drop(name)])
        if block_input.shape[-1] != convolution.filters:
            mapped = convolution._replace(kernel_size=1, dilation=1)
            block_input = make(mapped, f"skip_{i}", activation=None)(block_input)
        x = keras.layers.Add(name=f"sum_{i}")([x, block_input])
        x = keras.layers.Activation(activation, name=f"activation_{i}")(x)
    return x
