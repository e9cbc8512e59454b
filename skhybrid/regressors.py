"""Regressors: each a network with scikit-learn's interface, all trained in the same way."""

from sklearn.base import RegressorMixin

from skhybrid._bridge import SequenceEstimator
from skhybrid._checks import StrOptions
from skhybrid._docs import document
from skhybrid.networks import NETWORKS

_CONVOLUTION = """filters : int or tuple of int, default=32
    Number of filters, that is of feature maps, of the convolution; a tuple stacks convolutions.

kernel_size : int or tuple of int, default=3
    Number of steps that a filter sees at once; a tuple gives each convolution its own.
"""

_PADDING = """padding : {"causal", "valid", "same"}, default="causal"
    "causal": a feature at step t is made of steps up to t, and all steps are kept. "valid" leaves out the first
    ``kernel_size - 1`` steps, which have no full kernel. "same" keeps all steps and centres the kernel.

activation : str or callable, default="relu"
    Keras activation of the convolutions and of the hidden dense layers.
"""

_RECURRENCE = """units : int or tuple of int, default=32
    Number of units of the recurrent layer; a tuple stacks layers.

dense_units : int or tuple of int, default=16
    Number of units of the hidden dense layers behind the recurrence; ``()`` for none.
"""

_ACTIVATION = """activation : str or callable, default="relu"
    Keras activation of the hidden dense layers.
"""

_DROPOUT = """dropout : float, default=0.0
    Share of each layer's outputs that is left out in training; the masks follow from `random_state`.
"""

_DIRECTIONS = """bidirectional : bool, default=False
    Whether to read each window backwards as well. Inside a window that ends at t this looks at nothing later than t.

attention : bool, default=False
    Whether to weigh the recurrence's outputs of all steps, instead of taking the last one.
"""


@document(convolution=_CONVOLUTION, padding=_PADDING, recurrence=_RECURRENCE, dropout=_DROPOUT, directions=_DIRECTIONS)
class CNNLSTMRegressor(RegressorMixin, SequenceEstimator):
    """CNN-LSTM hybrid: a convolution finds short patterns, an LSTM behind it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> Dense. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense -> Dense.

    Parameters
    ----------
    {convolution}
    pool_size : int, default=1
        Number of steps of which max pooling keeps the largest value; 1 for no pooling.

    {padding}
    {recurrence}
    {dropout}
    {directions}
    {training}

    Attributes
    ----------
    {attributes}

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

    def __init__(
        self,
        filters=32,
        *,
        kernel_size=3,
        pool_size=1,
        padding="causal",
        activation="relu",
        units=32,
        dense_units=16,
        dropout=0.0,
        bidirectional=False,
        attention=False,
        n_features=1,
        loss="mse",
        optimizer="adam",
        learning_rate=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        validation_gap=None,
        n_iter_no_change=10,
        scale_target=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        super().__init__(
            n_features=n_features,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation_gap=validation_gap,
            n_iter_no_change=n_iter_no_change,
            scale_target=scale_target,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            engine=engine,
        )
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.padding = padding
        self.activation = activation
        self.units = units
        self.dense_units = dense_units
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.attention = attention

    def _network(self, input_shape):
        network = "cnn_lstm" if len(input_shape) == 2 else "time_distributed_cnn_lstm"
        return network, self._pick(
            "filters",
            "kernel_size",
            "pool_size",
            "padding",
            "activation",
            "units",
            "dense_units",
            "dropout",
            "bidirectional",
            "attention",
        )

    def _input_shape(self, X, windows):
        return X.shape[1:] if X.ndim == 4 else windows.shape[1:]


class _RecurrentRegressor(RegressorMixin, SequenceEstimator):
    """Recurrence -> Dense -> Dense, whatever the recurrent cell."""

    _cell = ""

    def __init__(
        self,
        units=32,
        *,
        dense_units=16,
        activation="relu",
        dropout=0.0,
        bidirectional=False,
        attention=False,
        n_features=1,
        loss="mse",
        optimizer="adam",
        learning_rate=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        validation_gap=None,
        n_iter_no_change=10,
        scale_target=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        super().__init__(
            n_features=n_features,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation_gap=validation_gap,
            n_iter_no_change=n_iter_no_change,
            scale_target=scale_target,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            engine=engine,
        )
        self.units = units
        self.dense_units = dense_units
        self.activation = activation
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.attention = attention

    def _network(self, input_shape):
        return self._cell, self._pick("units", "dense_units", "activation", "dropout", "bidirectional", "attention")


@document(recurrence=_RECURRENCE, activation=_ACTIVATION, dropout=_DROPOUT, directions=_DIRECTIONS)
class LSTMRegressor(_RecurrentRegressor):
    """Long short-term memory: LSTM -> Dense -> Dense.

    Parameters
    ----------
    {recurrence}
    {activation}
    {dropout}
    {directions}
    {training}

    Attributes
    ----------
    {attributes}

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

    _cell = "lstm"


@document(recurrence=_RECURRENCE, activation=_ACTIVATION, dropout=_DROPOUT, directions=_DIRECTIONS)
class GRURegressor(_RecurrentRegressor):
    """Gated recurrent unit: GRU -> Dense -> Dense.

    Parameters
    ----------
    {recurrence}
    {activation}
    {dropout}
    {directions}
    {training}

    Attributes
    ----------
    {attributes}

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

    _cell = "gru"


@document(recurrence=_RECURRENCE, activation=_ACTIVATION, dropout=_DROPOUT, directions=_DIRECTIONS)
class SimpleRNNRegressor(_RecurrentRegressor):
    """Plain recurrent network, without gates: SimpleRNN -> Dense -> Dense.

    Parameters
    ----------
    {recurrence}
    {activation}
    {dropout}
    {directions}
    {training}

    Attributes
    ----------
    {attributes}

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

    _cell = "simple_rnn"


@document(convolution=_CONVOLUTION, padding=_PADDING, dropout=_DROPOUT)
class CNNRegressor(RegressorMixin, SequenceEstimator):
    """Convolutional network: Conv1D -> MaxPooling1D -> Flatten -> Dense -> Dense.

    Parameters
    ----------
    {convolution}
    pool_size : int, default=2
        Number of steps of which max pooling keeps the largest value; 1 for no pooling.

    {padding}
    dense_units : int or tuple of int, default=32
        Number of units of the hidden dense layers; ``()`` for none.

    {dropout}
    {training}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> CNNRegressor(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        filters=32,
        *,
        kernel_size=3,
        pool_size=2,
        padding="causal",
        activation="relu",
        dense_units=32,
        dropout=0.0,
        n_features=1,
        loss="mse",
        optimizer="adam",
        learning_rate=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        validation_gap=None,
        n_iter_no_change=10,
        scale_target=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        super().__init__(
            n_features=n_features,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation_gap=validation_gap,
            n_iter_no_change=n_iter_no_change,
            scale_target=scale_target,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            engine=engine,
        )
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.padding = padding
        self.activation = activation
        self.dense_units = dense_units
        self.dropout = dropout

    def _network(self, input_shape):
        return "cnn", self._pick(
            "filters", "kernel_size", "pool_size", "padding", "activation", "dense_units", "dropout"
        )


@document(activation=_ACTIVATION, dropout=_DROPOUT)
class DenseRegressor(RegressorMixin, SequenceEstimator):
    """Fully connected network on the flattened window: Flatten -> Dense -> ... -> Dense.

    Parameters
    ----------
    dense_units : int or tuple of int, default=(128, 64)
        Number of units of each hidden layer; ``()`` for none, which is a linear model.

    {activation}
    {dropout}
    {training}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> DenseRegressor(dense_units=8, epochs=2, random_state=0).fit(X, y).n_parameters_
    113
    """

    def __init__(
        self,
        dense_units=(128, 64),
        *,
        activation="relu",
        dropout=0.0,
        n_features=1,
        loss="mse",
        optimizer="adam",
        learning_rate=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        validation_gap=None,
        n_iter_no_change=10,
        scale_target=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        super().__init__(
            n_features=n_features,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation_gap=validation_gap,
            n_iter_no_change=n_iter_no_change,
            scale_target=scale_target,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            engine=engine,
        )
        self.dense_units = dense_units
        self.activation = activation
        self.dropout = dropout

    def _network(self, input_shape):
        return "dense", self._pick("dense_units", "activation", "dropout")


@document()
class SequenceRegressor(RegressorMixin, SequenceEstimator):
    """Any network: one of this package's by name, or one of your own.

    Parameters
    ----------
    network : str or callable, default="cnn_lstm"
        A name of ``skhybrid.networks.NETWORKS``, or a function
        ``(input_shape, n_outputs, *, seed, **network_params)`` that returns an uncompiled Keras model.
        `input_shape` is the shape of one window, (n_steps, n_features), or of one window of subsequences. Give `seed`
        to the initializers and dropout layers, so that `random_state` decides on them. Pickling a fitted estimator
        pickles the function: define it in a module.

    network_params : dict, default=None
        Further arguments of the network.

    {training}

    Attributes
    ----------
    {attributes}

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

    _parameter_constraints = {
        **SequenceEstimator._parameter_constraints,
        "network": [StrOptions(set(NETWORKS)), callable],
        "network_params": [dict, None],
    }

    def __init__(
        self,
        network="cnn_lstm",
        *,
        network_params=None,
        n_features=1,
        loss="mse",
        optimizer="adam",
        learning_rate=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        validation_gap=None,
        n_iter_no_change=10,
        scale_target=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        super().__init__(
            n_features=n_features,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation_gap=validation_gap,
            n_iter_no_change=n_iter_no_change,
            scale_target=scale_target,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
            engine=engine,
        )
        self.network = network
        self.network_params = network_params

    def _network(self, input_shape):
        return self.network, dict(self.network_params or {})

    def _input_shape(self, X, windows):
        needs_subsequences = not callable(self.network) and self.network.startswith("time_distributed")
        if needs_subsequences and X.ndim != 4:
            raise ValueError(
                f"network={self.network!r} needs X of shape (n_samples, n_seq, n_steps, n_features), but X has shape "
                f"{X.shape}; cut the windows with SubsequenceReshaper, or pass network='cnn_lstm'."
            )
        return X.shape[1:] if X.ndim == 4 and (callable(self.network) or needs_subsequences) else windows.shape[1:]
