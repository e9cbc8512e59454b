"""Random networks and trainings, each drawn from a seed: what programs are held equal to Keras on."""

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from skhybrid._backend import keras
from tests.training.own_parts import New, choose, show_value
from tests.training.random_parts import EMBEDDINGS, HEADS, OPTIONS, RESIZING, SEQUENCES, SUMMARIES, Part
from tests.training.random_trainings import LOSSES, LOSSES_OF_SHARES, draw_callbacks, draw_optimizer, show_loss

N_ROWS = 48
L = keras.layers


class Drawn(NamedTuple):
    """A part with the options that were drawn for it."""

    name: str
    part: Part
    options: dict[str, Any]

    def __call__(self, x):
        options = {key: value() if isinstance(value, New) else value for key, value in self.options.items()}
        return self.part.call(self.part.make(**options), x)

    def kinds(self):
        return [self.name, *(f"{self.name} {key}={show_value(value)}" for key, value in self.options.items())]

    def __str__(self):
        texts = [f"{key}={show_value(value)}" for key, value in self.options.items()]
        return " ".join([self.name, *texts])


# Parts that are frozen


def freeze_nothing(model):
    pass


def freeze_first_layer(model):
    next(layer for layer in model.layers if layer.weights).trainable = False


def freeze_last_layer(model):
    model.layers[-1].trainable = False


def freeze_biases(model):
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.trainable = False


def freeze_cells(model):
    for layer in model.layers:
        if hasattr(layer, "cell"):
            layer.cell.trainable = False


def freeze_all(model):
    model.trainable = False


FREEZERS = [freeze_first_layer, freeze_last_layer, freeze_biases, freeze_cells, freeze_all]


@dataclass
class Case:
    """A network, and how it is trained.

    Parameters
    ----------
    seed : int
        What it was drawn from.

    input_shape : tuple of int
        Steps and features.

    n_outputs : int
        Number of targets.

    parts : list of Drawn
        What stands between input and last layer.

    freeze : callable
        Freezes parts of the network.

    options : dict
        Parameters of the estimator.

    weighted : bool
        Whether the samples have weights.

    kinds : list of str
        All that was drawn, by name.
    """

    seed: int
    input_shape: tuple[int, int]
    n_outputs: int
    parts: list[Drawn]
    freeze: Callable[[Any], None]
    options: dict[str, Any]
    weighted: bool
    kinds: list[str]

    def __str__(self):
        return f"{self.seed}: {self.input_shape} -> {' -> '.join(map(str, self.parts))}; {', '.join(self.kinds)}"

    @property
    def is_share(self):
        """Whether targets and outputs lie between 0 and 1."""
        return any(self.options["loss"] is loss for loss in LOSSES_OF_SHARES)

    def build(self, input_shape, n_outputs, *, seed):
        """Build the network; layers draw their seeds from Python's generator, which is left as it was."""
        before = random.getstate()
        random.seed(seed)
        try:
            x = inputs = keras.Input(input_shape)
            for part in self.parts:
                x = part(x)
            model = keras.Model(inputs, L.Dense(n_outputs, activation="sigmoid" if self.is_share else None)(x))
        finally:
            random.setstate(before)
        self.freeze(model)
        return model

    def make_data(self):
        """Return inputs, targets and weights of the samples."""
        rng = np.random.default_rng(self.seed)
        shape, y_shape = (N_ROWS, *self.input_shape), (N_ROWS, self.n_outputs)
        X = rng.integers(0, 10, shape).astype(float) if self.parts[0].name in EMBEDDINGS else rng.normal(size=shape)
        X[: N_ROWS // 4, self.input_shape[0] // 2 :] = 0  # what may be masked
        y = rng.uniform(0.1, 0.9, y_shape) if self.is_share else rng.normal(size=y_shape)
        weights = rng.uniform(0, 2, N_ROWS) * (rng.random(N_ROWS) > 0.1) if self.weighted else None
        return X, y, weights


def draw_case(seed):
    """Draw a network and its training."""
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng)
    freeze = choose(rng, FREEZERS) if rng.random() < 0.15 else freeze_nothing
    optimizer, optimizer_kinds, has_fixed_rate = draw_optimizer(rng)
    losses = LOSSES_OF_SHARES if rng.random() < 0.25 else LOSSES
    loss = choose(rng, losses) if rng.random() < 0.7 else losses[0]
    options = {
        "loss": loss,
        **optimizer,
        "batch_size": int(rng.choice([16, 16, 16, 5, 48, 100])),
        "early_stopping": bool(rng.random() < 0.15),
        "callbacks": draw_callbacks(rng, has_fixed_rate),
        "shuffle": bool(rng.random() < 0.8),
        "scale_target": losses is LOSSES,
    }
    weighted = bool(rng.random() < 0.2)
    kinds = [kind for part in parts for kind in part.kinds()]
    kinds += [f"loss {show_loss(loss)}", *optimizer_kinds, freeze.__name__]
    kinds += [f"callback {type(callback).__name__}" for callback in options["callbacks"]]
    kinds += [f"{name}={options[name]}" for name in ("batch_size", "early_stopping", "shuffle")]
    kinds += ["sample_weight"] if weighted else []
    n_features = 1 if parts[0].name in EMBEDDINGS else int(rng.integers(1, 4))
    shape = (int(rng.integers(6, 13)), n_features)
    return Case(seed, shape, int(rng.integers(1, 3)), parts, freeze, options, weighted, sorted(set(kinds)))


def draw_parts(rng):
    """Draw what stands between input and last layer."""
    tables = [SEQUENCES] * int(rng.integers(1, 4))
    if rng.random() < 0.4:
        tables.insert(rng.integers(len(tables) + 1), RESIZING)
    if rng.random() < 0.02:
        tables.insert(0, EMBEDDINGS)
    tables += [SUMMARIES, *([HEADS] if rng.random() < 0.4 else [])]
    return [draw_part(rng, table) for table in tables]


def draw_part(rng, table):
    """Draw a part, one of its variants, and perhaps an option that many layers have."""
    name = choose(rng, list(table))
    part = table[name]
    options = dict(choose(rng, part.variants))
    more = [key for key in OPTIONS if key not in options and has_option(part.make, key)]
    if more and rng.random() < 0.3:
        key = choose(rng, more)
        options[key] = choose(rng, OPTIONS[key])
    return Drawn(name, part, options)


def has_option(make, name):
    """Return whether a layer's class, perhaps with arguments, has an option that is not given yet."""
    layer = make.func if isinstance(make, partial) else make
    if not isinstance(layer, type) or name in getattr(make, "keywords", ()):
        return False
    if name == "dtype" and layer is L.ActivityRegularization:  # Keras adds its penalty to others of another type
        return False
    names = inspect.signature(layer).parameters
    return name in names or (name in ("trainable", "dtype") and "kwargs" in names)
