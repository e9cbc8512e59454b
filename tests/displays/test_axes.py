from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhybrid.displays._axes import line_styles, make_axes, marked_styles, name_features, split_axes


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (pd.DataFrame({"load": [1.0], 7: [2.0]}), ["load", "7"]),
        (pd.DataFrame({"load": [1.0]}), ["feature 0", "feature 1"]),  # columns that are no features of the windows
        (np.zeros((3, 2)), ["feature 0", "feature 1"]),
    ],
)
def test_name_features(X, expected):
    assert name_features(X, 2) == expected


@pytest.mark.parametrize("styles", [line_styles, marked_styles])
def test_styles_differ_and_do_not_end(styles):
    first = [str(style) for style in islice(styles(), 30)]
    assert len(set(first)) == 30


def test_axes_that_are_given_are_drawn_on():
    ax = plt.subplots()[1]
    assert make_axes(ax, "Display", (4, 3)) is ax
    assert make_axes(None, "Display", (4, 3)).figure.get_size_inches().tolist() == [4, 3]


def test_axes_are_divided_in_their_place():
    _, axes = plt.subplots(1, 2)
    grid = split_axes(axes[1], "Display", (4, 3), (2, 3), sharex=True)
    assert grid.shape == (2, 3)
    assert {ax.figure for ax in grid.flat} == {axes[0].figure}
    assert not axes[1].axison
    assert grid[0, 0].get_shared_x_axes().joined(*grid[:, 0])
