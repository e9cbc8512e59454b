"""LSTNet: a convolution over all series, a recurrence, one that skips a season, and a linear path that they share."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._validation import check_positive_int
from skhybrid.networks._checks import (
    UNPENALISED,
    Activation,
    check_activation,
    check_dropout,
    check_input_shape,
    check_seed,
)
from skhybrid.networks._convolutions import check_convolutions, convolution_layers
from skhybrid.networks._layers import (
    CHANNELS_LAST,
    chain,
    dropout_layers,
    glorot_uniform,
    read_out,
    recur,
    recurrence,
)


def lstnet(
    input_shape: tuple[int, int],
    n_outputs: int,
    *,
    seed: int,
    filters: int = 100,
    kernel_size: int = 6,
    activation: Activation = "relu",
    units: int = 100,
    skip: int | None = 24,
    skip_units: int = 5,
    highway: int | None = 24,
    target_channels: Iterable[int] | None = None,
    dropout: float = 0.2,
    output_activation: Activation = None,
) -> keras.Model:
    """Build Conv1D -> GRU beside a GRU that skips a season -> output; to it a linear path is added.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one window, (n_steps, n_features), all series side by side.
    n_outputs : int
        Number of values predicted for each window: for each of `target_channels` as many, series by series.
    seed : int
        Where the first weights and the dropout masks come from, at least 0. No global seed is read or
        changed.
    filters : int, default=100
        Feature maps of the convolution, each over all series.
    kernel_size : int, default=6
        Steps a filter sees at once. There is no padding: `n_steps - kernel_size + 1` steps are left.
    activation : str, callable or None, default="relu"
        Activation of the convolution, by its Keras name.
    units : int, default=100
        Units of the recurrence over all steps.
    skip : int or None, default=24
        Steps of a season. A second recurrence reads the newest whole seasons that the convolution leaves, each phase
        of the season on its own, from one season to the next. None leaves it out.
    skip_units : int, default=5
        Units of the second recurrence, of which there are outputs for each phase. The authors choose 5 or 10.
    highway : int or None, default=24
        Newest steps that the linear path reads, of each series for its own outputs, with the same weights for all.
        None leaves it out.
    target_channels : sequence of int or None, default=None
        The features that the outputs continue, by position, in the order of the outputs. None is all.
    dropout : float, default=0.2
        Share of values set to 0 in training after the convolution and each recurrence.
    output_activation : str, callable or None, default=None
        Activation of the sum; None is linear.

    Returns
    -------
    model : keras.Model
        Uncompiled, named "lstnet"; maps (n_samples, n_steps, n_features) to (n_samples, n_outputs).

    Raises
    ------
    ValueError
        If a parameter is out of range, the window is too short, or the outputs are not as many for each of
        `target_channels`.

    Notes
    -----
    As in the authors' program, the recurrences have tanh where their text has relu, and the oldest steps that
    fill no season are left out. The authors forecast one step, `n_outputs` as many as there are series. They divide
    each series by its largest value, of all rows, those of the test included; scale by the training rows alone
    instead. On hourly series their windows hold 168 steps.

    References
    ----------
    .. [1] G. Lai, W.-C. Chang, Y. Yang and H. Liu, "Modeling Long- and Short-Term Temporal Patterns with Deep Neural
       Networks", SIGIR 2018.

    Examples
    --------
    >>> from skhybrid.networks import lstnet
    >>> model = lstnet((168, 7), 7, seed=0)
    >>> model.get_layer("gru_skip").output.shape
    (None, 5)
    >>> model.count_params()
    68077
    """
    inputs = keras.Input(check_input_shape(input_shape, ("n_steps", "n_features")), name="input")
    n_steps = inputs.shape[1]
    parts: dict[str, Any] = {"dropout": check_dropout(dropout), "seed": check_seed(seed)}
    kernel_size = _check_fit(kernel_size, "kernel_size", n_steps, "the window has")
    convolution = check_convolutions(n_steps, check_positive_int(filters, "filters"), kernel_size, 1, "valid")
    x = chain(inputs, convolution_layers(convolution, padding="valid", activation=activation, **parts))
    memory = [recur(x, "gru", check_positive_int(units, "units"), bidirectional=False, attention=False, **parts)]
    if skip is not None:
        season = _check_fit(skip, "skip", x.shape[1], "the convolution leaves")
        memory.append(_recur_by_phase(x, season, check_positive_int(skip_units, "skip_units"), **parts))
    joined = keras.layers.Concatenate(name="concatenate")(memory) if len(memory) > 1 else memory[0]
    outputs = read_out(joined, n_outputs, (), None, None, dropout=0.0, seed=seed)
    if highway is not None:
        length = _check_fit(highway, "highway", n_steps, "the window has")
        of_window = _highway(inputs, length, n_outputs, target_channels, seed)
        outputs = keras.layers.Add(name="sum")([outputs, of_window])
    if output_activation is not None:
        check_activation(output_activation, "output_activation")
        outputs = keras.layers.Activation(output_activation, name="output_activation")(outputs)
    return keras.Model(inputs, outputs, name="lstnet")


def _recur_by_phase(x: Any, season: int, units: int, *, dropout: float, seed: int) -> Any:
    """Read `x`, (sample, time, feature), from season to season: (sample, phase x unit)."""
    n_seasons, n_features = x.shape[1] // season, x.shape[2]
    newest = keras.ops.reshape(x[:, -n_seasons * season :], (-1, n_seasons, season, n_features))
    by_phase = keras.ops.reshape(keras.ops.transpose(newest, (0, 2, 1, 3)), (-1, n_seasons, n_features))
    memory = recurrence("gru", "gru_skip", units=units, seed=seed, regularizers=UNPENALISED)(by_phase)
    joined = keras.ops.reshape(memory, (-1, season * units))
    return chain(joined, dropout_layers(dropout, "gru_skip", seed))


def _highway(inputs: Any, length: int, n_outputs: int, target_channels: Iterable[int] | None, seed: int) -> Any:
    """Return a linear map of each series' newest steps to its outputs, one map for all: (sample, series x output)."""
    n_features = inputs.shape[2]
    channels = _check_channels(target_channels, n_features, n_outputs)
    newest = keras.ops.transpose(inputs[:, -length:], (0, 2, 1))  # (sample, series, time)
    if channels != list(range(n_features)):
        newest = keras.ops.take(newest, np.array(channels), axis=1)
    dense = keras.layers.Dense(
        n_outputs // len(channels), kernel_initializer=glorot_uniform(seed, "highway"), name="highway"
    )
    return keras.layers.Flatten(data_format=CHANNELS_LAST, name="highway_flatten")(dense(newest))


def _check_fit(value: int, name: str, n_steps: int, place: str) -> int:
    """Return a number of steps, sure that there are as many."""
    if check_positive_int(value, name) > n_steps:
        raise ValueError(
            f"{name}={value} needs at least {value} steps, but {place} {n_steps}; pass a smaller {name} or longer "
            "windows."
        )
    return int(value)


def _check_channels(channels: Iterable[int] | None, n_features: int, n_outputs: int) -> list[int]:
    """Return the features that the outputs continue, sure that there are as many outputs for each."""
    found = list(range(n_features)) if channels is None else list(channels)
    if not found or not all(_is_index(channel, n_features) for channel in found):
        raise ValueError(
            f"target_channels must be positions of the {n_features} features, from 0 to {n_features - 1}, but is "
            f"{channels!r}; pass for example target_channels=(0,)."
        )
    if n_outputs % len(found):
        raise ValueError(
            f"y must have as many columns for each of the {len(found)} features of target_channels={channels!r}, but "
            f"has {n_outputs}; pass the positions of those that y continues, such as target_channels=(0,)."
        )
    return found


def _is_index(value: Any, n: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and 0 <= int(value) < n
