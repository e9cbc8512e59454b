import inspect
import pickle
import random
import re
from collections.abc import Callable
from functools import cache, partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhybrid._backend import keras
from skhybrid.networks import (
    NETWORKS,
    cnn,
    cnn_lstm,
    conv2d_lstm,
    conv3d_lstm,
    dense,
    lstm_fcn,
    lstnet,
    recurrent,
    time_distributed_cnn_lstm,
)

L = keras.layers
BUILDERS = [cnn_lstm, time_distributed_cnn_lstm, recurrent, cnn, dense, conv2d_lstm, conv3d_lstm, lstm_fcn, lstnet]
# One network of each registry name with every optional part it has; variants that exclude others follow a comma.
FULL = {
    "cnn_lstm": {"filters": (4, 3), "pool_size": 2, "units": (3, 2), "attention": True, "bidirectional": True},
    "time_distributed_cnn_lstm": {"filters": (4, 3), "pool_size": (1, 2), "units": (3, 2)},
    "recurrent": {"units": (3, 2), "attention": True, "bidirectional": True},
    "lstm": {"units": (3, 2)},
    "gru": {"units": (3, 2), "attention": True},
    "simple_rnn": {"units": (3, 2), "bidirectional": True},
    "cnn": {"filters": (4, 3)},
    "cnn_lstm, segments": {"filters": 4, "strides": 2, "units": 3, "decoder": "segments", "segment_length": 1},
    "time_distributed_cnn_lstm, segments": {
        "filters": 4,
        "padding": "same",
        "strides": None,
        "cell": "gru",
        "units": 3,
    },
    "cnn, residual": {"filters": (4, 3), "dilations": (1, 2), "residual": True},
    "dense": {},
    "conv2d_lstm": {"filters": (4, 3), "units": (3, 2), "attention": True, "bidirectional": True},
    "conv3d_lstm": {"filters": (4, 3), "kernel_size": (3, 2), "units": (3, 2), "attention": True},
    "lstm_fcn": {"filters": (4, 3), "kernel_size": 3, "units": (3, 2)},
    "lstnet": {"filters": 4, "kernel_size": 2, "units": 3, "skip": 3, "highway": 5, "target_channels": (2, 0)},
}
INPUT_SHAPES = {"time_distributed_cnn_lstm": (2, 8, 3), "conv2d_lstm": (8, 6, 3), "conv3d_lstm": (8, 8, 6, 3)}


def build_full(name, seed=0, **params):
    head = {} if name in ("lstm_fcn", "lstnet") else {"dense_units": (5, 4)}
    params = {**FULL[name], **head, "dropout": 0.25, **params}
    network = network_of(name)
    return NETWORKS[network](INPUT_SHAPES.get(network, (8, 3)), 2, seed=seed, **params)


def network_of(name):
    return name.partition(",")[0]


def sample_of(model, n=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, *model.input_shape[1:])).astype("float32")


def hidden_layers(model):
    return [layer for layer in model.layers if not isinstance(layer, L.InputLayer)]


# Published networks


class Row(NamedTuple):
    layer: str
    output_shape: tuple[int, ...]
    n_parameters: int
    options: dict[str, Any] = {}


class Published(NamedTuple):
    build: Callable[[], Any]
    twin: Callable[[], Any]
    rows: list[Row]
    n_parameters: int


def inner(layer):
    """The wrapped layer of a TimeDistributed or Bidirectional, else the layer itself."""
    layer = getattr(layer, "forward_layer", layer)
    return layer.layer if isinstance(layer, L.TimeDistributed) else layer


def class_name(layer):
    outer = type(layer).__name__
    return outer if inner(layer) is layer else f"{outer}({type(inner(layer)).__name__})"


def options_of(layer):
    layer = inner(layer)
    options = {}
    if hasattr(layer, "activation"):
        options["activation"] = layer.activation.__name__
    if isinstance(layer, L.Conv1D | L.Conv2D | L.Conv3D):
        options |= {"kernel_size": one_or_all(layer.kernel_size), "padding": layer.padding}
    if isinstance(layer, L.MaxPooling1D | L.MaxPooling2D | L.MaxPooling3D):
        options["pool_size"] = one_or_all(layer.pool_size)
    if isinstance(layer, L.Dropout | L.SpatialDropout1D):
        options["rate"] = layer.rate
    if isinstance(layer, L.ZeroPadding3D):
        options["padding"] = layer.padding
    return options


def one_or_all(sizes):
    return sizes[0] if len(set(sizes)) == 1 else sizes


def rows_of(model):
    return [
        Row(class_name(layer), layer.output.shape[1:], layer.count_params(), options_of(layer))
        for layer in hidden_layers(model)
    ]


def sequential(input_shape, *layers):
    return keras.Sequential([keras.Input(input_shape), *layers])


def attention_twin():
    inputs = keras.Input((24, 3))
    states = L.LSTM(64, return_sequences=True)(inputs)
    weights = L.Softmax(axis=1)(L.Dense(1, use_bias=False)(states))
    x = L.Flatten()(L.Dot(axes=1)([weights, states]))
    return keras.Model(inputs, L.Dense(2)(L.Dense(32, activation="relu")(x)))


def image_twin():
    inputs = keras.Input((28, 28, 1))
    branches = [L.Conv2D(32, size, padding="same", activation="relu")(inputs) for size in (3, 5)]
    x = L.Concatenate()([L.MaxPooling2D(2)(branch) for branch in branches])
    x = L.LSTM(128)(L.Reshape((14, 14 * 64))(x))
    return keras.Model(inputs, L.Dense(10, activation="softmax")(x))


def lstm_fcn_twin(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    memory = L.Dropout(0.8)(L.LSTM(8)(L.Permute((2, 1))(inputs)))
    x = inputs
    for n, size in [(128, 8), (256, 5), (128, 3)]:
        x = L.Conv1D(n, size, padding="same", kernel_initializer="he_uniform")(x)
        x = L.Activation("relu")(L.BatchNormalization()(x))
    x = L.Concatenate()([memory, L.GlobalAveragePooling1D()(x)])
    return keras.Model(inputs, L.Dense(n_classes, activation="softmax")(x))


def lstnet_twin():
    """Each phase of the season, and each series of the linear path, goes through the same layers on its own."""
    inputs = keras.Input((168, 7))
    x = L.Dropout(0.2)(L.Conv1D(100, 6, activation="relu")(inputs))
    recurrence, by_season, output, highway = L.GRU(100), L.GRU(5), L.Dense(7), L.Dense(1)
    memory = L.Dropout(0.2)(recurrence(x))
    phases = [by_season(x[:, 163 - 6 * 24 + phase :: 24]) for phase in range(24)]
    outputs = output(L.Concatenate()([memory, L.Dropout(0.2)(L.Concatenate()(phases))]))
    series = [highway(inputs[:, -24:, i]) for i in range(7)]
    model = keras.Model(inputs, outputs + L.Concatenate()(series))
    return model, [model.layers[1], by_season, recurrence, highway, output]


def residual_twin():
    inputs = x = keras.Input((24, 3))
    for dilation in (1, 4):
        block_input = x
        for _ in range(2):
            x = L.Conv1D(16, 3, padding="causal", dilation_rate=dilation, activation="relu")(x)
            x = L.SpatialDropout1D(0.2)(x)
        if dilation == 1:
            block_input = L.Conv1D(16, 1, padding="causal")(block_input)
        x = L.Activation("relu")(L.Add()([x, block_input]))
    return keras.Model(inputs, L.Dense(2)(L.Flatten()(L.Cropping1D((23, 0))(x))))


def segments_twin():
    """The decoder's steps one after another, each of the same layers."""
    inputs = keras.Input((168, 1))
    _, *states = L.LSTM(32, return_state=True)(L.Conv1D(32, 24, strides=24, activation="relu")(inputs))
    decoder, output = L.LSTM(32), L.Dense(24)
    one = keras.ops.ones_like(states[0][:, :1, None])
    steps = [decoder(one * position, initial_state=states) for position in np.eye(2, dtype="float32")[:, None, None]]
    return keras.Model(inputs, L.Concatenate()([output(step) for step in steps]))


def conv(kernel_size, padding="valid", activation="relu"):
    return {"activation": activation, "kernel_size": kernel_size, "padding": padding}


TANH, RELU, LINEAR, SOFTMAX = ({"activation": name} for name in ("tanh", "relu", "linear", "softmax"))
HEAD = [Row("Dense", (32,), 64 * 32 + 32, RELU), Row("Dense", (2,), 32 * 2 + 2, LINEAR)]  # 2080 + 66 = 2146
layer_choice = partial(recurrent, (24, 3), 2, seed=0, units=64, dense_units=32)

# An LSTM has 4 gates, a GRU 3 and a SimpleRNN 1; each has for every unit one weight for each input and each unit,
# and a bias (a GRU of Keras has two).
PUBLISHED = {
    "power usage lesson": Published(
        lambda: cnn_lstm(
            (24, 3), 1, seed=0, filters=64, kernel_size=5, padding="valid", pool_size=2, units=64, dense_units=()
        ),
        lambda: sequential((24, 3), L.Conv1D(64, 5, activation="relu"), L.MaxPooling1D(2), L.LSTM(64), L.Dense(1)),
        [
            Row("Conv1D", (20, 64), 5 * 3 * 64 + 64, conv(5)),
            Row("MaxPooling1D", (10, 64), 0, {"pool_size": 2}),
            Row("LSTM", (64,), 4 * 64 * (64 + 64 + 1), TANH),
            Row("Dense", (1,), 64 + 1, LINEAR),
        ],
        1024 + 33024 + 65,
    ),
    "univariate forecasting": Published(
        lambda: cnn_lstm((12, 1), 1, seed=0, filters=64, padding="valid", units=128, dense_units=()),
        lambda: sequential((12, 1), L.Conv1D(64, 3, activation="relu"), L.LSTM(128), L.Dense(1)),
        [
            Row("Conv1D", (10, 64), 3 * 1 * 64 + 64, conv(3)),
            Row("LSTM", (128,), 4 * 128 * (64 + 128 + 1), TANH),
            Row("Dense", (1,), 128 + 1, LINEAR),
        ],
        256 + 98816 + 129,
    ),
    "S&P 500 lesson": Published(
        lambda: cnn_lstm((12, 1), 1, seed=0, filters=32, kernel_size=3, units=32, dense_units=16),
        lambda: sequential(
            (12, 1),
            L.Conv1D(32, 3, padding="causal", activation="relu"),
            L.LSTM(32),
            L.Dense(16, activation="relu"),
            L.Dense(1),
        ),
        [
            Row("Conv1D", (12, 32), 3 * 1 * 32 + 32, conv(3, "causal")),
            Row("LSTM", (32,), 4 * 32 * (32 + 32 + 1), TANH),
            Row("Dense", (16,), 32 * 16 + 16, RELU),
            Row("Dense", (1,), 16 + 1, LINEAR),
        ],
        128 + 8320 + 528 + 17,  # 8993
    ),
    "nested subsequences": Published(
        lambda: time_distributed_cnn_lstm(
            (4, 8, 1), 1, seed=0, filters=16, padding="valid", pool_size=2, units=32, dense_units=()
        ),
        lambda: sequential(
            (4, 8, 1),
            L.TimeDistributed(L.Conv1D(16, 3, activation="relu")),
            L.TimeDistributed(L.MaxPooling1D(2)),
            L.TimeDistributed(L.Flatten()),
            L.LSTM(32),
            L.Dense(1),
        ),
        [
            Row("TimeDistributed(Conv1D)", (4, 6, 16), 3 * 1 * 16 + 16, conv(3)),
            Row("TimeDistributed(MaxPooling1D)", (4, 3, 16), 0, {"pool_size": 2}),
            Row("TimeDistributed(Flatten)", (4, 48), 0),
            Row("LSTM", (32,), 4 * 32 * (48 + 32 + 1), TANH),
            Row("Dense", (1,), 32 + 1, LINEAR),
        ],
        64 + 10368 + 33,  # 10465
    ),
    "layer choice, LSTM": Published(
        layer_choice,
        lambda: sequential((24, 3), L.LSTM(64), L.Dense(32, activation="relu"), L.Dense(2)),
        [Row("LSTM", (64,), 4 * 64 * (3 + 64 + 1), TANH), *HEAD],
        17408 + 2146,
    ),
    "layer choice, Dense": Published(
        lambda: dense((30,), 2, seed=0, dense_units=(128, 64)),
        lambda: sequential(
            (30,), L.Flatten(), L.Dense(128, activation="relu"), L.Dense(64, activation="relu"), L.Dense(2)
        ),
        [
            Row("Flatten", (30,), 0),
            Row("Dense", (128,), 30 * 128 + 128, RELU),
            Row("Dense", (64,), 128 * 64 + 64, RELU),
            Row("Dense", (2,), 64 * 2 + 2, LINEAR),
        ],
        3968 + 8256 + 130,
    ),
    "layer choice, CNN": Published(
        lambda: cnn((24, 3), 2, seed=0, filters=32, kernel_size=3, padding="valid", pool_size=2, dense_units=32),
        lambda: sequential(
            (24, 3),
            L.Conv1D(32, 3, activation="relu"),
            L.MaxPooling1D(2),
            L.Flatten(),
            L.Dense(32, activation="relu"),
            L.Dense(2),
        ),
        [
            Row("Conv1D", (22, 32), 3 * 3 * 32 + 32, conv(3)),
            Row("MaxPooling1D", (11, 32), 0, {"pool_size": 2}),
            Row("Flatten", (352,), 0),
            Row("Dense", (32,), 352 * 32 + 32, RELU),
            Row("Dense", (2,), 32 * 2 + 2, LINEAR),
        ],
        320 + 11296 + 66,
    ),
    "GRU": Published(
        partial(layer_choice, cell="gru"),
        lambda: sequential((24, 3), L.GRU(64), L.Dense(32, activation="relu"), L.Dense(2)),
        [Row("GRU", (64,), 3 * 64 * (3 + 64 + 2), TANH), *HEAD],
        13248 + 2146,
    ),
    "SimpleRNN": Published(
        partial(layer_choice, cell="simple_rnn"),
        lambda: sequential((24, 3), L.SimpleRNN(64), L.Dense(32, activation="relu"), L.Dense(2)),
        [Row("SimpleRNN", (64,), 64 * (3 + 64 + 1), TANH), *HEAD],
        4352 + 2146,
    ),
    "bidirectional LSTM": Published(
        partial(layer_choice, bidirectional=True),
        lambda: sequential((24, 3), L.Bidirectional(L.LSTM(64)), L.Dense(32, activation="relu"), L.Dense(2)),
        [
            Row("Bidirectional(LSTM)", (128,), 2 * 4 * 64 * (3 + 64 + 1), TANH),
            Row("Dense", (32,), 128 * 32 + 32, RELU),
            Row("Dense", (2,), 32 * 2 + 2, LINEAR),
        ],
        34816 + 4128 + 66,
    ),
    "attention over the LSTM's outputs": Published(
        partial(layer_choice, attention=True),
        attention_twin,
        [
            Row("LSTM", (24, 64), 4 * 64 * (3 + 64 + 1), TANH),
            Row("Dense", (24, 1), 64, LINEAR),
            Row("Softmax", (24, 1), 0),
            Row("Dot", (1, 64), 0),
            Row("Flatten", (64,), 0),
            *HEAD,
        ],
        17408 + 64 + 2146,
    ),
    "image fusion": Published(
        lambda: conv2d_lstm((28, 28, 1), 10, seed=0, output_activation="softmax"),
        image_twin,
        [
            Row("Conv2D", (28, 28, 32), 3 * 3 * 32 + 32, conv(3, "same")),
            Row("Conv2D", (28, 28, 32), 5 * 5 * 32 + 32, conv(5, "same")),
            Row("MaxPooling2D", (14, 14, 32), 0, {"pool_size": 2}),
            Row("MaxPooling2D", (14, 14, 32), 0, {"pool_size": 2}),
            Row("Concatenate", (14, 14, 64), 0),
            Row("Reshape", (14, 14 * 64), 0),
            Row("LSTM", (128,), 4 * 128 * (14 * 64 + 128 + 1), TANH),
            Row("Dense", (10,), 128 * 10 + 10, SOFTMAX),
        ],
        320 + 832 + 524800 + 1290,
    ),
    "video": Published(
        lambda: conv3d_lstm((12, 8, 10, 1), 4, seed=0, output_activation="softmax"),
        lambda: sequential(
            (12, 8, 10, 1),
            L.ZeroPadding3D(((3, 0), (1, 1), (1, 1))),
            L.Cropping3D(((1, 0), (0, 0), (0, 0))),
            L.Conv3D(32, 3, activation="relu"),
            L.MaxPooling3D(2),
            L.Reshape((6, 4 * 5 * 32)),
            L.LSTM(128),
            L.Dense(4, activation="softmax"),
        ),
        [
            Row("ZeroPadding3D", (15, 10, 12, 1), 0, {"padding": ((3, 0), (1, 1), (1, 1))}),
            Row("Cropping3D", (14, 10, 12, 1), 0),
            Row("Conv3D", (12, 8, 10, 32), 3 * 3 * 3 * 32 + 32, conv(3)),
            Row("MaxPooling3D", (6, 4, 5, 32), 0, {"pool_size": 2}),
            Row("Reshape", (6, 4 * 5 * 32), 0),
            Row("LSTM", (128,), 4 * 128 * (4 * 5 * 32 + 128 + 1), TANH),
            Row("Dense", (4,), 128 * 4 + 4, SOFTMAX),
        ],
        896 + 393728 + 516,
    ),
    "temporal convolutional network": Published(
        lambda: cnn((24, 3), 2, seed=0, filters=(16, 16), dilations=(1, 4), residual=True, dropout=0.2, dense_units=()),
        residual_twin,
        [
            Row("Conv1D", (24, 16), 3 * 3 * 16 + 16, conv(3, "causal")),
            Row("SpatialDropout1D", (24, 16), 0, {"rate": 0.2}),
            Row("Conv1D", (24, 16), 3 * 16 * 16 + 16, conv(3, "causal")),
            Row("SpatialDropout1D", (24, 16), 0, {"rate": 0.2}),
            Row("Conv1D", (24, 16), 3 * 16 + 16, conv(1, "causal", "linear")),
            Row("Add", (24, 16), 0),
            Row("Activation", (24, 16), 0, RELU),
            *2 * [Row("Conv1D", (24, 16), 784, conv(3, "causal")), Row("SpatialDropout1D", (24, 16), 0, {"rate": 0.2})],
            Row("Add", (24, 16), 0),
            Row("Activation", (24, 16), 0, RELU),
            Row("Cropping1D", (1, 16), 0),
            Row("Flatten", (16,), 0),
            Row("Dense", (2,), 16 * 2 + 2, LINEAR),
        ],
        160 + 784 + 64 + 2 * 784 + 34,
    ),
    "LSTM-FCN": Published(
        lambda: lstm_fcn((24, 3), 4, seed=0, output_activation="softmax"),
        lambda: lstm_fcn_twin((24, 3), 4),
        # A batch normalisation has a scale, a shift and two running statistics for each map.
        [
            Row("Conv1D", (24, 128), 8 * 3 * 128 + 128, conv(8, "same", "linear")),
            Row("BatchNormalization", (24, 128), 4 * 128),
            Row("Activation", (24, 128), 0, RELU),
            Row("Conv1D", (24, 256), 5 * 128 * 256 + 256, conv(5, "same", "linear")),
            Row("BatchNormalization", (24, 256), 4 * 256),
            Row("Activation", (24, 256), 0, RELU),
            Row("Conv1D", (24, 128), 3 * 256 * 128 + 128, conv(3, "same", "linear")),
            Row("Permute", (3, 24), 0),
            Row("BatchNormalization", (24, 128), 4 * 128),
            Row("LSTM", (8,), 4 * 8 * (24 + 8 + 1), TANH),
            Row("Activation", (24, 128), 0, RELU),
            Row("Dropout", (8,), 0, {"rate": 0.8}),
            Row("GlobalAveragePooling1D", (128,), 0),
            Row("Concatenate", (136,), 0),
            Row("Dense", (4,), 136 * 4 + 4, SOFTMAX),
        ],
        3200 + 512 + 164096 + 1024 + 98432 + 512 + 1056 + 548,
    ),
}
published = pytest.mark.parametrize("network", PUBLISHED.values(), ids=PUBLISHED.keys())


@published
def test_published_network_layer_for_layer(network):
    model = network.build()
    assert rows_of(model) == network.rows
    assert model.count_params() == network.n_parameters == sum(row.n_parameters for row in network.rows)


def initializers_of(layer):
    wrapped = [layer.forward_layer, layer.backward_layer] if isinstance(layer, L.Bidirectional) else [inner(layer)]
    kinds = {}
    for one in wrapped:
        config = one.get_config()
        kinds |= {key: config[key]["class_name"] for key in config if key.endswith("_initializer") and config[key]}
        kinds["unit_forget_bias"] = config.get("unit_forget_bias")
    return kinds


@published
def test_published_network_equals_hand_written_twin(network):
    model, twin = network.build(), network.twin()
    assert rows_of(model) == rows_of(twin)
    assert [*map(initializers_of, hidden_layers(model))] == [*map(initializers_of, hidden_layers(twin))]
    twin.set_weights(model.get_weights())
    X = sample_of(model)
    np.testing.assert_array_equal(model(X), twin(X))


def test_decoder_of_segments_equals_hand_written_twin():
    model = cnn_lstm((168, 1), 48, seed=0, kernel_size=24, strides=None, decoder="segments", dense_units=())
    twin = segments_twin()
    # A day's hours and a bias for each map, the LSTM of 32 maps, the decoder's of 2 positions, and a day of outputs.
    assert model.count_params() == (24 + 1) * 32 + 4 * 32 * (32 + 32 + 1) + 4 * 32 * (2 + 32 + 1) + (32 + 1) * 24
    twin.set_weights(model.get_weights())
    X = sample_of(model)
    np.testing.assert_allclose(model(X), twin(X), rtol=1e-5, atol=1e-6)


def test_lstnet_equals_hand_written_twin():
    model = lstnet((168, 7), 7, seed=0)
    assert rows_of(model) == [
        Row("Conv1D", (163, 100), 6 * 7 * 100 + 100, conv(6)),
        Row("Dropout", (163, 100), 0, {"rate": 0.2}),
        Row("GRU", (5,), 3 * 5 * (100 + 5 + 2), TANH),
        Row("GRU", (100,), 3 * 100 * (100 + 100 + 2), TANH),
        Row("Dropout", (100,), 0, {"rate": 0.2}),
        Row("Dropout", (120,), 0, {"rate": 0.2}),
        Row("Concatenate", (220,), 0),
        Row("Dense", (7, 1), 24 + 1, LINEAR),
        Row("Dense", (7,), 220 * 7 + 7, LINEAR),
        Row("Flatten", (7,), 0),
        Row("Add", (7,), 0),
    ]
    assert model.count_params() == 4300 + 1605 + 60600 + 25 + 1547
    twin, layers = lstnet_twin()
    assert twin.count_params() == model.count_params()
    for layer, name in zip(layers, ["conv_1", "gru_skip", "gru_1", "highway", "output"], strict=True):
        layer.set_weights(model.get_layer(name).get_weights())
    X = sample_of(model)
    np.testing.assert_allclose(model(X), twin(X), rtol=1e-5, atol=1e-5)


def test_lstnet_reads_each_phase_from_season_to_season():
    """A step of another phase leaves what the recurrence over seasons keeps of this one."""
    model = lstnet((13, 1), 1, seed=0, kernel_size=1, skip=4, skip_units=2, highway=None, dropout=0.0)
    features = keras.Model(model.input, model.get_layer("gru_skip").output)
    X = sample_of(model, n=1)
    changed = X.copy()
    changed[:, 1 + 4 + 2] += 1  # the third phase of the second season; the oldest step fills none
    moved = np.abs(features(changed).numpy() - features(X)).reshape(4, 2).max(axis=1) > 0
    assert moved.tolist() == [False, False, True, False]
    changed = X.copy()
    changed[:, 0] += 1
    np.testing.assert_array_equal(features(changed), features(X))


def test_linear_path_of_lstnet_reads_each_series_for_its_own_outputs():
    model = lstnet((6, 3), 4, seed=0, filters=1, kernel_size=1, units=1, skip=None, highway=2, target_channels=(2, 0))
    model.get_layer("output").set_weights([np.zeros((1, 4)), np.zeros(4)])
    model.get_layer("highway").set_weights([np.array([[1, 0], [0, 10]]), np.array([0, 100])])  # (time, output)
    X = np.arange(18, dtype=np.float32).reshape(1, 6, 3)  # the newest steps: (12, 13, 14), (15, 16, 17)
    np.testing.assert_allclose(model(X), [[14, 10 * 17 + 100, 12, 10 * 15 + 100]])


# Sequences that end early in LSTM-FCN


def short_and_masked(dimension_shuffle):
    """The same network for windows of 6 steps, and masked for windows of 10."""
    build = partial(lstm_fcn, seed=0, units=4, filters=(8, 4), kernel_size=(4, 3), dimension_shuffle=dimension_shuffle)
    short, masked = build((6, 2), 3), build((10, 2), 3, masked=True)
    rng = np.random.default_rng(0)
    masked.set_weights([w + rng.uniform(0.1, 0.2, w.shape) for w in masked.get_weights()])  # no shift stays 0
    for layer in short.layers:
        weights = masked.get_layer(layer.name).get_weights()
        if layer.name == "lstm_1" and dimension_shuffle:
            weights[0] = weights[0][:6]  # its features are the steps
        layer.set_weights(weights)
    return short, masked


@pytest.mark.parametrize("dimension_shuffle", [False, True])
def test_masked_lstm_fcn_predicts_as_without_the_missing_end(dimension_shuffle):
    short, masked = short_and_masked(dimension_shuffle)
    X = sample_of(short)
    X_padded = np.pad(X, [(0, 0), (0, 4), (0, 0)], constant_values=np.nan)
    np.testing.assert_allclose(masked(X_padded), short(X), rtol=1e-5, atol=1e-6)


def test_masked_lstm_fcn_learns_no_mean_from_the_missing_end():
    short, masked = short_and_masked(dimension_shuffle=False)
    X = sample_of(short)
    X_padded = np.pad(X, [(0, 0), (0, 4), (0, 0)], constant_values=np.nan)
    short(X, training=True), masked(X_padded, training=True)
    for name in ("norm_1", "norm_2"):
        for a, b in zip(short.get_layer(name).get_weights(), masked.get_layer(name).get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("dimension_shuffle", [False, True])
def test_masked_lstm_fcn_equals_the_plain_one_where_no_end_is_missing(dimension_shuffle):
    build = partial(lstm_fcn, (8, 2), 2, seed=0, filters=4, kernel_size=3, dimension_shuffle=dimension_shuffle)
    plain, masked = build(), build(masked=True)
    np.testing.assert_allclose(masked(sample_of(plain)), plain(sample_of(plain)), rtol=1e-5, atol=1e-7)


def test_lstm_fcn_leaves_a_share_of_the_running_means():
    model = lstm_fcn((8, 1), 1, seed=0, filters=4, kernel_size=3, norm_momentum=0.75)
    X = sample_of(model)
    maps = keras.Model(model.input, model.get_layer("conv_1").output)(X)
    model(X, training=True)
    np.testing.assert_allclose(
        model.get_layer("norm_1").moving_mean, 0.25 * np.mean(maps, axis=(0, 1)), rtol=1e-5, atol=1e-7
    )


# Names and structure


@pytest.mark.parametrize("name", FULL)
def test_network_is_uncompiled_and_every_name_stable(name):
    first, second = build_full(name), build_full(name)
    assert not first.compiled
    assert first.name == second.name == ("lstm" if name == "recurrent" else network_of(name))
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


def test_names_say_what_each_layer_is():
    model = build_full("cnn_lstm")
    assert [layer.name for layer in hidden_layers(model)] == [
        *("conv_1", "pool_1", "conv_2", "pool_2", "conv_dropout"),
        *("bidirectional_lstm_1", "lstm_1_dropout", "bidirectional_lstm_2", "lstm_2_dropout"),
        *("attention_score", "attention_weights", "attention_sum", "attention_flatten"),
        *("dense_1", "dense_1_dropout", "dense_2", "dense_2_dropout", "output"),
    ]


def test_registry_survives_pickling():
    assert pickle.loads(pickle.dumps(NETWORKS["cnn_lstm"])) is cnn_lstm
    assert pickle.loads(pickle.dumps(NETWORKS["gru"])).keywords == {"cell": "gru"}


def test_output_activation_makes_probabilities():
    model = recurrent((6, 2), 3, seed=0, units=4, output_activation="softmax")
    np.testing.assert_allclose(np.sum(model(sample_of(model)), axis=1), 1, rtol=1e-6)


def test_filters_empty_is_the_recurrence_alone():
    hybrid, alone = cnn_lstm((6, 2), 1, seed=3, filters=(), dropout=0.1), recurrent((6, 2), 1, seed=3, dropout=0.1)
    assert rows_of(hybrid) == rows_of(alone)
    np.testing.assert_array_equal(hybrid(sample_of(hybrid)), alone(sample_of(alone)))


def test_dense_without_units_is_linear():
    model = dense((4, 2), 1, seed=0, dense_units=())
    kernel, bias = model.get_layer("output").get_weights()
    X = sample_of(model)
    np.testing.assert_allclose(model(X), X.reshape(3, 8) @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize("pool_size", [1, 2])
def test_pool_of_one_or_over_one_step_is_not_added(pool_size):
    n_steps = 3 if pool_size == 2 else 8  # a valid kernel of 3 leaves 1 of 3 steps
    model = cnn((n_steps, 1), 1, seed=0, padding="valid", pool_size=pool_size)
    assert "MaxPooling1D" not in [class_name(layer) for layer in model.layers]


def test_pool_size_tuple_pools_behind_its_own_convolution():
    model = cnn((12, 1), 1, seed=0, filters=(4, 4), pool_size=(1, 3))
    assert [layer.name for layer in hidden_layers(model)][:3] == ["conv_1", "conv_2", "pool_2"]
    assert model.get_layer("pool_2").output.shape == (None, 4, 4)


def test_numpy_integers_and_lists_are_taken():
    model = cnn_lstm([np.int64(8), 1], np.int64(2), seed=np.int64(1), filters=[4, np.int32(2)], units=np.int64(3))
    assert model.output_shape == (None, 2)


def test_attention_is_the_weighted_mean_over_time():
    model = recurrent((6, 2), 1, seed=0, units=4, attention=True)
    names = ["lstm_1", "attention_weights", "attention_flatten"]
    X = sample_of(model)
    features = features_of(model, names)(X)
    states, weights, pooled = (np.asarray(features[name]) for name in names)
    (score,) = model.get_layer("attention_score").get_weights()
    exp = np.exp(states @ score)  # (sample, time, 1)
    np.testing.assert_allclose(weights, exp / exp.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(pooled, (weights * states).sum(axis=1), rtol=1e-5, atol=1e-7)


def test_names_of_branches_say_stage_and_kernel():
    model = conv2d_lstm((8, 8, 1), 1, seed=0, filters=(4, 3), units=2, dropout=0.1)
    assert sorted(layer.name for layer in hidden_layers(model)[:8]) == [
        *("conv_1_3x3", "conv_1_5x5", "conv_2_3x3", "conv_2_5x5"),
        *("pool_1_3x3", "pool_1_5x5", "pool_2_3x3", "pool_2_5x5"),
    ]
    assert [layer.name for layer in hidden_layers(model)][8:] == [
        *("concatenate", "rows", "conv_dropout", "lstm_1", "lstm_1_dropout", "output"),
    ]


def test_one_branch_is_not_concatenated():
    model = conv2d_lstm((8, 8, 1), 1, seed=0, filters=4, kernel_sizes=3, units=2)
    assert [layer.name for layer in hidden_layers(model)] == ["conv_1_3x3", "pool_1_3x3", "rows", "lstm_1", "output"]


@pytest.mark.parametrize("name", ["lstm_fcn", "conv2d_lstm", "conv3d_lstm"])
def test_sequence_the_recurrence_reads(name):
    model = build_full(name)
    read = {"lstm_fcn": (3, 8), "conv2d_lstm": (2, 1 * 6), "conv3d_lstm": (2, 2 * 1 * 3)}
    first = next(layer for layer in model.layers if layer.name.endswith("lstm_1"))
    assert first.input.shape[1:] == read[name]


def test_without_dimension_shuffle_the_window_is_read_step_by_step():
    model = lstm_fcn((8, 3), 1, seed=0, units=2, filters=4, kernel_size=3, dimension_shuffle=False)
    assert model.get_layer("lstm_1").input.shape == (None, 8, 3)


@pytest.mark.parametrize(
    ("builder", "shape", "pool_sizes"),
    [
        (conv2d_lstm, (8, 1, 1), [(2, 1), (2, 1)]),
        (conv2d_lstm, (3, 9, 1), [(2, 2), (1, 2)]),
        (conv2d_lstm, (1, 1, 1), []),
        (conv3d_lstm, (5, 1, 1, 1), [(2, 1, 1), (2, 1, 1)]),
        (conv3d_lstm, (2, 4, 2, 1), [(2, 2, 2), (1, 2, 1)]),
        (conv3d_lstm, (1, 1, 1, 1), []),
    ],
)
def test_axis_of_one_is_not_pooled(builder, shape, pool_sizes):
    model = builder(shape, 1, seed=0, filters=(2, 2), units=2)
    pools = [layer.pool_size for layer in model.layers if isinstance(layer, L.MaxPooling2D | L.MaxPooling3D)]
    assert pools == (pool_sizes if builder is conv3d_lstm else [size for size in pool_sizes for _ in range(2)])


def test_rows_of_the_map_are_the_steps():
    model = conv2d_lstm((4, 6, 2), 1, seed=0, filters=3, units=2)
    X = sample_of(model)
    features = features_of(model, ["concatenate", "rows"])(X)
    fused, rows = np.asarray(features["concatenate"]), np.asarray(features["rows"])
    for row in range(2):
        np.testing.assert_array_equal(rows[:, row], fused[:, row].reshape(3, -1))


def test_frames_of_the_map_are_the_steps():
    model = conv3d_lstm((4, 6, 4, 2), 1, seed=0, filters=3, units=2)
    features = features_of(model, ["pool_1", "frames"])(sample_of(model))
    pooled, frames = np.asarray(features["pool_1"]), np.asarray(features["frames"])
    for frame in range(2):
        np.testing.assert_array_equal(frames[:, frame], pooled[:, frame].reshape(3, -1))


# Convolutions by hand


def features_of(model, names):
    return keras.Model(model.input, {name: model.get_layer(name).output for name in names})


@pytest.mark.parametrize(
    ("kernel", "series", "padding", "expected"),
    [
        ([1, 0, -1], [2, 5, 9, 4], "valid", [-7, 1]),
        ([1, 1, 1], [1, 3, 2, 6, 4], "valid", [6, 11, 12]),
        ([1, 1, 1], [1, 3, 2, 6, 4], "causal", [1, 4, 6, 11, 12]),
        ([1, 1, 1], [1, 3, 2, 6, 4], "same", [4, 6, 11, 12, 10]),
    ],
)
@pytest.mark.parametrize("builder", [cnn, cnn_lstm])
def test_convolution_by_hand(builder, kernel, series, padding, expected):
    model = builder((len(series), 1), 1, seed=0, filters=1, padding=padding, pool_size=1, activation=None)
    model.get_layer("conv_1").set_weights([np.reshape(kernel, (3, 1, 1)), np.zeros(1)])
    features = features_of(model, ["conv_1"])(np.reshape(series, (1, -1, 1)).astype("float32"))
    np.testing.assert_array_equal(np.ravel(features["conv_1"]), expected)


def correlate(X, kernel, n_before):
    """One map of X, (*axes, channel): sums of products with `kernel`, (*axes, channel), with `n_before` zeros each."""
    pads = [(before, size - 1 - before) for before, size in zip(n_before, kernel.shape[:-1], strict=True)]
    padded = np.pad(X, [*pads, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return (windows * kernel).sum(axis=tuple(range(-kernel.ndim, 0)))[..., 0]


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_image_convolution_sees_both_sides(kernel_size):
    model = conv2d_lstm((5, 4, 2), 1, seed=0, filters=3, kernel_sizes=kernel_size, activation=None, units=2)
    name = f"conv_1_{kernel_size}x{kernel_size}"
    X, kernels = sample_of(model, n=1), model.get_layer(name).get_weights()[0]
    maps = np.asarray(features_of(model, [name])(X)[name])[0]
    for i in range(3):
        expected = correlate(X[0], kernels[..., i], 2 * [(kernel_size - 1) // 2])
        np.testing.assert_allclose(maps[..., i], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
def test_video_convolution_sees_both_sides_in_space_and_the_past_in_time(kernel_size):
    model = conv3d_lstm((5, 4, 3, 2), 1, seed=0, filters=3, kernel_size=kernel_size, activation=None, units=2)
    X, kernels = sample_of(model, n=1), model.get_layer("conv_1").get_weights()[0]
    maps = np.asarray(features_of(model, ["conv_1"])(X)["conv_1"])[0]
    for i in range(3):
        expected = correlate(X[0], kernels[..., i], [kernel_size - 1, *2 * [(kernel_size - 1) // 2]])
        np.testing.assert_allclose(maps[..., i], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["conv2d_lstm", "conv3d_lstm", "lstm_fcn"])
def test_compiled_graph_predicts_like_the_layers_one_by_one(name):
    model = build_full(name)
    X = sample_of(model)
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X), atol=1e-6)


def test_training_on_video_is_quiet(capfd):
    model = conv3d_lstm((4, 4, 4, 1), 1, seed=0, filters=3, units=2)
    model.compile("adam", "mse")
    X = sample_of(model)
    model.fit(X, X[:, 0, 0, 0], verbose=0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("padding", "n_steps"), [("causal", 12), ("same", 12), ("valid", 8)])
def test_padding_keeps_or_drops_steps(padding, n_steps):
    model = cnn((12, 1), 1, seed=0, filters=8, kernel_size=5, padding=padding, pool_size=1)
    assert model.get_layer("conv_1").output.shape == (None, n_steps, 8)


@pytest.mark.parametrize("altered", range(4))
def test_subsequence_alters_only_its_own_features(altered):
    model = time_distributed_cnn_lstm((4, 8, 1), 1, seed=0, filters=16, pool_size=2, padding="valid")
    features = features_of(model, ["flatten"])
    X = sample_of(model)
    X_new = X.copy()
    X_new[:, altered] += 10
    differs = np.any(
        np.not_equal(features(X)["flatten"], features(X_new)["flatten"]), axis=(0, 2)
    )  # (sample, n_seq, feature)
    assert differs.tolist() == [i == altered for i in range(4)]


# Causality

N_STEPS = 12
values = st.lists(st.floats(-1e3, 1e3, width=32), min_size=N_STEPS * 2, max_size=N_STEPS * 2).map(
    lambda numbers: np.array(numbers, dtype="float32").reshape(1, N_STEPS, 2)
)
CAUSAL = {
    "conv, lstm": (cnn_lstm, {"filters": (4, 3), "units": (4, 3)}, ["conv_1", "conv_2", "lstm_1", "lstm_2"]),
    "long kernel": (cnn_lstm, {"filters": 3, "kernel_size": 20, "units": 2}, ["conv_1", "lstm_1"]),
    "gru": (recurrent, {"cell": "gru", "units": (4, 3)}, ["gru_1", "gru_2"]),
    "simple_rnn": (recurrent, {"cell": "simple_rnn", "units": (4, 3)}, ["simple_rnn_1", "simple_rnn_2"]),
}


@cache
def causal_features(case):
    builder, params, names = CAUSAL[case]
    # With attention the last recurrence gives its outputs at all steps, too.
    return features_of(builder((N_STEPS, 2), 1, seed=0, attention=True, **params), names)


@cache
def pooled_features(pool_size):
    return features_of(cnn_lstm((N_STEPS, 2), 1, seed=0, filters=4, pool_size=pool_size), ["pool_1"])


def maps_of(features, X):
    """Every feature map of every layer, each (step,)."""
    return [one for layer in features(X).values() for one in np.asarray(layer)[0].T]


def alter_future(X, t, X_other):
    """`X` up to and with step t, `X_other` behind."""
    return np.concatenate([X[:, : t + 1], X_other[:, t + 1 :]], axis=1)


@pytest.mark.parametrize("case", CAUSAL)
@given(X=values, X_other=values, t=st.integers(0, N_STEPS - 2))
@settings(max_examples=15)
def test_no_feature_map_sees_the_future(case, X, X_other, t):
    features = causal_features(case)
    X_new = alter_future(X, t, X_other)
    for before, after in zip(maps_of(features, X), maps_of(features, X_new), strict=True):
        np.testing.assert_array_equal(before[: t + 1], after[: t + 1])


@pytest.mark.parametrize("pool_size", [2, 3, 5])
@pytest.mark.parametrize("t", range(N_STEPS - 1))
def test_pooled_features_are_causal_block_by_block(pool_size, t):
    features = pooled_features(pool_size)
    X = sample_of(features, n=1)
    X_new = alter_future(X, t, sample_of(features, n=1, seed=1))
    done = max(0, t + 1 - N_STEPS % pool_size) // pool_size  # blocks whose last step is t or earlier
    for before, after in zip(maps_of(features, X), maps_of(features, X_new), strict=True):
        np.testing.assert_array_equal(before[:done], after[:done])


@pytest.mark.parametrize("t", range(6))
def test_no_map_of_video_sees_later_frames(t):
    names = ["conv_1", "pool_1", "conv_2", "lstm_1"]
    model = conv3d_lstm((7, 4, 4, 2), 1, seed=0, filters=(3, 2), pool_size=(2, 1), units=4, attention=True)
    features = features_of(model, names)
    X = sample_of(model, n=1)
    before, after = features(X), features(alter_future(X, t, sample_of(model, n=1, seed=1)))
    blocks = (t + 1) // 2  # whose last frame is t or earlier
    for name, n in zip(names, [t + 1, blocks, blocks, blocks], strict=True):
        np.testing.assert_array_equal(before[name][0, :n], after[name][0, :n])
        assert np.any(np.not_equal(before[name][0, n:], after[name][0, n:])) or n == before[name].shape[1]


@pytest.mark.parametrize(
    ("builder", "params", "layer"),
    [(cnn_lstm, {"padding": "same"}, "conv_1"), (recurrent, {"bidirectional": True}, "bidirectional_lstm_1")],
)
def test_same_padding_and_two_directions_do_see_the_future(builder, params, layer):
    features = features_of(builder((N_STEPS, 2), 1, seed=0, attention=True, **params), [layer])
    X = np.ones((1, N_STEPS, 2), dtype="float32")
    X_new = alter_future(X, 5, 3 * X)
    differs = np.not_equal(features(X)[layer], features(X_new)[layer])[0].any(axis=1)  # (step,)
    assert differs[5]


# Seeds


def kernels_of(model):
    return {w.path: np.asarray(w) for w in model.trainable_variables if "kernel" in w.path}


@pytest.mark.parametrize("name", FULL)
def test_one_seed_gives_bit_equal_networks_whatever_the_global_seed(name):
    keras.utils.set_random_seed(1)
    first = build_full(name, seed=7)
    keras.utils.set_random_seed(2)
    second = build_full(name, seed=7)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    X = sample_of(first)
    np.testing.assert_array_equal(first(X, training=True), second(X, training=True))


@pytest.mark.parametrize("name", FULL)
def test_another_seed_gives_other_kernels_and_dropout(name):
    first, second = build_full(name, seed=7), build_full(name, seed=8)
    for a, b in zip(kernels_of(first).values(), kernels_of(second).values(), strict=True):
        assert not np.any(a == b)
    drops = L.Dropout | L.SpatialDropout1D
    seeds = [[layer.seed for layer in model.layers if isinstance(layer, drops)] for model in (first, second)]
    assert seeds[0]
    assert not set(seeds[0]) & set(seeds[1])


@pytest.mark.parametrize("name", FULL)
def test_building_leaves_global_generators_alone(name):
    keras.utils.set_random_seed(0)
    expected = np.asarray(keras.random.uniform((4,)))
    keras.utils.set_random_seed(0)
    python_state, numpy_state = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    build_full(name)
    assert random.getstate() == python_state
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    np.testing.assert_array_equal(keras.random.uniform((4,)), expected)


@pytest.mark.parametrize(
    "params",
    [
        {"filters": (4, 4), "units": (4, 4), "dense_units": (4, 4), "kernel_size": 1},
        {"filters": (4, 4), "units": (2, 2), "dense_units": (4, 4), "bidirectional": True, "attention": True},
    ],
)
def test_layers_of_one_shape_do_not_share_values(params):
    kernels = kernels_of(cnn_lstm((8, 4), 4, seed=0, **params))
    alike = [(a, b) for a, b in combinations(kernels, 2) if kernels[a].size == kernels[b].size]
    assert len(alike) >= 6
    assert [pair for pair in alike if np.any(kernels[pair[0]].ravel() == kernels[pair[1]].ravel())] == []


def test_dropout_layers_do_not_share_seeds():
    seeds = [layer.seed for layer in build_full("cnn_lstm").layers if isinstance(layer, L.Dropout)]
    assert len(seeds) == len(set(seeds)) == 5


def test_branches_draw_their_kernels_apart():
    model = conv2d_lstm((8, 8, 1), 1, seed=0, filters=32, units=2)
    small, large = (model.get_layer(name).get_weights()[0].ravel() for name in ("conv_1_3x3", "conv_1_5x5"))
    # From one seed, the larger would begin with the smaller, in another scale.
    assert abs(np.corrcoef(small, large[: len(small)])[0, 1]) < 0.2


def test_branch_keeps_its_weights_when_branches_are_added():
    one, two = (conv2d_lstm((8, 8, 1), 1, seed=0, filters=4, kernel_sizes=sizes, units=2) for sizes in (5, (3, 5)))
    for a, b in zip(one.get_layer("conv_1_5x5").get_weights(), two.get_layer("conv_1_5x5").get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_layer_keeps_its_weights_when_layers_are_added_elsewhere():
    small = cnn_lstm((8, 2), 1, seed=0, filters=4, units=4, dense_units=())
    large = cnn_lstm((8, 2), 1, seed=0, filters=4, units=(4, 4), dense_units=5, dropout=0.1)
    for name in ("conv_1", "lstm_1"):
        for a, b in zip(small.get_layer(name).get_weights(), large.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", FULL)
def test_dropout_only_in_training(name):
    model = build_full(name)
    X = sample_of(model)
    np.testing.assert_array_equal(model(X), model(X))
    assert np.any(np.not_equal(model(X, training=True), model(X, training=True)))


# Regularizers


@pytest.mark.parametrize(
    "build",
    [
        partial(cnn_lstm, (8, 3), 4, filters=(4, 3), units=(3, 2), bidirectional=True, decoder="segments"),
        partial(time_distributed_cnn_lstm, (2, 8, 3), 2, filters=4, units=3, attention=True),
        partial(recurrent, (8, 3), 2, cell="gru", units=3),
        partial(cnn, (8, 3), 2, filters=(4, 3), residual=True),
        partial(dense, (8, 3), 2, dense_units=4),
    ],
    ids=lambda build: build.func.__name__,
)
def test_regularizers_penalise_each_weight_of_their_kind(build):
    of_kind = {"kernel": "/kernel", "recurrent": "/recurrent_kernel", "bias": "/bias"}
    for kind, place in of_kind.items():
        name = f"{kind}_regularizer"
        if name in inspect.signature(build.func).parameters:  # without recurrences, there are two kinds
            model = build(seed=0, **{name: keras.regularizers.L2(0.5)})
            expected = [0.5 * np.sum(np.square(w)) for w in model.trainable_variables if w.path.endswith(place)]
            assert len(model.losses) == len(expected) > 0
            np.testing.assert_allclose(sum(model.losses), sum(expected), rtol=1e-5)


# Saving


# Keras turns its variables into arrays in a way NumPy 2 has marked as old.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", FULL)
def test_saved_network_reloads_with_keras_alone(name, tmp_path):
    model = build_full(name)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    model.save(tmp_path / "network.keras")
    X = sample_of(model)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "network.keras")(X), model(X))


# Errors

CNN = partial(cnn, (6, 1), 1)
SEGMENTS = partial(recurrent, (6, 1), decoder="segments")
ERRORS = [
    (
        partial(CNN, strides=(2, 2)),
        "strides=(2, 2) must have one entry for each of the 1 convolutions of filters=(32,), but has 2; "
        "pass a tuple as long as filters, or one integer for all.",
    ),
    (
        partial(CNN, strides=0),
        "strides must be an integer of at least 1 or a tuple of them, but is 0; "
        "pass for example strides=4 or strides=(4, 2).",
    ),
    (
        partial(CNN, filters=(4, 4), strides=(2, 3), dilations=(1, 2)),
        "strides must be 1 where dilations exceed 1, but conv_2 has strides=3 and dilations=2; "
        "pass strides=1 or dilations=1.",
    ),
    (
        partial(CNN, dilations=3, padding="valid"),
        "kernel_size=3, dilations=3 with padding='valid' needs at least 7 steps, but the windows have 6; "
        "pass a smaller kernel_size, longer windows or padding='causal'.",
    ),
    (
        partial(cnn_lstm, (8, 1), 1, strides=4, pool_size=3),
        "pool_size=3 needs at least 3 steps, but 2 are left behind conv_1; pass a smaller pool_size or longer windows.",
    ),
    (
        partial(CNN, residual=True, padding="valid"),
        "residual=True needs convolutions that keep all steps, but padding is 'valid' and strides are (1,); "
        "pass padding='causal' and strides=1.",
    ),
    (
        partial(CNN, residual=True, strides=2),
        "residual=True needs convolutions that keep all steps, but padding is 'causal' and strides are (2,); "
        "pass padding='causal' and strides=1.",
    ),
    (
        partial(CNN, kernel_regularizer="l3"),
        "kernel_regularizer must be a regularizer that Keras knows, but is 'l3'; "
        "pass for example 'l2', keras.regularizers.L2(0.001) or None.",
    ),
    (
        partial(SEGMENTS, 4, recurrent_regularizer=0.1),
        "recurrent_regularizer must be a regularizer that Keras knows, but is 0.1; "
        "pass for example 'l2', keras.regularizers.L2(0.001) or None.",
    ),
    (
        partial(recurrent, (6, 1), 4, decoder="segment"),
        "decoder must be 'dense' or 'segments', but is 'segment'; pass one of these.",
    ),
    (
        partial(recurrent, (6, 1), 4, segment_length=0),
        "segment_length must be an integer of at least 1, but is 0; pass for example segment_length=",
    ),
    (
        partial(SEGMENTS, 3, outputs_per_step=3),
        "decoder='segments' needs at least 2 steps to forecast, but there is 1; pass decoder='dense', "
        "as a decoder on one step has nothing to share.",
    ),
    (
        partial(SEGMENTS, 4, outputs_per_step=3),
        "n_outputs must be a multiple of outputs_per_step=3, but is 4; "
        "pass the number of steps times outputs_per_step.",
    ),
    (
        partial(SEGMENTS, 4, future_shape=(3, 2)),
        "future_shape=(3, 2) must be (horizon, n_features) for the 4 steps that decoder='segments' forecasts, "
        "but its horizon is 3; pass what is known of each of them.",
    ),
    (
        partial(CNN, future_shape=4),
        "future_shape must be (horizon, n_features), each an integer of at least 1, but is 4; "
        "pass the shape of what is known ahead of one sample.",
    ),
    (
        partial(SEGMENTS, 4, output_activation="softmax"),
        "decoder='segments' forecasts the steps of a series, but output_activation='softmax' makes shares of classes; "
        "pass decoder='dense'.",
    ),
    (
        partial(CNN, kernel_size=9, padding="valid"),
        "kernel_size=9 with padding='valid' needs at least 9 steps, but the windows have 6; "
        "pass a smaller kernel_size, longer windows or padding='causal'.",
    ),
    (
        partial(CNN, filters=(4, 4), padding="valid", pool_size=2),
        "kernel_size=3 with padding='valid' needs at least 3 steps, but 2 are left in front of conv_2; "
        "pass a smaller kernel_size, longer windows or padding='causal'.",
    ),
    (
        partial(time_distributed_cnn_lstm, (4, 2, 1), 1, padding="valid"),
        "kernel_size=3 with padding='valid' needs at least 3 steps, but the subsequences have 2; "
        "pass a smaller kernel_size, longer subsequences or padding='causal'.",
    ),
    (
        partial(CNN, pool_size=7),
        "pool_size=7 needs at least 7 steps, but 6 are left behind conv_1; pass a smaller pool_size or longer windows.",
    ),
    (
        partial(CNN, filters=(4, 4), pool_size=(2, 4)),
        "pool_size=4 needs at least 4 steps, but 3 are left behind conv_2; pass a smaller pool_size or longer windows.",
    ),
    (
        partial(CNN, padding="full"),
        "padding must be 'causal', 'same' or 'valid', but is 'full'; pass one of these.",
    ),
    (
        partial(CNN, activation="rellu"),
        "activation must be an activation that Keras knows, but is 'rellu'; "
        "pass for example 'relu', 'tanh', 'sigmoid', 'softmax' or None (linear).",
    ),
    (
        partial(CNN, output_activation="rellu"),
        "output_activation must be an activation that Keras knows, but is 'rellu'; "
        "pass for example 'relu', 'tanh', 'sigmoid', 'softmax' or None (linear).",
    ),
    (
        partial(cnn_lstm, (4, 6, 1), 1),
        "input_shape must be (n_steps, n_features), each an integer of at least 1, but is (4, 6, 1); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(time_distributed_cnn_lstm, (6, 1), 1),
        "input_shape must be (n_seq, n_steps, n_features), each an integer of at least 1, but is (6, 1); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(recurrent, (0, 1), 1),
        "input_shape must be (n_steps, n_features), each an integer of at least 1, but is (0, 1); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(dense, 12, 1),
        "input_shape must be (n_steps, n_features) or another tuple, each an integer of at least 1, but is 12; "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(CNN, filters=(4, 4), kernel_size=(3, 3, 3)),
        "kernel_size=(3, 3, 3) must have one entry for each of the 2 convolutions of filters=(4, 4), but has 3; "
        "pass a tuple as long as filters, or one integer for all.",
    ),
    (
        partial(CNN, filters=0),
        "filters must be an integer of at least 1 or a tuple of them, but is 0; "
        "pass for example filters=4 or filters=(4, 2).",
    ),
    (
        partial(CNN, filters=()),
        "filters must name at least one layer, but is (); pass for example filters=4.",
    ),
    (
        partial(CNN, kernel_size=2.5),
        "kernel_size must be an integer of at least 1 or a tuple of them, but is 2.5; "
        "pass for example kernel_size=4 or kernel_size=(4, 2).",
    ),
    (
        partial(CNN, pool_size=True),
        "pool_size must be an integer of at least 1 or a tuple of them, but is True; "
        "pass for example pool_size=4 or pool_size=(4, 2).",
    ),
    (
        partial(recurrent, (6, 1), 1, units=()),
        "units must name at least one layer, but is (); pass for example units=4.",
    ),
    (
        partial(recurrent, (6, 1), 1, units=(8, -1)),
        "units must be an integer of at least 1 or a tuple of them, but is (8, -1); "
        "pass for example units=4 or units=(4, 2).",
    ),
    (
        partial(recurrent, (6, 1), 1, cell="lstmm"),
        "cell must be 'lstm', 'gru' or 'simple_rnn', but is 'lstmm'; pass one of these.",
    ),
    (
        partial(dense, (6, 1), 1, dense_units="16"),
        "dense_units must be an integer of at least 1 or a tuple of them, but is '16'; "
        "pass for example dense_units=4 or dense_units=(4, 2).",
    ),
    (
        partial(dense, (6, 1), 1, dense_units=(), dropout=1),
        "dropout must be a number of at least 0 and below 1, but is 1; pass for example dropout=0.2.",
    ),
    (
        partial(CNN, dropout=-0.1),
        "dropout must be a number of at least 0 and below 1, but is -0.1; pass for example dropout=0.2.",
    ),
    (
        partial(dense, (6, 1), 0),
        "n_outputs must be an integer of at least 1, but is 0; pass for example n_outputs=",
    ),
    (
        partial(conv2d_lstm, (28, 28), 1),
        "input_shape must be (height, width, channels), each an integer of at least 1, but is (28, 28); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(conv3d_lstm, (28, 28, 1), 1),
        "input_shape must be (frames, height, width, channels), each an integer of at least 1, but is (28, 28, 1); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(lstm_fcn, (28, 28, 1), 1),
        "input_shape must be (n_steps, n_features), each an integer of at least 1, but is (28, 28, 1); "
        "pass the shape of one sample, X.shape[1:].",
    ),
    (
        partial(conv2d_lstm, (8, 4, 1), 1, filters=(4, 4), pool_size=(2, 3)),
        "pool_size=3 needs at least 3 columns, but 2 are left behind convolution 2; "
        "pass a smaller pool_size or larger images.",
    ),
    (
        partial(conv2d_lstm, (2, 8, 1), 1, pool_size=3),
        "pool_size=3 needs at least 3 rows, but 2 are left behind convolution 1; "
        "pass a smaller pool_size or larger images.",
    ),
    (
        partial(conv3d_lstm, (2, 8, 8, 1), 1, pool_size=3),
        "pool_size=3 needs at least 3 frames, but 2 are left behind convolution 1; "
        "pass a smaller pool_size or larger clips.",
    ),
    (
        partial(conv2d_lstm, (8, 8, 1), 1, kernel_sizes=(3, 5, 3)),
        "kernel_sizes must differ from branch to branch, but is (3, 5, 3); "
        "for more maps of one size, pass more filters.",
    ),
    (
        partial(conv2d_lstm, (8, 8, 1), 1, kernel_sizes=()),
        "kernel_sizes must name at least one layer, but is (); pass for example kernel_sizes=4.",
    ),
    (
        partial(conv2d_lstm, (8, 8, 1), 1, filters=()),
        "filters must name at least one layer, but is (); pass for example filters=4.",
    ),
    (
        partial(conv3d_lstm, (8, 8, 8, 1), 1, kernel_size=(3, 3)),
        "kernel_size=(3, 3) must have one entry for each of the 1 convolutions of filters=(32,), but has 2; "
        "pass a tuple as long as filters, or one integer for all.",
    ),
    (
        partial(lstm_fcn, (8, 1), 1, filters=(4, 4)),
        "kernel_size=(8, 5, 3) must have one entry for each of the 2 convolutions of filters=(4, 4), but has 3; "
        "pass a tuple as long as filters, or one integer for all.",
    ),
    (
        partial(lstnet, (5, 2), 2),
        "kernel_size=6 needs at least 6 steps, but the window has 5; pass a smaller kernel_size or longer windows.",
    ),
    (
        partial(lstnet, (24, 2), 2),
        "skip=24 needs at least 24 steps, but the convolution leaves 19; pass a smaller skip or longer windows.",
    ),
    (
        partial(lstnet, (12, 2), 2, skip=None, highway=13),
        "highway=13 needs at least 13 steps, but the window has 12; pass a smaller highway or longer windows.",
    ),
    (
        partial(lstnet, (48, 2), 2, skip_units=0),
        "skip_units must be an integer of at least 1, but is 0; pass for example skip_units=",
    ),
    (
        partial(lstnet, (48, 3), 4),
        "y must have as many columns for each of the 3 features of target_channels=None, but has 4; pass the positions "
        "of those that y continues, such as target_channels=(0,).",
    ),
    (
        partial(lstnet, (48, 3), 1, target_channels=(3,)),
        "target_channels must be positions of the 3 features, from 0 to 2, but is (3,); pass for example "
        "target_channels=(0,).",
    ),
    (
        partial(conv3d_lstm, (4, 8, 8, 1), 1, activation="rellu"),
        "activation must be an activation that Keras knows, but is 'rellu'; "
        "pass for example 'relu', 'tanh', 'sigmoid', 'softmax' or None (linear).",
    ),
    (
        partial(lstm_fcn, (8, 1), 1, dropout=1),
        "dropout must be a number of at least 0 and below 1, but is 1; pass for example dropout=0.2.",
    ),
    (
        partial(lstm_fcn, (8, 1), 1, norm_momentum=1.0),
        "norm_momentum must be a number of at least 0 and below 1, but is 1.0; pass for example norm_momentum=0.9.",
    ),
    (
        partial(CNN, seed=None),
        "seed must be an integer of at least 0, but is None; pass for example seed=0.",
    ),
    (
        partial(CNN, seed=-1),
        "seed must be an integer of at least 0, but is -1; pass for example seed=0.",
    ),
]


@pytest.mark.parametrize(("build", "message"), ERRORS)
def test_error_says_what_to_do(build, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        build(**{"seed": 0, **build.keywords})


# Docstrings


@pytest.mark.parametrize("builder", BUILDERS)
def test_docstring_defaults_equal_the_signature(builder):
    section = inspect.getdoc(builder).partition("Parameters\n")[2].partition("Returns\n")[0]
    documented = dict(re.findall(r"^(\w+) : .*?(?:default=(.+))?$", section, re.MULTILINE))
    parameters = inspect.signature(builder).parameters.values()
    signature = {p.name: "" if p.default is p.empty else repr(p.default).replace("'", '"') for p in parameters}
    assert documented == signature
