"""Sequences that end early: the steps after their end, NaN in all features, do not affect a network's output.

Such a network goes through the same layers, with the unknown steps set aside on the way: to zeros for a convolution,
which sees zeros outside of a sequence anyhow, below everything for max pooling, and left out by recurrence and
attention.
"""

from collections.abc import Callable, Iterable
from typing import Any

from skhybrid._backend import keras

LOWEST = -1e30  # below every activation


def find_ends(inputs: Any) -> tuple[Any, Any]:
    """Return `inputs`, (sample, ..., time, feature), with zeros for NaN, and which steps are known: 1, others 0."""
    known = 1 - keras.ops.cast(keras.ops.all(keras.ops.isnan(inputs), axis=-1), "float32")
    return _set_unknown(inputs, known, 0.0), known


def chain_to_ends(x: Any, known: Any, layers: Iterable[Any], wrap: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Send `x` through convolutions, poolings and what is between them, each wrapped; return also what is known."""
    for layer in layers:
        if isinstance(layer, keras.layers.ZeroPadding1D | keras.layers.Cropping1D):
            x = wrap(layer)(x)  # `known` waits for the strided convolution that follows
            continue
        if isinstance(layer, keras.layers.MaxPooling1D):
            size = layer.pool_size[0]
            x, known = _skip_oldest(_set_unknown(x, known, LOWEST), known, size)
            x = wrap(layer)(x)
            known = _keep_first(known, known[..., 2 * size - 1 :: size])  # blocks that the sequence fills
        else:
            x = wrap(layer)(x)
        if isinstance(layer, keras.layers.Conv1D) and layer.padding == "valid":
            # A step that is left is known where one of the steps is that its stride adds, counted from the newest.
            stride, n_left = layer.strides[0], x.shape[-2]
            known = _keep_first(known, known[..., known.shape[-1] - (n_left - 1) * stride :: stride])
        if len(x.shape) == len(known.shape) + 1 and x.shape[-2] == known.shape[-1]:  # steps are not flattened yet
            x = _set_unknown(x, known, 0.0)
    return x, known


def _skip_oldest(x, known, size):
    """Return `x` and what is known from the first step on from which a sequence fills blocks of `size` steps.

    Blocks then end at the sequence's newest step, wherever that is, as they do in a network for whole windows.
    """
    ops = keras.ops
    length = ops.sum(known, axis=-1, keepdims=True)
    n_oldest = ops.where(length < size, 0.0, ops.mod(length, size))
    shifted = [
        (
            ops.concatenate([x[..., n:, :], ops.full_like(x[..., :n, :], LOWEST)], axis=-2),
            ops.concatenate([known[..., n:], ops.zeros_like(known[..., :n])], axis=-1),
        )
        for n in range(size)
    ]
    steps, are_known = shifted[0]
    for n, (other_steps, others_known) in enumerate(shifted[1:], start=1):
        steps = ops.where(ops.expand_dims(ops.equal(n_oldest, n), -1), other_steps, steps)
        are_known = ops.where(ops.equal(n_oldest, n), others_known, are_known)
    return steps, are_known


def take_last(x: Any, known: Any) -> Any:
    """Return the last known step of `x`, (sample, time, feature): (sample, feature)."""
    following = keras.ops.pad(known[:, 1:], [[0, 0], [0, 1]])
    is_last = keras.ops.expand_dims(known - following, -1)
    return keras.ops.sum(is_last * x, axis=1)


def _set_unknown(x, known, value):
    return keras.ops.where(keras.ops.expand_dims(known, -1) > 0, x, value)


def _keep_first(before, later):
    """Return `later` after a step that is known wherever any was before: a sequence does not vanish, however short."""
    some = keras.ops.max(before, axis=-1, keepdims=True)
    return keras.ops.concatenate([some, later], axis=-1)
