import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from skhybrid._validation import (
    as_frames,
    as_windows,
    check_finite,
    check_horizon,
    check_input,
    check_positive_int,
    check_rows,
    check_sample_shape,
    check_training_data,
    check_weights,
    count_unknown,
    fill_unknown,
    warn,
)

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_positive_int_is_returned_as_int(value):
    assert type(check_positive_int(value, "stride")) is int
    assert check_positive_int(value, "stride") == value


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", None])
def test_positive_int_refuses(value):
    with pytest.raises(ValueError, match=rf"stride must be an integer of at least 1, but is {value!r}; pass for"):
        check_positive_int(value, "stride")


@pytest.mark.parametrize("a", [[1, 2, 3], pd.Series([1, 2, 3]), np.array([[1], [2], [3]])])
def test_rows_are_two_dimensional(a):
    np.testing.assert_array_equal(check_rows(a), [[1], [2], [3]])


@pytest.mark.parametrize(
    ("a", "words"),
    [
        (["a", "b"], "data must hold numbers, but has dtype <U1; encode text"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), r"data must hold numbers, but data holds times"),
        (
            np.ones((2, 2, 2)),
            r"data must be 1-D \(time,\) or 2-D \(time, feature\), but has shape \(2, 2, 2\); reshape",
        ),
        (3.0, r"data must be 1-D .* but has shape \(\); reshape"),
        ([], r"data must hold at least one row, but has shape \(0,\); pass a longer series"),
    ],
)
def test_rows_refuse(a, words):
    with pytest.raises(ValueError, match=words):
        check_rows(a, "data")


@pytest.mark.parametrize("a", [np.array([1e308, 1e308]), np.full(9, 3e38, dtype=np.float32), np.array([1, 2])])
def test_finite_accepts_values_whose_sum_overflows(a):
    check_finite(a, "X")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, NAN, 1, NAN], r"holds NaN \(first in row 1, 2 such values in all\); fill or drop"),
        ([0, 1, INF], r"holds inf \(first in row 2, 1 such"),
        ([-INF, INF], r"holds inf \(first in row 0, 2 such"),
        ([1e308, 1e308, NAN], r"holds NaN \(first in row 2, 1 such"),
    ],
)
def test_finite_says_what_and_where(values, words):
    with pytest.raises(ValueError, match=f"y must hold finite numbers, but {words}"):
        check_finite(np.array(values, dtype=float), "y")


@pytest.mark.parametrize(("horizon", "expected"), [(3, [3]), ((1, 5), [1, 5]), (range(1, 4), [1, 2, 3])])
def test_horizon_is_a_list(horizon, expected):
    assert check_horizon(horizon) == expected


@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, [], [1, 1], [0, 1], None])
def test_horizon_refuses(horizon):
    with pytest.raises(ValueError, match="horizon must be an integer of at least 1, or several different ones"):
        check_horizon(horizon)


@pytest.mark.parametrize("shape", [(2, 6), (2, 3, 2), (2, 1, 3, 2), (2, 3, 1, 2)])
def test_windows_of_every_rank_are_the_same(shape):
    expected = np.arange(12).reshape(2, 3, 2)
    np.testing.assert_array_equal(as_windows(np.arange(12).reshape(shape), 2), expected)


def test_windows_share_memory():
    X = np.arange(12).reshape(2, 6)
    assert np.shares_memory(as_windows(X, 2), X)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.ones((2, 6)), "n_features=4 does not divide the 6 columns of X; pass the number of features"),
        (np.ones((2, 1, 1, 1, 3)), r"X must be 2-D .* but has samples of shape \(1, 1, 1, 3\); reshape it to windows"),
    ],
)
def test_windows_refuse(X, words):
    with pytest.raises(ValueError, match=words):
        as_windows(X, 4)


@pytest.mark.parametrize(
    ("shape", "fitted"), [((5, 4, 2), (4, 2)), ((5, 3), (7,)), ((5,), (7,))]
)  # what is wrong with the last two is scikit-learn's to say
def test_sample_shape_accepts(shape, fitted):
    check_sample_shape(np.ones(shape), fitted)


@pytest.mark.parametrize(
    ("X", "fitted"),
    [(np.ones((5, 4, 2)), (4, 3)), (np.ones((5, 4, 2)), (8,)), (np.ones((5, 4)), (4, 1)), ([[[1.0], [2.0]]], (3, 1))],
)
def test_sample_shape_refuses(X, fitted):
    with pytest.raises(
        ValueError, match=r"X must hold samples of shape \(.*\) as in fit, but they have shape \(.*\); pass"
    ):
        check_sample_shape(X, fitted)


@pytest.mark.parametrize(
    ("dtype", "expected"), [(np.float32, np.float32), (np.float64, np.float64), (int, np.float64), (bool, np.float64)]
)
def test_data_keep_float32_and_make_the_rest_float64(dtype, expected):
    assert (
        check_training_data(BaseEstimator(), np.ones((2, 3, 1), dtype=dtype), [1, 2], reset=True)[0].dtype == expected
    )


def test_data_of_a_view_are_not_copied():
    X = np.lib.stride_tricks.sliding_window_view(np.arange(9.0), 4)[:, :, np.newaxis]
    checked = check_training_data(BaseEstimator(), X, np.arange(6.0), reset=True)[0]
    assert np.shares_memory(checked, X)
    assert checked.strides == X.strides


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (np.ones((3, 2)), [1, 2], "y must have one target per sample of X, but X has 3 samples and y has 2; take both"),
        (np.ones((0, 2, 1)), [], r"X must hold at least one sample, but has shape \(0, 2, 1\); pass more rows"),
        (
            np.ones((3, 0, 2)),
            [1, 2, 3],
            r"X must hold at least one step and one feature, but has shape \(3, 0, 2\); pass",
        ),
        (np.array([["a"], ["b"]]), [1, 2], "X and y must hold numbers, but there is text .*'a'.*; encode text"),
        (np.ones((2, 2)), ["low", "high"], r"y must hold numbers, but holds text \('low', ...\); encode"),
        (np.ones((2, 2)), np.array(["low", "high"], dtype=object), "must hold numbers, but there is text .*'low'"),
    ],
)
def test_data_refuse(X, y, words):
    with pytest.raises(ValueError, match=words):
        check_training_data(BaseEstimator(), X, y, reset=True)


@pytest.fixture
def fitted():
    estimator = BaseEstimator()
    check_training_data(estimator, np.ones((2, 3, 1)), [1, 2], reset=True)
    return estimator


def test_data_as_in_fit_are_taken_as_they_are(fitted):
    X = np.ones((2, 3, 1), dtype=np.float32)
    assert check_input(fitted, X, reset=False) is X


@pytest.mark.parametrize("convert", [np.ndarray.tolist, lambda X: X.astype(int), lambda X: X.astype(">f8")])
def test_other_data_are_converted_after_fit(fitted, convert):
    checked = check_input(fitted, convert(np.ones((2, 3, 1))), reset=False)
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, np.ones((2, 3, 1)))


@pytest.mark.parametrize(
    ("X", "words"), [(np.ones((2, 4)), "X has 4 features, but .* is expecting 3"), (np.ones(3), "Expected 2D array")]
)
def test_data_unlike_those_of_fit_are_refused(fitted, X, words):
    with pytest.raises(ValueError, match=words):
        check_input(fitted, X, reset=False)


def test_data_without_the_names_of_fit_are_warned_of(fitted):
    fitted.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        check_input(fitted, np.ones((2, 3)), reset=False)


def test_weights_default_to_one():
    np.testing.assert_array_equal(check_weights(None, 3), [1, 1, 1])


@pytest.mark.parametrize("weights", [[0, 1, 2], pd.Series([0, 1, 2]), np.array([0, 1, 2], dtype=np.float32)])
def test_weights_are_floats(weights):
    checked = check_weights(weights, 3)
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, [0, 1, 2])


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 2], r"must have shape \(3,\), one weight per sample of X, but has shape \(2,\); pass"),
        ([[1], [2], [3]], r"must have shape \(3,\), .* but has shape \(3, 1\); pass"),
        (2.0, r"must have shape \(3,\), .* but has shape \(\); pass"),
        ([1, NAN, 2], r"must hold finite numbers, but holds NaN \(first in row 1"),
        ([1, INF, 2], r"must hold finite numbers, but holds inf \(first in row 1"),
        ([1, -1, 2], "must hold no negative weight and not only zeros, but holds weights from -1 to 2; pass positive"),
        (["a", "b", "c"], r"must hold numbers, one per sample of X, but is \['a', 'b', 'c'\]; pass positive numbers"),
        ([0, 0, 0], "must hold no negative weight and not only zeros, but holds weights from 0 to 0; pass positive"),
    ],
)
def test_weights_refuse(weights, words):
    with pytest.raises(ValueError, match=f"sample_weight {words}"):
        check_weights(weights, 3)


# Images and clips

IMAGE_AXES = ("height", "width", "channels")


@pytest.mark.parametrize(
    ("shape", "input_shape", "expected"),
    [
        ((2, 5, 4, 1), None, (2, 5, 4, 1)),
        ((2, 5, 4, 3), (5, 4, 3), (2, 5, 4, 3)),
        ((2, 6), None, (2, 6, 1, 1)),
        ((2, 6), (3, 2, 1), (2, 3, 2, 1)),
        ((2, 3, 8, 8), (3, 8, 8), (2, 3, 8, 8)),  # eight channels, as the user says
    ],
)
def test_frames_have_the_shape_of_the_input(shape, input_shape, expected):
    X = np.arange(np.prod(shape)).reshape(shape)
    frames = as_frames(X, IMAGE_AXES, input_shape)
    np.testing.assert_array_equal(frames, X.reshape(expected))


@pytest.mark.parametrize(
    ("shape", "input_shape", "words"),
    [
        ((2, 5, 4), None, "X must be 4-D .sample, height, width, channels. or 2-D with input_shape, but has shape"),
        ((2, 6), (2, 2, 1), r"input_shape=\(2, 2, 1\) holds 4 values, but the flat rows of X have 6; pass"),
        ((2, 6), (3, 2), r"input_shape must be \(height, width, channels\), each .* but is \(3, 2\); pass"),
        ((2, 6), (3, 2, 0), "input_shape must be .* each an integer of at least 1"),
        ((2, 6), (True, 6, 1), "input_shape must be .* each an integer of at least 1"),
        ((2, 5, 4, 1), (4, 5, 1), r"X must hold samples of input_shape=\(4, 5, 1\), but they have shape \(5, 4, 1\)"),
        ((2, 3, 8, 8), None, "channels last, .* seems to have them first; move them"),
    ],
)
def test_frames_refuse(shape, input_shape, words):
    with pytest.raises(ValueError, match=words):
        as_frames(np.zeros(shape), IMAGE_AXES, input_shape)


def test_clips_with_channels_before_the_image_are_refused():
    with pytest.raises(ValueError, match="seems to have them first"):
        as_frames(np.zeros((2, 6, 3, 8, 8)), ("frames", *IMAGE_AXES), None)


# Windows without a complete past, (sample, time, feature)

WINDOWS = np.array(
    [
        [[1, 1], [2, 2], [3, 3]],
        [[NAN, NAN], [2, 2], [3, 3]],
        [[NAN, NAN], [NAN, NAN], [3, 3]],
        [[NAN, NAN], [NAN, NAN], [NAN, NAN]],
    ]
)


def test_unknown_steps_at_the_start_are_counted():
    np.testing.assert_array_equal(count_unknown(WINDOWS), [[0, 1, 2, 3], [0, 0, 0, 0]])


def test_unknown_steps_at_the_end_are_counted():
    before, after = count_unknown(np.flip(WINDOWS, axis=1))
    np.testing.assert_array_equal(before, [0, 0, 0, 3])  # nothing known is no past, not an end
    np.testing.assert_array_equal(after, [0, 1, 2, 0])


def test_unknown_steps_on_both_sides_are_counted():
    np.testing.assert_array_equal(count_unknown(np.array([[[NAN], [NAN], [1], [2], [NAN]]])), [[2], [1]])


def test_unknown_steps_are_none_where_a_sum_overflows():
    np.testing.assert_array_equal(count_unknown(np.full((2, 3, 1), 1e308)), [[0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ((0, 1), NAN, "1 windows hold NaN elsewhere, the first of them window 0"),
        ((1, 0, 1), 5.0, "1 windows hold NaN elsewhere, the first of them window 1"),  # one feature is known
        ((1, 2, 0), INF, "1 windows hold inf elsewhere, the first of them window 1"),
        ((0, 0), -INF, "1 windows hold inf elsewhere, the first of them window 0"),
    ],
)
def test_unknown_steps_elsewhere_are_refused(place, value, words):
    windows = WINDOWS.copy()
    windows[place] = value
    with pytest.raises(ValueError, match=words):
        count_unknown(windows)


def test_unknown_steps_repeat_the_first_known_one():
    filled = fill_unknown(WINDOWS[:3], count_unknown(WINDOWS[:3])[0])
    np.testing.assert_array_equal(filled[:, :, 0], [[1, 2, 3], [2, 2, 3], [3, 3, 3]])
    np.testing.assert_array_equal(filled[:, :, 1], filled[:, :, 0])


def test_known_windows_are_not_copied():
    assert fill_unknown(WINDOWS[:1], np.array([0])).base is WINDOWS


def test_window_without_any_known_step_is_refused():
    with pytest.raises(
        ValueError, match="at least one known step per window, but window 3 holds NaN only; leave it out"
    ):
        fill_unknown(WINDOWS, count_unknown(WINDOWS)[0])


def test_warn_points_at_the_caller_of_the_package():
    code = "from skhybrid._validation import warn\ndef call(): warn('far')\ncall()"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in ("skhybrid.inside", "sklearn.inside"):
            exec(code, {"__name__": name})
        warn("near")
    assert [(str(warning.message), warning.filename) for warning in caught] == [
        ("far", __file__),
        ("far", __file__),
        ("near", __file__),
    ]
