"""Regressors: each a network with scikit-learn's interface, all trained in the same way."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from skhybrid._backend import keras
from skhybrid._validation import check_data, fit_context, non_negative_int
from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._base import NetworkEstimator, estimator
from skhybrid.estimators._parameters import document_regressor
from skhybrid.estimators._quantiles import Pinball, check_quantiles
from skhybrid.estimators._window_norm import check_positive, check_target_units, location_and_scale, turn_back


@estimator
class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base of the regressors: targets in the scale that the network sees, and predictions in theirs."""

    loss: Any = "mse"
    scale_target: bool = True
    quantiles: tuple[float, ...] | None = None

    _parameter_constraints = {"scale_target": ["boolean"], "quantiles": ["array-like", None]}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples, in time order: windows (n_samples, n_steps, n_features) or (n_samples, n_steps * n_features),
            windows of subsequences (n_samples, n_seq, n_steps, n_features), images or clips, as the network takes
            them. Windows without a complete past, which start with NaN in all features, are left out. NaN in all
            features at the end says that the sequence is over.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: 2 counts as the same sample twice, 0 as no sample.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        again = self.warm_start and hasattr(self, "scikeras_")
        return self._fit(X, y, sample_weight, again=again, epochs=self.epochs, early_stopping=self.early_stopping)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, without early stopping.

        The first call builds the network and fixes all scaling.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples, as in `fit`.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._fit(X, y, sample_weight, again=hasattr(self, "scikeras_"), epochs=1, early_stopping=False)

    def predict(self, X):
        """Predict the target of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`. Where a window starts with NaN in all features, its first known step is
            repeated.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in the shape of the y seen in `fit`; medians where the loss is "quantile".
        """
        forecasts = self._forecast(X)
        return forecasts[..., self._levels.index(0.5) if self._levels else 0]

    @available_if(lambda self: self.loss == "quantile")
    def predict_quantiles(self, X):
        """Predict the quantiles of each sample's target; there with ``loss="quantile"`` only.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, n_quantiles)
            The quantiles in the order of `quantiles`, which never cross.
        """
        return self._forecast(X)

    def _forecast(self, X):
        """Return the forecasts of all quantiles, in the shape of y with an axis for the quantiles."""
        outputs, samples = self._outputs(X)
        outputs = outputs.reshape(len(outputs), len(self._target_mean), -1)  # (sample, output, quantile)
        forecasts = self._turn_back(outputs * self._target_scale[:, None] + self._target_mean[:, None], samples)
        return forecasts[:, 0] if self._is_1d else forecasts

    def _check(self, X, y="no_validation", *, reset):
        if isinstance(y, str):
            return check_data(self, X, reset=reset)
        X, y = check_data(self, X, y, reset=reset)
        if not reset:
            self._check_target_shape(y)
        return X, y

    def _check_target_shape(self, y):
        """Refuse targets of another shape than those the network was built for."""
        shape = () if self._is_1d else self._target_mean.shape
        if y.shape[1:] != shape:
            needed = ", ".join(["n_samples", *map(str, shape)])
            raise ValueError(
                f"y must have shape ({needed}) as in the first fit, but has shape {y.shape}; pass the same targets, "
                "or fit afresh."
            )

    def _learn_target(self, y, samples, rows, weights):
        """Learn the scale in which the network sees y."""
        self._is_1d = y.ndim == 1
        self._levels = self._check_levels()
        y, weights = y[rows].reshape(len(rows), -1), weights[rows]
        self._target_mean, self._target_scale = np.zeros(y.shape[1]), np.ones(y.shape[1])
        if self.scale_target:
            self._target_mean = np.average(y, axis=0, weights=weights)
            deviation = np.sqrt(np.average((y - self._target_mean) ** 2, axis=0, weights=weights))
            constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(self._target_mean)
            self._target_scale = np.where(constant, 1.0, deviation)

    def _check_levels(self):
        """Return the levels of the quantiles to forecast, () for none."""
        if self.loss == "quantile":
            return check_quantiles(self.quantiles)
        if self.quantiles is not None:
            raise ValueError(
                f"quantiles={self.quantiles!r} needs loss='quantile', but loss is {self.loss!r}; pass both, or neither."
            )
        return ()

    def _make_loss(self):
        return Pinball(self._levels) if self._levels else super()._make_loss()

    def _back(self):
        """Return the options of what stands behind the network: the number of its outputs and quantiles."""
        return {"n_outputs": len(self._target_mean), "quantiles": self._levels}

    def _encode(self, y, samples):
        """Return the targets as the network sees them, (sample, output x quantile)."""
        scaled = (y.reshape(len(y), -1) - self._target_mean) / self._target_scale
        return np.repeat(scaled, max(1, len(self._levels)), axis=1)

    def _turn_back(self, forecasts, samples):
        """Return forecasts, (sample, output, quantile), in the units of y."""
        return forecasts

    def _export(self, outputs, steps):
        """Return the network's outputs in the units of y, by layers of Keras."""
        n_quantiles = max(1, len(self._levels))
        scale, mean = (np.repeat(a, n_quantiles).tolist() for a in (self._target_scale, self._target_mean))
        outputs = self._export_turn_back(keras.layers.Rescaling(scale, mean, name="unscale")(outputs), steps)
        if not self._levels:
            return outputs
        return keras.layers.Reshape((len(self._target_mean), n_quantiles), name="outputs_by_quantile")(outputs)

    def _export_turn_back(self, outputs, steps):
        return outputs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@estimator
class WindowRegressor(NetworkRegressor):
    """Base of the regressors on windows: predictions may be relative to the window."""

    n_features: int = 1
    window_norm: str | None = None
    target_channel: int = 0

    _parameter_constraints = {"target_channel": [non_negative_int]}

    def _learn_target(self, y, samples, rows, weights):
        super()._learn_target(y, samples, rows, weights)
        if self.window_norm is None:
            return
        windows, y = samples.reshape(len(samples), -1, samples.shape[-1]), y.reshape(len(y), -1)
        if self.target_channel >= windows.shape[2]:
            raise ValueError(
                f"target_channel={self.target_channel} must be one of the {windows.shape[2]} features of a step, "
                f"counted from 0; pass at most {windows.shape[2] - 1}."
            )
        check_positive(windows[rows, -1], self.window_norm)
        check_target_units(y[rows], windows[rows, -1, self.target_channel])
        location, scale = self._locate(samples)
        normalised = (y[rows] - location[rows]) / scale[rows]
        weights = np.broadcast_to(weights[rows, None], normalised.shape)
        size = np.sqrt(np.average(normalised**2, weights=weights))  # one for all horizons, of which 0 is no change
        self._target_mean, self._target_scale = np.zeros(y.shape[1]), np.full(y.shape[1], size or 1.0)

    def _encode(self, y, samples):
        if self.window_norm is not None:
            location, scale = self._locate(samples)
            with np.errstate(divide="ignore", invalid="ignore"):  # of samples that are left out
                y = (y.reshape(len(y), -1) - location) / scale
        return super()._encode(y, samples)

    def _turn_back(self, forecasts, samples):
        if self.window_norm is None:
            return forecasts
        location, scale = self._locate(samples)
        return forecasts * scale[:, None] + location[:, None]

    def _locate(self, samples):
        """Return location and scale of the target's channel in each sample, (n_samples, 1) each."""
        windows = samples.reshape(len(samples), -1, samples.shape[-1])
        channel = windows[:, :, self.target_channel : self.target_channel + 1]
        return location_and_scale(channel, self.window_norm)  # type: ignore[arg-type]  # never None here

    def _export_turn_back(self, outputs, steps):
        if self.window_norm is None:
            return outputs
        return turn_back(outputs, steps, self.window_norm, self.target_channel)


@document_regressor
@estimator
class CNNLSTMRegressor(WindowRegressor, architectures.CNNLSTM):
    """CNN-LSTM hybrid: a convolution finds short patterns, an LSTM behind it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> Dense. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class LSTMRegressor(WindowRegressor, architectures.LSTM):
    """Long short-term memory: LSTM -> Dense -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class GRURegressor(WindowRegressor, architectures.GRU):
    """Gated recurrent unit: GRU -> Dense -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class SimpleRNNRegressor(WindowRegressor, architectures.SimpleRNN):
    """Plain recurrent network, without gates: SimpleRNN -> Dense -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class CNNRegressor(WindowRegressor, architectures.CNN):
    """Convolutional network: Conv1D -> MaxPooling1D -> Flatten -> Dense -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class DenseRegressor(WindowRegressor, architectures.Dense):
    """Fully connected network on the flattened window: Flatten -> Dense -> ... -> Dense.

    Parameters
    ----------
    {parameters}

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


@document_regressor
@estimator
class LSTMFCNRegressor(WindowRegressor, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for forecasts.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> Dense.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    Batch normalisation takes its means over the samples of a batch whatever their weights are: a weight of 2 is not
    quite the same as the sample twice. It predicts with running means, which need some hundred batches to settle.

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


@document_regressor
@estimator
class Conv2DLSTMRegressor(NetworkRegressor, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for numbers from images.

    One branch for each of `kernel_sizes`; the maps are concatenated along the channels. The convolutions pad with zeros
    on all sides: rows are no time.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv2DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> Conv2DLSTMRegressor(filters=4, units=4, epochs=2, random_state=0).fit(X, X.mean(axis=(1, 2, 3))).n_outputs_
    1
    """


@document_regressor
@estimator
class Conv3DLSTMRegressor(NetworkRegressor, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for numbers from clips.

    The convolution is padded on the left of the time axis: a feature at frame t is made of frames up to t.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv3DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(16, 6, 8, 8, 1))
    >>> y = X[:, -1].mean(axis=(1, 2, 3))
    >>> Conv3DLSTMRegressor(filters=4, units=4, epochs=1, random_state=0).fit(X, y).n_outputs_
    1
    """


@document_regressor
@estimator
class SequenceRegressor(WindowRegressor, architectures.Sequence):
    """Any network: one of this package's by name, or one of your own.

    Parameters
    ----------
    {parameters}

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
