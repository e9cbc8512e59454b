"""The verdict of a comparison, in sentences."""

from typing import Any

import numpy as np

from skhybrid.evaluation._forecasters import have_same_origins
from skhybrid.evaluation._numbers import count, number, percent, pvalue, seconds

LEVEL = 0.05
FEWEST_FOLDS = 3  # with fewer, a test over folds can hardly find anything


def verdict(comparison: Any) -> str:
    """Say who is best, whether the tests support it, and what is left open."""
    if comparison.best_ is None:
        sentences = ["No model has results on a whole fold yet, so there is nothing to compare."]
    else:
        sentences = [_leader(comparison), _support(comparison), _runner_up(comparison), _frugality(comparison)]
        sentences += [_contrast(comparison, test) for _, test in comparison.contrasts.iterrows()]
    return " ".join(filter(None, [*sentences, *_caveats(comparison)]))


def _leader(comparison):
    metric, best, baseline = comparison.metric, comparison.best_, comparison.baseline
    error = comparison.table[metric].dropna()
    if len(error) == 1:
        return f"Only {best} has results: its {metric} is {number(error[best])}."
    if baseline not in error:
        return f"{best} has the lowest {metric}, {number(error[best])}; the baseline {baseline} has no result."
    if _baseline_leads(comparison):
        return f"No model has a lower {metric} than the baseline {baseline}, {number(error[baseline])}."
    share = percent(1 - error[best] / error[baseline])
    return f"{best} has the lowest {metric}, {number(error[best])}, {share} below the baseline {baseline}."


def _support(comparison):
    tests = comparison.tests.dropna(subset="difference")
    if tests.empty:
        return ""
    if not _baseline_leads(comparison):
        return _evidence(tests.loc[(comparison.best_, comparison.baseline)], comparison.n_folds_, _n_tests(tests))
    closest = tests["difference"].idxmin()
    return _relation(tests.loc[closest], comparison.n_folds_, _n_tests(tests))


def _runner_up(comparison):
    """Say that the best is not shown to be better than the next, unless the tests do show it."""
    names = comparison.table[comparison.metric].dropna().index
    if len(names) < 3 or comparison.baseline in names[:2]:
        return ""
    test = comparison.difference(names[0], names[1])
    if comparison.n_folds_ >= FEWEST_FOLDS and all(_supports(test)) and not _is_chance_of_seeds(test):
        return ""
    return f"That {names[0]} is better than the next, {names[1]}, is not shown ({_pvalues(test, comparison.n_folds_)})."


def _frugality(comparison):
    best, cheapest = comparison.best_, comparison.cheapest_
    test = comparison.difference(cheapest, best)
    if cheapest == best or all(_supports(test)):
        return ""
    cost = comparison.table["fit_seconds"] + comparison.table["predict_seconds"]
    return (
        f"{cheapest} is within one standard error of {best} and the cheapest of these models "
        f"({seconds(cost[cheapest])} s a fit against {seconds(cost[best])} s)."
    )


def _contrast(comparison, test):
    if np.isnan(test["difference"]):
        return f"{test.name[0]} and {test.name[1]} cannot be compared, since not both have results."
    return _relation(test, comparison.n_folds_, _n_tests(comparison.contrasts))


def _caveats(comparison):
    for name, failed in comparison.failures.groupby("model", sort=False):
        yield f"{name} failed in {count(len(failed), 'fit')} and is left out."
    if not comparison.is_complete:
        folds = count(comparison.n_folds_, "whole fold")
        yield f"The comparison was interrupted, so that this is about {folds} only; resume() goes on."
    if not have_same_origins(comparison.predictions):
        yield "Not all models forecast from the same origins, so these are not errors of the same rows."
    if not comparison.is_forward:
        yield "Some folds train on rows that lie after their test rows, so these are not errors of forecasts."


def _relation(test, n_folds, n_tests):
    """Say how the first model of a test stands to the second, and what the tests say to it."""
    (a, b), metric, share = test.name, test["metric"], test["relative"]
    if test["difference"] == 0:
        return f"{a} and {b} have the same {metric}."
    side = "below" if share < 0 else "above"
    return f"The {metric} of {a} is {percent(abs(share))} {side} that of {b}. {_evidence(test, n_folds, n_tests)}"


def _evidence(test, n_folds, n_tests):
    """Say whether the tests support a difference; with few folds, what the rows alone can say."""
    by_folds, by_rows = _supports(test)
    values = _pvalues(test, n_folds) + (f", adjusted for {n_tests} comparisons" if n_tests > 1 else "")
    if (by_folds or by_rows) and _is_chance_of_seeds(test):
        return f"Other seeds alone move the difference by ±{test['se_seeds']:.2g}, so it is not settled ({values})."
    if n_folds < FEWEST_FOLDS:
        verb = "supports" if by_rows else "does not support"
        weak = "there is no test over folds" if n_folds == 1 else "the test over folds is too weak"
        return (
            f"Diebold-Mariano {verb} the difference on these test rows ({values}); with {count(n_folds, 'fold')} "
            f"{weak} to say whether it holds elsewhere."
        )
    if by_folds and by_rows:
        return f"Both tests support the difference ({values})."
    if not by_folds and not by_rows:
        return f"Neither test supports the difference ({values}), so it may be chance."
    return f"Only one of the two tests supports the difference ({values}), so it is not settled."


def _supports(test):
    """Return for both tests whether they find a difference, in the direction of the mean error."""
    pairs = [(test["t_folds"], test["p_folds"]), (test["dm"], test["p_dm"])]
    return [bool(p < LEVEL and statistic * test["difference"] > 0) for statistic, p in pairs]


def _is_chance_of_seeds(test):
    """Return whether other seeds could give a difference of this size; both tests take the fits as they are."""
    return bool(abs(test["difference"]) <= 2 * test["se_seeds"])


def _pvalues(test, n_folds):
    folds = f"t-test over {n_folds} folds {pvalue(test['p_folds'])}, " if n_folds > 1 else ""
    return f"{folds}Diebold-Mariano {pvalue(test['p_dm'])}"


def _baseline_leads(comparison):
    error = comparison.table[comparison.metric]
    return bool(error[comparison.baseline] <= error.min() * (1 + 1e-12))


def _n_tests(tests):
    return int(tests[["p_folds", "p_dm"]].notna().any(axis=1).sum())
