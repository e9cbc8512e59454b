import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from skhybrid.series.subsequences import SubsequenceReshaper, split_subsequences


@parametrize_with_checks([SubsequenceReshaper(n_seq=1)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", [check_dataframe_column_names_consistency, check_param_validation])
def test_scikit_learn_checks_beyond_the_list(check):
    check("SubsequenceReshaper", SubsequenceReshaper(n_seq=1))


def test_split_keeps_time_order():
    X = np.array([[[1, 10], [2, 20], [3, 30], [4, 40]]])
    expected = [[[[1, 10], [2, 20]], [[3, 30], [4, 40]]]]
    np.testing.assert_array_equal(split_subsequences(X, 2), expected)


def test_split_of_overlapping_windows_is_a_view():
    series = np.arange(20.0)
    windows = np.lib.stride_tricks.sliding_window_view(series, 6)[:, :, np.newaxis]
    sub = split_subsequences(windows, 3)
    assert np.shares_memory(sub, series)
    np.testing.assert_array_equal(sub[7, 1, :, 0], [9.0, 10.0])


def test_split_names_steps_and_divisors():
    with pytest.raises(ValueError, match=r"n_seq=5 .* n_steps=12 .* divisors 1, 2, 3, 4, 6, 12\."):
        split_subsequences(np.zeros((2, 12, 1)), 5)


def test_split_refuses_other_than_3d():
    with pytest.raises(ValueError, match=r"3-D \(sample, time, feature\), but has shape \(2, 12\)"):
        split_subsequences(np.zeros((2, 12)), 4)


@pytest.mark.parametrize("n_seq", [0, -2, 1.5, True])
def test_split_refuses_n_seq(n_seq):
    with pytest.raises(ValueError, match="n_seq must be an integer of at least 1"):
        split_subsequences(np.zeros((2, 12, 1)), n_seq)


@settings(max_examples=50)
@given(n_samples=st.integers(1, 5), n_seq=st.integers(1, 5), n_steps=st.integers(1, 5), n_features=st.integers(1, 4))
def test_split_equals_slices(n_samples, n_seq, n_steps, n_features):
    X = np.random.default_rng(0).normal(size=(n_samples, n_seq * n_steps, n_features))
    sub = split_subsequences(X, n_seq)
    assert sub.shape == (n_samples, n_seq, n_steps, n_features)
    for k in range(n_seq):
        np.testing.assert_array_equal(sub[:, k], X[:, k * n_steps : (k + 1) * n_steps])


@settings(max_examples=50)
@given(
    n_samples=st.integers(1, 5),
    n_seq=st.integers(1, 5),
    n_steps=st.integers(1, 5),
    n_features=st.integers(1, 4),
    flat=st.booleans(),
)
def test_inverse_transform_returns_what_fit_received(n_samples, n_seq, n_steps, n_features, flat):
    X = np.random.default_rng(0).normal(size=(n_samples, n_seq * n_steps, n_features))
    X = X.reshape(n_samples, -1) if flat else X
    reshaper = SubsequenceReshaper(n_seq, n_features=n_features)
    sub = reshaper.fit_transform(X)
    assert sub.shape == (n_samples, n_seq, n_steps, n_features)
    back = reshaper.inverse_transform(sub)
    assert back.shape == X.shape
    np.testing.assert_array_equal(back, X)


def test_transform_reads_flat_windows_like_3d_ones():
    X = np.arange(24).reshape(2, 6, 2)
    flat = SubsequenceReshaper(3, n_features=2).fit_transform(X.reshape(2, 12))
    np.testing.assert_array_equal(flat, SubsequenceReshaper(3).fit_transform(X))


def test_transform_takes_another_number_of_samples():
    reshaper = SubsequenceReshaper(2).fit(np.zeros((5, 4, 3)))
    assert reshaper.transform(np.zeros((1, 4, 3))).shape == (1, 2, 2, 3)


def test_transform_lets_nan_through():
    X = np.array([[[np.nan], [np.nan], [1.0], [2.0]]])
    np.testing.assert_array_equal(SubsequenceReshaper(2).fit_transform(X)[0, :, :, 0], [[np.nan, np.nan], [1, 2]])


def test_fit_refuses_inf():
    with pytest.raises(ValueError, match="infinity"):
        SubsequenceReshaper(1).fit(np.full((2, 4, 1), np.inf))


def test_transform_keeps_memory_and_dtype():
    X = np.arange(12, dtype=np.float32).reshape(1, 12, 1)
    sub = SubsequenceReshaper().fit_transform(X)
    assert sub.dtype == np.float32
    assert np.shares_memory(sub, X)


@pytest.mark.parametrize(
    ("shape", "n_features_in", "sample_shape"), [((3, 4, 2), 4, (4, 2)), ((3, 8), 8, (8,))], ids=["3-D", "2-D"]
)
def test_fit_records_shapes(shape, n_features_in, sample_shape):
    reshaper = SubsequenceReshaper(2, n_features=2).fit(np.zeros(shape))
    assert reshaper.n_features_in_ == n_features_in
    assert reshaper.sample_shape_ == sample_shape
    assert reshaper.output_shape_ == (2, 2, 2)


def test_fit_refuses_steps_that_do_not_divide():
    with pytest.raises(ValueError, match=r"n_seq=4 .* n_steps=9 .* divisors 1, 3, 9\."):
        SubsequenceReshaper().fit(np.zeros((2, 9, 1)))


def test_fit_refuses_columns_that_do_not_divide():
    with pytest.raises(ValueError, match="n_features=5 does not divide the 12 columns of X"):
        SubsequenceReshaper(n_features=5).fit(np.zeros((2, 12)))


def test_fit_refuses_subsequences():
    with pytest.raises(ValueError, match="3-D"):
        SubsequenceReshaper(1).fit(np.zeros((2, 2, 4, 1)))


@pytest.mark.parametrize("shape", [(2, 6, 1), (2, 4, 2), (2, 4)])
def test_transform_refuses_another_shape(shape):
    reshaper = SubsequenceReshaper(2).fit(np.zeros((2, 4, 1)))
    with pytest.raises(ValueError, match=r"samples of shape \(4, 1\) as in fit"):
        reshaper.transform(np.zeros(shape))


def test_inverse_transform_refuses_another_shape():
    reshaper = SubsequenceReshaper(2).fit(np.zeros((2, 4, 1)))
    with pytest.raises(ValueError, match=r"samples of shape \(2, 2, 1\) as transform returns them"):
        reshaper.inverse_transform(np.zeros((2, 4, 1, 1)))


def test_inverse_transform_needs_fit():
    with pytest.raises(NotFittedError):
        SubsequenceReshaper().inverse_transform(np.zeros((2, 4, 1, 1)))


def test_set_output_has_no_effect():
    X = pd.DataFrame(np.zeros((3, 4)), columns=list("abcd"))
    pipe = make_pipeline(FunctionTransformer(), SubsequenceReshaper(2)).set_output(transform="pandas")
    sub = pipe.fit_transform(X)
    assert isinstance(sub, np.ndarray)
    assert sub.shape == (3, 2, 2, 1)


def test_global_output_setting_has_no_effect():
    with config_context(transform_output="pandas"):
        assert isinstance(SubsequenceReshaper(2).fit_transform(np.zeros((3, 4))), np.ndarray)


def test_no_feature_names_out():
    assert not hasattr(SubsequenceReshaper(2).fit(np.zeros((3, 4))), "get_feature_names_out")
