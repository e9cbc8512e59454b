"""How much each lag and feature moves the predictions."""

from skhybrid.displays._axes import make_axes, marked_styles, name_features
from skhybrid.inspection import name_output, saliency, saliency_table


class SaliencyDisplay:
    """Mean size of the attributions by lag, a line for each feature.

    Parameters
    ----------
    table : DataFrame of shape (n_steps, n_features)
        Mean absolute attribution, lags as index, as :func:`saliency_table` returns it.

    unit : str, default="units of y"
        What the attributions are measured in; of classifiers, `from_estimator` names the class.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.

    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    saliency : Computes the attributions.

    Examples
    --------
    >>> from skhybrid import SaliencyDisplay, saliency_table
    >>> table = saliency_table([[[1.0, 0.0], [4.0, -2.0]], [[-3.0, 0.0], [2.0, 0.0]]], ["load", "price"])
    >>> SaliencyDisplay(table).plot().ax_.get_ylabel()
    'mean |attribution| (units of y)'
    """

    def __init__(self, table, *, unit="units of y"):
        self.table = table
        self.unit = unit

    @classmethod
    def from_estimator(cls, estimator, X, *, baseline=None, output=0, feature_names=None, ax=None):
        """Attribute the predictions for X, and draw the mean size by lag and feature.

        Parameters
        ----------
        estimator : estimator object
            A fitted network, or a pipeline, search or :class:`WindowedRegressor` around one.

        X : array-like
            What `estimator.predict` takes.

        baseline : float or array-like, default=None
            The window to compare with, see :func:`saliency`. None takes the mean of the windows.

        output : int, default=0
            Column of y, or class, whose prediction to attribute.

        feature_names : list of str, default=None
            Names of the windows' features. None takes the columns of X, if there is one per feature.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : SaliencyDisplay
            The display.
        """
        attributions = saliency(estimator, X, baseline=baseline, output=output)
        names = name_features(X, attributions.shape[2]) if feature_names is None else feature_names
        return cls(saliency_table(attributions, names), unit=name_output(estimator, output)).plot(ax=ax)

    def plot(self, ax=None):
        """Draw a line for each feature.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : SaliencyDisplay
            The display.
        """
        self.ax_ = ax = make_axes(ax, "SaliencyDisplay", (8, 4))
        self.figure_ = ax.figure
        for (name, sizes), style in zip(self.table.items(), marked_styles(), strict=False):
            ax.plot(self.table.index, sizes, label=str(name), **style)
        ax.set(xlabel="lag (steps before the end of the window)", ylabel=f"mean |attribution| ({self.unit})")
        ax.set_xlim(self.table.index.max() + 0.5, -0.5)
        ax.set_ylim(bottom=0)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        return self
