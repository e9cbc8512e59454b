"""Every entry of the lists of what programs serve trains as Keras' own loop does."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import served
from skhybrid._training._private import PURE_METHODS
from skhybrid._training.eligibility import operations_of
from skhybrid._training.loops import predict, train
from skhybrid.networks import cnn, cnn_lstm, lstnet, recurrent, time_distributed_cnn_lstm

L, Opt, S = keras.layers, keras.optimizers, keras.optimizers.schedules
N, N_TRAINED, BATCH, EPOCHS = 15, 11, 8, 2  # the last batch has 3 rows
STEPS, IMAGE, VIDEO = (6, 2), (4, 4, 2), (4, 4, 4, 2)


def seeded(layer):
    """Return the layer with initializers and noise that repeat."""
    config = layer.get_config()
    return type(layer).from_config(_seed(config))


def _seed(config, key=""):
    if isinstance(config, dict):
        return {k: _seed(v, k) for k, v in config.items()}
    if isinstance(config, list | tuple):
        return [_seed(v) for v in config]
    return 3 if key == "seed" else config


def head(x):
    x = L.Flatten()(x) if len(x.shape) > 2 else x
    return L.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(5))(x)


def chain(*layers, shape=STEPS):
    """Return a maker of a model: the layers, one after another, and a dense one."""

    def make():
        inputs = x = keras.Input(shape)
        for layer in layers:
            x = seeded(layer)(x)
        return keras.Model(inputs, head(x))

    return make


def joined(function, shape=STEPS):
    """Return a maker of a model: a function of the input and a layer's output, and a dense one."""

    def make():
        inputs = keras.Input(shape)
        dense = seeded(L.Dense(shape[-1], activation="tanh"))
        return keras.Model(inputs, head(function(dense(inputs), inputs)))

    return make


def of_dimension(n):
    """Return a maker of a model of the layers that exist for one, two and three dimensions."""
    layer = {name: getattr(L, f"{name}{n}D") for name in BY_DIMENSION}

    def make():
        inputs = keras.Input(SHAPES[n])
        x = seeded(layer["Conv"](3, 2, activation="relu"))(layer["ZeroPadding"](1)(inputs))
        x = seeded(layer["SpatialDropout"](0.4))(layer["UpSampling"](2)(x))
        x = layer["MaxPooling"](2, padding="same")(layer["Cropping"](1)(x))
        x = layer["AveragePooling"](2, strides=1)(x)
        parts = [layer["AdaptiveAveragePooling"](2)(x), layer["AdaptiveMaxPooling"](2)(x)]
        parts += [layer["GlobalAveragePooling"]()(x), layer["GlobalMaxPooling"](keepdims=True)(x)]
        return keras.Model(inputs, head(L.Concatenate()([L.Flatten()(part) for part in parts])))

    return make


SHAPES = {1: STEPS, 2: IMAGE, 3: VIDEO}
BY_DIMENSION = (
    *("Conv", "ZeroPadding", "Cropping", "UpSampling", "SpatialDropout", "MaxPooling", "AveragePooling"),
    *("AdaptiveAveragePooling", "AdaptiveMaxPooling", "GlobalAveragePooling", "GlobalMaxPooling"),
)


def merged(a, b):
    """Return all that can be made of two tensors by layers that merge."""
    parts = [L.Average()([a, b]), L.Maximum()([a, b]), L.Minimum()([a, b]), L.Multiply()([a, b]), L.Subtract()([a, b])]
    return L.Concatenate()([*parts, L.Add()([a, b]), L.Dot(2, normalize=True)([a, b])])


def attended(a, b):
    a = seeded(L.Attention(use_scale=True, dropout=0.3))([a, b])
    a = seeded(L.MultiHeadAttention(2, 2, dropout=0.2))(a, b)
    return L.Concatenate()([seeded(L.GroupQueryAttention(2, 2, 1))(a, b), L.AdditiveAttention()([a, b])])


def each_step(layer):
    return L.TimeDistributed(seeded(layer))


LAYERS = {
    **{f"{n} dimensions": of_dimension(n) for n in SHAPES},
    "nested": lambda: keras.Sequential([keras.Input(STEPS), chain(L.LSTM(3))(), L.Activation("tanh"), L.Identity()]),
    "products": chain(
        L.Dense(3, activation="gelu", use_bias=False), L.EinsumDense("abc,cd->abd", output_shape=(6, 3), bias_axes="d")
    ),
    "shapes": chain(
        *(L.Rescaling(0.5, offset=1.0), L.Permute((2, 1)), L.Reshape((3, 4)), L.Dense(2), L.Flatten()),
        *(L.RepeatVector(3), L.SimpleRNN(2, unroll=True)),
    ),
    "convolutions": chain(
        *(L.Conv1DTranspose(3, 2, strides=2), L.DepthwiseConv1D(2, depth_multiplier=2)),
        *(L.SeparableConv1D(3, 2, dilation_rate=2), L.Conv1D(4, 3, strides=2)),
        L.Conv1D(4, 2, padding="causal", groups=2),
    ),
    "convolutions of images": chain(
        L.Conv2DTranspose(3, 2), L.DepthwiseConv2D(2), L.SeparableConv2D(3, 2), L.ConvLSTM1D(2, 2), shape=IMAGE
    ),
    "ConvLSTM2D": chain(L.ConvLSTM2D(2, 2), shape=VIDEO),
    "ConvLSTM3D": chain(L.ConvLSTM3D(1, 2), shape=(2, *VIDEO)),
    "LSTM": chain(
        L.LSTM(3, go_backwards=True, return_sequences=True, recurrent_activation="hard_sigmoid", dropout=0.2),
        L.LSTM(2, unit_forget_bias=False, recurrent_dropout=0.2),
    ),
    "GRU": chain(L.Masking(0.5), L.GRU(3, return_sequences=True), L.GRU(3, reset_after=False)),
    "cells": chain(
        L.RNN(seeded(L.SimpleRNNCell(3)), return_sequences=True),
        L.RNN(seeded(L.LSTMCell(3)), return_sequences=True),
        L.RNN([seeded(L.GRUCell(3, dropout=0.2)), seeded(L.LSTMCell(2))]),
    ),
    "wrappers": chain(each_step(L.Dense(3)), each_step(L.Dropout(0.2)), L.Bidirectional(L.GRU(3), merge_mode="sum")),
    "normalisations": chain(
        *(L.Conv1D(4, 2), L.BatchNormalization(), L.GroupNormalization(2), L.LayerNormalization()),
        *(L.RMSNormalization(), L.UnitNormalization()),
    ),
    "attention": joined(attended),
    "noise": chain(
        *(L.Dropout(0.4), L.GaussianDropout(0.4), L.GaussianNoise(0.4), L.Dense(3), L.AlphaDropout(0.2)),
        L.ActivityRegularization(0.1, 0.1),
    ),
    "activations": chain(
        *(L.Dense(3), L.ELU(), L.Dense(3), L.LeakyReLU(0.2), L.Dense(3), L.PReLU(shared_axes=[1])),
        *(L.Dense(3), L.ReLU(max_value=1.0), L.Dense(3), L.Softmax(), L.Dense(3), L.Activation("softplus")),
    ),
    "merges": joined(merged),
}


def by_name(classes):
    return sorted(classes, key=lambda cls: cls.__name__)


def names(classes):
    return {cls.__name__ for cls in classes}


def test_every_layer_has_a_case():
    layers = [part for make in LAYERS.values() for part in operations_of(make()) if isinstance(part, L.Layer)]
    assert names(map(type, layers)) == names(served.LAYERS)


@pytest.fixture(scope="module")
def targets():
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, 2)), rng.uniform(0.5, 2, N)


def assert_equal(make, targets, optimizer="adam", loss="mse", metrics=None, is_validated=True):
    """Check that both loops leave the same weights, losses and, unless it is the steps that matter, predictions."""
    y, w = targets
    models = [make() for _ in range(2)]
    X = np.random.default_rng(2).normal(size=(N, *models[0].input_shape[1:])).astype(np.float32)
    models[1].set_weights(models[0].get_weights())
    histories, validation = [], np.arange(N_TRAINED, N) if is_validated else None
    for model, engine in zip(models, ("compiled", "keras"), strict=True):
        # Eagerly, Keras' loop makes the same steps without the second that it takes to trace them.
        model.compile(
            *(each() if callable(each) else each for each in (optimizer, loss)),
            metrics=metrics() if metrics else None,
            run_eagerly=engine == "keras",
        )
        options = {"epochs": EPOCHS, "batch_size": BATCH, "seed": 0, "engine": engine}
        histories.append(train(model, (X, y, w), np.arange(N_TRAINED), validation, **options).history)
    for ours, theirs in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5, err_msg=ours.path)
    assert histories[0].keys() == histories[1].keys()
    for name, losses in histories[1].items():
        np.testing.assert_allclose(histories[0][name], losses, rtol=1e-4)
    if is_validated:
        np.testing.assert_allclose(predict(models[0], X), models[1].predict_on_batch(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_trains_as_by_keras(name, targets):
    assert_equal(LAYERS[name], targets, lambda: Opt.SGD(0.05, momentum=0.5))


# Networks of this package whose layers have fast forms

small = {"seed": 0, "dense_units": 3}
segments = {**small, "units": 3, "decoder": "segments", "segment_length": 1}
NETWORKS = {
    "segments": lambda: cnn_lstm((8, 1), 2, filters=3, kernel_size=4, strides=None, **segments),
    "two ways with attention": lambda: cnn_lstm(
        (9, 2), 2, filters=3, strides=2, padding="same", bidirectional=True, attention=True, **segments
    ),
    "attention": lambda: recurrent((6, 2), 2, attention=True, dropout=0.3, **segments),
    "gru": lambda: recurrent((6, 2), 2, cell="gru", recurrent_regularizer="l1", bias_regularizer="l2", **segments),
    "lstnet": lambda: lstnet(
        (8, 2), 2, seed=0, filters=3, kernel_size=2, units=3, skip=2, skip_units=2, highway=3, dropout=0.3
    ),
    "subsequences": lambda: time_distributed_cnn_lstm(
        (2, 5, 1), 2, filters=3, kernel_size=2, strides=3, padding="causal", kernel_regularizer="l2", **segments
    ),
    "ends": lambda: cnn_lstm((8, 1), 2, filters=3, strides=2, masked=True, **segments),
    "residual": lambda: cnn((9, 1), 2, filters=(3, 4), dilations=(1, 2), residual=True, dropout=0.3, **small),
    "dilated": lambda: cnn((9, 1), 2, filters=(3, 4), dilations=(1, 3), padding="valid", kernel_size=2, **small),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_network_trains_as_by_keras(name, targets):
    assert_equal(NETWORKS[name], targets, lambda: Opt.SGD(0.05, momentum=0.5))


# Losses


def loss_cases():
    options = {"Huber": {"delta": 0.3}}
    return {cls.__name__: lambda cls=cls: cls(**options.get(cls.__name__, {})) for cls in by_name(served.LOSSES)}


REDUCED = {
    reduction: lambda r=reduction: keras.losses.MeanAbsoluteError(reduction=r) for reduction in served.REDUCTIONS
}


def positive_head(activation):
    def make():
        inputs = keras.Input(STEPS)
        x = seeded(L.Dense(3, activation="tanh"))(L.Flatten()(inputs))
        return keras.Model(inputs, seeded(L.Dense(2, activation=activation))(x))

    return make


@pytest.mark.parametrize("name", [*loss_cases(), *REDUCED])
def test_loss_trains_as_by_keras(name, targets):
    y, w = np.eye(2)[np.arange(N) % 2], targets[1]  # as good for regressors as for classifiers
    make = positive_head("softmax")
    assert_equal(make, (y, w), lambda: Opt.SGD(0.05), {**loss_cases(), **REDUCED}[name])


# Metrics


def make_metrics():
    options = {
        "MeanMetricWrapper": {"fn": keras.losses.huber, "name": "small_huber", "delta": 0.3},
        "TopKCategoricalAccuracy": {"k": 1},
    }
    functions = by_name(served.METRIC_FUNCTIONS)
    return [cls(**options.get(cls.__name__, {})) for cls in by_name(served.METRICS)] + functions


def test_metrics_are_measured_as_by_keras(targets):
    y, w = np.eye(2)[np.arange(N) % 2], targets[1]
    assert_equal(positive_head("softmax"), (y, w), metrics=make_metrics)


# Optimizers


def excluding():
    optimizer = Opt.AdamW(0.01, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


OPTIMIZERS = {
    **{cls.__name__: cls for cls in by_name(served.OPTIMIZERS)},
    "SGD with momentum": lambda: Opt.SGD(0.01, momentum=0.9, nesterov=True, weight_decay=0.1),
    "centered RMSprop": lambda: Opt.RMSprop(0.01, momentum=0.5, centered=True, use_ema=True),
    "amsgrad": lambda: Opt.Adam(0.01, amsgrad=True, clipvalue=0.01),
    "clipnorm": lambda: Opt.Adam(0.01, clipnorm=0.01),
    "global_clipnorm": lambda: Opt.SGD(0.01, global_clipnorm=0.01),
    "average": lambda: Opt.Lamb(0.01, use_ema=True, ema_momentum=0.8),
    "scaled loss": lambda: Opt.SGD(0.01, loss_scale_factor=64.0, clipvalue=0.01),
    "excluded from decay": excluding,
}


def test_no_optimizer_brings_a_method_that_is_replaced():
    for optimizer in served.OPTIMIZERS:
        assert not vars(optimizer).keys() & {*PURE_METHODS}, optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_trains_as_by_keras(name, targets):
    assert_equal(positive_head("tanh"), targets, OPTIMIZERS[name], is_validated=False)


def test_gradients_of_unknown_shape_are_served(targets):
    """TensorFlow does not know the shape of a gradient that comes from several sides."""
    assert_equal(joined(lambda a, b: L.Add()([a, b]), shape=(6, 1)), targets, lambda: Opt.Adam(0.01, clipnorm=0.1))


SCHEDULES = {
    "CosineDecay": lambda: S.CosineDecay(0.1, 5, warmup_target=0.2, warmup_steps=2),
    "CosineDecayRestarts": lambda: S.CosineDecayRestarts(0.1, 3),
    "ExponentialDecay": lambda: S.ExponentialDecay(0.1, 2, 0.5, staircase=True),
    "InverseTimeDecay": lambda: S.InverseTimeDecay(0.1, 2, 0.5),
    "PiecewiseConstantDecay": lambda: S.PiecewiseConstantDecay([2, 4], [0.1, 0.05, 0.01]),
    "PolynomialDecay": lambda: S.PolynomialDecay(0.1, 4, cycle=True),
}


def test_every_schedule_has_a_case():
    assert SCHEDULES.keys() == names(served.SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_trains_as_by_keras(name, targets):
    assert_equal(positive_head("tanh"), targets, lambda: Opt.SGD(SCHEDULES[name](), momentum=0.5), is_validated=False)


# Constraints and regularizers

CONSTRAINTS = {cls.__name__: cls() for cls in by_name(served.CONSTRAINTS)}
REGULARIZERS = {
    cls.__name__: cls(**({"factor": 0.1} if cls is keras.regularizers.OrthogonalRegularizer else {}))
    for cls in by_name(served.REGULARIZERS)
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraint_trains_as_by_keras(name, targets):
    own = CONSTRAINTS[name]
    layers = L.Dense(3, kernel_constraint=own, bias_constraint="non_neg"), L.LSTM(3, recurrent_constraint=own)
    assert_equal(chain(*layers), targets, lambda: Opt.Adam(0.05, use_ema=True), is_validated=False)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_regularizer_trains_as_by_keras(name, targets):
    own = REGULARIZERS[name]
    activity = None if name == "OrthogonalRegularizer" else own
    layers = L.Conv1D(3, 2, activity_regularizer=activity), L.LSTM(3, recurrent_regularizer=own)
    assert_equal(chain(*layers), targets)
