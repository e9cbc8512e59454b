"""Regressors: each a network with scikit-learn's interface, all trained in the same way. Declarations, nothing else."""

from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._parameters import estimator
from skhybrid.estimators._regressor import NetworkRegressor, WindowRegressor


@estimator
class CNNLSTMRegressor(WindowRegressor, architectures.CNNLSTM):
    """CNN-LSTM hybrid: a convolution finds short patterns, an LSTM after it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> Dense. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense -> Dense.

    References
    ----------
    T. N. Sainath, O. Vinyals, A. Senior, H. Sak (2015). Convolutional, long short-term memory, fully connected deep
    neural networks. ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> model = CNNLSTMRegressor(filters=4, units=4, epochs=2, random_state=0).fit(X[:70], y[:70])
    >>> model.predict(X[70:]).shape
    (18,)
    """


@estimator
class LSTMRegressor(WindowRegressor, architectures.LSTM):
    """Long short-term memory: LSTM -> Dense -> Dense.

    References
    ----------
    S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> LSTMRegressor(units=4, epochs=2, random_state=0).fit(X, y).n_parameters_
    193
    """


@estimator
class GRURegressor(WindowRegressor, architectures.GRU):
    """Gated recurrent unit: GRU -> Dense -> Dense.

    References
    ----------
    K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine
    translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import GRURegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> GRURegressor(units=4, epochs=2, random_state=0).fit(X, y).n_epochs_
    2
    """


@estimator
class SimpleRNNRegressor(WindowRegressor, architectures.SimpleRNN):
    """Plain recurrent network, without gates: SimpleRNN -> Dense -> Dense.

    References
    ----------
    J. L. Elman (1990). Finding structure in time. Cognitive Science 14(2), 179-211.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SimpleRNNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> SimpleRNNRegressor(units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (12, 1)
    """


@estimator
class CNNRegressor(WindowRegressor, architectures.CNN):
    """Convolutional network: Conv1D -> MaxPooling1D -> Flatten -> Dense -> Dense.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> CNNRegressor(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """


@estimator
class DenseRegressor(WindowRegressor, architectures.Dense):
    """Fully connected network on the flattened window: Flatten -> Dense -> ... -> Dense.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> DenseRegressor(dense_units=8, epochs=2, random_state=0).fit(X, y).n_parameters_
    113
    """


@estimator
class LSTMFCNRegressor(WindowRegressor, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for forecasts.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> Dense.

    Notes
    -----
    Batch normalisation takes its means over the samples of a batch whatever their weights are: a weight of 2 is not
    quite the same as the sample twice. It predicts with running means, which lag behind weights that still move:
    ``learning_rate_schedule="cosine"`` lets them settle.

    References
    ----------
    F. Karim, S. Majumdar, H. Darabi, S. Chen (2018). LSTM fully convolutional networks for time series
    classification. IEEE Access 6, 1662-1669.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMFCNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> LSTMFCNRegressor(filters=(8, 8, 8), epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """


@estimator
class LSTNetRegressor(WindowRegressor, architectures.LSTNet):
    """LSTNet, for several series at once: a convolution and two recurrences, beside a linear path.

    Conv1D over all series -> GRU, beside a GRU from season to season -> Dense; to it is added a linear map of the
    newest steps of each series, the same for all.

    Notes
    -----
    y holds the coming values of the series, series by series: with 7 series one step ahead, 7 columns. It is scaled
    inside, each column by the rows trained on; scale the series in X in the same manner, with
    ``PerStepTransformer(StandardScaler())`` before the network in a pipeline, as one linear map serves all of them.

    References
    ----------
    G. Lai, W.-C. Chang, Y. Yang, H. Liu (2018). Modeling long- and short-term temporal patterns with deep neural
    networks. SIGIR.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTNetRegressor, sliding_windows
    >>> hour = np.arange(200)
    >>> series = np.column_stack([np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6)])
    >>> X, y = sliding_windows(series, 36)[:-1], series[36:]
    >>> LSTNetRegressor(8, units=8, skip=12, highway=12, epochs=2, random_state=0).fit(X, y).predict(X[:3]).shape
    (3, 2)
    """


@estimator
class Conv2DLSTMRegressor(NetworkRegressor, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for numbers from images.

    One branch for each of `kernel_sizes`; the maps are concatenated along the channels. The convolutions pad with zeros
    on all sides: rows are no time.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv2DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> Conv2DLSTMRegressor(filters=4, units=4, epochs=2, random_state=0).fit(X, X.mean(axis=(1, 2, 3))).n_outputs_
    1
    """


@estimator
class Conv3DLSTMRegressor(NetworkRegressor, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for numbers from clips.

    The convolution is padded on the left of the time axis: a feature at frame t is made of frames up to t.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv3DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(16, 6, 8, 8, 1))
    >>> y = X[:, -1].mean(axis=(1, 2, 3))
    >>> Conv3DLSTMRegressor(filters=4, units=4, epochs=1, random_state=0).fit(X, y).n_outputs_
    1
    """


@estimator
class SequenceRegressor(WindowRegressor, architectures.Sequence):
    """Any network: one of this package's by name, or one of your own.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from skhybrid import SequenceRegressor, make_windows
    >>> def linear(input_shape, n_outputs, *, seed):
    ...     glorot = keras.initializers.GlorotUniform(seed)
    ...     dense = keras.layers.Dense(n_outputs, kernel_initializer=glorot)
    ...     return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), dense])
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> SequenceRegressor(linear, epochs=2, random_state=0).fit(X, y).n_parameters_
    13
    """
