import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    ComparisonDisplay,
    DenseRegressor,
    FeatureMapDisplay,
    FilterDisplay,
    ForecastDisplay,
    SaliencyDisplay,
    SlidingWindow,
    SubsequenceReshaper,
    TrainingDisplay,
    WindowDisplay,
    feature_maps,
    filters,
    saliency,
    saliency_table,
)
from skhybrid.displays.feature_maps import spread
from skhybrid.displays.windows import fold_roles, runs

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TINY = {"units": 2, "dense_units": (), "epochs": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=90, freq="h", name="time")
    X = pd.DataFrame({"load": rng.normal(size=90).cumsum(), "price": rng.normal(size=90)}, index)
    return X, X["load"].shift(-1, fill_value=0.0)


@pytest.fixture(scope="module")
def pipe(rows):
    scaler = StandardScaler().set_output(transform="pandas")
    network = CNNLSTMRegressor(3, early_stopping=True, **TINY)
    return make_pipeline(scaler, SlidingWindow(6), network).fit(*rows)


def make_scores():
    models = ["last value"] * 2 + ["hybrid"] * 4 + ["ridge"] * 2 + ["broken"] * 2
    rmse = [4, 6, 1, 2, 3, 4, 2, 2, 1, np.nan]
    fold, seed = [0, 1, 0, 0, 1, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    return pd.DataFrame({"model": models, "fold": fold, "seed": seed, "rmse": rmse})


DISPLAYS = [
    FeatureMapDisplay(np.zeros((4, 2)), np.eye(4, 3), np.arange(4)),
    FilterDisplay(np.ones((3, 2, 5))),
    SaliencyDisplay(saliency_table(np.ones((2, 3, 2)))),
    TrainingDisplay({"loss": [2.0, 1.0]}),
    ForecastDisplay([1.0, 2.0], {"a": [1.0, 1.0]}),
    ComparisonDisplay(make_scores(), "last value", "rmse"),
    WindowDisplay(np.array([[1, 2, 3, 0], [1, 2, 2, 3]]), 2),
]
over_displays = pytest.mark.parametrize("display", DISPLAYS, ids=lambda display: type(display).__name__)


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# All displays


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


# FeatureMapDisplay


def test_feature_maps_show_the_window_as_it_reaches_the_network(pipe, rows):
    X, _ = rows
    display = FeatureMapDisplay.from_estimator(pipe, X, sample=-1)
    window = pipe[0].transform(X)[-6:]
    np.testing.assert_allclose(display.window, window)
    np.testing.assert_array_equal(display.maps, feature_maps(pipe, X)[-1])
    top, bottom = display.axes_
    assert labels(top) == ["load", "price"]
    np.testing.assert_allclose(top.get_lines()[1].get_xydata(), np.c_[np.arange(6)[::-1], window["price"]])
    np.testing.assert_allclose(display.image_.get_array(), display.maps.T)
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("lag (steps before the end of the window)", "filter")
    assert display.figure_.axes[-1].get_ylabel() == "response"


def test_responses_begin_below_the_spike():
    X = np.random.default_rng(0).normal(size=(16, 9, 1))
    model = CNNLSTMRegressor(1, activation=None, **TINY).fit(X, X[:, -1, 0])
    model.model_.get_layer("conv_1").set_weights([np.ones((3, 1, 1)), np.zeros(1)])
    spike = np.zeros((1, 9, 1))
    spike[0, 4] = 1
    display = FeatureMapDisplay.from_estimator(model, spike, ax=plt.subplots()[1])
    assert display.image_.get_array()[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0]  # the step itself and two more
    display.figure_.canvas.draw()
    top, bottom = (ax.get_window_extent() for ax in display.axes_)
    assert (top.x0, top.x1) == (bottom.x0, bottom.x1)
    assert display.axes_[0].get_xlim() == display.axes_[1].get_xlim() == (8.5, -0.5)


def test_feature_maps_of_subsequences_and_of_a_layer():
    X = np.random.default_rng(0).normal(size=(16, 12, 1))
    network = CNNLSTMRegressor(2, kernel_size=2, pool_size=2, padding="valid", **TINY)
    pipe = make_pipeline(SubsequenceReshaper(2), network).fit(X, X[:, -1, 0])
    display = FeatureMapDisplay.from_estimator(pipe, X, layer="conv_1", feature_names=["load"])
    assert display.maps.shape == (10, 2)
    assert display.steps.tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
    assert labels(display.axes_[0]) == ["load"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([0, 1, 2, 3], [1, 2, 3, 4]),
        ([1, 3], [1, 1, 2, 2]),
        ([2, 3], [np.nan, np.nan, 1, 2]),
        ([2], [np.nan, np.nan, 1, np.nan]),
    ],
    ids=["causal", "pooled", "valid", "one"],
)
def test_spread_by_hand(steps, expected):
    maps = np.arange(1.0, len(steps) + 1)[:, None]
    np.testing.assert_array_equal(spread(maps, np.array(steps), 4)[:, 0], expected)


# FilterDisplay


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


# SaliencyDisplay


def test_saliency_is_drawn_by_lag_and_feature(pipe, rows):
    X, _ = rows
    display = SaliencyDisplay.from_estimator(pipe, X, baseline=0)
    table = saliency_table(saliency(pipe, X, baseline=0), ["load", "price"])
    pd.testing.assert_frame_equal(display.table, table)
    assert labels(display.ax_) == ["load", "price"]
    np.testing.assert_allclose(display.ax_.get_lines()[1].get_xydata(), np.c_[table.index, table["price"]])
    assert display.ax_.get_xlim() == (5.5, -0.5)


def test_saliency_numbers_features_that_have_no_names():
    X = np.random.default_rng(0).normal(size=(8, 3, 2))
    model = DenseRegressor((), epochs=1, random_state=0).fit(X, X[:, 0, 0])
    assert labels(SaliencyDisplay.from_estimator(model, X).ax_) == ["feature 0", "feature 1"]


# TrainingDisplay


def test_training_shows_the_epoch_whose_weights_were_kept():
    display = TrainingDisplay({"loss": [4, 3, 2, 1], "val_loss": [5, 2, 3, 4]}, loss_name="loss (mse)").plot()
    assert display.best_epoch_ == 2
    assert labels(display.ax_) == ["training", "held out", "weights kept: epoch 2 of 4"]
    assert display.ax_.get_lines()[-1].get_xydata().tolist() == [[2, 2]]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("epoch", "loss (mse)")


def test_training_without_held_out_samples():
    display = TrainingDisplay({"loss": [4, 3]}).plot()
    assert display.best_epoch_ is None
    assert labels(display.ax_) == ["training"]


def test_training_of_a_pipeline(pipe):
    display = TrainingDisplay.from_estimator(pipe)
    assert display.history is pipe[-1].history_
    assert display.ax_.get_ylabel() == "loss (mse)"
    np.testing.assert_array_equal(display.ax_.get_lines()[0].get_xydata(), np.c_[[1, 2], pipe[-1].history_["loss"]])


# ForecastDisplay


def test_forecasts_of_several_models(rows):
    X, y = rows
    models = {name: Ridge(alpha).fit(X, y) for name, alpha in [("stiff", 100), ("free", 0.1)]}
    display = ForecastDisplay.from_estimator(models, X, y)
    assert [line.get_label() for line in display.lines_] == labels(display.ax_) == ["truth", "stiff", "free"]
    np.testing.assert_allclose(display.lines_[2].get_ydata(), models["free"].predict(X))
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("time", "load")
    assert len({line.get_linestyle() for line in display.lines_[1:]}) == 2  # told apart without colour


def test_forecast_of_one_model(rows):
    X, y = rows
    display = ForecastDisplay.from_estimator(Ridge().fit(X, y), X, y.to_numpy())
    assert labels(display.ax_) == ["truth", "Ridge"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("row", "y")


def make_comparison(**outputs):
    """Return what a comparison of two models on two folds, one of them with two seeds, keeps of its predictions."""
    model, fold = ["hybrid", "ridge", "hybrid", "hybrid", "ridge"], [0, 0, 0, 1, 1]
    fits = pd.DataFrame({"model": model, "fold": fold, "seed": [0, 0, 1, 0, 0]})
    predictions = fits.loc[fits.index.repeat(2)].assign(row=[5, 6, 5, 6, 5, 6, 7, 8, 7, 8])
    outputs = outputs or {"y_true": 10.0 * predictions["row"], "y_pred": np.arange(10.0)}
    return SimpleNamespace(predictions=predictions.assign(**outputs))


def test_forecasts_of_a_comparison_are_means_over_seeds():
    index = pd.date_range("2024-01-01", periods=10, name="day")
    display = ForecastDisplay.from_comparison(make_comparison(), index=index)
    assert display.y_true.to_dict() == {index[row]: 10.0 * row for row in (5, 6, 7, 8)}
    assert {name: list(y_pred) for name, y_pred in display.y_pred.items()} == {
        "hybrid": [2, 3, 6, 7],
        "ridge": [2, 3, 8, 9],
    }
    assert list(display.fold) == [0, 0, 1, 1]
    assert labels(display.ax_) == ["truth", "hybrid", "ridge"]
    assert display.ax_.get_xlabel() == "day"


def test_forecasts_of_some_models_and_of_one_output():
    outputs = {f"{kind}_{i}": np.full(10, 10.0 * i) for kind in ("y_true", "y_pred") for i in (0, 1)}
    display = ForecastDisplay.from_comparison(make_comparison(**outputs), models=["ridge"], output=1)
    assert labels(display.ax_) == ["truth", "ridge"]
    assert display.lines_[0].get_ydata().tolist() == [10] * 4
    assert display.ax_.get_xlabel() == "row"


@pytest.mark.parametrize(
    ("predictions", "options", "words"),
    [
        (pd.DataFrame(), {}, "comparison must hold predictions, but no fit has made any"),
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


# ComparisonDisplay


def test_comparison_sorts_models_and_draws_each_fit():
    scores = make_scores()
    display = ComparisonDisplay(scores, "last value", "rmse").plot()
    assert display.means_.index.tolist() == ["ridge", "hybrid", "last value", "broken"]
    assert display.means_[:3].tolist() == [2, 2.5, 5]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == display.means_.index.tolist()
    assert labels(display.ax_) == ["a fold and seed", "mean", "mean of last value"]
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


# WindowDisplay


def test_fold_roles_by_hand():
    train, test = np.arange(6), np.array([7, 8])
    roles = fold_roles(train, test, 10, window_length=3, embargo=1)
    assert roles.tolist() == [1, 1, 2, 2, 2, 1, 0, 3, 3, 0]


def test_runs_by_hand():
    assert runs(np.array([1, 1, 0, 1, 0, 1], bool)) == [(-0.5, 2), (2.5, 1), (4.5, 1)]
    assert runs(np.zeros(3, bool)) == []


def test_windows_show_which_rows_make_a_window_and_its_target():
    display = WindowDisplay.from_cv(TimeSeriesSplit(3), np.zeros((40, 1)), window_length=6, horizon=2, embargo=1)
    top, bottom = display.axes_
    assert top.get_title() == "The window of row 10 and its target"
    assert [text.get_text() for text in top.texts] == ["window: rows 5 to 10", "target: row 12"]
    assert labels(bottom) == ["trained on", "history only", "test", "last training target"]
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("row", "fold")
    reached = bottom.get_lines()[0].get_xydata()
    assert reached.tolist() == [[10, 0], [20, 1], [30, 2]]  # the first test rows: known when they are forecast from


def test_windows_show_targets_beyond_the_first_test_row():
    display = WindowDisplay.from_cv(TimeSeriesSplit(2), np.zeros((30, 1)), window_length=4, horizon=5)
    assert display.axes_[1].get_lines()[0].get_xdata().tolist() == [14, 24]  # the test rows begin at 10 and 20


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)], ids=["blocks", "shuffled"])
def test_windows_of_folds_that_are_not_in_time(cv):
    display = WindowDisplay.from_cv(cv, np.zeros((12, 1)), window_length=2)
    assert ((display.roles == 3).sum(axis=0) == 1).all()
    display.figure_.canvas.draw()


def test_windows_longer_than_the_training_rows():
    display = WindowDisplay.from_cv(TimeSeriesSplit(3), np.zeros((12, 1)), window_length=5)
    assert 2 not in display.roles[0]
    assert [text.get_text() for text in display.axes_[0].texts] == ["window: rows 0 to 4", "target: row 5"]


@pytest.mark.parametrize("name", ["window_length", "horizon"])
def test_windows_refuse(name):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, but is 0"):
        WindowDisplay.from_cv(TimeSeriesSplit(2), np.zeros((9, 1)), **{"window_length": 2, name: 0})
