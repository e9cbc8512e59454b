"""Random trainings: losses, optimizers, schedules of their rates, and callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from skhybrid._backend import keras
from tests.training.own_parts import choose, name_of

ops, K, C = keras.ops, keras.losses, keras.callbacks
Optimizers, Schedules = keras.optimizers, keras.optimizers.schedules


# Losses


def own_loss(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred) ** 1.5, axis=-1)


class OwnLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1) + 0.1


@dataclass
class DataclassLoss:
    factor: float = 2.0

    def __call__(self, y_true, y_pred):
        return self.factor * ops.mean(ops.square(y_true - y_pred), axis=-1)


def weighted_loss(y_true, y_pred, factor):
    return factor * ops.mean(ops.square(y_true - y_pred), axis=-1)


LOSSES = [
    *("mse", "mae", "huber", "log_cosh", "cosine_similarity", K.mean_squared_error),
    *(K.MeanSquaredError(r) for r in ("sum", "mean", "mean_with_sample_weight", "none")),
    *(
        K.MeanSquaredError(dtype="float64"),
        K.MeanAbsoluteError("sum"),
        K.LogCosh("mean"),
        K.Huber(reduction="sum", delta=0.3),
    ),
    *(K.Huber(delta=delta) for delta in (0.01, 0.5, 2.0)),
    *(own_loss, lambda y, p: ops.mean((y - p) ** 2, axis=-1), OwnLoss(), OwnLoss("sum"), DataclassLoss()),
    partial(weighted_loss, factor=0.5),
]
# Losses of outputs and targets between 0 and 1.
LOSSES_OF_SHARES = [
    *("mape", "msle", "poisson", "hinge", "squared_hinge", "kl_divergence", "binary_crossentropy", "dice", "tversky"),
    *(K.BinaryCrossentropy(label_smoothing=0.1), K.BinaryFocalCrossentropy(), K.MeanSquaredLogarithmicError("sum")),
    *(K.Poisson("sum"), K.MeanAbsolutePercentageError("mean"), K.KLDivergence("sum"), K.CategoricalHinge()),
]


# Optimizers, each with a rate at which a dozen steps stay small


def without_decay_of_biases(rate):
    optimizer = Optimizers.AdamW(rate, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def scaled_loss(rate):
    return Optimizers.LossScaleOptimizer(Optimizers.SGD(rate), initial_scale=64.0)


OPTIMIZERS = {
    Optimizers.SGD: (
        0.01,
        [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"clipvalue": 0.01}, {"clipnorm": 0.1}],
    ),
    Optimizers.RMSprop: (0.001, [{}, {"momentum": 0.5}, {"centered": True}, {"rho": 0.5}]),
    Optimizers.Adam: (0.001, [{}, {"amsgrad": True}, {"beta_1": 0.5, "epsilon": 0.01}, {"weight_decay": 0.1}]),
    Optimizers.AdamW: (0.001, [{}, {"weight_decay": 0.5}, {"amsgrad": True}]),
    Optimizers.Adamax: (0.001, [{}, {"beta_2": 0.9}]),
    Optimizers.Adagrad: (0.01, [{}, {"initial_accumulator_value": 0.5}]),
    Optimizers.Adadelta: (0.1, [{}, {"rho": 0.8}]),
    Optimizers.Ftrl: (
        0.01,
        [{}, {"l1_regularization_strength": 0.01}, {"beta": 0.1, "l2_shrinkage_regularization_strength": 1}],
    ),
    Optimizers.Lion: (0.0005, [{}, {"beta_1": 0.5}]),
    Optimizers.Nadam: (0.001, [{}]),
    Optimizers.Adafactor: (0.001, [{}, {"relative_step": False}]),
    Optimizers.Lamb: (0.001, [{}]),
    Optimizers.Muon: (0.001, [{}]),
    Optimizers.ScheduleFreeAdamW: (0.001, [{}]),
    scaled_loss: (0.01, [{}]),
    without_decay_of_biases: (0.001, [{}]),
}
OWN_OPTIMIZERS = (scaled_loss, without_decay_of_biases)
# Options of every optimizer.
SHARED_OPTIONS = [
    *({"weight_decay": 0.1}, {"clipnorm": 0.1}, {"clipvalue": 0.01}, {"global_clipnorm": 0.1}),
    *({"use_ema": True, "ema_momentum": 0.9}, {"use_ema": True, "ema_overwrite_frequency": 2}),
    *({"loss_scale_factor": 8.0}, {"gradient_accumulation_steps": 2}, {"use_ema": True, "clipvalue": 0.01}),
]


class OwnSchedule(Schedules.LearningRateSchedule):
    """A schedule that cannot be described."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1.0 + ops.cast(step, "float32"))


class DescribedSchedule(OwnSchedule):
    def get_config(self):
        return {"rate": self.rate}


SCHEDULES = [
    lambda rate: Schedules.ExponentialDecay(rate, 3, 0.5),
    lambda rate: Schedules.ExponentialDecay(rate, 3, 0.5, staircase=True),
    lambda rate: Schedules.PiecewiseConstantDecay([2, 5], [rate, rate / 2, rate / 8]),
    lambda rate: Schedules.PolynomialDecay(rate, 6, rate / 10),
    lambda rate: Schedules.PolynomialDecay(rate, 3, rate / 10, power=2.0, cycle=True),
    lambda rate: Schedules.InverseTimeDecay(rate, 2, 0.5),
    lambda rate: Schedules.CosineDecay(rate, 6),
    lambda rate: Schedules.CosineDecay(rate / 10, 6, warmup_target=rate, warmup_steps=3),
    lambda rate: Schedules.CosineDecayRestarts(rate, 3),
    OwnSchedule,
    DescribedSchedule,
]


# Callbacks


class SlowsByIterations(C.Callback):
    """Sets the rate by the number of steps that the optimizer has counted."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.003 / (1 + float(self.model.optimizer.iterations))


class HalvesWeights(C.Callback):
    """Changes the weights between epochs."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.set_weights([w / 2 if epoch and w.dtype.kind == "f" else w for w in self.model.get_weights()])


class FreezesLater(C.Callback):
    """Freezes a layer after the first epoch; Keras goes on with the step that it has compiled."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            self.model.layers[-1].trainable = False


class CountsBatches(C.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            self.model.optimizer.learning_rate = 0.0005


class AddsLog(C.Callback):
    """Writes a number of its own into the history."""

    def on_epoch_end(self, epoch, logs=None):
        logs["twice"] = 2 * logs["loss"]


class WeighsTest(C.Callback):
    """Validates on other weights."""

    def on_test_begin(self, logs=None):
        self.weights = self.model.get_weights()
        self.model.set_weights([w / 2 if w.dtype.kind == "f" else w for w in self.weights])

    def on_test_end(self, logs=None):
        self.model.set_weights(self.weights)


def schedule_by_epoch(epoch, rate):
    return rate / (1 + epoch)


def add_nothing(epoch, logs):
    logs["nothing"] = 0.0


CALLBACKS: list[Callable[[], Any]] = [
    partial(C.LearningRateScheduler, schedule_by_epoch),
    partial(C.ReduceLROnPlateau, "loss", patience=1, min_delta=10.0),
    partial(C.EarlyStopping, "loss", patience=0, min_delta=10.0, restore_best_weights=True),
    partial(C.EarlyStopping, "loss", start_from_epoch=1, baseline=0.0, patience=1),
    C.TerminateOnNaN,
    partial(C.LambdaCallback, on_epoch_end=add_nothing),
    *(SlowsByIterations, HalvesWeights, FreezesLater, CountsBatches, AddsLog, WeighsTest),
]
SETS_RATE = (C.LearningRateScheduler, C.ReduceLROnPlateau, SlowsByIterations, CountsBatches)


# What is drawn


def draw_optimizer(rng):
    """Return the optimizer's part of an estimator's parameters, its kinds, and whether its rate can be set."""
    make = choose(rng, list(OPTIMIZERS)) if rng.random() < 0.7 else Optimizers.Adam
    rate, variants = OPTIMIZERS[make]
    kinds = [f"optimizer {make.__name__}"]
    options = dict(choose(rng, variants))
    if make in OWN_OPTIMIZERS:
        return {"optimizer": make(rate)}, kinds, True
    if rng.random() < 0.3:
        options = dict(choose(rng, SHARED_OPTIONS))
    kinds += [f"optimizer {key}" for key in options]
    is_scheduled = bool(rng.random() < 0.2)
    if is_scheduled:
        rate = choose(rng, SCHEDULES)(rate)
        kinds.append(f"schedule {type(rate).__name__}")
    if options and not isinstance(rate, OwnSchedule):  # which no copy of an optimizer would know
        return {"optimizer": make(rate, **options)}, kinds, not is_scheduled
    return {"optimizer": make, "learning_rate": rate}, kinds, not is_scheduled


def draw_callbacks(rng, has_fixed_rate):
    if rng.random() > 0.25:
        return []
    makers = [make for make in CALLBACKS if has_fixed_rate or getattr(make, "func", make) not in SETS_RATE]
    return [choose(rng, makers)()]


def show_loss(loss):
    if isinstance(loss, str):
        return loss
    if isinstance(loss, K.Loss):
        delta = getattr(loss, "_fn_kwargs", {}).get("delta")
        return f"{type(loss).__name__}({loss.reduction})" + (f" delta={delta}" if delta else "")
    return name_of(loss)
