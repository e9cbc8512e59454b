import numpy as np
import pandas as pd

from skhybrid import DenseRegressor, SaliencyDisplay, saliency, saliency_table
from tests.helpers import legend_texts


def test_saliency_is_drawn_by_lag_and_feature(pipe, rows):
    X, _ = rows
    display = SaliencyDisplay.from_estimator(pipe, X, baseline=0)
    table = saliency_table(saliency(pipe, X, baseline=0), ["load", "price"])
    pd.testing.assert_frame_equal(display.table, table)
    assert legend_texts(display.ax_) == ["load", "price"]
    np.testing.assert_allclose(display.ax_.get_lines()[1].get_xydata(), np.c_[table.index, table["price"]])
    assert display.ax_.get_xlim() == (5.5, -0.5)


def test_saliency_numbers_features_that_have_no_names():
    X = np.random.default_rng(0).normal(size=(8, 3, 2))
    model = DenseRegressor((), epochs=1, random_state=0).fit(X, X[:, 0, 0])
    assert legend_texts(SaliencyDisplay.from_estimator(model, X).ax_) == ["feature 0", "feature 1"]
