"""What makes outputs of a sequence: a recurrence, and after it dense layers or a decoder that forecasts by segments."""

from typing import Any, NamedTuple

import numpy as np

from skhybrid._backend import keras
from skhybrid._validation import check_positive_int
from skhybrid.networks._checks import Activation, Ints, check_activation, check_choice
from skhybrid.networks._convolutions import Convolution
from skhybrid.networks._layers import (
    CHANNELS_LAST,
    chain,
    dropout_layers,
    join_ahead,
    read_out,
    recur,
    recur_to_states,
    recurrence,
)

DECODERS = ("dense", "segments")
SEGMENT_LENGTH = 24  # where neither `segment_length` nor a convolution says how long


class Horizon(NamedTuple):
    """The steps that a decoder forecasts in segments, the last of which may be shorter."""

    n_steps: int
    outputs_per_step: int
    segment_length: int

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return -(-self.n_steps // self.segment_length)  # rounded up

    @property
    def n_surplus(self) -> int:
        """Number of steps that the last segment has too many."""
        return self.n_segments * self.segment_length - self.n_steps


def find_segment_length(parameters: dict[str, Any], n_outputs: int) -> int | None:
    """Return the number of steps in a segment, for a network with these parameters; None where it makes no segments."""
    if parameters.get("decoder", "dense") == "dense":
        return None
    length = parameters.get("segment_length")
    if length is None:
        has_kernel = "kernel_size" in parameters and parameters.get("filters") != ()
        length = np.ravel(parameters["kernel_size"])[0] if has_kernel else SEGMENT_LENGTH
    return min(int(length), n_outputs)


def check_horizon(
    decoder: str,
    segment_length: int | None,
    convolutions: list[Convolution],
    n_outputs: int,
    outputs_per_step: int,
    ahead: Any,
) -> Horizon | None:
    """Return the horizon in segments, if not told as long as the first kernel; None for the decoder "dense"."""
    per_step = check_positive_int(outputs_per_step, "outputs_per_step")
    if segment_length is None:
        segment_length = convolutions[0].kernel_size if convolutions else SEGMENT_LENGTH
    length = check_positive_int(segment_length, "segment_length")
    if check_choice(decoder, "decoder", DECODERS) == "dense":
        return None
    n_steps, rest = divmod(check_positive_int(n_outputs, "n_outputs"), per_step)
    if rest:
        raise ValueError(
            f"n_outputs must be a multiple of outputs_per_step={per_step}, but is {n_outputs}; "
            "pass the number of steps times outputs_per_step."
        )
    if n_steps == 1:
        raise ValueError(
            "decoder='segments' needs at least 2 steps to forecast, but there is 1; pass decoder='dense', "
            "as a decoder on one step has nothing to share."
        )
    if ahead is not None and ahead.shape[1] != n_steps:
        raise ValueError(
            f"future_shape={ahead.shape[1:]} must be (horizon, n_features) for the {n_steps} steps that "
            f"decoder='segments' forecasts, but its horizon is {ahead.shape[1]}; pass what is known of each of them."
        )
    return Horizon(n_steps, per_step, min(length, n_steps))


def recur_and_read_out(
    x: Any,
    known: Any,
    ahead: Any,
    n_outputs: int,
    horizon: Horizon | None,
    *,
    memory: dict[str, Any],
    head: tuple[Ints, Activation, Activation],
    **parts: Any,
) -> Any:
    """Send `x`, (sample, time, feature), through recurrences, and dense layers or a decoder: (sample, output).

    `known` says which steps there are, as `recur` reads it, `ahead` what is known ahead, None for nothing; `memory` is
    what the recurrences are, `head` the dense layers' units and the activations, and `parts` what all layers take:
    dropout, seed and regularizers.
    """
    if horizon is None:
        x = recur(x, known=known, **memory, **parts)
        return read_out(join_ahead(x, ahead), n_outputs, *head, **parts)
    _check_single(head[-1])
    states = recur_to_states(x, known=known, **memory, **parts)
    x = _decode(states, _segments(states[0], ahead, horizon), memory["cell"], horizon, **parts)
    x = read_out(x, horizon.segment_length * horizon.outputs_per_step, *head, **parts)
    return _join(x, horizon)


def _check_single(output_activation):
    """Refuse an activation of the output layer for which the outputs are parts of a whole."""
    if keras.activations.get(check_activation(output_activation, "output_activation")) is keras.activations.softmax:
        raise ValueError(
            "decoder='segments' forecasts the steps of a series, but output_activation='softmax' makes shares of "
            "classes; pass decoder='dense'."
        )


def _decode(states, segments, cell, horizon, *, dropout, seed, regularizers):
    """Return one step of a recurrence for each segment, all from the same states: (sample x segment, unit)."""
    name = f"decoder_{cell}"
    # Of one step there need not be a loop: unrolled, there is none in the graph.
    decoder = recurrence(cell, name, units=states[0].shape[-1], unroll=True, seed=seed, regularizers=regularizers)
    states = [keras.ops.repeat(state, horizon.n_segments, axis=0) for state in states]
    return chain(decoder(segments, initial_state=states), dropout_layers(dropout, name, seed))


def _segments(state, ahead, horizon):
    """Return what the decoder reads of each segment: its position, and what is known ahead of its steps.

    The position is one of as many 0 and 1 as there are segments, so that the recurrence's kernel learns a vector for
    each: (sample x segment, 1, feature).
    """
    one = keras.ops.ones_like(state[:, :1, None])  # for each sample
    x = one * np.eye(horizon.n_segments, dtype=np.float32)[None]
    if ahead is not None:
        if horizon.n_surplus:
            padding = keras.layers.ZeroPadding1D((0, horizon.n_surplus), data_format=CHANNELS_LAST, name="ahead_pad")
            ahead = padding(ahead)
        shape = (horizon.n_segments, horizon.segment_length * ahead.shape[-1])
        ahead = keras.layers.Reshape(shape, name="ahead_segments")(ahead)
        x = keras.layers.Concatenate(name="segments")([x, ahead])
    return keras.ops.reshape(x, (-1, 1, x.shape[-1]))


def _join(x, horizon):
    """Return the outputs of the segments, (sample x segment, output), as those of the horizon, step by step."""
    n_steps = horizon.n_segments * horizon.segment_length
    x = keras.ops.reshape(x, (-1, n_steps, horizon.outputs_per_step))
    if horizon.n_surplus:
        x = keras.layers.Cropping1D((0, horizon.n_surplus), name="horizon_crop")(x)
    return keras.layers.Flatten(data_format=CHANNELS_LAST, name="horizon")(x)
