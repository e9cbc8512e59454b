"""How windows are read: the parameters of all estimators on them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._validation import (
    StrOptions,
    as_windows,
    check_finite,
    non_negative_int,
    positive_int,
    positive_real,
    share,
)
from skhybrid.estimators._parameters import network_parameters, part
from skhybrid.estimators._samples import Samples, WindowNorm, read_sequences
from skhybrid.estimators._window_norm import SEASONAL, WINDOW_NORMS


class Architecture:
    """A network by name, its parameters, and how X is read for it."""

    _network_name = ""
    last_steps: int | None = None  # what is no window is read as a whole
    input_shape_: tuple[int, ...]
    _as_fitted: Any

    def _network(self, input_shape: tuple[int, ...]) -> tuple[Any, dict[str, Any]]:
        """Return the network for inputs of this shape, by name or as a builder, and its parameters."""
        return self._network_name, network_parameters(self)

    def _keeps_axes(self, X: NDArray[Any]) -> bool:
        """Return whether X goes to the network with the axes that it has, rather than as plain windows."""
        return False

    def _read(self, X: NDArray[Any]) -> Samples:
        """Return X as the network reads it."""
        raise NotImplementedError

    def _learn_norm(self, samples: Samples, rows: NDArray[np.intp]) -> WindowNorm | None:
        """Return how each sample is expressed relative to itself inside the network; None for as it is."""
        return None


@part
class WindowOptions(Architecture):
    """Reads X as windows, (sample, time, feature).

    Parameters
    ----------
    n_features : int
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows as
        they are.

    norm_channels : sequence of int
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int
        Number of the window's newest steps that the network reads; None for all.
    """

    n_features: int = 1
    window_norm: str | None = None
    norm_channels: Any = None
    last_steps: int | None = None

    _parameter_constraints = {
        "n_features": [positive_int],
        "window_norm": [StrOptions(WINDOW_NORMS), None],
        "norm_channels": ["array-like", None],
        "last_steps": [positive_int, None],
    }

    def _read(self, X: NDArray[Any]) -> Samples:
        if X.ndim == 2:  # a table: NaN there is a missing value, not a step before the series began
            check_finite(X, "X")
        return read_sequences(X if self._keeps_axes(X) else as_windows(X, self.n_features))

    def _learn_norm(self, samples: Samples, rows: NDArray[np.intp]) -> WindowNorm | None:
        return samples.learn_norm(self.window_norm, rows, channels=self.norm_channels)


@part
class TargetOptions(WindowOptions):
    """Windows of which one feature is the past of the target.

    Parameters
    ----------
    window_norm : {"last", "relative", "standard", "seasonal"}
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. "seasonal" subtracts the last step from the window, and from the k-th target the latest
        known value of its season, as :class:`NaiveRegressor` forecasts it, where y holds the steps in order. It lets
        a network follow a level that it never saw in training. A regressor restores the units in its prediction, so y
        must be in the units of the feature that it continues, without a scaler before. The network sees float32: of a
        series whose moves are below a millionth of its level, nothing is left. None leaves windows as they are.

    target_channel : int
        The feature whose future y is, for `window_norm`.

    season_length : int
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a linear
        model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the window as the
        network reads it, on samples trained on alone; samples held out (by `validation_fraction` and `validation_gap`,
        or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1 for each segment
        of the decoder that the network's part is multiplied by: the share that is best on them, shrunk by how unsure
        it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without early stopping they choose
        the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto"
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last value,
        the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a season
        (Holt and Winters, with the parameters that the samples held out choose), and the value a season before. A large
        penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all that the window
        holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half, quarter,
        ... For each there is one regression relative to each base.

    linear_half_life : float
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more than
        two values: demand is high where it is cold, and where it is hot. They are left out where they take less than a
        hundredth off the error on the samples held out.

    linear_by_phase : bool
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases of
        longer seasons are taken together. They are left out where they do not help on the samples held out, and where X
        counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate is
        the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples it
        holds out choose the number of trees, and the shares of network and trees that are added, together. At most a
        million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses them.

    min_samples : int
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the gate
        is chosen by the parts of all networks together.

    phase_offsets : bool
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.
    """

    target_channel: int = 0
    season_length: int | None = None
    lead: int = 0
    linear_path: str | None = None
    linear_bases: Any = None
    linear_lengths: int = 1
    linear_half_life: float | None = None
    linear_squares: bool = False
    linear_by_phase: bool = False
    linear_weight: float = 1.0
    boosting: bool = False
    min_samples: int = 0
    validation_folds: int = 1
    phase_offsets: bool = False

    _parameter_constraints = {
        "window_norm": [StrOptions({*WINDOW_NORMS, SEASONAL}), None],
        "target_channel": [non_negative_int],
        "season_length": [positive_int, None],
        "lead": [non_negative_int],
        "linear_path": [StrOptions({"trained", "ridge"}), None],
        "linear_bases": [StrOptions({"auto"}), "array-like", None],
        "linear_lengths": [positive_int],
        "linear_half_life": [positive_real, None],
        "linear_squares": ["boolean"],
        "linear_by_phase": ["boolean"],
        "linear_weight": [share],
        "boosting": ["boolean"],
        "min_samples": [non_negative_int],
        "validation_folds": [positive_int],
        "phase_offsets": ["boolean"],
    }

    def _learn_norm(self, samples: Samples, rows: NDArray[np.intp]) -> WindowNorm | None:
        options = {"channels": self.norm_channels, "season_length": self.season_length, "lead": self.lead}
        norm = samples.learn_norm(self.window_norm, rows, **options)
        if norm is not None and self.target_channel < len(norm.is_treated) and not norm.is_treated[self.target_channel]:
            raise ValueError(
                f"norm_channels must hold target_channel={self.target_channel}, which predictions are relative to, but "
                f"is {self.norm_channels!r}; add it, or pass window_norm=None."
            )
        return norm
