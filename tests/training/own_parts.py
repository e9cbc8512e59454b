"""Layers and other objects as users write them, and how parts of networks are told as text."""

import numpy as np

from skhybrid._backend import keras

L, ops = keras.layers, keras.ops


class New:
    """A value that each network needs for itself, such as a layer as an activation."""

    def __init__(self, make, **options):
        self.make, self.options = make, options

    def __call__(self):
        return self.make(**self.options)

    def __repr__(self):
        return show(self.make, self.options)


def show(function, options):
    """Return a call as text."""
    texts = [f"{key}={show_value(value)}" for key, value in options.items()]
    return f"{name_of(function)}({', '.join(texts)})"


def show_value(value):
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(show_value, value))}]"
    return repr(value) if isinstance(value, New | str | int | float | dict | None) else name_of(value)


# What is seldom met, and drawn a quarter as often as all else: code of the user's ("Own..."), other number types, what
# is changed otherwise than by gradients, and the optimizers and options that few know.
RARE = {
    *("Embedding", "ReversibleEmbedding", "SpectralNormalization", "Normalization", "Normalization(adapted)", "Lambda"),
    *("ops.stop_gradient", "dtype", "lora_rank", "freeze_all", "dice", "tversky"),
    *("Nadam", "Muon", "ScheduleFreeAdamW", "scaled_loss", "ema_overwrite_frequency", "gradient_accumulation_steps"),
    *("DescribedSchedule", "CountsBatches", "TerminateOnNaN", "WeighsTest"),
}


def choose(rng, values):
    """Draw one of some values."""
    weights = np.array([0.25 if is_rare(value) else 1.0 for value in values])
    return values[rng.choice(len(values), p=weights / weights.sum())]


def is_rare(value):
    if isinstance(value, dict):
        return any(is_rare(part) for item in value.items() for part in item)
    if isinstance(value, keras.losses.Loss) and (value.reduction == "none" or value.dtype != "float32"):
        return True
    name = value if isinstance(value, str) else name_of(getattr(value, "func", value))
    return name in RARE or name.lower().startswith("own")


def name_of(value):
    return getattr(value, "__name__", None) or type(value).__name__


# Objects of a user's


class OwnScale(L.Layer):
    """A layer with a weight."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=input_shape[-1:], initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale


class OwnNoise(L.Layer):
    """A layer that draws random numbers in training."""

    def __init__(self, **options):
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs, training=False):
        return inputs + 0.01 * keras.random.normal(ops.shape(inputs), seed=self.generator) if training else inputs


class OwnMean(L.Layer):
    """A layer that keeps a moving average, which it assigns in training."""

    def build(self, input_shape):
        self.mean = self.add_weight(shape=(), initializer="zeros", trainable=False, name="mean")

    def call(self, inputs, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(inputs))
        return inputs - self.mean


class OwnModel(keras.Model):
    """A subclassed model."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first, self.second = L.Dense(3, activation="tanh"), L.Dense(3)

    def build(self, input_shape):
        self.first.build(input_shape)
        self.second.build((*input_shape[:-1], 3))

    def call(self, inputs):
        return self.second(self.first(inputs))


class OwnPenalty(L.Layer):
    """A layer that adds to the loss."""

    def call(self, inputs):
        self.add_loss(0.01 * ops.mean(ops.square(inputs)))
        return inputs


class OwnConstraint(keras.constraints.Constraint):
    def __call__(self, w):
        return ops.clip(w, -0.3, 0.3)


class OwnRegularizer(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.01 * ops.sum(ops.abs(x))


def own_activation(x):
    return x * ops.sigmoid(2 * x)


def own_initializer(shape, dtype=None):
    return ops.cos(ops.reshape(ops.arange(int(np.prod(shape)), dtype="float32"), shape)) / 2
