"""The architectures: the network that an estimator trains, its parameters, and how it reads X.

Each stands once and serves a regressor and a classifier.
"""

from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

import numpy as np

from skhybrid._validation import (
    StrOptions,
    as_frames,
    as_windows,
    check_finite,
    count_unknown,
    fill_unknown,
    positive_int,
)
from skhybrid.estimators._base import estimator
from skhybrid.estimators._window_norm import WINDOW_NORMS, channel_deviations, check_positive
from skhybrid.networks import NETWORKS

Ints = int | tuple[int, ...]
Activation = str | Callable | None


def of_network(default: Any, **options: Any) -> Any:
    """Return the field of a parameter that goes to the network's builder."""
    return field(default=default, metadata={"of_network": True}, **options)


class Architecture:
    """A network by name, and its parameters."""

    _network_name = ""
    _descriptions: dict[str, tuple[str, str]] = {}  # of parameters, where they mean something else than for others

    def _network(self, input_shape):
        """Return the network for inputs of this shape, by name or as a builder, and its parameters."""
        names = [f.name for f in fields(self) if f.metadata.get("of_network")]  # type: ignore[arg-type]
        return self._network_name, {name: getattr(self, name) for name in names}


class Windows(Architecture):
    """Reads X as windows, (sample, time, feature)."""

    n_features: int  # parameters of the estimators
    window_norm: str | None

    _parameter_constraints = {"n_features": [positive_int], "window_norm": [StrOptions(WINDOW_NORMS), None]}

    def _read(self, X):
        if X.ndim == 2:  # a table: NaN there is a missing value, not a step before the series began
            check_finite(X, "X")
        return as_windows(X, self.n_features)

    def _count_unknown(self, samples):
        """Count the steps of each sample without a past, at the start, and behind the end of the sequence."""
        return count_unknown(_flatten_subsequences(samples))

    def _front(self, samples, rows):
        """Return the options of what stands in front of the network: how its input is normalised."""
        if self.window_norm is None:
            return {"window_norm": None}
        windows = _flatten_subsequences(samples)
        check_positive(windows[rows, -1], self.window_norm)
        return {
            "window_norm": self.window_norm,
            "channel_scale": channel_deviations(windows, rows, self.window_norm),
        }

    def _fill(self, samples, n_before):
        """Repeat the first known step of each sample where the steps before it are unknown."""
        return fill_unknown(_flatten_subsequences(samples), n_before).reshape(samples.shape)


@estimator
class CNNLSTM(Windows):
    """Conv1D [-> MaxPooling1D] -> LSTM -> Dense; with subsequences, the convolution of each on its own."""

    filters: Ints = of_network(32, kw_only=False)
    kernel_size: Ints = of_network(3)
    pool_size: Ints = of_network(1)
    padding: str = of_network("causal")
    activation: Activation = of_network("relu")
    units: Ints = of_network(32)
    dense_units: Ints = of_network(16)
    dropout: float = of_network(0.0)
    bidirectional: bool = of_network(False)
    attention: bool = of_network(False)

    def _network(self, input_shape):
        _, parameters = super()._network(input_shape)
        return ("cnn_lstm" if len(input_shape) == 2 else "time_distributed_cnn_lstm"), parameters

    def _read(self, X):
        return X if X.ndim == 4 else super()._read(X)


@estimator
class Recurrent(Windows):
    """Recurrence -> Dense, whatever the recurrent cell."""

    units: Ints = of_network(32, kw_only=False)
    dense_units: Ints = of_network(16)
    activation: Activation = of_network("relu")
    dropout: float = of_network(0.0)
    bidirectional: bool = of_network(False)
    attention: bool = of_network(False)


class LSTM(Recurrent):
    """Long short-term memory."""

    _network_name = "lstm"


class GRU(Recurrent):
    """Gated recurrent units."""

    _network_name = "gru"


class SimpleRNN(Recurrent):
    """Recurrent network without gates."""

    _network_name = "simple_rnn"


@estimator
class CNN(Windows):
    """Conv1D -> MaxPooling1D -> Flatten -> Dense."""

    filters: Ints = of_network(32, kw_only=False)
    kernel_size: Ints = of_network(3)
    pool_size: Ints = of_network(2)
    padding: str = of_network("causal")
    activation: Activation = of_network("relu")
    dense_units: Ints = of_network(32)
    dropout: float = of_network(0.0)

    _network_name = "cnn"


@estimator
class Dense(Windows):
    """Flatten -> Dense."""

    dense_units: Ints = of_network((128, 64), kw_only=False)
    activation: Activation = of_network("relu")
    dropout: float = of_network(0.0)

    _network_name = "dense"
    _descriptions = {
        "dense_units": (
            "int or tuple of int",
            "Number of units of each hidden layer; ``()`` for none, which is a linear model.",
        )
    }


@estimator
class LSTMFCN(Windows):
    """An LSTM beside a fully convolutional branch."""

    units: Ints = of_network(8, kw_only=False)
    filters: Ints = of_network((128, 256, 128))
    kernel_size: Ints = of_network((8, 5, 3))
    dropout: float = of_network(0.8)
    dimension_shuffle: bool = of_network(True)

    _network_name = "lstm_fcn"
    _descriptions = {
        "filters": ("tuple of int", "Number of filters of each convolution."),
        "kernel_size": ("int or tuple of int", "Number of steps that a filter sees at once, in each convolution."),
        "dropout": ("float", "Share of the LSTM's outputs that is left out in training."),
        "dimension_shuffle": (
            "bool",
            "Whether the LSTM reads the whole series of a feature at once, one feature after the other, as published, "
            "instead of step by step in time.",
        ),
    }


# Networks by name whose samples are no windows: their axes, and what else to do.
NESTED = {
    "time_distributed_cnn_lstm": (
        ("n_seq", "n_steps", "n_features"),
        "cut the windows with SubsequenceReshaper, or pass network='cnn_lstm'",
    ),
    "conv2d_lstm": (("height", "width", "channels"), "reshape it to images"),
    "conv3d_lstm": (("frames", "height", "width", "channels"), "reshape it to clips"),
}


@estimator
class Sequence(Windows):
    """Any network: one of this package's by name, or one of the user's own."""

    network: Any = field(default="cnn_lstm", kw_only=False)
    network_params: dict | None = None

    _descriptions = {
        "network": (
            "str or callable",
            "A name of ``skhybrid.networks.NETWORKS``, or a function "
            "``(input_shape, n_outputs, *, seed, **network_params)`` that returns an uncompiled Keras model, for a "
            "classifier one whose outputs are the probabilities of the classes (end it with a softmax). `input_shape` "
            "is the shape of one window, (n_steps, n_features), or where X has more axes, of one sample of X. Give "
            "`seed` to the initializers and dropout layers, so that `random_state` decides on them. Pickling a fitted "
            "estimator pickles the function: define it in a module.",
        ),
        "network_params": ("dict", "Further arguments of the network."),
    }
    _parameter_constraints = {"network": [StrOptions(set(NETWORKS)), callable], "network_params": [dict, None]}

    def _network(self, input_shape):
        return self.network, dict(self.network_params or {})

    def _read(self, X):
        if callable(self.network) and X.ndim >= 4:
            return X
        if callable(self.network) or self.network not in NESTED:
            return super()._read(X)
        axes, way_out = NESTED[self.network]
        if X.ndim != 1 + len(axes):
            raise ValueError(
                f"network={self.network!r} needs X of shape (n_samples, {', '.join(axes)}), but X has shape {X.shape}; "
                f"{way_out}."
            )
        if self.network.startswith("conv"):  # pixels have neither past nor end
            check_finite(X, "X")
        return X


class Frames(Architecture):
    """Reads X as images or clips, channels last."""

    _axes: tuple[str, ...] = ()
    input_shape: tuple[int, ...] | None

    _parameter_constraints = {"input_shape": ["array-like", None]}

    def _read(self, X):
        check_finite(X, "X")
        return as_frames(X, self._axes, self.input_shape)

    def _count_unknown(self, samples):
        return np.zeros((2, len(samples)), dtype=int)

    def _front(self, samples, rows):
        return {"window_norm": None}

    def _fill(self, samples, n_before):
        return samples


@estimator
class Conv2DLSTM(Frames):
    """Branches of Conv2D -> MaxPooling2D side by side; the LSTM reads the rows of their maps."""

    filters: Ints = of_network(32, kw_only=False)
    kernel_sizes: Ints = of_network((3, 5))
    pool_size: Ints = of_network(2)
    activation: Activation = of_network("relu")
    units: Ints = of_network(128)
    dense_units: Ints = of_network(())
    dropout: float = of_network(0.0)
    bidirectional: bool = of_network(False)
    attention: bool = of_network(False)
    input_shape: tuple[int, ...] | None = None

    _network_name = "conv2d_lstm"
    _axes = ("height", "width", "channels")
    _descriptions = {
        "filters": (
            "int or tuple of int",
            "Number of filters of the convolution in each branch; a tuple stacks convolutions, each with its pooling.",
        ),
        "kernel_sizes": ("int or tuple of int", "Height and width of the kernels in pixels; one branch for each."),
        "pool_size": (
            "int or tuple of int",
            "Height and width in pixels of the blocks of which max pooling keeps the largest value; 1 for no pooling.",
        ),
    }


@estimator
class Conv3DLSTM(Frames):
    """Conv3D -> MaxPooling3D; the LSTM reads the frames of the map."""

    filters: Ints = of_network(32, kw_only=False)
    kernel_size: Ints = of_network(3)
    pool_size: Ints = of_network(2)
    activation: Activation = of_network("relu")
    units: Ints = of_network(128)
    dense_units: Ints = of_network(())
    dropout: float = of_network(0.0)
    bidirectional: bool = of_network(False)
    attention: bool = of_network(False)
    input_shape: tuple[int, ...] | None = None

    _network_name = "conv3d_lstm"
    _axes = ("frames", "height", "width", "channels")
    _descriptions = {
        "kernel_size": ("int or tuple of int", "Frames, height and width that a filter sees at once."),
        "pool_size": (
            "int or tuple of int",
            "Frames, height and width of the blocks of which max pooling keeps the largest value; 1 for no pooling.",
        ),
    }


def _flatten_subsequences(samples):
    """Return samples as windows, (sample, time, feature)."""
    return samples.reshape(len(samples), -1, samples.shape[-1])
