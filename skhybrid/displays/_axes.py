"""What the displays share: axes to draw on, and marks that are told apart by colour, and without it."""

from itertools import cycle
from typing import Any

# The palette of Okabe and Ito, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def import_pyplot(display: str) -> Any:
    """Return matplotlib.pyplot, or say how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{display}.plot needs matplotlib, which is not installed; install it with pip install 'skhybrid[plot]'."
        ) from error
    return plt


def make_axes(ax: Any, display: str, figsize: tuple[float, float]) -> Any:
    """Return `ax`, or the axes of a new figure."""
    plt = import_pyplot(display)
    return plt.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax


def split_axes(ax: Any, display: str, figsize: tuple[float, float], shape: tuple[int, int], **options: Any) -> Any:
    """Return a grid of axes in the place of `ax`, or in a new figure, (row, column); `options` are the grid's."""
    plt = import_pyplot(display)
    share = {name: options.pop(name, False) for name in ("sharex", "sharey")}
    if ax is None:
        figure = plt.figure(figsize=figsize, layout="constrained")
        return figure.add_gridspec(*shape, **options).subplots(squeeze=False, **share)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            f"ax must stand in a grid of axes, which {display} can divide, but was placed by hand; pass axes made by "
            "plt.subplots(), or None."
        )
    ax.set_axis_off()
    return place.subgridspec(*shape, **options).subplots(squeeze=False, **share)


def legend_above(ax: Any, **options: Any) -> None:
    """Put the legend above the axes, where it hides nothing."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False, **options)


def line_styles() -> Any:
    """Return line styles that differ in colour and in dashes, one after the other without end."""
    return ({"color": colour, "linestyle": line} for colour, line in zip(cycle(COLOURS), cycle(LINES), strict=False))


def marked_styles() -> Any:
    """Return line styles that differ in colour, dashes and markers, one after the other without end."""
    return (
        {**line, "marker": marker, "markersize": 4} for line, marker in zip(line_styles(), cycle(MARKERS), strict=False)
    )


def name_features(X: Any, n_features: int) -> list[str]:
    """Return the names of the columns of X where they are the features of the windows, or else numbers."""
    columns = list(getattr(X, "columns", []))
    if len(columns) == n_features:
        return [str(column) for column in columns]
    return [f"feature {i}" for i in range(n_features)]
