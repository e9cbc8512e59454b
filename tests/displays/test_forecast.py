from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skhybrid import ForecastDisplay
from tests.helpers import legend_texts


def test_forecasts_of_several_models(rows):
    X, y = rows
    models = {name: Ridge(alpha).fit(X, y) for name, alpha in [("stiff", 100), ("free", 0.1)]}
    display = ForecastDisplay.from_estimator(models, X, y)
    assert [line.get_label() for line in display.lines_] == legend_texts(display.ax_) == ["truth", "stiff", "free"]
    np.testing.assert_allclose(display.lines_[2].get_ydata(), models["free"].predict(X))
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("time", "load")
    assert len({line.get_linestyle() for line in display.lines_[1:]}) == 2  # told apart without colour


def test_forecast_of_one_model(rows):
    X, y = rows
    display = ForecastDisplay.from_estimator(Ridge().fit(X, y), X, y.to_numpy())
    assert legend_texts(display.ax_) == ["truth", "Ridge"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("row", "y")


def make_comparison(**outputs):
    """Return what a comparison of two models on two folds, one of them with two seeds, keeps of its predictions."""
    model, fold = ["hybrid", "ridge", "hybrid", "hybrid", "ridge"], [0, 0, 0, 1, 1]
    fits = pd.DataFrame({"model": model, "fold": fold, "seed": [0, 0, 1, 0, 0]})
    predictions = fits.loc[fits.index.repeat(2)].assign(row=[5, 6, 5, 6, 5, 6, 7, 8, 7, 8])
    outputs = outputs or {"y_true": 10.0 * predictions["row"], "y_pred": np.arange(10.0)}
    return SimpleNamespace(predictions=predictions.assign(**outputs), target="y", index=None)


def test_forecasts_of_a_comparison_are_means_over_seeds():
    index = pd.date_range("2024-01-01", periods=10, name="day")
    display = ForecastDisplay.from_comparison(make_comparison(), index=index)
    assert display.y_true.to_dict() == {index[row]: 10.0 * row for row in (5, 6, 7, 8)}
    assert {name: list(y_pred) for name, y_pred in display.y_pred.items()} == {
        "hybrid": [2, 3, 6, 7],
        "ridge": [2, 3, 8, 9],
    }
    assert list(display.fold) == [0, 0, 1, 1]
    assert legend_texts(display.ax_) == ["truth", "hybrid", "ridge"]
    assert display.ax_.get_xlabel() == "day"


def test_forecasts_of_some_models_and_of_one_output():
    outputs = {f"{kind}_{i}": np.full(10, 10.0 * i) for kind in ("y_true", "y_pred") for i in (0, 1)}
    display = ForecastDisplay.from_comparison(make_comparison(**outputs), models=["ridge"], output=1)
    assert legend_texts(display.ax_) == ["truth", "ridge"]
    assert display.lines_[0].get_ydata().tolist() == [10] * 4
    assert display.ax_.get_xlabel() == "row"


@pytest.mark.parametrize(
    ("predictions", "options", "words"),
    [
        (pd.DataFrame(), {}, "comparison must hold predictions, but no fit has made any"),
        (pd.DataFrame({"origin": [1]}), {}, r"is of Forecasters, .*; draw one of them by Forecaster.backtest"),
        (
            None,
            {"models": ["lstm"]},
            r"models must name models of the comparison, \['hybrid', 'ridge'\], but is \['lstm'\]",
        ),
    ],
)
def test_forecasts_of_a_comparison_refuse(predictions, options, words):
    comparison = make_comparison() if predictions is None else SimpleNamespace(predictions=predictions)
    with pytest.raises(ValueError, match=words):
        ForecastDisplay.from_comparison(comparison, **options)


@pytest.mark.parametrize("fold", [[-1, -1, 0, 0, 1, 1], [np.nan, np.nan, 0, 0, 1, 1]])
def test_forecast_shades_folds(fold):
    y = np.arange(6.0)
    display = ForecastDisplay(y, {"model": np.where(y < 2, np.nan, y)}, fold=fold).plot()
    spans = [patch.get_window_extent().transformed(display.ax_.transData.inverted()) for patch in display.ax_.patches]
    np.testing.assert_allclose([(span.x0, span.x1) for span in spans], [(2, 3), (4, 5)])
    assert [text.get_text() for text in display.ax_.texts] == ["fold 0", "fold 1"]


def test_forecast_of_periods():
    y = pd.Series(np.arange(6.0), pd.period_range("2024-01", periods=6, freq="M"), name="sales")
    display = ForecastDisplay(y, {"model": y + 1}).plot()
    display.figure_.canvas.draw()
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("time", "sales")


@pytest.mark.parametrize(
    ("y_true", "y_pred", "fold", "words"),
    [
        (np.zeros((3, 2)), {}, None, r"y_true must be 1-D, \(n_rows,\), but has shape \(3, 2\)"),
        (np.zeros(3), {"m": np.zeros(2)}, None, r"y_pred\['m'\] must have shape \(3,\).* has shape \(2,\)"),
        (np.zeros(3), {}, [0, 1], r"fold must have shape \(3,\).* has shape \(2,\)"),
    ],
)
def test_forecast_refuses(y_true, y_pred, fold, words):
    with pytest.raises(ValueError, match=words):
        ForecastDisplay(y_true, y_pred, fold=fold).plot()
    assert plt.get_fignums() == []


def test_intervals_are_bands_in_the_colour_of_their_line():
    bounds = np.stack([np.full((4, 2), [-1.0, -2.0]), np.full((4, 2), [1.0, 2.0])], axis=2)
    display = ForecastDisplay(np.zeros(4), {"a": np.zeros(4), "b": np.ones(4)}, bounds={"b": bounds}).plot()
    assert len(display.bands_) == 2
    for band, reach in zip(display.bands_, (1, 2), strict=True):
        height = band.get_paths()[0].vertices[:, 1]
        assert (height.min(), height.max()) == (-reach, reach)
        assert tuple(band.get_facecolor()[0][:3]) == plt.matplotlib.colors.to_rgb(display.lines_[2].get_color())
    assert ForecastDisplay(np.zeros(4), {"a": np.zeros(4)}).plot().bands_ == []
    [band, _] = display.plot(rows=slice(1, 3)).bands_
    assert set(band.get_paths()[0].vertices[:, 0]) == {1, 2}


def test_legend_names_the_levels_of_bands():
    bounds = {"a": np.zeros((4, 2, 2))}
    display = ForecastDisplay(np.zeros(4), {"a": np.zeros(4)}, bounds=bounds, levels=(0.8, 0.95)).plot()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["truth", "a", "80 % interval", "95 % interval"]
    with pytest.raises(ValueError, match="levels must name the 2 levels of bounds, but is "):
        ForecastDisplay(np.zeros(4), {"a": np.zeros(4)}, bounds=bounds, levels=[0.8]).plot()


@pytest.mark.parametrize("bounds", [{"a": np.zeros((4, 2))}, {"a": np.zeros((3, 1, 2))}, {"c": np.zeros((4, 1, 2))}])
def test_bounds_are_of_forecasts_that_are_there(bounds):
    with pytest.raises(ValueError, match=r"bounds must hold arrays \(4, n_levels, 2\) by names of y_pred, \['a'\]"):
        ForecastDisplay(np.zeros(4), {"a": np.zeros(4)}, bounds=bounds).plot()
