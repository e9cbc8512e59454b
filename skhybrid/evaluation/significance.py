"""Tests of whether one model's forecasts are better than another's."""

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skhybrid._validation import check_positive_int

__all__ = ["SignificanceResult", "corrected_resampled_ttest", "diebold_mariano", "holm"]


class SignificanceResult(NamedTuple):
    """What a two-sided test gives.

    Attributes
    ----------
    statistic : float
        The test statistic, negative where the first model's errors are smaller.
    pvalue : float
        The two-sided p-value; NaN where the data allow no test.
    df : int
        Degrees of freedom of Student's t distribution.
    """

    statistic: float
    pvalue: float
    df: int


def corrected_resampled_ttest(differences: ArrayLike, test_to_train: float) -> SignificanceResult:
    """Test whether two models differ in their errors over the folds of a cross-validation.

    The folds share training rows, so that the differences in error depend on one another and the plain t-test finds
    differences where there are none. Nadeau and Bengio add the ratio of test to training rows to the variance::

        t = mean(d) / sqrt((1 / J + n_test / n_train) * var(d)),  var with J - 1, t on J - 1 degrees of freedom

    It was derived for repeated random splits. For the growing training sets of a forward splitter it is a rule of
    thumb, and with fewer than about five folds it can hardly find anything.

    Parameters
    ----------
    differences : array-like of shape (n_folds,)
        Error of the first model minus error of the second in each fold.

    test_to_train : float
        Number of test rows divided by number of training rows; for folds of different sizes, the mean of the ratios.

    Returns
    -------
    result : SignificanceResult
        Statistic, two-sided p-value and degrees of freedom. Models without any difference get p = 1. Differences
        that are all the same but not 0 have no variance to test with: NaN, and a warning.

    Raises
    ------
    ValueError
        If there are fewer than two differences, they are not finite, or `test_to_train` is not positive.

    Warns
    -----
    UserWarning
        If the differences are all the same but not 0.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52(3), 239-281.

    Examples
    --------
    >>> from skhybrid import corrected_resampled_ttest
    >>> result = corrected_resampled_ttest([-1.0, -2.0, -3.0], test_to_train=0.5)
    >>> round(result.statistic, 3), round(result.pvalue, 3), result.df
    (-2.191, 0.16, 2)
    """
    d = _check_differences(differences, "differences", at_least=2)
    if not test_to_train > 0:
        raise ValueError(
            f"test_to_train must be a positive number, but is {test_to_train!r}; pass the number of test rows divided "
            "by the number of training rows."
        )
    variance = 0.0 if _is_constant(d) else float(d.var(ddof=1))
    return _t_test(d.mean(), (1 / len(d) + test_to_train) * variance, df=len(d) - 1)


def diebold_mariano(losses_a: ArrayLike, losses_b: ArrayLike, *, horizon: int = 1) -> SignificanceResult:
    """Test whether two forecasts of the same rows differ in their mean loss, with the correction for small samples.

    Errors of forecasts h steps ahead overlap, so that the variance of the mean difference takes h - 1
    autocovariances into account (each with full weight), and Harvey, Leybourne and Newbold correct the statistic for
    few rows and compare it with Student's t::

        DM = mean(d) / sqrt((g_0 + 2 * (g_1 + ... + g_{h-1})) / n) * sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)

    It is about these forecasts of this period. It knows nothing of what other training sets or seeds would give.

    Parameters
    ----------
    losses_a : array-like of shape (n_rows,)
        Loss (for example the squared error) of the first forecast of each row, in time order. NaN where a row was
        not forecast: it keeps its place in time but does not count.

    losses_b : array-like of shape (n_rows,)
        Loss of the second forecast, likewise.

    horizon : int, default=1
        How many steps ahead the forecasts were; the longest one where the losses are means over several.

    Returns
    -------
    result : SignificanceResult
        Statistic, two-sided p-value and degrees of freedom. Forecasts without any difference in loss get p = 1. Where
        the estimate of the variance is not positive there is no test: NaN, and a warning.

    Raises
    ------
    ValueError
        If the losses differ in length, or no more than `horizon` rows have both.

    Warns
    -----
    UserWarning
        If the estimate of the variance is not positive. That can happen for a horizon above 1 and few rows.

    References
    ----------
    Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business & Economic Statistics
    13(3), 253-263.

    Harvey, D., Leybourne, S. and Newbold, P. (1997). Testing the equality of prediction mean squared errors.
    International Journal of Forecasting 13(2), 281-291.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import diebold_mariano
    >>> errors_a, errors_b = np.array([1, -2, 1, 0, 1, -1]), np.array([3, -2, -1, 2, -3, 1])
    >>> result = diebold_mariano(errors_a**2, errors_b**2)
    >>> round(result.statistic, 3), round(result.pvalue, 3), result.df
    (-2.076, 0.093, 5)
    """
    h = check_positive_int(horizon, "horizon")
    a, b = np.asarray(losses_a, dtype=float), np.asarray(losses_b, dtype=float)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(
            f"losses_a and losses_b must be 1-D and of one length, but have the shapes {a.shape} and {b.shape}; pass "
            "one loss per row from both forecasts."
        )
    d = a - b
    known = d[~np.isnan(d)]
    n = len(known)
    if n <= h:
        raise ValueError(
            f"horizon={h} needs more than {h} rows with both losses, but there are {n}; pass more rows or a smaller "
            "horizon."
        )
    _check_differences(known, "losses_a and losses_b", at_least=1)
    residuals = np.where(np.isnan(d), 0, d - known.mean())
    covariances = [residuals[lag:] @ residuals[: len(d) - lag] / n for lag in range(min(h, len(d)))]
    variance = 0.0 if _is_constant(known) else float(covariances[0] + 2 * sum(covariances[1:])) / n
    correction = (n + 1 - 2 * h + h * (h - 1) / n) / n
    return _t_test(known.mean(), variance / correction, df=n - 1)


def holm(pvalues: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for being several, by Holm's step-down method.

    Rejecting where the adjusted p-value is below 5 % makes a false claim anywhere among them in at most 5 % of cases,
    however the tests depend on one another.

    Parameters
    ----------
    pvalues : array-like of shape (n_tests,)
        The p-values; NaN for a test that was not possible, which does not count.

    Returns
    -------
    adjusted : ndarray of shape (n_tests,)
        The adjusted p-values in the same order, NaN where there was none.

    Raises
    ------
    ValueError
        If a p-value is not between 0 and 1.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2),
    65-70.

    Examples
    --------
    >>> from skhybrid import holm
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.array(pvalues, dtype=float)
    if p.ndim != 1 or ((p < 0) | (p > 1)).any():
        raise ValueError(f"pvalues must be a list of numbers between 0 and 1, but are {pvalues!r}; pass p-values.")
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]  # NaN sorts last
    factors = np.arange(len(order), 0, -1)
    p[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return p


def _check_differences(differences: ArrayLike, name: str, *, at_least: int) -> NDArray[np.float64]:
    d = np.asarray(differences, dtype=float)
    if d.ndim != 1 or len(d) < at_least or not np.isfinite(d).all():
        raise ValueError(
            f"{name} must be 1-D with at least {at_least} finite numbers, but have shape {d.shape} and "
            f"{np.count_nonzero(~np.isfinite(d))} values that are not finite; pass one number per fold or row."
        )
    return d


def _is_constant(d: NDArray[np.float64]) -> bool:
    """Return whether all differences are the same except for rounding, which would pass for a tiny variance."""
    return bool(np.ptp(d) <= 1e-12 * np.abs(d).max())


def _t_test(mean: float, variance: float, df: int) -> SignificanceResult:
    """Compare the mean with its variance; two-sided."""
    if mean == 0 and variance == 0:
        return SignificanceResult(0.0, 1.0, df)
    if variance <= 0:
        warnings.warn(
            f"The variance of the mean difference is estimated as {variance:.3g}, which is not positive, so that there "
            "is no test (NaN); more folds or rows, or a smaller horizon, would give one.",
            UserWarning,
            stacklevel=3,
        )
        return SignificanceResult(np.nan, np.nan, df)
    statistic = float(mean / np.sqrt(variance))
    return SignificanceResult(statistic, float(2 * stats.t.sf(abs(statistic), df)), df)
