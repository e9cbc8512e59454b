"""The decoder of segments, and inputs known ahead."""

from functools import partial

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid.networks import cnn, cnn_lstm, dense, recurrent, time_distributed_cnn_lstm

L = keras.layers
RECURRENT = partial(recurrent, (6, 2), seed=0, units=3, dense_units=4, decoder="segments")


def samples(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def samples_of(model, n=3):
    """Return samples for a model of one input, or a list of them for one of two."""
    X = [samples(n, *each.shape[1:]) for each in model.inputs]
    return X if len(X) > 1 else X[0]


# The decoder's steps


def states_of(model, cell, *, bidirectional, attention):
    """Return the tensors from which the decoder starts, by the states that the last recurrence gives."""
    name = f"bidirectional_{cell}_1" if bidirectional else f"{cell}_1"
    _, *states = model.get_layer(name).output
    if bidirectional:
        n = len(states) // 2
        states = [L.Concatenate()([states[i], states[n + i]]) for i in range(n)]
    return [model.get_layer("attention_flatten").output, *states[1:]] if attention else states


@pytest.mark.parametrize("known_ahead", [0, 2])
@pytest.mark.parametrize(("bidirectional", "attention"), [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_each_segment_is_a_step_from_the_last_state(cell, bidirectional, attention, known_ahead):
    """Seven steps as segments of three, two outputs each: the last segment has one step, and zeros for two."""
    options = {"cell": cell, "bidirectional": bidirectional, "attention": attention, "segment_length": 3}
    future = {"future_shape": (7, known_ahead)} if known_ahead else {}
    model = RECURRENT(14, outputs_per_step=2, **options, **future)
    X = samples_of(model)
    states = keras.Model(model.input, states_of(model, cell, bidirectional=bidirectional, attention=attention))(X)
    expected = []
    for i, position in enumerate(np.eye(3, dtype=np.float32)):
        seen = np.tile(position, (3, 1))
        if known_ahead:
            of_segment = np.pad(X[1], [(0, 0), (0, 2), (0, 0)])[:, 3 * i : 3 * i + 3]
            seen = np.concatenate([seen, of_segment.reshape(3, -1)], axis=1)
        x = model.get_layer(f"decoder_{cell}")(seen[:, None], initial_state=states)
        expected.append(model.get_layer("output")(model.get_layer("dense_1")(x)))
    np.testing.assert_allclose(model(X), np.concatenate(expected, axis=1)[:, :14], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize(
    "build",
    [
        partial(RECURRENT),
        partial(cnn_lstm, (6, 2), seed=0, units=3, decoder="segments", strides=2, cell="gru"),
        partial(time_distributed_cnn_lstm, (2, 3, 2), seed=0, units=3, decoder="segments"),
    ],
    ids=["recurrent", "cnn_lstm", "time_distributed_cnn_lstm"],
)
def test_known_input_moves_its_own_segment_alone(build, step):
    model = build(10, segment_length=2, future_shape=(5, 1), outputs_per_step=2, activation="tanh")
    X, ahead = samples_of(model, n=1)
    ahead_new = ahead.copy()
    ahead_new[:, step] += 1
    moved = np.not_equal(model([X, ahead]), model([X, ahead_new]))[0].reshape(5, 2).any(axis=1)  # (step,)
    assert moved.tolist() == [i // 2 == step // 2 for i in range(5)]


@pytest.mark.parametrize(
    ("build", "horizon", "length"),
    [
        (partial(cnn_lstm, (12, 1), kernel_size=(4, 2), filters=(2, 2)), 8, 4),
        (partial(cnn_lstm, (12, 1), kernel_size=9), 8, 8),
        (partial(cnn_lstm, (12, 1), filters=()), 48, 24),
        (partial(time_distributed_cnn_lstm, (2, 6, 1), kernel_size=5), 8, 5),
        (partial(recurrent, (12, 1)), 48, 24),
        (partial(recurrent, (12, 1)), 5, 5),
        (partial(recurrent, (12, 1), segment_length=7), 5, 5),
    ],
)
def test_segments_are_as_long_as_the_first_kernel_or_a_day(build, horizon, length):
    model = build(horizon, seed=0, units=2, decoder="segments")
    assert model.get_layer("output").units == length
    assert model.output_shape == (None, horizon)


def test_layers_of_a_decoder():
    model = cnn_lstm(
        (6, 1), 5, seed=0, units=(3, 2), decoder="segments", dropout=0.1, bidirectional=True, future_shape=(5, 2)
    )
    assert [layer.name for layer in model.layers if layer.weights or "dropout" in layer.name] == [
        *("conv_1", "conv_dropout", "bidirectional_lstm_1", "lstm_1_dropout", "bidirectional_lstm_2"),
        *("decoder_lstm", "decoder_lstm_dropout", "dense_1", "dense_1_dropout", "output"),
    ]
    assert model.get_layer("decoder_lstm").units == 4
    assert [each.name for each in model.inputs] == ["input", "ahead"]
    assert model.output_names == ["horizon"]


# Sequences that end early


@pytest.mark.parametrize(("bidirectional", "attention"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_decoder_starts_where_a_sequence_ends(cell, bidirectional, attention):
    options = {"cell": cell, "bidirectional": bidirectional, "attention": attention, "segment_length": 2}
    model = RECURRENT(4, masked=True, **options)
    X = samples(2, 6, 2)
    X[0, 4:] = np.nan
    for i, length in enumerate((4, 6)):
        alone = recurrent((length, 2), 4, seed=0, units=3, dense_units=4, decoder="segments", **options)
        alone.set_weights(model.get_weights())
        np.testing.assert_allclose(model(X)[i], alone(X[i : i + 1, :length])[0], rtol=1e-5, atol=1e-6)


# Known ahead without a decoder


@pytest.mark.parametrize(
    ("build", "features"),
    [
        (partial(cnn_lstm, (6, 2), units=3), "lstm_1"),
        (partial(time_distributed_cnn_lstm, (2, 3, 2), units=3, cell="gru"), "gru_1"),
        (partial(recurrent, (6, 2), units=3, cell="simple_rnn"), "simple_rnn_1"),
        (partial(cnn, (6, 2)), "flatten"),
        (partial(dense, (6, 2)), "flatten"),
    ],
)
def test_dense_layers_read_what_is_known_ahead_beside_the_features(build, features):
    model = build(3, seed=0, dense_units=4, future_shape=(5, 2))
    assert [(each.name, each.shape) for each in model.inputs[1:]] == [("ahead", (None, 5, 2))]
    X = samples_of(model)
    x = keras.Model(model.input, model.get_layer(features).output)(X)
    x = np.concatenate([x, X[1].reshape(3, 10)], axis=1)
    expected = model.get_layer("output")(model.get_layer("dense_1")(x))
    np.testing.assert_allclose(model(X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_network_with_two_inputs_reloads_with_keras_alone(tmp_path):
    model = RECURRENT(5, segment_length=2, future_shape=(5, 1), attention=True)
    model.save(tmp_path / "network.keras")
    X = samples_of(model)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "network.keras")(X), model(X))
