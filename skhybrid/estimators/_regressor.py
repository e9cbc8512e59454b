"""The bases of the regressors: networks whose outputs are values."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import check_training_data, fit_context
from skhybrid.estimators._architectures import TargetOptions
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._bases import RegressorMixin
from skhybrid.estimators._parameters import part
from skhybrid.estimators._quantiles import Pinball, check_quantiles
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._targets import Values, learn_values


def _has_quantiles(estimator):
    """Return whether the network forecasts quantiles, as of the fit where there was one."""
    return getattr(estimator, "_as_fitted", estimator).loss == "quantile"


@part
class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base of the regressors: targets in the scale that the network sees, and predictions in theirs.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`.

    scale_target : bool
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where ``loss="quantile"``;
        one network forecasts them all, and they never cross. `predict` gives the median.

    Attributes
    ----------
    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.
    """

    loss: Any = "mse"
    scale_target: bool = True
    quantiles: tuple[float, ...] | None = None

    _parameter_constraints = {"scale_target": ["boolean"], "quantiles": ["array-like", None]}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
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
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one more epoch, without early stopping.

        The first call builds the network and fixes all scaling. Later ones apply or refuse parameters set since, as a
        warm start does; a call that fails leaves the estimator as it was.

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

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
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
        forecasts = self._outputs(X)
        levels = self._target.levels
        return forecasts[..., levels.index(0.5) if levels else 0]

    @available_if(_has_quantiles)
    def predict_quantiles(self, X: ArrayLike) -> NDArray[np.float64]:
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
        return self._outputs(X)

    def _check_training_data(self, X, y, *, reset):
        return check_training_data(self, X, y, reset=reset)

    def _learn_target(self, y, samples: Samples, rows, weights, classes, channel=0) -> Values:
        return learn_values(
            y,
            samples,
            rows,
            weights,
            scaled=self.scale_target,
            levels=self._check_levels(),
            norm=self._norm,
            channel=channel,
        )

    def _check_levels(self) -> tuple[float, ...]:
        """Return the levels of the quantiles to forecast, () for none."""
        if self.loss == "quantile":
            return check_quantiles(self.quantiles)
        if self.quantiles is not None:
            raise ValueError(
                f"quantiles={self.quantiles!r} needs loss='quantile', but loss is {self.loss!r}; pass both, or neither."
            )
        return ()

    def _make_loss(self) -> Any:
        return Pinball(self._target.levels) if self._target.levels else super()._make_loss()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@part
class WindowRegressor(TargetOptions, NetworkRegressor):
    """Base of the regressors on windows: predictions may be relative to the window."""

    def _learn_target(self, y, samples: Samples, rows, weights, classes, channel=0) -> Values:
        return super()._learn_target(y, samples, rows, weights, classes, channel=self.target_channel)
