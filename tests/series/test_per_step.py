import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import PerStepTransformer
from tests.helpers import OUTPUT_CHECKS


@parametrize_with_checks([PerStepTransformer()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .* feature names, but")  # some checks mix frames and arrays
@pytest.mark.parametrize("check", OUTPUT_CHECKS)
def test_scikit_learn_checks_of_the_output(check):
    check("PerStepTransformer", PerStepTransformer())


def test_per_step_by_hand():
    X = np.array([[[0.0, 10.0], [2.0, 10.0]], [[4.0, 30.0], [6.0, 30.0]]])
    scaler = PerStepTransformer().fit(X)
    np.testing.assert_array_equal(scaler.transformer_.mean_, [3.0, 20.0])
    np.testing.assert_array_equal(scaler.transform(X)[:, :, 1], [[-1.0, -1.0], [1.0, 1.0]])
    np.testing.assert_allclose(scaler.transform(X)[:, :, 0], np.array([[-3.0, -1.0], [1.0, 3.0]]) / np.sqrt(5))


@settings(max_examples=30)
@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4))
def test_per_step_round_trip(shape):
    X = np.random.default_rng(0).normal(size=shape)
    scaler = PerStepTransformer()
    transformed = scaler.fit_transform(X)
    assert transformed.shape == X.shape
    np.testing.assert_allclose(scaler.inverse_transform(transformed), X, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 4, 3), (6, 2, 2, 3)], ids=["3-D", "4-D"])
def test_per_step_equals_rows(shape):
    X = np.random.default_rng(0).normal(size=shape)
    rows = StandardScaler().fit_transform(X.reshape(24, 3))
    np.testing.assert_array_equal(PerStepTransformer().fit_transform(X), rows.reshape(shape))


def test_per_step_2d_equals_inner():
    X = np.random.default_rng(0).normal(size=(8, 3))
    np.testing.assert_array_equal(PerStepTransformer().fit_transform(X), StandardScaler().fit_transform(X))


def test_per_step_may_change_the_number_of_features():
    X = np.random.default_rng(0).normal(size=(6, 4, 3))
    pca = PerStepTransformer(PCA(2)).fit(X)
    rows = X.reshape(24, 3)
    inner = PCA(2).fit(rows)
    reduced = pca.transform(X)
    assert reduced.shape == (6, 4, 2)
    np.testing.assert_allclose(reduced.reshape(24, 2), inner.transform(rows))
    np.testing.assert_allclose(
        pca.inverse_transform(reduced).reshape(24, 3), inner.inverse_transform(inner.transform(rows))
    )


def test_per_step_makes_sparse_output_dense():
    X = np.array([[[0], [1]], [[2], [1]]])
    expected = [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0, 1, 0]]]
    np.testing.assert_array_equal(PerStepTransformer(OneHotEncoder()).fit_transform(X), expected)


def test_per_step_takes_a_pipeline():
    X = np.array([[[1.0], [np.nan]], [[3.0], [5.0]]])
    steps = PerStepTransformer(make_pipeline(SimpleImputer(), StandardScaler()))
    np.testing.assert_allclose(steps.fit_transform(X)[:, :, 0], np.array([[-2.0, 0.0], [0.0, 2.0]]) / np.sqrt(2))


def test_per_step_leaves_nan_out_of_the_statistics():
    X = np.array([[[np.nan], [1.0]], [[3.0], [5.0]]])
    scaler = PerStepTransformer().fit(X)
    np.testing.assert_array_equal(scaler.transformer_.mean_, [3.0])
    np.testing.assert_array_equal(np.isnan(scaler.transform(X)[:, :, 0]), [[True, False], [False, False]])


@pytest.mark.parametrize(("inner", "allow_nan"), [(None, True), (StandardScaler(), True), (PCA(), False)])
def test_per_step_allows_nan_where_the_inner_does(inner, allow_nan):
    assert get_tags(PerStepTransformer(inner)).input_tags.allow_nan is allow_nan


@pytest.mark.parametrize("inner", [None, StandardScaler(), OneHotEncoder()])
def test_per_step_preserves_the_dtypes_of_the_inner(inner):
    expected = get_tags(StandardScaler() if inner is None else inner).transformer_tags.preserves_dtype
    assert get_tags(PerStepTransformer(inner)).transformer_tags.preserves_dtype == expected


def test_per_step_refuses_nan_where_the_inner_does():
    with pytest.raises(ValueError, match="NaN"):
        PerStepTransformer(PCA()).fit(np.full((3, 2, 2), np.nan))


def test_per_step_fits_a_clone():
    inner = StandardScaler()
    X = np.zeros((2, 3, 1))
    per_step = PerStepTransformer(inner).fit(X)
    assert per_step.transformer_ is not inner
    assert not hasattr(inner, "mean_")


def test_per_step_n_features_in_is_the_second_axis():
    scaler = PerStepTransformer().fit(np.zeros((2, 5, 3)))
    assert scaler.n_features_in_ == 5
    assert scaler.transformer_.n_features_in_ == 3


def test_per_step_inverse_only_where_the_inner_has_it():
    assert hasattr(PerStepTransformer(), "inverse_transform")
    assert not hasattr(PerStepTransformer(Normalizer()), "inverse_transform")


def test_per_step_inverse_needs_fit():
    with pytest.raises(NotFittedError):
        PerStepTransformer().inverse_transform(np.zeros((2, 3, 1)))


def test_per_step_refuses_a_transformer_that_needs_y():
    with pytest.raises(ValueError, match=r"transformer=TargetEncoder\(\) needs y"):
        PerStepTransformer(TargetEncoder()).fit(np.zeros((2, 3, 1)), np.zeros(2))


@pytest.mark.parametrize("shape", [(2, 6, 1), (2, 4, 2), (2, 4), (2, 2, 2, 1)])
def test_per_step_refuses_another_shape(shape):
    scaler = PerStepTransformer().fit(np.zeros((2, 4, 1)))
    with pytest.raises(ValueError, match=r"samples of shape \(4, 1\) as in fit"):
        scaler.transform(np.zeros(shape))


def test_per_step_2d_keeps_the_index_with_pandas_output():
    X = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]}, index=pd.date_range("2024", periods=2))
    out = PerStepTransformer().set_output(transform="pandas").fit_transform(X)
    pd.testing.assert_frame_equal(out, StandardScaler().set_output(transform="pandas").fit_transform(X))


def test_per_step_2d_names_come_from_the_inner():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 3)), columns=list("abc"))
    assert PerStepTransformer(PCA(2)).fit(X).get_feature_names_out().tolist() == ["pca0", "pca1"]


def test_per_step_windows_stay_arrays():
    scaler = PerStepTransformer().set_output(transform="pandas").fit(np.zeros((2, 3, 1)))
    assert isinstance(scaler.transform(np.zeros((2, 3, 1))), np.ndarray)
    assert not hasattr(scaler, "get_feature_names_out")
    assert scaler.set_output(transform="pandas") is scaler


def test_per_step_windows_stay_arrays_under_the_global_setting():
    X = np.array([[[0.0], [2.0]], [[2.0], [4.0]]])
    with config_context(transform_output="pandas"):
        out = PerStepTransformer().fit_transform(X)
    np.testing.assert_array_equal(out, PerStepTransformer().fit_transform(X))
