"""The kernels of a convolution, each in a small picture."""

import numpy as np

from skhybrid.displays._axes import marked_styles, split_axes
from skhybrid.inspection import filters


class FilterDisplay:
    """The kernel of each filter, weight by lag; a line for each feature.

    A filter answers most to a piece of the series that looks like its kernel.

    Parameters
    ----------
    kernels : ndarray of shape (kernel_size, n_features, n_filters)
        The weights, that of the newest step last.

    feature_names : list of str, default=None
        Names of the features.

    Attributes
    ----------
    axes_ : ndarray of shape (n_filters,)
        The axes of each filter.

    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    filters : Returns the kernels of a fitted network.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import FilterDisplay
    >>> kernels = np.array([[[1.0, 1.0]], [[0.0, 1.0]], [[-1.0, 1.0]]])  # a difference, and a sum
    >>> FilterDisplay(kernels).plot().axes_.shape
    (2,)
    """

    def __init__(self, kernels, *, feature_names=None):
        self.kernels = kernels
        self.feature_names = feature_names

    @classmethod
    def from_estimator(cls, estimator, *, layer=None, feature_names=None, ax=None):
        """Draw the kernels of a fitted network.

        Parameters
        ----------
        estimator : estimator object
            A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

        layer : str, default=None
            Name of the convolution. None takes the first one.

        feature_names : list of str, default=None
            Names of the features that the convolution reads.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : FilterDisplay
            The display.
        """
        return cls(filters(estimator, layer=layer), feature_names=feature_names).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the kernels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; the axes are divided. None makes a new figure.

        Returns
        -------
        display : FilterDisplay
            The display.
        """
        kernel_size, n_features, n_filters = self.kernels.shape
        n_columns = min(n_filters, 8)
        n_rows = -(-n_filters // n_columns)
        size = (1.2 + 1.2 * n_columns, 1.2 + 1.1 * n_rows)
        grid = split_axes(ax, "FilterDisplay", size, (n_rows, n_columns), sharex=True, sharey=True)
        self.axes_, unused = np.split(grid.ravel(), [n_filters])
        self.figure_ = self.axes_[0].figure
        names = self.feature_names or [f"feature {i}" for i in range(n_features)]
        lags = np.arange(kernel_size)[::-1]
        for i, axes in enumerate(self.axes_):
            axes.axhline(0, color="grey", linewidth=0.8)
            for weights, name, style in zip(self.kernels[:, :, i].T, names, marked_styles(), strict=False):
                axes.plot(lags, weights, label=name, **style)
            axes.set_title(i if i else "filter 0", fontsize="small", pad=3)
        for axes in unused:
            axes.remove()
        self._label(n_columns, lags)
        return self

    def _label(self, n_columns, lags):
        """Label the outer axes only: inside there is no room where filters are many."""
        self.axes_[0].set(xlim=(lags[0] + 0.3, -0.3))
        self.axes_[0].xaxis.get_major_locator().set_params(integer=True)
        for axes in self.axes_[::n_columns]:
            axes.set_ylabel("weight")
        axes.set_xlabel("lag (steps)")
        for axes in self.axes_[-n_columns:]:
            axes.tick_params(labelbottom=True)
        if self.kernels.shape[1] > 1:
            lines, names = axes.get_legend_handles_labels()
            self.figure_.legend(lines, names, loc="outside upper center", ncols=4, frameon=False)
