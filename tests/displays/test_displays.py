import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhybrid import (
    ComparisonDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    ForecastDisplay,
    SaliencyDisplay,
    TrainingDisplay,
    WindowDisplay,
    saliency_table,
)

SCORES = pd.DataFrame({"model": ["last value", "ridge"], "fold": 0, "seed": 0, "rmse": [2.0, 1.0]})
DISPLAYS = [
    FeatureMapDisplay(np.zeros((4, 2)), np.eye(4, 3), np.arange(4)),
    FilterDisplay(np.ones((3, 2, 5))),
    SaliencyDisplay(saliency_table(np.ones((2, 3, 2)))),
    TrainingDisplay({"loss": [2.0, 1.0]}),
    ForecastDisplay([1.0, 2.0], {"a": [1.0, 1.0]}),
    ComparisonDisplay(SCORES, "last value", "rmse"),
    WindowDisplay(np.array([[1, 2, 3, 0], [1, 2, 2, 3]]), 2),
]
over_displays = pytest.mark.parametrize("display", DISPLAYS, ids=lambda display: type(display).__name__)


@over_displays
def test_display_draws_a_new_figure(display):
    assert display.plot() is display
    assert plt.get_fignums() == [display.figure_.number]
    display.figure_.canvas.draw()  # warnings of the layout are errors


@over_displays
def test_display_draws_where_it_is_told(display):
    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    display.plot(ax=axes[1])
    assert display.figure_ is figure
    drawn = [display.ax_] if hasattr(display, "ax_") else list(display.axes_)
    figure.canvas.draw()
    assert all(ax.get_position().x0 > axes[0].get_position().x1 for ax in drawn)
    assert not axes[0].has_data()
    assert len(plt.get_fignums()) == 1


@over_displays
def test_display_without_matplotlib(display, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    name = type(display).__name__
    with pytest.raises(ImportError, match=rf"{name}.plot needs matplotlib.* pip install 'skhybrid\[plot\]'"):
        display.plot()


@pytest.mark.parametrize("display", [DISPLAYS[0], DISPLAYS[1], DISPLAYS[6]], ids=lambda d: type(d).__name__)
def test_axes_placed_by_hand_cannot_be_divided(display):
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    with pytest.raises(ValueError, match=r"ax must stand in a grid of axes.* plt.subplots\(\), or None"):
        display.plot(ax=ax)
