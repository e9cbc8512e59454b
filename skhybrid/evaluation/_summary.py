"""What the trials of a comparison come to: tables of scores, of failures, of predictions, and of the models' means."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.evaluation._plan import Key, Plan
from skhybrid.evaluation._run import Trial, join_texts

Trials = dict[Key, Trial]
COSTS = ["n_parameters", "fit_seconds", "predict_seconds"]


class Counted(NamedTuple):
    """What counts: the trials of the folds that all models have finished, so that errors are of the same rows."""

    trials: Trials
    scores: pd.DataFrame
    failed: frozenset[str]  # models with a failure in any fold, also in one that does not count

    @property
    def folds(self) -> list[int]:
        """The folds that count, in their order."""
        return sorted(self.scores["fold"].unique())

    @property
    def sound(self) -> pd.DataFrame:
        """The scores of models that failed nowhere: the folds that the others finished may be the easier ones."""
        return self.scores[~self.scores["model"].isin(self.failed)]


def list_finished(plan: Plan, trials: Trials) -> Trials:
    """Return the trials in the order of the plan, however they came."""
    return {key: trials[key] for key in plan.list_keys() if key in trials}


def count_whole_folds(plan: Plan, trials: Trials) -> Counted:
    """Return what counts of the trials so far."""
    open_folds = {key.fold for key in plan.list_keys() if key not in trials}
    counted = {key: trial for key, trial in list_finished(plan, trials).items() if key.fold not in open_folds}
    failed = frozenset(key.model for key, trial in trials.items() if trial.failure)
    return Counted(counted, make_scores(plan, counted), failed)


def make_scores(plan: Plan, trials: Trials) -> pd.DataFrame:
    """Return one row per trial: errors and costs, NaN where it failed, and the engine."""
    records = [
        {
            **key._asdict(),
            **{metric: trial.errors.get(metric, np.nan) for metric in plan.metrics},
            **{name: getattr(trial, name) for name in [*COSTS, "engine"]},
        }
        for key, trial in list_finished(plan, trials).items()
    ]
    return pd.DataFrame(records, columns=["model", "fold", "seed", *plan.metrics, *COSTS, "engine"])


def make_failures(plan: Plan, trials: Trials) -> pd.DataFrame:
    """Return one row per trial that failed."""
    records = [
        (key.model, key.fold, key.seed, trial.failure)
        for key, trial in list_finished(plan, trials).items()
        if trial.failure
    ]
    return pd.DataFrame(records, columns=["model", "fold", "seed", "error"])


def make_predictions(plan: Plan, trials: Trials) -> pd.DataFrame:
    """Return one row per prediction, a pair of columns per output."""
    parts = []
    for key, trial in list_finished(plan, trials).items():
        if trial.forecasts is not None:
            part = trial.forecasts.rename(columns={"forecast": "y_pred"})
            parts.append(pd.concat([pd.DataFrame({**_told(key)}, index=part.index), part], axis=1))
        elif trial.y_pred is not None:
            y = np.asarray(plan.y) if plan.of_labels else np.asarray(plan.y, dtype=float)
            rows = plan.folds[key.fold][1]
            part = pd.DataFrame({**_told(key), "row": rows})
            parts.append(part.assign(**_columns("y_true", y[rows]), **_columns("y_pred", trial.y_pred)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _told(key: Key) -> dict[str, Any]:
    return {"model": key.model, "fold": key.fold, "seed": key.seed}


def _columns(name: str, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if values.ndim == 1:
        return {name: values}
    return {f"{name}_{j}": column for j, column in enumerate(values.T)}


def make_table(
    plan: Plan, counted: Counted, failures: pd.DataFrame, tests: pd.DataFrame, baseline: str
) -> pd.DataFrame:
    """Return the models' means over what counts, the smallest error first; `tests` are those against the baseline."""
    names = list(plan.models)
    table = _make_means(counted.sound, plan.metrics, names)
    error = table[metric := plan.metrics[0]]
    table.insert(2 * len(plan.metrics), "skill", 1 - error / error[baseline])
    against = tests.droplevel(1) if len(tests) else tests
    table["p_folds"], table["p_dm"] = against["p_folds"], against["p_dm"]
    table["n_seeds"] = [sum(key.model == name and key.fold == 0 for key in plan.list_keys()) for name in names]
    table["within_one_se"] = error <= error.min() + _standard_error(error, metric, counted)
    table["engine"] = counted.scores.groupby("model")["engine"].agg(join_texts).reindex(names, fill_value="")
    table["failure"] = failures.drop_duplicates("model").set_index("model")["error"].reindex(names, fill_value="")
    return table.sort_values(metric, kind="stable")


def _make_means(fits: pd.DataFrame, metrics: list[str], names: list[str]) -> pd.DataFrame:
    """Return mean and standard deviation of each metric, and the mean costs, one row per model."""
    numbers = fits.groupby("model", sort=False)[[*metrics, *COSTS]]
    mean, std = numbers.mean().reindex(names), numbers.std().reindex(names)
    table = pd.DataFrame(index=pd.Index(names, name="model"))
    for metric in metrics:
        table[metric], table[f"{metric}_std"] = mean[metric], std[metric]
    table[COSTS] = mean[COSTS]
    return table


def _standard_error(error: pd.Series, metric: str, counted: Counted) -> float:
    """Return the standard error of the best model's mean error over folds, or over seeds of the only fold."""
    if error.isna().all():
        return np.nan
    fits = counted.scores[counted.scores["model"] == error.idxmin()]
    means = fits.groupby("fold" if len(counted.folds) > 1 else "seed")[metric].mean()
    return means.std() / np.sqrt(len(means)) if len(means) > 1 else 0.0
