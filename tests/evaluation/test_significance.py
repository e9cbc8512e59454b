import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skhybrid import corrected_resampled_ttest, diebold_mariano, holm

# Errors of two one-step forecasts of R's WWWusage (ETS and ARIMA), with the p-values that R's forecast::dm.test gives
# for them, as the tests of HypothesisTests.jl quote both.
ERRORS_ETS = """
0.002241270 -0.000661906 -1.200002613 -4.000218178 3.799373533 3.401005111 -1.199692125 -0.800490048 -1.200048999
3.399847229 7.000708948 2.200989241 -4.800165569 -1.201043375 3.400167556 3.000709085 0.400267950 -6.800169207
-2.401259050 1.200112198"""
ERRORS_ARIMA = """
0.1209998 8.0622269 -0.9189429 -1.7952436 5.3431277 2.0459823 -0.6073261 0.5516816 -0.7633238 4.1229472 5.8785333
1.2828331 -3.4854233 1.1971370 3.1709314 2.3408457 0.4962286 -5.9841362 0.1537114 0.4207951"""


@pytest.mark.parametrize(
    ("loss", "horizon", "pvalue"), [(np.square, 1, 0.8871), (np.square, 10, 0.9362), (np.abs, 1, 0.7818)]
)
def test_diebold_mariano_equals_published_values(loss, horizon, pvalue):
    losses = [loss(np.array(errors.split(), dtype=float)) for errors in (ERRORS_ETS, ERRORS_ARIMA)]
    result = diebold_mariano(*losses, horizon=horizon)
    assert result.pvalue == pytest.approx(pvalue, abs=5e-5)
    assert result.df == 19


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_diebold_mariano_equals_regression_on_a_constant(horizon):
    sm = pytest.importorskip("statsmodels.api")
    a, b = np.random.default_rng(0).normal(size=(2, 80)) ** 2
    n, h = 80, horizon
    flat = {"maxlags": h - 1, "kernel": lambda lags: np.ones(lags + 1), "use_correction": False}
    t = sm.OLS(a - b, np.ones(n)).fit(cov_type="HAC", cov_kwds=flat).tvalues[0]
    t *= np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    result = diebold_mariano(a, b, horizon=h)
    assert result.statistic == pytest.approx(t)
    assert result.pvalue == pytest.approx(2 * stats.t.sf(abs(t), n - 1))


def test_diebold_mariano_at_one_step_is_the_t_test():
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    expected = stats.ttest_1samp(a - b, 0)
    assert diebold_mariano(a, b)[:2] == pytest.approx((expected.statistic, expected.pvalue))


def test_diebold_mariano_sign_and_symmetry():
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    better, worse = diebold_mariano(a, b + 5, horizon=3), diebold_mariano(b + 5, a, horizon=3)
    assert better.statistic == -worse.statistic < 0
    assert better.pvalue == worse.pvalue < 1e-6


def test_diebold_mariano_keeps_the_place_of_missing_rows():
    rng = np.random.default_rng(0)
    d = rng.normal(size=12)
    d[[4, 5, 9]] = np.nan
    known = np.flatnonzero(~np.isnan(d))
    n, mean = len(known), np.nanmean(d)
    pairs = [(s, t) for s, t in itertools.product(known, known) if abs(s - t) < 3]
    variance = sum((d[s] - mean) * (d[t] - mean) for s, t in pairs) / n**2
    correction = (n + 1 - 2 * 3 + 3 * 2 / n) / n
    result = diebold_mariano(d, np.zeros(12), horizon=3)
    assert result.statistic == pytest.approx(mean / np.sqrt(variance) * np.sqrt(correction))
    assert result.df == n - 1


def test_diebold_mariano_of_equal_forecasts():
    assert diebold_mariano([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == (0.0, 1.0, 2)


def test_diebold_mariano_without_positive_variance():
    with pytest.warns(UserWarning, match="is estimated as -.*, which is not positive, so that there is no test"):
        result = diebold_mariano([1.0, -1.0, 1.0, -1.0, 1.5], np.zeros(5), horizon=2)
    assert np.isnan(result.pvalue)


@pytest.mark.parametrize("step", [1.0, 0.1])
def test_diebold_mariano_of_a_constant_difference(step):
    with pytest.warns(UserWarning, match="estimated as 0, which is not positive"):
        assert np.isnan(diebold_mariano(np.arange(10) + step, np.arange(10)).pvalue)


def test_diebold_mariano_needs_more_rows_than_the_horizon():
    with pytest.raises(ValueError, match="horizon=3 needs more than 3 rows with both losses, but there are 3; pass"):
        diebold_mariano([1.0, 2.0, np.nan, 4.0], [0.0, 0.0, 0.0, 1.0], horizon=3)


def test_diebold_mariano_refuses_losses_of_other_lengths():
    with pytest.raises(ValueError, match=r"1-D and of one length, but have the shapes \(2,\) and \(3,\)"):
        diebold_mariano([1.0, 2.0], [1.0, 2.0, 3.0])


def test_diebold_mariano_refuses_infinite_losses():
    with pytest.raises(ValueError, match=r"losses_a and losses_b must be 1-D .* 1 values that are not finite"):
        diebold_mariano([1.0, np.inf, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(("n", "horizon"), [(60, 1), (200, 4)])
def test_diebold_mariano_size_under_the_null(n, horizon):
    # Errors of an h-step forecast of noise overlap in h - 1 rows; both forecasts are equally good.
    rng = np.random.default_rng(0)
    n_rejected = 0
    for _ in range(1000):
        noise = rng.normal(size=(2, n + horizon - 1))
        losses = [np.convolve(row, np.ones(horizon), "valid") ** 2 for row in noise]
        n_rejected += diebold_mariano(*losses, horizon=horizon).pvalue < 0.05
    assert 0.03 <= n_rejected / 1000 <= 0.07


def test_corrected_ttest_by_hand():
    d = np.array([-1.0, 0.0, -2.0, -3.0])
    variance = ((d + 1.5) ** 2).sum() / 3
    t = -1.5 / np.sqrt((1 / 4 + 0.25) * variance)
    assert corrected_resampled_ttest(d, 0.25) == pytest.approx((t, 2 * stats.t.sf(-t, 3), 3))


def test_corrected_ttest_nears_the_plain_one():
    d = np.random.default_rng(0).normal(1, 1, size=10)
    plain = stats.ttest_1samp(d, 0)
    assert corrected_resampled_ttest(d, 1e-12)[:2] == pytest.approx((plain.statistic, plain.pvalue))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=10), st.floats(0.01, 2))
def test_corrected_ttest_never_finds_more_than_the_plain_one(differences, ratio):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both warn of constant differences
        corrected, plain = corrected_resampled_ttest(differences, ratio), stats.ttest_1samp(differences, 0)
    assert not corrected.pvalue < plain.pvalue * (1 - 1e-9)


def size_of_fold_tests(n=100, n_folds=10, n_test=20, n_simulations=1000):
    """Compare regressions on either of two features that matter equally, over random splits of the same rows.

    Return how often the corrected and the plain t-test find a difference at 5 %, where there is none.
    """
    rng = np.random.default_rng(0)
    found = np.zeros(2)
    for _ in range(n_simulations):
        x = rng.normal(size=(2, n))
        y = x.sum(axis=0) + rng.normal(size=n)
        rows = rng.permuted(np.tile(np.arange(n), (n_folds, 1)), axis=1)
        test, train = rows[:, :n_test], rows[:, n_test:]
        slopes = [(f[train] * y[train]).sum(axis=1) / (f[train] ** 2).sum(axis=1) for f in x]
        errors = [((y[test] - b[:, None] * f[test]) ** 2).mean(axis=1) for b, f in zip(slopes, x, strict=True)]
        d = errors[0] - errors[1]
        pvalues = corrected_resampled_ttest(d, n_test / (n - n_test)).pvalue, stats.ttest_1samp(d, 0).pvalue
        found += np.array(pvalues) < 0.05
    return found / n_simulations


def test_corrected_ttest_size_under_the_null():
    corrected, plain = size_of_fold_tests()
    assert 0.03 <= corrected <= 0.07
    assert plain > 0.2  # what the correction is for


def test_corrected_ttest_of_equal_models():
    assert corrected_resampled_ttest([0.0, 0.0, 0.0], 0.5) == (0.0, 1.0, 2)


@pytest.mark.parametrize("step", [1.0, 0.1])
def test_corrected_ttest_of_a_constant_difference(step):
    with pytest.warns(UserWarning, match="estimated as 0, which is not positive, so that there is no test"):
        assert np.isnan(corrected_resampled_ttest(np.full(10, step), 0.5).pvalue)


@pytest.mark.parametrize("differences", [[1.0], [], [1.0, np.nan], [[1.0, 2.0]]])
def test_corrected_ttest_refuses(differences):
    with pytest.raises(ValueError, match="differences must be 1-D with at least 2 finite numbers"):
        corrected_resampled_ttest(differences, 0.5)


@pytest.mark.parametrize("ratio", [0, -1.0, np.nan])
def test_corrected_ttest_refuses_ratio(ratio):
    with pytest.raises(ValueError, match=f"test_to_train must be a positive number, but is {ratio}"):
        corrected_resampled_ttest([1.0, 2.0], ratio)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.01, 0.99))
def test_holm_rejects_as_the_step_down_procedure(pvalues, level):
    rejected = np.zeros(len(pvalues), dtype=bool)
    for n_left, i in zip(range(len(pvalues), 0, -1), np.argsort(pvalues), strict=True):
        if not pvalues[i] * n_left <= level:
            break
        rejected[i] = True
    np.testing.assert_array_equal(holm(pvalues) <= level, rejected)


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_out_tests_that_were_not_possible():
    np.testing.assert_allclose(holm([0.02, np.nan, 0.01]), [0.02, np.nan, 0.02])


def test_holm_of_nothing():
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("pvalues", [[0.5, 1.1], [-0.1], [[0.5]]])
def test_holm_refuses(pvalues):
    with pytest.raises(ValueError, match="pvalues must be a list of numbers between 0 and 1"):
        holm(pvalues)
