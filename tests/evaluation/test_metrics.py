import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_absolute_error, mean_absolute_percentage_error

from skhybrid import mase, pinball, smape

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
PAIRS = arrays(float, st.tuples(st.just(2), st.integers(1, 20)), elements=FINITE)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        ([100.0], [110.0], 200 * 10 / 210),
        ([0.0, 1.0], [0.0, 1.0], 0.0),
        ([0.0, 5.0], [3.0, 5.0], 100.0),
        ([-2.0, 2.0], [2.0, 2.0], 100.0),
        ([[1.0, 3.0]], [[3.0, 1.0]], 100.0),
    ],
)
def test_smape_by_hand(y_true, y_pred, expected):
    assert smape(y_true, y_pred) == pytest.approx(expected, rel=1e-12)


@given(PAIRS)
def test_smape_is_symmetric_and_bounded(pair):
    assert smape(*pair) == smape(*pair[::-1])
    assert 0 <= smape(*pair) <= 200 * (1 + 1e-12)


def test_smape_is_near_mape_for_small_errors():
    y = np.array([10.0, 20.0, 40.0])
    f = y * [1.001, 0.999, 1.002]
    assert smape(y, f) == pytest.approx(100 * mean_absolute_percentage_error(y, f), rel=2e-3)


@given(PAIRS, st.floats(0, 1))
def test_pinball_by_loop(pair, quantile):
    losses = [quantile * (y - f) if y > f else (1 - quantile) * (f - y) for y, f in pair.T]
    assert pinball(*pair, quantile=quantile) == pytest.approx(np.mean(losses), rel=1e-9, abs=1e-12)


def test_pinball_of_the_median_is_half_the_absolute_error():
    y, f = np.random.default_rng(0).normal(size=(2, 30, 4))
    assert pinball(y, f) == pytest.approx(mean_absolute_error(y, f) / 2)


def test_mase_of_the_naive_forecast_within_training_is_one():
    y = np.random.default_rng(0).normal(size=40).cumsum()
    assert mase(y[1:], y[:-1], y) == pytest.approx(1)
    assert mase(y[7:], y[:-7], y, season_length=7) == pytest.approx(1)


def test_mase_by_hand():
    # Seasonal steps of two: |5 - 1|, |4 - 3|, |9 - 5|, mean 3; errors 1, 2, mean 1.5.
    assert mase([10, 10], [9, 12], [1, 3, 5, 4, 9], season_length=2) == pytest.approx(0.5)


def test_mase_scales_each_output_by_itself():
    y_train = np.array([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
    y_true, y_pred = np.zeros((2, 2)), np.array([[2.0, 10.0], [2.0, 10.0]])
    assert mase(y_true, y_pred, y_train) == pytest.approx((2 / 1 + 10 / 10) / 2)


def test_mase_has_no_unit():
    y, f, train = np.random.default_rng(0).normal(size=(3, 20))
    assert mase(1000 * y, 1000 * f, 1000 * train) == pytest.approx(mase(y, f, train))


def test_mase_leaves_out_differences_across_rows_not_trained_on():
    # The step from 2 to 50 leads across a gap; what is left are the steps 1 and 2.
    assert mase([3.0], [0.0], [1, 2, np.nan, 50, 52]) == pytest.approx(3 / 1.5)


@pytest.mark.parametrize(("y_train", "season_length"), [([4.0, 4.0, 4.0], 1), ([1.0, 2.0], 2), ([1.0, 2.0, 1.0], 2)])
def test_mase_without_a_scale(y_train, season_length):
    with pytest.raises(ValueError, match=f"y_train must change within season_length={season_length} steps"):
        mase([1.0], [2.0], y_train, season_length=season_length)


def test_mase_refuses_targets_of_other_outputs():
    with pytest.raises(ValueError, match=r"y_train must have the outputs of y_true, .* \(3,\) and \(1, 2\)"):
        mase([[1.0, 2.0]], [[1.0, 2.0]], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("metric", [smape, pinball, lambda y, f: mase(y, f, [1.0, 2.0])])
def test_metrics_refuse_forecasts_of_another_shape(metric):
    with pytest.raises(ValueError, match=r"y_true and y_pred must hold one value .* \(2,\) and \(3,\)"):
        metric([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("metric", [smape, pinball])
def test_metrics_refuse_nan(metric):
    with pytest.raises(ValueError, match="y_pred must hold finite numbers, but holds NaN"):
        metric([1.0, 2.0], [1.0, np.nan])


def test_metrics_take_a_column_for_one_output():
    assert smape(pd.DataFrame({"load": [1.0, 3.0]}), [1.0, 1.0]) == smape([1.0, 3.0], [1.0, 1.0])
