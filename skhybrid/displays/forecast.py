"""Truth and forecasts over time."""

import numpy as np
import pandas as pd

from skhybrid.displays._axes import legend_above, line_styles, make_axes


class ForecastDisplay:
    """The truth, the forecasts of one or several models, and the folds in which they were made.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        The targets. A Series gives its index as times, and its name to the axis.

    y_pred : dict of str to array-like of shape (n_rows,)
        The forecasts of each model; NaN where it made none.

    fold : array-like of shape (n_rows,), default=None
        Number of the fold that each row was forecast in; negative or NaN for none. None shades no folds.

    fold_name : str, default="fold"
        What is written before the numbers of folds.

    bounds : dict of str to array-like of shape (n_rows, n_levels, 2), default=None
        The lower and upper bounds of intervals around forecasts in `y_pred`, by their names; NaN where there are none.
        They are drawn as bands, wider ones lighter.

    levels : sequence of float, default=None
        The levels of `bounds`, such as ``(0.8, 0.95)``, which the legend then names.

    Attributes
    ----------
    lines_ : list of matplotlib Line2D
        The lines of the truth and of each model.

    bands_ : list of matplotlib PolyCollection
        The bands, model by model and level by level.

    ax_ : matplotlib Axes
        The axes.

    figure_ : matplotlib Figure
        The figure.

    Notes
    -----
    Row t is drawn at the time of row t, when the forecast was made; what it forecasts lies `horizon` steps later. Give
    y an index moved by the horizon to draw it at the time that is forecast.

    Examples
    --------
    >>> from skhybrid import ForecastDisplay
    >>> display = ForecastDisplay([1.0, 2.0, 4.0, 3.0], {"last value": [1.0, 1.0, 2.0, 4.0]}, fold=[0, 0, 1, 1])
    >>> [line.get_label() for line in display.plot().lines_]
    ['truth', 'last value']
    """

    def __init__(self, y_true, y_pred, *, fold=None, fold_name="fold", bounds=None, levels=None):
        self.y_true = y_true
        self.y_pred = y_pred
        self.fold = fold
        self.fold_name = fold_name
        self.bounds = bounds
        self.levels = levels

    @classmethod
    def from_estimator(cls, estimator, X, y, *, rows=None, ax=None):
        """Draw what fitted estimators forecast.

        Parameters
        ----------
        estimator : estimator object or dict of str to estimator object
            One fitted regressor, or several by the names to write.

        X : array-like
            What the regressors take; rows that they were not fitted on show what they are worth.

        y : array-like of shape (n_rows,)
            The targets.

        rows : slice, default=None
            Which of the rows to draw, see `plot`.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : ForecastDisplay
            The display.
        """
        models = estimator if isinstance(estimator, dict) else {type(estimator).__name__: estimator}
        return cls(y, {name: model.predict(X) for name, model in models.items()}).plot(ax=ax, rows=rows)

    @classmethod
    def from_comparison(cls, comparison, *, models=None, index=None, output=0, rows=None, ax=None):
        """Draw the forecasts that a comparison made of the test rows, each the mean over its seeds.

        Parameters
        ----------
        comparison : ModelComparison
            What :func:`compare_models` returns.

        models : list of str, default=None
            Names of the models to draw. None draws all.

        index : array-like of shape (n_rows,), default=None
            The time of each row of X. None takes the index that X or y had, and else numbers the rows.

        output : int, default=0
            Column of y, where there are several.

        rows : slice, default=None
            Which of the test rows to draw, see `plot`.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : ForecastDisplay
            The display.

        Raises
        ------
        ValueError
            If no model has made predictions, or one of `models` has not, or they are of Forecasters.
        """
        predictions = comparison.predictions
        if predictions.empty:
            raise ValueError("comparison must hold predictions, but no fit has made any; see its failures.")
        if "row" not in predictions:
            raise ValueError(
                "comparison must be of models that predict rows of X, but is of Forecasters, which forecast several "
                "steps from each; draw one of them by Forecaster.backtest(...).plot()."
            )
        suffix = "" if "y_true" in predictions else f"_{output}"
        of_rows = predictions.groupby("row")
        truth = of_rows[f"y_true{suffix}"].first().rename(comparison.target)
        y_pred = predictions.pivot_table(f"y_pred{suffix}", index="row", columns="model", aggfunc="mean")
        known = list(predictions["model"].unique())
        if models is not None and not set(models) <= set(known):
            raise ValueError(
                f"models must name models of the comparison, {known}, but is {list(models)}; pass some of these."
            )
        index = comparison.index if index is None else index
        if index is not None:
            truth.index = pd.Index(index)[truth.index]
        forecasts = {name: y_pred[name].to_numpy() for name in models or known}
        return cls(truth, forecasts, fold=of_rows["fold"].first().to_numpy()).plot(ax=ax, rows=rows)

    def plot(self, ax=None, *, rows=None):
        """Draw the lines.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        rows : slice, default=None
            Which of the rows to draw, by position, for example ``slice(-96, None)`` for the last 96. None draws all.

        Returns
        -------
        display : ForecastDisplay
            The display.

        Raises
        ------
        ValueError
            If `y_true` is not 1-D, there is not one forecast and fold for each of its rows, or `bounds` are of other
            rows, of a model that has no forecasts, or of another number of levels.
        """
        index, truth = _check_truth(self.y_true)
        forecasts = {name: _check_rows(y_pred, len(truth), f"y_pred[{name!r}]") for name, y_pred in self.y_pred.items()}
        fold = None if self.fold is None else _check_rows(self.fold, len(truth), "fold")
        bounds = {name: self._read_bounds(name, forecasts, len(truth)) for name in self.bounds or ()}
        if rows is not None:
            index, truth, fold = index[rows], truth[rows], None if fold is None else fold[rows]
            forecasts = {name: forecast[rows] for name, forecast in forecasts.items()}
            bounds = {name: of_model[rows] for name, of_model in bounds.items()}
        self.ax_ = ax = make_axes(ax, "ForecastDisplay", (10, 4))
        self.figure_ = ax.figure
        self.lines_ = ax.plot(index, truth, color="black", linewidth=1.5, label="truth")
        for (name, forecast), style in zip(forecasts.items(), line_styles(), strict=False):
            self.lines_ += ax.plot(index, forecast, linewidth=1.2, label=name, **style)
        lines = dict(zip(forecasts, self.lines_[1:], strict=True))
        self.bands_ = [
            band
            for name, of_model in bounds.items()
            for band in _draw_bands(ax, index, of_model, lines[name], self.levels)
        ]
        if fold is not None:
            _shade_folds(ax, index, fold, self.fold_name)
        ax.set(ylabel=getattr(self.y_true, "name", None) or "y", xlabel=index.name or "row")
        if isinstance(index, pd.DatetimeIndex):
            _write_dates(ax, index.name or "time")
        ax.margins(x=0.01)
        legend_above(ax)
        return self

    def _read_bounds(self, name, forecasts, n_rows):
        """Return the bounds of one model, (n_rows, n_levels, 2)."""
        values = np.asarray(self.bounds[name], dtype=float)
        if name not in forecasts or values.ndim != 3 or values.shape[0] != n_rows or values.shape[2] != 2:
            raise ValueError(
                f"bounds must hold arrays ({n_rows}, n_levels, 2) by names of y_pred, {list(forecasts)}, but that of "
                f"{name!r} has shape {values.shape}; pass a lower and an upper bound for each row and level."
            )
        if self.levels is not None and len(self.levels) != values.shape[1]:
            raise ValueError(
                f"levels must name the {values.shape[1]} levels of bounds, but is {self.levels!r}; pass as many."
            )
        return values


def _check_truth(y_true):
    """Return the times and the values of the truth."""
    values = np.asarray(y_true, dtype=float)
    if values.ndim != 1:
        raise ValueError(
            f"y_true must be 1-D, (n_rows,), but has shape {values.shape}; pass one column, and that column of each "
            "forecast."
        )
    index = y_true.index if isinstance(y_true, pd.Series) else pd.RangeIndex(len(values))
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index, values


def _check_rows(a, n_rows, name):
    """Return an array with one value per row."""
    values = np.asarray(a, dtype=float)
    if values.shape != (n_rows,):
        raise ValueError(
            f"{name} must have shape ({n_rows},), one value for each row of y_true, but has shape {values.shape}; pass "
            "NaN for rows without one."
        )
    return values


def _draw_bands(ax, index, bounds, line, levels):
    """Draw the intervals of one model in the colour of its line, one over the other, narrow ones darker."""
    n_levels = bounds.shape[1]
    labels = [None] * n_levels if levels is None else [f"{100 * level:g} % interval" for level in levels]
    style = {"color": line.get_color(), "linewidth": 0, "zorder": 1}
    return [
        ax.fill_between(index, *bounds[:, i].T, label=labels[i], alpha=0.3 / (i + 1), **style) for i in range(n_levels)
    ]


def _shade_folds(ax, index, fold, name):
    """Shade every other fold, and write the folds' numbers."""
    for i, number in enumerate(np.unique(fold[fold >= 0])):
        rows = index[fold == number]
        ax.axvspan(rows[0], rows[-1], color="grey", alpha=0.25 if i % 2 == 0 else 0.1, linewidth=0)
        ax.annotate(
            f"{name} {int(number)}",
            (rows[0], 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            fontsize="small",
        )


def _write_dates(ax, name):
    """Write dates short, so that they do not run into each other."""
    from matplotlib.dates import ConciseDateFormatter

    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set_xlabel(name)
