"""The errors of several models, fold by fold and seed by seed."""

import numpy as np

from skhybrid.displays._axes import BLUE, ORANGE, legend_above, make_axes


class ComparisonDisplay:
    """The error of each model in each fold and for each seed, its mean, and the mean of the baseline.

    Parameters
    ----------
    scores : DataFrame of shape (n_fits, n_columns)
        One row per model, fold and seed, with the columns "model", "fold", "seed" and one for each metric: errors,
        lower is better, NaN where a fit failed.

    baseline : str
        Name of the model to compare with.

    metric : str
        Name of the column to draw.

    Attributes
    ----------
    means_ : Series of shape (n_models,)
        The mean error of each model, best first. Models without an error in any of their fits have none and stand
        last: the mean of the others may be that of the easier folds.

    ax_ : matplotlib Axes
        The axes.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhybrid import ComparisonDisplay
    >>> models = ["ridge", "ridge", "last value", "last value"]
    >>> scores = pd.DataFrame({"model": models, "fold": [0, 1, 0, 1], "seed": 0, "rmse": [2, 3, 4, 6]})
    >>> ComparisonDisplay(scores, baseline="last value", metric="rmse").plot().means_
    model
    ridge         2.5
    last value    5.0
    Name: rmse, dtype: float64
    """

    def __init__(self, scores, baseline, metric):
        self.scores = scores
        self.baseline = baseline
        self.metric = metric

    def plot(self, ax=None):
        """Draw a point for each fit, the means, and a line at the mean of the baseline.

        Within a model, the points of one fold stand at one height, the first fold at the top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : ComparisonDisplay
            The display.

        Raises
        ------
        ValueError
            If `scores` has no column `metric`, or no model `baseline`.
        """
        _check_scores(self.scores, self.baseline, self.metric)
        errors = self.scores.groupby("model")[self.metric]
        self.means_ = means = errors.agg(lambda error: error.mean(skipna=False)).sort_values()
        self.ax_ = ax = make_axes(ax, "ComparisonDisplay", (8, 1.4 + 0.55 * len(means)))
        self.figure_ = ax.figure
        places = {model: place for place, model in enumerate(means.index)}
        shift = 0.5 * (self.scores["fold"].rank(method="dense") - 0.5) / self.scores["fold"].nunique() - 0.25
        ax.plot(
            self.scores[self.metric],
            self.scores["model"].map(places) + shift,
            color=BLUE,
            marker="o",
            linestyle="none",
            alpha=0.5,
            markersize=5,
            label="a fold and seed",
        )
        ax.plot(means, np.arange(len(means)), color="black", marker="D", linestyle="none", label="mean")
        ax.axvline(means[self.baseline], color=ORANGE, linestyle="--", label=f"mean of {self.baseline}")
        for model in means.index[means.isna()]:
            words = f"no {self.metric} in {errors.get_group(model).isna().sum()} of {len(errors.get_group(model))} fits"
            ax.text(0.99, places[model], words, transform=ax.get_yaxis_transform(), ha="right", va="center")
        ax.set_yticks(range(len(means)), means.index)
        ax.set(xlabel=f"{self.metric} (lower is better)", ylim=(len(means) - 0.5, -0.5))
        ax.grid(axis="x", alpha=0.3)
        legend_above(ax)
        return self


def _check_scores(scores, baseline, metric):
    missing = [name for name in ("model", "fold", "seed", metric) if name not in scores.columns]
    if missing:
        raise ValueError(
            f"scores must have the columns 'model', 'fold', 'seed' and {metric!r}, but {missing} are missing from "
            f"{list(scores.columns)}; pass the scores of a comparison, and one of its metrics."
        )
    models = list(scores["model"].unique())
    if baseline not in models:
        raise ValueError(f"baseline={baseline!r} must be one of the models {models}; pass one of these.")
