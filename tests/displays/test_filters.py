import numpy as np

from skhybrid import FilterDisplay, filters


def test_filters_are_drawn_by_lag(pipe):
    display = FilterDisplay.from_estimator(pipe, feature_names=["load", "price"])
    kernels = filters(pipe)
    assert len(display.axes_) == 3
    weights = display.axes_[2].get_lines()[2].get_xydata()  # behind the zero line and the load
    np.testing.assert_allclose(weights, np.c_[[2, 1, 0], kernels[:, 1, 2]])
    assert display.axes_[0].get_xlim() == (2.3, -0.3)
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == ["load", "price"]
    assert display.axes_[0].get_title() == "filter 0"
    assert (display.axes_[0].get_xlabel(), display.axes_[0].get_ylabel()) == ("lag (steps)", "weight")


def test_many_filters_fill_rows_without_empty_axes():
    display = FilterDisplay(np.ones((2, 1, 11))).plot()
    assert len(display.axes_) == len(display.figure_.axes) == 11
    assert [bool(ax.get_xlabel()) for ax in display.axes_].index(True) == 8  # the first of the last row
    assert display.figure_.legends == []
