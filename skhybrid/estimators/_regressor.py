"""The bases of the regressors: networks whose outputs are values."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import check_is_fitted, check_training_data, fit_context
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._bases import RegressorMixin
from skhybrid.estimators._build import LinearLayers, all_parameters
from skhybrid.estimators._keras_arguments import is_mean_absolute
from skhybrid.estimators._linear_learning import LinearOptions, LinearPath, check_bases, is_auto, learn_linear_path
from skhybrid.estimators._members import settings_of
from skhybrid.estimators._offsets import PhaseOffsets, learn_offsets
from skhybrid.estimators._parameters import part
from skhybrid.estimators._quantiles import Pinball, check_quantiles
from skhybrid.estimators._refresh import refresh_linear_path
from skhybrid.estimators._refusals import check_lengths, check_loss, check_partial
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._targets import Values, learn_values
from skhybrid.estimators._task import Rows, Task, read_held_out
from skhybrid.estimators._window_options import TargetOptions
from skhybrid.networks.linear_path import find_segment_length


def _has_ridge(estimator):
    """Return whether there is a linear path in closed form, as of the fit where there was one."""
    return getattr(estimator, "_as_fitted", estimator).linear_path == "ridge"


def _has_quantiles(estimator):
    """Return whether the network forecasts quantiles, as of the fit where there was one."""
    return getattr(estimator, "_as_fitted", estimator).loss == "quantile"


@part
class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base of the regressors: targets in the scale that the network sees, and predictions in theirs.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear path
        in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees by
        absolute errors with "mae" and "quantile", by squared ones with other losses.

    scale_target : bool
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where ``loss="quantile"``;
        one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for what
        is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear path,
        which would lie outside of the bounds.

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
    output_activation: Any = None

    _parameter_constraints = {
        "scale_target": ["boolean"],
        "quantiles": ["array-like", None],
        "output_activation": [str, callable, None],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
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

        X_val, y_val, sample_weight_val : array-like, default=None
            Samples to hold out in the place of the last of X, their targets and weights. They must not overlap in time
            with the targets of X; as far as samples tell, that is checked.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        again = self.warm_start and hasattr(self, "members_")
        held_out = read_held_out(X_val, y_val, sample_weight_val)
        return self._fit(
            X,
            y,
            sample_weight,
            again=again,
            epochs=self.epochs,
            early_stopping=self.early_stopping,
            held_out=held_out,
        )

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one more epoch, without early stopping, at the learning rate that `fit` begins with.

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
        check_partial(self)
        return self._fit(X, y, sample_weight, again=hasattr(self, "members_"), epochs=1, early_stopping=False)

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
        X, y = check_training_data(self, X, y, reset=reset)
        return X, check_loss(self, y)

    def _learn_target(self, y, samples: Samples, rows, weights, classes, channel=0) -> Values:
        return learn_values(
            y,
            samples,
            rows,
            weights,
            scaled=self.scale_target,
            levels=self._check_levels(),
            norm=self._reading.norm,
            channel=channel,
            centred=self.output_activation is None,
        )

    _must_take: ClassVar[tuple[str, ...]] = ("future_shape", "output_activation")

    @property
    def _output_activation(self) -> Any:
        return self.output_activation

    def _check_options(self, early_stopping, held_out):
        super()._check_options(early_stopping, held_out)
        if self.loss == "quantile" and (self.output_activation is not None or self.metrics):
            name = "metrics" if self.metrics else "output_activation"
            raise ValueError(
                f"{name}={getattr(self, name)!r} needs one output for each target, but loss='quantile' makes several; "
                "pass another loss, or leave it out."
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
    """Base of the regressors on windows: predictions may be relative to the window, and linear in it in part.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a feature,
        summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.
    """

    def _learn_target(self, y, samples: Samples, rows, weights, classes, channel=0) -> Values:
        return super()._learn_target(y, samples, rows, weights, classes, channel=self.target_channel)

    @property
    def _chooses_by_samples(self) -> bool:
        return self.linear_path == "ridge"

    @available_if(_has_ridge)
    def refresh_linear(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the linear path in closed form anew, by the choices of `fit`; there with ``linear_path="ridge"`` only.

        The samples take the place of those fitted to. Networks, trees, what share of them is added, and all scaling
        stay as they are, so that it takes a small part of the time of `fit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples, as in `fit`: those fitted to and later ones, for example.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self)
        refresh_linear_path(self, X, y, sample_weight)
        return self

    def _learn_offsets(self, samples: Samples) -> PhaseOffsets | None:
        if not self.phase_offsets:
            return None
        return learn_offsets(self._reading.norm, samples, self.target_channel, self._target)

    def _linear_layers(self) -> LinearLayers | None:
        if self.linear_path is None:
            return None
        parameters = all_parameters(*self._network(self.input_shape_))
        return LinearLayers(
            trainable=self.linear_path == "trained",
            has_level=self.linear_path == "ridge"
            and (is_auto(self.linear_bases) or "raw" in list(() if self.linear_bases is None else self.linear_bases)),
            segment_length=find_segment_length(parameters, self._target.n_outputs),
            phase=self._linear.phase.layers if self._linear and self._linear.phase else None,
        )

    def _learn_linear(self, task: Task, rows: Rows, target: Any, before: Any) -> LinearPath | None:
        layers = self._linear_layers()
        if self.linear_path != "ridge":
            self._refuse_without_ridge()
        if layers is None or layers.trainable:
            return None
        check_lengths(task.samples.n_after)
        n_folds = self.n_estimators if self.boosting and self._limit_epochs(task, self.epochs) else 0
        options = self._linear_options(task.samples, n_folds)
        linear = learn_linear_path(task, rows, target, self._reading, layers, options, before)
        self.linear_penalty_ = linear.of_folds[0].penalties
        self.linear_share_ = linear.choice.shares
        self.phase_penalty_ = np.inf if linear.phase is None else linear.phase.choice.penalty
        return linear

    def _linear_options(self, samples: Samples, boosting_folds: int) -> LinearOptions:
        """Return what the linear path in closed form is made of."""
        return LinearOptions(
            check_bases(self.linear_bases, self.window_norm, self.season_length, samples.windows.shape[1]),
            self.season_length,
            self.lead,
            self.linear_lengths,
            list(dict.fromkeys([self.half_life, self.linear_half_life or self.half_life])),
            self.linear_by_phase,
            boosting_folds,
            self.loss == "quantile" or is_mean_absolute(self.loss),
        )

    def _refuse_without_ridge(self):
        """Refuse what says how a linear path in closed form is made, of the networks' own parameters as well."""
        for settings in (settings_of(self, i) for i in range(self.n_estimators)):
            is_set = {
                "linear_bases": settings.linear_bases is not None,
                "linear_lengths": settings.linear_lengths != 1,
                "linear_half_life": settings.linear_half_life is not None,
                "linear_squares": settings.linear_squares,
                "linear_by_phase": settings.linear_by_phase,
                "linear_weight": settings.linear_weight != 1,
                "boosting": settings.boosting,
                "min_samples": settings.min_samples > 0,
            }
            for name in filter(is_set.get, is_set):
                raise ValueError(
                    f"{name}={getattr(settings, name)!r} needs linear_path='ridge', but it is {self.linear_path!r}; "
                    "pass both, or neither."
                )

    def _limit_epochs(self, task: Task, epochs: int) -> int:
        is_alone = self.linear_path == "ridge" and not self._target.levels and len(task.usable) < self.min_samples
        return 0 if is_alone else epochs

    def _ask(self, samples: Samples) -> NDArray[np.float64]:
        linear = self._linear
        if linear is None:
            return super()._ask(samples)
        is_alone = linear.n_quantiles == 1 and not self.gate_.any()
        outputs = linear.predict(samples) if is_alone else super()._ask(samples)
        if linear.trees is not None and self.boosting_share_.any():
            outputs += linear.by_quantile(self.boosting_share_ * linear.trees.predict(samples))
        return outputs

    def _keep(self, members, trained, before):
        super()._keep(members, trained, before)
        if self._linear is not None:
            self.gate_ = np.stack([of_one.gate.of_network for of_one in trained])
            self.boosting_share_ = np.mean([of_one.gate.of_trees for of_one in trained], axis=0)

    def _check_options(self, early_stopping, held_out):
        super()._check_options(early_stopping, held_out)
        if self.loss == "quantile" and self.epochs == 0:
            raise ValueError(
                "epochs must be at least 1 with loss='quantile', as the linear path forecasts the median alone, but is "
                "0; pass for example epochs=100, or another loss."
            )
        if self.output_activation is not None and (self.window_norm or self.linear_path or self.phase_offsets):
            name = "window_norm" if self.window_norm else "linear_path" if self.linear_path else "phase_offsets"
            raise ValueError(
                f"output_activation must be None where {name}={getattr(self, name)!r} adds to what it bounds, but is "
                f"{self.output_activation!r}; pass one of them."
            )
