"""The pieces all networks are made of: named layers, each with its own seeds."""

import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._validation import check_positive_int
from skhybrid.networks._checks import (
    UNPENALISED,
    Activation,
    Ints,
    Regularizers,
    check_activation,
    check_choice,
    check_dropout,
    check_input_shape,
    check_sizes,
)
from skhybrid.networks._ends import take_last

CHANNELS_LAST = "channels_last"  # as windows are, whatever Keras' global image_data_format is set to
CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}


def derive_seed(seed: int, name: str) -> int:
    """Return the seed of the part `name`, such as "conv_1/kernel", of a network built with `seed`.

    It depends on nothing else: a layer's first weights stay the same when layers are added elsewhere, so that
    the candidates of a search differ by what is searched and not by their luck.
    """
    state = np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)
    return int(state[0] >> 1)  # 31 bits, which every backend takes


def chain(x: Any, layers: Iterable[Any]) -> Any:
    """Send `x` through `layers`, one after the other."""
    for layer in layers:
        x = layer(x)
    return x


def make_inputs(
    input_shape: Iterable[int], axes: tuple[str, ...], future_shape: tuple[int, int] | None
) -> tuple[Any, Any]:
    """Return the inputs for samples of this shape and, None without `future_shape`, for what is known ahead."""
    inputs = keras.Input(check_input_shape(input_shape, axes), name="input")
    if future_shape is None:
        return inputs, None
    shape = check_input_shape(future_shape, ("horizon", "n_features"), name="future_shape")
    return inputs, keras.Input(shape, name="ahead")


def make_model(inputs: Any, ahead: Any, outputs: Any, name: str) -> Any:
    """Return the model of these inputs and outputs."""
    return keras.Model(inputs if ahead is None else [inputs, ahead], outputs, name=name)


def join_ahead(x: Any, ahead: Any) -> Any:
    """Return the features `x`, (sample, feature), and beside them all that is known ahead, if there is any."""
    if ahead is None:
        return x
    flat = keras.layers.Flatten(data_format=CHANNELS_LAST, name="ahead_flatten")(ahead)
    return keras.layers.Concatenate(name="join_ahead")([x, flat])


def recur(
    x: Any,
    cell: str,
    units: Ints,
    *,
    bidirectional: bool,
    attention: bool,
    dropout: float,
    seed: int,
    known: Any = None,
    regularizers: Regularizers = UNPENALISED,
) -> Any:
    """Send `x`, (sample, time, feature), through stacked recurrences: (sample, unit).

    `known`, (sample, time), says which steps there are, by 1 and 0; None means all.
    """
    make = _recurrences(cell, units, bidirectional=bidirectional, seed=seed, regularizers=regularizers)
    attention = attention and x.shape[1] > 1  # one step is its own mean
    # Forwards, what follows the end is not seen before it: it is enough to take the right step at last.
    masked = {"mask": known > 0} if known is not None and bidirectional else {}
    takes_last = known is not None and not bidirectional and not attention
    for name, make_layer in make.items():
        is_last = name == [*make][-1]
        x = make_layer(return_sequences=attention or takes_last or not is_last)(x, **masked)
        x = chain(x, dropout_layers(dropout, name, seed))
    if attention:
        return _attention_pooling(x, known, seed, regularizers)
    return take_last(x, known) if takes_last else x


def recur_to_states(
    x: Any,
    cell: str,
    units: Ints,
    *,
    bidirectional: bool,
    attention: bool,
    dropout: float,
    seed: int,
    known: Any = None,
    regularizers: Regularizers = UNPENALISED,
) -> list[Any]:
    """Send `x` through stacked recurrences as `recur` does: the last one's states at the end, each (sample, unit).

    The states of both directions are one beside the other; with attention, the pooled outputs take the place of the
    first state, which is the last output. Nothing is dropped after the last recurrence.
    """
    *lower, (_, last) = _recurrences(
        cell, units, bidirectional=bidirectional, seed=seed, regularizers=regularizers
    ).items()
    attention = attention and x.shape[1] > 1
    masked = {} if known is None else {"mask": known > 0}
    for name, make_layer in lower:
        x = make_layer(return_sequences=True)(x, **(masked if bidirectional else {}))
        x = chain(x, dropout_layers(dropout, name, seed))
    x, *states = last(return_sequences=attention, return_state=True)(x, **masked)
    if bidirectional:
        n = len(states) // 2  # those of the LSTM are two, its output and its cell
        pairs = zip(states[:n], states[n:], strict=True)
        states = [keras.layers.Concatenate(name=f"states_{i}")(pair) for i, pair in enumerate(pairs, start=1)]
    return [_attention_pooling(x, known, seed, regularizers), *states[1:]] if attention else states


def _recurrences(
    cell: str, units: Ints, *, bidirectional: bool, seed: int, regularizers: Regularizers
) -> dict[str, Callable[..., Any]]:
    """Return makers of the stacked recurrences, by name."""
    check_choice(cell, "cell", CELLS)
    make = partial(_both_ways if bidirectional else recurrence, cell, seed=seed, regularizers=regularizers)
    sizes = check_sizes(units, "units", at_least=1)
    return {f"{cell}_{i}": partial(make, f"{cell}_{i}", units=n_units) for i, n_units in enumerate(sizes, start=1)}


def read_out(
    x: Any,
    n_outputs: int,
    dense_units: Ints,
    activation: Activation,
    output_activation: Activation,
    *,
    dropout: float,
    seed: int,
    regularizers: Regularizers = UNPENALISED,
) -> Any:
    """Send `x`, (sample, feature), through the hidden dense layers and the output layer: (sample, output)."""
    check_activation(activation)
    check_dropout(dropout)
    dense = partial(_dense, seed=seed, regularizers=regularizers)
    for i, n_units in enumerate(check_sizes(dense_units, "dense_units"), start=1):
        name = f"dense_{i}"
        x = chain(x, [dense(n_units, name, activation), *dropout_layers(dropout, name, seed)])
    check_activation(output_activation, "output_activation")
    return dense(check_positive_int(n_outputs, "n_outputs"), "output", output_activation)(x)


def dropout_layers(dropout: float, name: str, seed: int, layer: Any = keras.layers.Dropout) -> list[Any]:
    """Return the dropout after layer `name`, or nothing where nothing is dropped."""
    rate = check_dropout(dropout)
    name = f"{name}_dropout"
    return [layer(rate, seed=derive_seed(seed, name), name=name)] if rate else []


def _attention_pooling(x: Any, known: Any, seed: int, regularizers: Regularizers) -> Any:
    """Return the mean of `x`, (sample, time, unit), over known times with learned weights: (sample, unit)."""
    # A bias would add the same to every score, which the softmax takes out again.
    score = keras.layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=glorot_uniform(seed, "attention_score"),
        kernel_regularizer=regularizers.kernel,
        name="attention_score",
    )
    masked = {} if known is None else {"mask": keras.ops.expand_dims(known, -1) > 0}
    weights = keras.layers.Softmax(axis=1, name="attention_weights")(score(x), **masked)  # (sample, time, 1)
    pooled = keras.layers.Dot(axes=1, name="attention_sum")([weights, x])  # (sample, 1, unit)
    return keras.layers.Flatten(data_format=CHANNELS_LAST, name="attention_flatten")(pooled)


def glorot_uniform(seed: int, name: str) -> Any:
    return keras.initializers.GlorotUniform(seed=derive_seed(seed, f"{name}/kernel"))


def _dense(units: int, name: str, activation: Activation, *, seed: int, regularizers: Regularizers) -> Any:
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=glorot_uniform(seed, name),
        **regularizers.of_layer(),
        name=name,
    )


def recurrence(cell: str, name: str, *, units: int, seed: int, regularizers: Regularizers, **options: Any) -> Any:
    """Return a recurrence with its own seeds."""
    return CELLS[cell](
        units,
        kernel_initializer=glorot_uniform(seed, name),
        recurrent_initializer=keras.initializers.Orthogonal(seed=derive_seed(seed, f"{name}/recurrent_kernel")),
        **regularizers.of_recurrence(),
        # Nothing uses it, but without one Keras would draw from Python's global generator.
        seed=derive_seed(seed, f"{name}/seed"),
        name=name,
        **options,
    )


def _both_ways(cell: str, name: str, **options: Any) -> Any:
    forward = recurrence(cell, f"forward_{name}", **options)
    # Left to itself, Keras copies the forward layer with its seeds: both directions would start out equal.
    backward = recurrence(cell, f"backward_{name}", go_backwards=True, **options)
    # Keras makes the forward layer anew from its configuration, in which SimpleRNN leaves out its seed.
    config = {**forward.get_config(), "seed": forward.cell.seed}
    forward.get_config = lambda: config
    return keras.layers.Bidirectional(forward, backward_layer=backward, name=f"bidirectional_{name}")
