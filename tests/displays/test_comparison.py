import numpy as np
import pandas as pd
import pytest

from skhybrid import ComparisonDisplay
from tests.helpers import legend_texts


def make_scores():
    models = ["last value"] * 2 + ["hybrid"] * 4 + ["ridge"] * 2 + ["broken"] * 2
    rmse = [4, 6, 1, 2, 3, 4, 2, 2, 1, np.nan]
    fold, seed = [0, 1, 0, 0, 1, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    return pd.DataFrame({"model": models, "fold": fold, "seed": seed, "rmse": rmse})


def test_comparison_sorts_models_and_draws_each_fit():
    scores = make_scores()
    display = ComparisonDisplay(scores, "last value", "rmse").plot()
    assert display.means_.index.tolist() == ["ridge", "hybrid", "last value", "broken"]
    assert display.means_[:3].tolist() == [2, 2.5, 5]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == display.means_.index.tolist()
    assert legend_texts(display.ax_) == ["a fold and seed", "mean", "mean of last value"]
    points, means, line = display.ax_.get_lines()
    np.testing.assert_array_equal(points.get_xdata(), scores["rmse"])
    np.testing.assert_allclose(points.get_ydata()[2:6], [0.875, 0.875, 1.125, 1.125])  # of one fold at one height
    assert means.get_xydata()[:3].tolist() == [[2, 0], [2.5, 1], [5, 2]]
    assert line.get_xdata() == [5, 5]
    assert display.ax_.get_xlabel() == "rmse (lower is better)"


def test_comparison_says_what_failed():
    display = ComparisonDisplay(make_scores(), "last value", "rmse").plot()
    assert [text.get_text() for text in display.ax_.texts] == ["no rmse in 1 of 2 fits"]


def test_comparison_leaves_the_scores_alone():
    scores = make_scores()
    ComparisonDisplay(scores, "last value", "rmse").plot()
    pd.testing.assert_frame_equal(scores, make_scores())


@pytest.mark.parametrize(
    ("baseline", "metric", "words"),
    [
        ("naive", "rmse", r"baseline='naive' must be one of the models \['last value'"),
        ("ridge", "mae", r"scores must have the columns .*'mae', but \['mae'\] are missing"),
    ],
)
def test_comparison_refuses(baseline, metric, words):
    with pytest.raises(ValueError, match=words):
        ComparisonDisplay(make_scores(), baseline, metric).plot()
