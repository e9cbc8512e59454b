"""Classifiers: the regressors' networks for labels. Declarations, nothing else."""

from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._classifier import NetworkClassifier, WindowClassifier
from skhybrid.estimators._parameters import estimator, of_network
from skhybrid.networks import lstm_fcn


@estimator
class CNNLSTMClassifier(WindowClassifier, architectures.CNNLSTM):
    """CNN-LSTM hybrid for labels: a convolution finds short patterns, an LSTM after it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> softmax. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense ->
    softmax.

    References
    ----------
    T. N. Sainath, O. Vinyals, A. Senior, H. Sak (2015). Convolutional, long short-term memory, fully connected deep
    neural networks. ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = CNNLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (60, 2)
    """


@estimator
class LSTMClassifier(WindowClassifier, architectures.LSTM):
    """Long short-term memory for labels: LSTM -> Dense -> softmax.

    References
    ----------
    S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMClassifier(units=4, epochs=2, random_state=0).fit(X, y).classes_
    array(['down', 'up'], dtype='<U4')
    """


@estimator
class GRUClassifier(WindowClassifier, architectures.GRU):
    """Gated recurrent unit for labels: GRU -> Dense -> softmax.

    References
    ----------
    K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine
    translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> GRUClassifier(units=4, epochs=2, random_state=0).fit(X, y).n_epochs_
    2
    """


@estimator
class SimpleRNNClassifier(WindowClassifier, architectures.SimpleRNN):
    """Plain recurrent network for labels, without gates: SimpleRNN -> Dense -> softmax.

    References
    ----------
    J. L. Elman (1990). Finding structure in time. Cognitive Science 14(2), 179-211.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SimpleRNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> SimpleRNNClassifier(units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (12, 1)
    """


@estimator
class CNNClassifier(WindowClassifier, architectures.CNN):
    """Convolutional network for labels: Conv1D -> MaxPooling1D -> Flatten -> Dense -> softmax.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> CNNClassifier(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """


@estimator
class DenseClassifier(WindowClassifier, architectures.Dense):
    """Fully connected network for labels, on the flattened window: Flatten -> Dense -> ... -> softmax.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> DenseClassifier(dense_units=8, epochs=40, learning_rate=0.01, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """


@estimator
class LSTMFCNClassifier(WindowClassifier, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for labels.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> softmax.

    Notes
    -----
    Batch normalisation takes its means over the samples of a batch whatever their weights are: a weight of 2 is not
    quite the same as the sample twice. It predicts with running means, which must settle: hence `norm_momentum`, small
    batches and a learning rate that falls to 0. Without these three, as in Keras' defaults, 100 epochs on few series
    leave a network that predicts far worse than it has learned. On the training part of GunPoint, 50 series, the
    cross-entropy of what was trained on is 0.04 in the last epoch and 3.10 as predicted, as a mean over 5 folds, and
    0.58 of the labels held out are right; with the defaults it is 0.02, 0.01 and 1.00
    (``examples/benchmarks/lstm_fcn.py --validate``, where more sets are). An epoch reads each series once: `epochs` is
    for sets of some dozens to some hundred series, and larger ones need fewer.

    The sizes are not those that were published [1]_, which :func:`~skhybrid.networks.lstm_fcn` has: kernels twice as
    long, half the maps and 128 units were chosen by cross-validation on the training parts of five sets. On ArrowHead's
    36 series 0.84 of the labels held out are right, with the published sizes 0.79; on the others the two differ by at
    most 0.005. The authors train for 2000 epochs on batches of 128, and have 0.90 on the test part of ArrowHead, of
    which the defaults find 0.87.

    References
    ----------
    .. [1] F. Karim, S. Majumdar, H. Darabi, S. Chen (2018). LSTM fully convolutional networks for time series
       classification. IEEE Access 6, 1662-1669.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMFCNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMFCNClassifier(filters=(8, 8, 8), epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    units: architectures.Ints = of_network(default=lstm_fcn, own=128, kw_only=False)
    filters: architectures.Ints = of_network(default=lstm_fcn, own=(64, 128, 64))
    kernel_size: architectures.Ints = of_network(default=lstm_fcn, own=(16, 10, 6))
    batch_size: int = 8
    learning_rate_schedule: str | None = "cosine"


@estimator
class Conv2DLSTMClassifier(NetworkClassifier, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for labels of images.

    One branch for each of `kernel_sizes`; the maps are concatenated along the channels. The convolutions pad with zeros
    on all sides: rows are no time.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv2DLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> y = X[:, :, :4].mean(axis=(1, 2, 3)) > X[:, :, 4:].mean(axis=(1, 2, 3))
    >>> Conv2DLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (8, 8, 1)
    """


@estimator
class Conv3DLSTMClassifier(NetworkClassifier, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for labels of clips.

    The convolution is padded on the left of the time axis: a feature at frame t is made of frames up to t.

    Examples
    --------
    >>> from skhybrid import Conv3DLSTMClassifier, make_moving_shapes
    >>> X, y = make_moving_shapes(16, size=8, n_frames=6, random_state=0)
    >>> Conv3DLSTMClassifier(filters=4, units=4, epochs=1, random_state=0).fit(X, y).input_shape_
    (6, 8, 8, 1)
    """


@estimator
class SequenceClassifier(WindowClassifier, architectures.Sequence):
    """Any network for labels: one of this package's by name, or one of your own.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SequenceClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = SequenceClassifier("gru", network_params={"units": 4}, epochs=2, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (60,)
    """
