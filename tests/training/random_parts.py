"""The parts that random networks are made of: one table per stage, each part by its name.

A part makes a layer, with one of some `variants` of its options, and calls it on a tensor. What goes through a network
is a sequence (n_samples, n_steps, n_features) until a summary makes a vector of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from skhybrid._backend import keras
from tests.training.own_parts import (
    New,
    OwnConstraint,
    OwnMean,
    OwnModel,
    OwnNoise,
    OwnPenalty,
    OwnRegularizer,
    OwnScale,
    own_activation,
    own_initializer,
)

L, ops = keras.layers, keras.ops


def call(layer, x):
    return layer(x)


class Part(NamedTuple):
    """How a layer is made, and how it is called on what comes before."""

    make: Callable[..., Any]
    variants: list[dict[str, Any]] = [{}]
    call: Callable[[Any, Any], Any] = call


# Ways to call a layer


def as_image(layer, x):
    """Call a layer on the sequence as an image with one channel, and make a sequence of its maps again."""
    return flat_steps(layer(L.Reshape((*x.shape[1:], 1))(x)))


def flat_steps(x):
    return L.Reshape((x.shape[1], int(np.prod(x.shape[2:]))))(x)


def on_four_features(layer, x):
    return layer(L.Dense(4)(x))


def beside_dense(layer, x):
    """Call a layer that merges on the sequence and a Dense layer of it."""
    return layer([x, L.Dense(x.shape[-1])(x)])


def with_itself(layer, x):
    return layer(x, x)


def with_itself_in_list(layer, x):
    return layer([x, x])


def twice(layer, x):
    x = L.Dense(3)(x)
    return layer(layer(x))


def outputs_only(layer, x):
    return layer(x)[0]


def all_states(layer, x):
    return L.Concatenate()(list(layer(x)))


def after_tanh(layer, x):
    """Call a layer that grows fast on bounded values."""
    return layer(L.Activation("tanh")(x))


def across_steps(layer, x):
    """Call a layer on the sequence with steps and features exchanged."""
    return L.Permute((2, 1))(layer(L.Permute((2, 1))(x)))


def of_numbers(layer, x):
    """Call an embedding on a sequence of whole numbers."""
    return layer(L.Reshape((x.shape[1],))(x))


def three_features(outputs, x):
    """Return three outputs of each step of x with their shape, which the layer does not tell."""
    return L.Reshape((x.shape[1], 3))(outputs)


# Layers made of others


def around(wrapper, layer, *arguments, inner=None, **options):
    """Return a wrapper around a layer."""
    return wrapper(layer(*arguments, **(inner or {})), **options)


def own_sequential():
    return keras.Sequential([L.Conv1D(3, 2, padding="causal"), L.Dropout(0.2), L.Dense(3, activation="tanh")])


def residual_model(n_features=3):
    inputs = keras.Input((None, n_features))
    return keras.Model(inputs, L.Add()([inputs, L.LSTM(n_features, return_sequences=True)(inputs)]))


def cells():
    return [L.LSTMCell(3), L.GRUCell(2, dropout=0.1), L.SimpleRNNCell(3)]


def stacked_rnn():
    return L.RNN(L.StackedRNNCells(cells()), return_sequences=True)


def adapted():
    layer = L.Normalization()
    layer.adapt(np.arange(12, dtype=np.float32).reshape(2, 2, 3))
    return layer


def add_relu():
    return lambda x: x + 0.5 * ops.relu(x)


def reverse():
    return lambda x: x[:, ::-1]


def join():
    return lambda x: ops.concatenate([x, ops.tanh(x)], axis=-1)


def stop_gradient():
    return lambda x: x + ops.stop_gradient(L.Dense(x.shape[-1])(x))


def slice_steps():
    return lambda x: x[:, 1:]


def last_step():
    return lambda x: x[:, -1]


def mean_of_steps():
    return lambda x: ops.mean(x, axis=1)


def gate():
    return lambda x: x * L.Dense(x.shape[-1], activation="sigmoid")(x)


RECURRENT = [
    {},
    {"go_backwards": True},
    {"unroll": True},
    {"use_bias": False},
    {"dropout": 0.2},
    {"recurrent_dropout": 0.2},
    {"activation": "relu"},
    {"activation": own_activation},
]
GATED = [*RECURRENT, {"recurrent_activation": "hard_sigmoid"}]
POOLING = [{"pool_size": 2}, {"pool_size": 3, "strides": 1, "padding": "same"}, {"pool_size": 2, "strides": 1}]
IMAGES = [{}, {"activation": "relu"}, {"use_bias": False}]
WHOLE = {"return_sequences": True}

# From sequence to sequence, with as many steps.
SEQUENCES = {
    "Dense": Part(partial(L.Dense, 3), [{}, {"activation": "relu"}, {"use_bias": False}, {"lora_rank": 2}]),
    "EinsumDense": Part(
        partial(L.EinsumDense, "abc,cd->abd", output_shape=(None, 3)),
        [{"bias_axes": "d"}, {"activation": "relu"}, {}],
        lambda layer, x: three_features(layer(x), x),
    ),
    "Conv1D": Part(
        partial(L.Conv1D, 3, 2),
        [
            {"padding": "causal"},
            {"padding": "same", "activation": "relu"},
            {"padding": "causal", "dilation_rate": 2},
            {"padding": "same", "dilation_rate": 3, "use_bias": False},
        ],
    ),
    "Conv1D(groups=2)": Part(partial(L.Conv1D, 4, 3, padding="same", groups=2), call=on_four_features),
    "DepthwiseConv1D": Part(partial(L.DepthwiseConv1D, 2, padding="same"), [{}, {"depth_multiplier": 2}]),
    "SeparableConv1D": Part(partial(L.SeparableConv1D, 3, 2, padding="same"), IMAGES),
    "Conv1DTranspose": Part(partial(L.Conv1DTranspose, 3, 2, padding="same"), IMAGES),
    "Conv2D": Part(partial(L.Conv2D, 2, 2, padding="same"), IMAGES, as_image),
    "Conv2DTranspose": Part(partial(L.Conv2DTranspose, 2, 2, padding="same"), IMAGES, as_image),
    "DepthwiseConv2D": Part(partial(L.DepthwiseConv2D, 2, padding="same"), IMAGES, as_image),
    "SeparableConv2D": Part(partial(L.SeparableConv2D, 2, 2, padding="same"), IMAGES, as_image),
    "MaxPooling2D": Part(partial(L.MaxPooling2D, 2, strides=1, padding="same"), call=as_image),
    "LSTM": Part(partial(L.LSTM, 3, **WHOLE), [*GATED, {"unit_forget_bias": False}]),
    "GRU": Part(partial(L.GRU, 3, **WHOLE), [*GATED, {"reset_after": False}]),
    "SimpleRNN": Part(partial(L.SimpleRNN, 3, **WHOLE), RECURRENT),
    "LSTM(return_state)": Part(partial(L.LSTM, 3, return_state=True, **WHOLE), call=outputs_only),
    "ConvLSTM1D": Part(partial(L.ConvLSTM1D, 2, 2, padding="same", **WHOLE), call=as_image),
    "RNN": Part(partial(around, L.RNN, L.LSTMCell, 3, **WHOLE), [{"inner": {"dropout": 0.2}}, {}]),
    "RNN(list of cells)": Part(lambda: L.RNN(cells(), **WHOLE)),
    "StackedRNNCells": Part(stacked_rnn),
    "Bidirectional(LSTM)": Part(
        partial(around, L.Bidirectional, L.LSTM, 2, inner=WHOLE),
        [{"merge_mode": mode} for mode in ("concat", "sum", "mul", "ave")],
    ),
    "Bidirectional(GRU)": Part(partial(around, L.Bidirectional, L.GRU, 2, inner={**WHOLE, "dropout": 0.1})),
    "Bidirectional(SimpleRNN)": Part(partial(around, L.Bidirectional, L.SimpleRNN, 2, inner=WHOLE)),
    "TimeDistributed(Dense)": Part(partial(around, L.TimeDistributed, L.Dense, 3)),
    "TimeDistributed(Dropout)": Part(partial(around, L.TimeDistributed, L.Dropout, 0.2)),
    "TimeDistributed(BatchNormalization)": Part(partial(around, L.TimeDistributed, L.BatchNormalization)),
    "TimeDistributed(Conv1D)": Part(
        partial(around, L.TimeDistributed, L.Conv1D, 2, 2, inner={"padding": "same"}), call=as_image
    ),
    "TimeDistributed(LSTM)": Part(partial(around, L.TimeDistributed, L.LSTM, 2), call=as_image),
    "TimeDistributed(Sequential)": Part(
        lambda: L.TimeDistributed(keras.Sequential([L.Dense(3), L.Dropout(0.1), L.Dense(3)]))
    ),
    "BatchNormalization": Part(L.BatchNormalization, [{}, {"scale": False}, {"center": False}, {"momentum": 0.5}]),
    "LayerNormalization": Part(L.LayerNormalization, [{}, {"scale": False}, {"center": False}, {"axis": [1, 2]}]),
    "GroupNormalization": Part(partial(L.GroupNormalization, 2), call=on_four_features),
    "UnitNormalization": Part(L.UnitNormalization),
    "RMSNormalization": Part(L.RMSNormalization),
    "SpectralNormalization": Part(partial(around, L.SpectralNormalization, L.Dense, 3), [{}, {"power_iterations": 2}]),
    "Normalization": Part(partial(L.Normalization, mean=0.1, variance=2.0)),
    "Normalization(adapted)": Part(adapted, call=lambda layer, x: layer(L.Dense(3)(x))),
    "Rescaling": Part(partial(L.Rescaling, 0.5, 0.1)),
    "MultiHeadAttention": Part(
        partial(L.MultiHeadAttention, 2, 2),
        [{}, {"dropout": 0.2}, {"use_bias": False}, {"output_shape": 3}, {"flash_attention": False}],
        with_itself,
    ),
    "MultiHeadAttention(causal)": Part(
        partial(L.MultiHeadAttention, 2, 2), call=lambda layer, x: layer(x, x, use_causal_mask=True)
    ),
    "GroupQueryAttention": Part(partial(L.GroupQueryAttention, 2, 4, 2), [{}, {"dropout": 0.2}], with_itself),
    "Attention": Part(
        L.Attention, [{}, {"use_scale": True}, {"score_mode": "concat"}, {"dropout": 0.2}], with_itself_in_list
    ),
    "AdditiveAttention": Part(L.AdditiveAttention, [{}, {"use_scale": False}], with_itself_in_list),
    "Dropout": Part(partial(L.Dropout, 0.2), [{}, {"noise_shape": (None, 1, None)}]),
    "SpatialDropout1D": Part(partial(L.SpatialDropout1D, 0.2)),
    "GaussianNoise": Part(partial(L.GaussianNoise, 0.1)),
    "GaussianDropout": Part(partial(L.GaussianDropout, 0.1)),
    "AlphaDropout": Part(partial(L.AlphaDropout, 0.1)),
    "ActivityRegularization": Part(partial(L.ActivityRegularization, l2=0.01)),
    "Activation": Part(L.Activation, [{"activation": name} for name in ("relu", "softsign", "gelu", "log_softmax")]),
    "PReLU": Part(L.PReLU, [{}, {"shared_axes": [1]}]),
    "LeakyReLU": Part(L.LeakyReLU),
    "ELU": Part(L.ELU, [{}, {"alpha": 0.5}]),
    "ReLU": Part(L.ReLU, [{"max_value": 1.0}, {"negative_slope": 0.1}]),
    "Softmax": Part(L.Softmax, [{}, {"axis": 1}]),
    "Identity": Part(L.Identity),
    "Masking": Part(L.Masking),
    "Permute": Part(lambda: L.Dense(4), call=across_steps),
    "Add": Part(L.Add, call=beside_dense),
    "Multiply": Part(L.Multiply, call=beside_dense),
    "Concatenate": Part(L.Concatenate, call=beside_dense),
    "Average": Part(L.Average, call=beside_dense),
    "Maximum": Part(L.Maximum, call=beside_dense),
    "Minimum": Part(L.Minimum, call=beside_dense),
    "Subtract": Part(L.Subtract, call=beside_dense),
    "Dot": Part(partial(L.Dot, axes=2), [{}, {"normalize": True}], with_itself_in_list),
    "x + y": Part(add_relu),
    "x[:, ::-1]": Part(reverse),
    "ops.concatenate": Part(join),
    "ops.stop_gradient": Part(stop_gradient),
    "gate": Part(gate),
    "Lambda": Part(lambda: L.Lambda(lambda x: 0.5 * x + 0.1)),
    "OwnScale": Part(OwnScale),
    "OwnNoise": Part(OwnNoise),
    "OwnMean": Part(OwnMean),
    "OwnPenalty": Part(OwnPenalty),
    "OwnModel": Part(OwnModel),
    "nested Sequential": Part(own_sequential),
    "nested Model": Part(residual_model, call=lambda layer, x: layer(L.Dense(3)(x))),
    "shared Dense": Part(partial(L.Dense, 3), call=twice),
    "shared LSTM": Part(partial(L.LSTM, 3, **WHOLE), call=twice),
}

# From sequence to sequence, with fewer steps or more.
RESIZING = {
    "Conv1D(valid)": Part(partial(L.Conv1D, 3, 2), [{}, {"activation": "relu"}]),
    "Conv1D(strides=2)": Part(partial(L.Conv1D, 3, 2, strides=2), [{"padding": "same"}, {"padding": "causal"}, {}]),
    "DepthwiseConv1D(strides=2)": Part(partial(L.DepthwiseConv1D, 2, strides=2)),
    "SeparableConv1D(strides=2)": Part(partial(L.SeparableConv1D, 3, 2, strides=2)),
    "Conv1DTranspose(strides=2)": Part(partial(L.Conv1DTranspose, 3, 3, strides=2), [{}, {"padding": "same"}]),
    "MaxPooling1D": Part(L.MaxPooling1D, POOLING),
    "AveragePooling1D": Part(L.AveragePooling1D, POOLING),
    "AdaptiveAveragePooling1D": Part(partial(L.AdaptiveAveragePooling1D, 3)),
    "AdaptiveMaxPooling1D": Part(partial(L.AdaptiveMaxPooling1D, 3)),
    "UpSampling1D": Part(partial(L.UpSampling1D, 2)),
    "ZeroPadding1D": Part(L.ZeroPadding1D, [{}, {"padding": (2, 0)}]),
    "Cropping1D": Part(partial(L.Cropping1D, (1, 1))),
    "x[:, 1:]": Part(slice_steps),
}

# From whole numbers to a sequence; only as the first.
EMBEDDINGS = {
    "Embedding": Part(partial(L.Embedding, 10, 3), [{}, {"mask_zero": True}, {"lora_rank": 2}], of_numbers),
    "ReversibleEmbedding": Part(
        partial(L.ReversibleEmbedding, 10, 3), call=lambda layer, x: three_features(of_numbers(layer, x), x)
    ),
}

# From sequence to vector.
SUMMARIES = {
    "Flatten": Part(L.Flatten),
    "Reshape": Part(partial(L.Reshape, (-1,))),
    "GlobalAveragePooling1D": Part(L.GlobalAveragePooling1D),
    "GlobalMaxPooling1D": Part(L.GlobalMaxPooling1D),
    "x[:, -1]": Part(last_step),
    "ops.mean": Part(mean_of_steps),
    "last LSTM": Part(partial(L.LSTM, 3), [*GATED, {"unit_forget_bias": False}]),
    "last GRU": Part(partial(L.GRU, 3), [*GATED, {"reset_after": False}]),
    "last SimpleRNN": Part(partial(L.SimpleRNN, 3), RECURRENT),
    "last Bidirectional": Part(partial(around, L.Bidirectional, L.LSTM, 2), [{}, {"merge_mode": "sum"}]),
    "all states of LSTM": Part(partial(L.LSTM, 2, return_state=True), call=all_states),
    "RepeatVector": Part(
        partial(L.RepeatVector, 3), call=lambda layer, x: L.GRU(3)(layer(L.GlobalAveragePooling1D()(x)))
    ),
}

# From vector to vector.
HEADS = {
    "Dense on vector": Part(partial(L.Dense, 4), [{"activation": "relu"}, {"activation": "tanh"}, {}]),
    "Dropout on vector": Part(partial(L.Dropout, 0.2)),
    "BatchNormalization on vector": Part(L.BatchNormalization),
    "LayerNormalization on vector": Part(L.LayerNormalization),
    "Concatenate on vector": Part(L.Concatenate, call=beside_dense),
    "gate on vector": Part(gate),
}

# Options of layers, for each layer that has them.
MATRIX = ("kernel", "recurrent", "bias", "depthwise", "pointwise", "gamma", "beta", "embeddings")
CONSTRAINTS = [
    keras.constraints.MaxNorm(0.5),
    keras.constraints.UnitNorm(),
    keras.constraints.NonNeg(),
    keras.constraints.MinMaxNorm(0.2, 0.8, rate=0.5),
    OwnConstraint(),
]
REGULARIZERS = [
    keras.regularizers.L1(0.01),
    keras.regularizers.L2(0.01),
    keras.regularizers.L1L2(0.01, 0.01),
    OwnRegularizer(),
]
INITIALIZERS = ["he_normal", "orthogonal", "lecun_uniform", "random_normal", "truncated_normal", own_initializer]
OPTIONS = {
    **{f"{name}_constraint": CONSTRAINTS for name in MATRIX},
    **{f"{name}_regularizer": REGULARIZERS for name in (*MATRIX, "activity")},
    **{f"{name}_initializer": INITIALIZERS for name in ("kernel", "recurrent", "depthwise", "pointwise")},
    "bias_initializer": ["ones", "random_uniform"],
    "activation": [
        *("relu", "elu", "selu", "softplus", "silu", "mish", keras.activations.gelu),
        *(own_activation, lambda x: 0.5 * x, New(L.LeakyReLU, negative_slope=0.1), New(L.PReLU, shared_axes=[1])),
    ],
    "use_bias": [False],
    "trainable": [False],
    "dtype": ["float64", "mixed_bfloat16", "mixed_float16"],
}
