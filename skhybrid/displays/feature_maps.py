"""The filters' responses below the window that they answer to."""

import numpy as np

from skhybrid.displays._axes import legend_above, line_styles, name_features, split_axes
from skhybrid.inspection import feature_maps, map_steps, reach_network, read_windows


class FeatureMapDisplay:
    """A window above, and below it what each filter makes of it, step by step.

    A response is drawn at the last step that it sees (with ``padding="same"`` in the middle of what it sees), so that
    the answer to a spike begins below the spike.

    Parameters
    ----------
    window : ndarray of shape (n_steps, n_features)
        The window, as it reaches the network.

    maps : ndarray of shape (n_map_steps, n_filters)
        The filters' responses.

    steps : ndarray of shape (n_map_steps,)
        The step of the window at which each response is drawn.

    feature_names : list of str, default=None
        Names of the window's features.

    Attributes
    ----------
    axes_ : ndarray of shape (2,)
        The axes of the window and of the responses.

    image_ : matplotlib QuadMesh
        The responses.

    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    feature_maps : Computes the responses.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMRegressor, FeatureMapDisplay, make_windows
    >>> X, y = make_windows(np.sin(np.arange(80) / 3), window_length=12)
    >>> model = CNNLSTMRegressor(filters=4, units=4, epochs=1, random_state=0).fit(X, y)
    >>> display = FeatureMapDisplay.from_estimator(model, X, sample=3)
    >>> display.axes_[0].get_ylabel()
    'window'
    """

    def __init__(self, window, maps, steps, *, feature_names=None):
        self.window = window
        self.maps = maps
        self.steps = steps
        self.feature_names = feature_names

    @classmethod
    def from_estimator(cls, estimator, X, *, sample=0, layer=None, feature_names=None, ax=None):
        """Draw one window of X and the responses to it.

        Parameters
        ----------
        estimator : estimator object
            A fitted network with a convolution, or a pipeline, search or :class:`WindowedRegressor` around one.

        X : array-like
            What `estimator.predict` takes.

        sample : int, default=0
            Which row of X to draw; negative numbers count from the end.

        layer : str, default=None
            Name of the convolution or pooling to draw. None takes the last one.

        feature_names : list of str, default=None
            Names of the window's features. None takes the columns of X, if there is one per feature.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : FeatureMapDisplay
            The display.
        """
        network, inputs = reach_network(estimator, X)
        windows = read_windows(network, inputs)
        steps = map_steps(network, layer=layer).ravel()
        maps = feature_maps(network, inputs, layer=layer)[sample].reshape(len(steps), -1)  # subsequences joined
        names = name_features(X, windows.shape[2]) if feature_names is None else feature_names
        return cls(windows[sample], maps, steps, feature_names=names).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the window and the responses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; the axes are divided. None makes a new figure.

        Returns
        -------
        display : FeatureMapDisplay
            The display.
        """
        grid = split_axes(ax, "FeatureMapDisplay", (8, 5), (2, 1), sharex=True, height_ratios=[2, 3])
        top, bottom = self.axes_ = grid[:, 0]
        self.figure_ = top.figure
        lags = np.arange(len(self.window))[::-1]
        names = self.feature_names or [f"feature {i}" for i in range(self.window.shape[1])]
        for values, name, style in zip(self.window.T, names, line_styles(), strict=False):
            top.plot(lags, values, label=name, **style)
        top.set(ylabel="window")
        legend_above(top)
        filters = np.arange(self.maps.shape[1])
        responses = spread(self.maps, self.steps, len(self.window))
        self.image_ = bottom.pcolormesh(lags, filters, responses.T, cmap="cividis", shading="nearest")
        bottom.set(xlabel="lag (steps before the end of the window)", ylabel="filter", xlim=(lags[0] + 0.5, -0.5))
        bottom.invert_yaxis()
        for axes in self.axes_:
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(axis="x", color="grey", alpha=0.4, linewidth=0.6)
        bottom.yaxis.get_major_locator().set_params(integer=True)
        self.figure_.colorbar(self.image_, ax=list(self.axes_), label="response", pad=0.02)
        return self


def spread(maps, steps, n_steps):
    """Spread responses over the steps of the window; those of pooled steps last until the one before.

    Parameters
    ----------
    maps : ndarray of shape (n_map_steps, n_filters)
        Responses.

    steps : ndarray of shape (n_map_steps,)
        The step of the window at which each response is drawn.

    n_steps : int
        Number of steps of the window.

    Returns
    -------
    responses : ndarray of shape (n_steps, n_filters)
        One response per step; NaN where there is no response.
    """
    width = int(np.diff(steps).min()) if len(steps) > 1 else 1
    responses = np.full((n_steps, maps.shape[1]), np.nan)
    for step, response in zip(steps, maps, strict=True):
        responses[max(step - width + 1, 0) : step + 1] = response
    return responses
