"""Whether two models of a comparison differ: tests over the folds and over the rows, and what the seeds alone move."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.evaluation._plan import Plan
from skhybrid.evaluation._summary import Counted
from skhybrid.evaluation.significance import SignificanceResult, corrected_resampled_ttest, diebold_mariano, holm

NO_TEST = SignificanceResult(np.nan, np.nan, 0)
COLUMNS = ["metric", "difference", "relative", "se_seeds", "t_folds", "p_folds", "dm", "p_dm"]


def make_difference(plan: Plan, counted: Counted, a: str, b: str, metric: str, horizon: int) -> pd.Series:
    """Return the difference of two models and its tests, as `ModelComparison.difference` describes them."""
    errors = _fold_errors(plan, counted, metric)
    by_fold = (errors[a] - errors[b]).to_numpy()  # (fold,)
    folds, rows = _test_folds(plan, counted, by_fold), _test_rows(plan, counted, a, b, metric, horizon)
    mean = by_fold.mean() if len(by_fold) else np.nan
    relative, se_seeds = mean / errors[b].mean(), _seed_error(counted, [a, b], metric)
    values = [metric, mean, relative, se_seeds, folds.statistic, folds.pvalue, rows.statistic, rows.pvalue]
    return pd.Series(values, index=COLUMNS, name=(a, b))


def make_tests(differences: Iterable[pd.Series]) -> pd.DataFrame:
    """Return the differences of pairs of models, one row per pair, with p-values adjusted over the pairs."""
    rows = list(differences)
    pairs: list[Any] = [row.name for row in rows]
    index = pd.MultiIndex.from_tuples(pairs, names=["a", "b"]) if pairs else pd.MultiIndex.from_arrays([[], []])
    tests = pd.DataFrame([row.to_list() for row in rows], columns=COLUMNS, index=index)
    for p in ("p_folds", "p_dm"):
        tests[p] = holm(tests[p])
    return tests


def _fold_errors(plan: Plan, counted: Counted, metric: str) -> pd.DataFrame:
    """Return the errors averaged over seeds, (fold, model); NaN for models that failed."""
    errors = counted.sound.pivot_table(metric, index="fold", columns="model")
    return errors.reindex(index=counted.folds, columns=list(plan.models))


def _seed_error(counted: Counted, models: list[str], metric: str) -> float:
    """Return the standard error of the models' mean errors, taken together, over the seeds within the folds."""
    fits = counted.scores[counted.scores["model"].isin(models)].groupby(["model", "fold"])[metric]
    variances = (fits.var() / fits.count()).fillna(0)  # of the mean of each model in each fold
    return float(np.sqrt(variances.sum()) / max(len(counted.folds), 1))


def _test_folds(plan: Plan, counted: Counted, differences: NDArray[np.float64]) -> SignificanceResult:
    if len(differences) < 2 or np.isnan(differences).any():
        return NO_TEST
    folds = [plan.folds[fold] for fold in counted.folds]
    return corrected_resampled_ttest(differences, float(np.mean([len(test) / len(train) for train, test in folds])))


def _test_rows(plan: Plan, counted: Counted, a: str, b: str, metric: str, horizon: int) -> SignificanceResult:
    if {a, b} & counted.failed:
        return NO_TEST
    losses = [_mean_losses(plan, counted, model, metric) for model in (a, b)]
    if np.count_nonzero(~np.isnan(losses[0])) <= horizon:
        return NO_TEST
    return diebold_mariano(*losses, horizon=horizon)


def _mean_losses(plan: Plan, counted: Counted, model: str, metric: str) -> NDArray[np.float64]:
    """Return a model's mean loss at each time, over its predictions, and over series that share the time; NaN if none.

    An error without a loss of a row has none anywhere.
    """
    total, count = np.zeros((2, plan.moments.max() + 1))
    for key, trial in counted.trials.items():
        if key.model == model and metric in trial.losses:
            moments = plan.moments_of(key.fold, trial.forecasts)
            np.add.at(total, moments, trial.losses[metric])
            np.add.at(count, moments, 1)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
