"""One setting for forecasts that needs no choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skhybrid._validation import check_positive_int, check_seasons
from skhybrid.estimators.regressors import CNNLSTMRegressor

__all__ = ["recommended"]


def recommended(horizon: int, seasons: int | Sequence[int] = (), **parameters: Any) -> CNNLSTMRegressor:
    """Return a CNN-LSTM set up to forecast a series, the same way for every series.

    It is a family of ridge regressions that start from naive forecasts, exponential smoothing among them. Beside it,
    two kinds of models learn what these leave: the mean of three networks (a convolution that cuts the window into
    seasons, an LSTM that reads these, and a decoder that is told what is known of the coming steps) and boosted trees.
    What can be chosen is chosen in `fit`, on parts held out from the newest samples backwards, each by what is learned
    from the samples before it: penalties and shares of the regressions, the numbers of epochs and trees, and how much
    of networks and trees is added. Then all is learned anew from all samples. Where there are fewer than 500 samples,
    the regressions are left alone (`engine_` says so), as they are where the others do not help (`gate_` and
    `boosting_share_` are 0): with ``loss="mae"`` as well they forecast means, and it is networks and trees that lead to
    medians. ``boosting=False`` leaves the trees out, which `to_keras` cannot export.

    X are windows in the units of the series, not scaled; y holds the steps 1, 2, ..., `horizon` after them, or as many
    from a later one on, with `lead` among the parameters. Carried with what is known ahead (:class:`Windows`), and with
    the phases of `seasons` by ``make_windows(seasons=...)``, forecasts are better, most of all where days of the week
    differ: then each hour of the day has regressions of its own as well.

    Parameters
    ----------
    horizon : int
        Number of steps to forecast.

    seasons : int or sequence of int, default=()
        Lengths of the seasons, in steps: (24, 168) for hours. Only the shortest is used; X tells all phases.

    **parameters : object
        Parameters of :class:`CNNLSTMRegressor` to set otherwise, such as `random_state`, `n_jobs` or ``loss="mae"``.

    Returns
    -------
    estimator : CNNLSTMRegressor
        The estimator, not fitted.

    Raises
    ------
    ValueError
        If `horizon` is not a positive integer, or `seasons` are not different integers of at least 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import make_windows, recommended
    >>> load = 10 + np.sin(np.arange(400) * 2 * np.pi / 24)
    >>> X, y = make_windows(load, window_length=96, horizon=range(1, 25), seasons=[24])
    >>> network = recommended(24, 24, random_state=0).fit(X[:-24], y[:-24])
    >>> network.predict(X[-1:]).shape
    (1, 24)
    """
    horizon = check_positive_int(horizon, "horizon")
    seasons = check_seasons([seasons] if isinstance(seasons, int | np.integer) else seasons)
    season = min(seasons, default=None)
    settings = {
        "filters": 48,
        "kernel_size": "auto",
        "strides": None,
        "units": 48,
        "dense_units": (),
        "dropout": 0.3,
        "decoder": "segments" if horizon > 1 else "dense",
        "segment_length": season if season and horizon > 2 * season else horizon,
        "window_norm": "last",
        "season_length": season,
        "linear_path": "ridge",
        "linear_bases": "auto",
        "linear_lengths": 4,
        "linear_half_life": 0.25,
        "linear_squares": True,
        "linear_by_phase": True,
        "boosting": True,
        "min_samples": 500,
        "learning_rate": 0.004,
        "batch_size": 128,
        "epochs": 40,
        "early_stopping": True,
        "validation_fraction": 0.15,
        "validation_folds": 4,
        "n_iter_no_change": 5,
        "refit": True,
        "n_estimators": 3,
    }
    return CNNLSTMRegressor(**{**settings, **parameters})
