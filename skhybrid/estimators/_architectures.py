"""The architectures: the network that an estimator trains, its parameters, and how it reads X.

Each is here once, and serves a regressor and, LSTNet aside, a classifier.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any

from numpy.typing import NDArray

from skhybrid._validation import StrOptions, as_frames, check_finite
from skhybrid.estimators._parameters import network_parameters, of_network, part
from skhybrid.estimators._samples import Samples, read_frames
from skhybrid.estimators._window_options import Architecture
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
)

Ints = int | tuple[int, ...]
Activation = str | Callable[..., Any] | None
LEAST_SEASONS = 3  # in a window whose segments are seasons


@part
class CNNLSTM(Architecture):
    """Conv1D [-> MaxPooling1D] -> LSTM -> Dense; with subsequences, the convolution of each on its own.

    Parameters
    ----------
    kernel_size : int, tuple of int or "auto"
        Steps a filter sees at once; a tuple gives one for each convolution. "auto" is a season, where there is a
        `season_length` and windows hold three seasons or more, and else an eighth of the window, rounded up.

    Attributes
    ----------
    kernel_size_ : int or tuple of int
        The length of the kernels, where `kernel_size` is "auto" as it was found.
    """

    filters: Ints = of_network(default=cnn_lstm, kw_only=False)
    kernel_size: Ints | str = of_network(default=cnn_lstm)
    pool_size: Ints = of_network(default=cnn_lstm)
    padding: str = of_network(default=cnn_lstm)
    activation: Activation = of_network(default=cnn_lstm)
    units: Ints = of_network(default=cnn_lstm)
    dense_units: Ints = of_network(default=cnn_lstm)
    dropout: float = of_network(default=cnn_lstm)
    bidirectional: bool = of_network(default=cnn_lstm)
    attention: bool = of_network(default=cnn_lstm)
    strides: Ints | None = of_network(default=cnn_lstm)
    cell: str = of_network(default=cnn_lstm)
    decoder: str = of_network(default=cnn_lstm)
    segment_length: int | None = of_network(default=cnn_lstm)
    kernel_regularizer: Any = of_network(default=cnn_lstm)
    recurrent_regularizer: Any = of_network(default=cnn_lstm)
    bias_regularizer: Any = of_network(default=cnn_lstm)

    def _network(self, input_shape: tuple[int, ...]) -> tuple[Any, dict[str, Any]]:
        network = "cnn_lstm" if len(input_shape) == 2 else "time_distributed_cnn_lstm"
        return network, network_parameters(self) | {"kernel_size": self._find_kernel_size(input_shape[-2])}

    @property
    def kernel_size_(self) -> Any:
        """The length of the kernels."""
        fitted = self._as_fitted
        return fitted._find_kernel_size(fitted.last_steps or self.input_shape_[-2])

    def _find_kernel_size(self, n_steps):
        """Return the length of the kernels: "auto" is a season, or an eighth of windows that hold few of them."""
        if not isinstance(self.kernel_size, str) or self.kernel_size != "auto":
            return self.kernel_size
        season = getattr(self, "season_length", None)
        return season if season and LEAST_SEASONS * season <= n_steps else -(-n_steps // 8)

    def _keeps_axes(self, X: NDArray[Any]) -> bool:
        return X.ndim == 4


@part
class Recurrent(Architecture):
    """Recurrence -> Dense, whatever the recurrent cell."""

    units: Ints = of_network(default=recurrent, kw_only=False)
    dense_units: Ints = of_network(default=recurrent)
    activation: Activation = of_network(default=recurrent)
    dropout: float = of_network(default=recurrent)
    bidirectional: bool = of_network(default=recurrent)
    attention: bool = of_network(default=recurrent)
    decoder: str = of_network(default=recurrent)
    segment_length: int | None = of_network(default=recurrent)
    kernel_regularizer: Any = of_network(default=recurrent)
    recurrent_regularizer: Any = of_network(default=recurrent)
    bias_regularizer: Any = of_network(default=recurrent)


class LSTM(Recurrent):
    """Long short-term memory."""

    _network_name = "lstm"


class GRU(Recurrent):
    """Gated recurrent units."""

    _network_name = "gru"


class SimpleRNN(Recurrent):
    """Recurrent network without gates."""

    _network_name = "simple_rnn"


@part
class CNN(Architecture):
    """Conv1D -> MaxPooling1D -> Flatten -> Dense."""

    filters: Ints = of_network(default=cnn, kw_only=False)
    kernel_size: Ints = of_network(default=cnn)
    pool_size: Ints = of_network(default=cnn)
    padding: str = of_network(default=cnn)
    activation: Activation = of_network(default=cnn)
    dense_units: Ints = of_network(default=cnn)
    dropout: float = of_network(default=cnn)
    strides: Ints | None = of_network(default=cnn)
    dilations: Ints = of_network(default=cnn)
    residual: bool = of_network(default=cnn)
    kernel_regularizer: Any = of_network(default=cnn)
    bias_regularizer: Any = of_network(default=cnn)

    _network_name = "cnn"


@part
class Dense(Architecture):
    """Flatten -> Dense."""

    dense_units: Ints = of_network(default=dense, kw_only=False)
    activation: Activation = of_network(default=dense)
    dropout: float = of_network(default=dense)
    kernel_regularizer: Any = of_network(default=dense)
    bias_regularizer: Any = of_network(default=dense)

    _network_name = "dense"


@part
class LSTMFCN(Architecture):
    """An LSTM beside a fully convolutional branch."""

    units: Ints = of_network(default=lstm_fcn, kw_only=False)
    filters: Ints = of_network(default=lstm_fcn)
    kernel_size: Ints = of_network(default=lstm_fcn)
    dropout: float = of_network(default=lstm_fcn)
    dimension_shuffle: bool = of_network(default=lstm_fcn)
    norm_momentum: float = of_network(default=lstm_fcn)

    _network_name = "lstm_fcn"


@part
class LSTNet(Architecture):
    """A convolution over all series, recurrences over steps and over seasons, and a linear path that series share."""

    filters: int = of_network(default=lstnet, kw_only=False)
    kernel_size: int = of_network(default=lstnet)
    activation: Activation = of_network(default=lstnet)
    units: int = of_network(default=lstnet)
    skip: int | None = of_network(default=lstnet)
    skip_units: int = of_network(default=lstnet)
    highway: int | None = of_network(default=lstnet)
    target_channels: Any = of_network(default=lstnet)
    dropout: float = of_network(default=lstnet)

    _network_name = "lstnet"


# Networks by name whose samples are not windows: their axes, and what else to do.
NESTED = {
    "time_distributed_cnn_lstm": (
        ("n_seq", "n_steps", "n_features"),
        "cut the windows with SubsequenceReshaper, or pass network='cnn_lstm'",
    ),
    "conv2d_lstm": (("height", "width", "channels"), "reshape it to images"),
    "conv3d_lstm": (("frames", "height", "width", "channels"), "reshape it to clips"),
}


@part
class Sequence(Architecture):
    """Any network: one of this package's by name, or one of the user's own.

    Parameters
    ----------
    network : str or callable
        A name of ``skhybrid.networks.NETWORKS``, or a function
        ``(input_shape, n_outputs, *, seed, **network_params)`` that returns an uncompiled Keras model, for a classifier
        one whose outputs are the probabilities of the classes (end it with a softmax). `input_shape` is the shape of
        one window, (n_steps, n_features), or where X has more axes, of one sample of X. Give `seed` to the initializers
        and dropout layers, so that `random_state` decides on them. Pickling a fitted estimator pickles the function:
        define it in a module.

    network_params : dict
        Further arguments of the network.
    """

    network: Any = field(default="cnn_lstm", kw_only=False)
    network_params: dict[str, Any] | None = None

    _parameter_constraints = {"network": [StrOptions(set(NETWORKS)), callable], "network_params": [dict, None]}

    def _network(self, input_shape: tuple[int, ...]) -> tuple[Any, dict[str, Any]]:
        return self.network, dict(self.network_params or {})

    def _keeps_axes(self, X: NDArray[Any]) -> bool:
        if callable(self.network):
            return X.ndim >= 4
        if self.network not in NESTED:
            return False
        axes, way_out = NESTED[self.network]
        if X.ndim != 1 + len(axes):
            raise ValueError(
                f"network={self.network!r} needs X of shape (n_samples, {', '.join(axes)}), but X has shape {X.shape}; "
                f"{way_out}."
            )
        if self.network.startswith("conv"):  # pixels have neither past nor end
            check_finite(X, "X")
        return True


class Frames(Architecture):
    """Reads X as images or clips, channels last."""

    _axes: tuple[str, ...] = ()
    input_shape: tuple[int, ...] | None = None

    _parameter_constraints = {"input_shape": ["array-like", None]}

    def _read(self, X: NDArray[Any]) -> Samples:
        check_finite(X, "X")
        return read_frames(as_frames(X, self._axes, self.input_shape))


@part
class Conv2DLSTM(Frames):
    """Branches of Conv2D -> MaxPooling2D side by side; the LSTM reads the rows of their maps.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one image, (height, width, channels), to read a 2-D X whose rows are flattened images, last axis
        fastest. None reads the columns of a 2-D X as the first axis, and takes the shape of other X as it is.
    """

    filters: Ints = of_network(default=conv2d_lstm, kw_only=False)
    kernel_sizes: Ints = of_network(default=conv2d_lstm)
    pool_size: Ints = of_network(default=conv2d_lstm)
    activation: Activation = of_network(default=conv2d_lstm)
    units: Ints = of_network(default=conv2d_lstm)
    dense_units: Ints = of_network(default=conv2d_lstm)
    dropout: float = of_network(default=conv2d_lstm)
    bidirectional: bool = of_network(default=conv2d_lstm)
    attention: bool = of_network(default=conv2d_lstm)
    input_shape: tuple[int, ...] | None = None

    _network_name = "conv2d_lstm"
    _axes = ("height", "width", "channels")


@part
class Conv3DLSTM(Frames):
    """Conv3D -> MaxPooling3D; the LSTM reads the frames of the map.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one clip, (frames, height, width, channels), to read a 2-D X whose rows are flattened clips, last axis
        fastest. None reads the columns of a 2-D X as the first axis, and takes the shape of other X as it is.
    """

    filters: Ints = of_network(default=conv3d_lstm, kw_only=False)
    kernel_size: Ints = of_network(default=conv3d_lstm)
    pool_size: Ints = of_network(default=conv3d_lstm)
    activation: Activation = of_network(default=conv3d_lstm)
    units: Ints = of_network(default=conv3d_lstm)
    dense_units: Ints = of_network(default=conv3d_lstm)
    dropout: float = of_network(default=conv3d_lstm)
    bidirectional: bool = of_network(default=conv3d_lstm)
    attention: bool = of_network(default=conv3d_lstm)
    input_shape: tuple[int, ...] | None = None

    _network_name = "conv3d_lstm"
    _axes = ("frames", "height", "width", "channels")
