import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit

from skhybrid import compare_models
from skhybrid.evaluation import _verdict


def compare(models, *, noise=1.0, n_splits=5, cv=None, **options):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    y = X[:, 0] + noise * rng.normal(size=90)
    return compare_models(models, X, y, cv=cv or TimeSeriesSplit(n_splits), **options)


MEAN, MEDIAN, LINEAR = DummyRegressor(), DummyRegressor(strategy="median"), LinearRegression()


def a_test(t_folds, p_folds, dm, p_dm, se_seeds=0.1):
    values = {"metric": "rmse", "difference": -1.0, "relative": -0.1, "se_seeds": se_seeds}
    return pd.Series(values | {"t_folds": t_folds, "p_folds": p_folds, "dm": dm, "p_dm": p_dm}, name=("a", "b"))


def test_verdict_with_a_difference_that_is_supported():
    verdict = compare({"mean": MEAN, "linear": LINEAR}, noise=0.1, baseline="mean").verdict()
    assert re.fullmatch(
        r"linear has the lowest rmse, 0\.\d+, 8\d\.\d % below the baseline mean\. Both tests support the difference "
        r"\(t-test over 5 folds p<0\.001, Diebold-Mariano p<0\.001\)\.",
        verdict,
    )


def test_verdict_without_support():
    verdict = compare({"mean": MEAN, "median": MEDIAN, "other": Ridge(1e6)}, baseline="mean").verdict()
    assert "Neither test supports the difference" in verdict
    assert ", adjusted for 2 comparisons), so it may be chance." in verdict
    assert "support the" not in verdict


def test_verdict_where_the_baseline_leads():
    verdict = compare({"mean": MEAN, "linear": LINEAR}, noise=0.1, baseline="linear").verdict()
    assert verdict.startswith("No model has a lower rmse than the baseline linear, 0.")
    assert re.search(r"The rmse of mean is \d+\.\d % above that of linear\. Both tests support the difference", verdict)


def test_verdict_of_a_tie_with_the_baseline():
    verdict = compare({"same": MEAN, "mean": MEAN}, baseline="mean").verdict()
    assert verdict.startswith("No model has a lower rmse than the baseline mean")
    assert "same and mean have the same rmse." in verdict
    assert "support" not in verdict


def test_verdict_of_one_model():
    assert re.fullmatch(
        r"Only mean has results: its rmse is [\d.]+\.", compare({"mean": MEAN}, baseline="mean").verdict()
    )


def test_verdict_of_one_fold_says_that_there_is_no_test_over_folds():
    verdict = compare({"mean": MEAN, "linear": LINEAR}, cv=[(range(60), range(60, 90))], baseline="mean").verdict()
    assert "on these test rows (Diebold-Mariano p" in verdict
    assert "with 1 fold there is no test over folds to say whether it holds elsewhere." in verdict


def test_verdict_of_two_folds_says_that_the_test_over_folds_is_weak():
    verdict = compare({"mean": MEAN, "linear": LINEAR}, n_splits=2, noise=0.1, baseline="mean").verdict()
    assert "Diebold-Mariano supports the difference on these test rows (t-test over 2 folds p" in verdict
    assert "with 2 folds the test over folds is too weak to say whether it holds elsewhere." in verdict


def test_verdict_does_not_call_the_best_better_than_the_next():
    models = {"mean": MEAN, "linear": LINEAR, "ridge": Ridge(1.0)}
    verdict = compare(models, noise=0.1, baseline="mean").verdict()
    assert "That linear is better than the next, ridge, is not shown (t-test over 5 folds p=0.484, Die" in verdict


def test_verdict_names_the_cheapest_of_the_equally_good():
    comparison = compare({"mean": MEAN, "linear": LINEAR, "ridge": Ridge(1.0)}, noise=0.1, baseline="mean")
    comparison.cheapest_ = "ridge"  # seconds are not the same each time
    assert "ridge is within one standard error of linear and the cheapest of these models (" in comparison.verdict()


def test_verdict_does_not_recommend_what_the_tests_find_worse():
    comparison = compare({"mean": MEAN, "linear": LINEAR}, noise=0.1, baseline="mean")
    comparison.cheapest_ = "mean"
    assert "within one standard error" not in comparison.verdict()


def test_verdict_of_folds_that_are_not_in_time():
    verdict = compare({"mean": MEAN, "linear": LINEAR}, cv=KFold(5), baseline="mean").verdict()
    assert verdict.endswith(
        "Some folds train on rows that lie after their test rows, so these are not errors of forecasts."
    )


def test_verdict_of_a_contrast():
    models = {"mean": MEAN, "linear": LINEAR, "ridge": Ridge(1e-9)}
    verdict = compare(models, baseline="mean", contrasts=[("ridge", "linear")]).verdict()
    assert re.search(r"The rmse of ridge is 0\.0 % (above|below) that of linear\. ", verdict)


@pytest.mark.parametrize(
    ("test", "n_folds", "words"),
    [
        (a_test(-3, 0.01, -3, 0.01), 5, "Both tests support the difference (t-test over 5 folds p=0.010, Diebold-Mar"),
        (a_test(-1, 0.30, -3, 0.01), 5, "Only one of the two tests supports the difference"),
        (a_test(-1, 0.30, -1, 0.30), 5, "Neither test supports the difference"),
        (a_test(-3, 0.01, 3, 0.01), 5, "Only one of the two tests supports"),  # in opposite directions
        (a_test(-3, 0.01, np.nan, np.nan), 5, "Only one of the two tests supports the difference"),
        (a_test(-3, 0.01, np.nan, np.nan), 5, "Diebold-Mariano not possible)"),
        (a_test(-3, 0.01, -3, 0.01, 0.6), 5, "Other seeds alone move the difference by ±0.6, so it is not settled"),
        (a_test(-3, 0.01, -3, 0.01, 0.4), 5, "Both tests support the difference"),
        (a_test(-3, 0.01, -1, 0.30), 2, "Diebold-Mariano does not support the difference on these test rows"),
    ],
)
def test_evidence(test, n_folds, words):
    assert words in _verdict._evidence(test, n_folds, 1)


PVALUES = st.floats(0, 1) | st.just(np.nan)


@given(PVALUES, PVALUES, st.integers(1, 10), st.sampled_from([-2.0, 2.0]), st.sampled_from([-2.0, 2.0]))
def test_evidence_never_claims_more_than_the_tests(p_folds, p_dm, n_folds, t_folds, dm):
    said = _verdict._evidence(a_test(t_folds, p_folds, dm, p_dm), n_folds, 3)
    found = (p_folds < 0.05 and t_folds < 0, p_dm < 0.05 and dm < 0)
    assert ("Both tests support" in said) == (all(found) and n_folds >= 3)
    assert ("Diebold-Mariano supports" in said) == (found[1] and n_folds < 3)
