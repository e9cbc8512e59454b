"""A fair comparison of models: same folds, same seeds, and tests of whether they differ at all."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import FitFailedWarning

from skhybrid._validation import check_horizon
from skhybrid.displays import ComparisonDisplay
from skhybrid.evaluation import _page, _verdict
from skhybrid.evaluation._plan import Key, make_plan
from skhybrid.evaluation._run import Trial, run_trials
from skhybrid.evaluation.metrics import row_losses
from skhybrid.evaluation.significance import SignificanceResult, corrected_resampled_ttest, diebold_mariano, holm

__all__ = ["ModelComparison", "compare_models"]

_NO_TEST = SignificanceResult(np.nan, np.nan, 0)


def compare_models(
    models,
    X,
    y,
    *,
    cv,
    baseline,
    scoring=("rmse", "mae"),
    contrasts=(),
    n_seeds=1,
    random_state=0,
    horizon=None,
    season_length=1,
    n_jobs=None,
    verbose=None,
):
    """Fit clones of several models on the same folds and seeds, and test how they differ.

    The result says what the numbers allow to say: ``print(compare_models(...))`` shows one row for each model and a
    verdict of a few sentences. A model that fails does not stop the others: its row says so. Ctrl-C does not lose what
    is finished: the comparison so far is returned, with a warning, and `resume` goes on with the rest.

    Parameters
    ----------
    models : dict of str to estimator
        Regressors by the names they should have: networks, pipelines, searches, :class:`WindowedRegressor`, anything
        with scikit-learn's `fit` and `predict`. They are cloned and never altered.

    X : array-like of shape (n_samples, ...) or DataFrame
        Rows, windows or subsequences, whatever the models take. To have networks and models of tables side by side,
        pass rows and put each into a :class:`WindowedRegressor`, or pass flattened windows, which both can read.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        What each row should predict, as :func:`make_supervised` or :func:`make_windows` gives it.

    cv : splitter, iterable of (train, test) or int
        The folds; they are drawn once, for all models. Forecasts need a forward splitter such as
        :class:`sklearn.model_selection.TimeSeriesSplit`; an int is scikit-learn's `KFold`, which trains on later rows
        as well, and the verdict says so.

    baseline : str
        Name of the model to measure the others by, for example a :class:`NaiveRegressor`.

    scoring : str, sequence of str, or dict of str to str or scorer, default=("rmse", "mae")
        The errors: "rmse", "mae", "smape", "pinball", or a name of scikit-learn's that starts with "neg_". A scorer
        object, for example ``forecast_scorer("pinball", quantile=0.9)``, is given a name by a dict. The first one
        sorts the table and is tested. MASE is always there.

    contrasts : sequence of (str, str), default=()
        Pairs of models to test against each other as well, for example ``[("hybrid", "lstm")]``. Name them before you
        see results.

    n_seeds : int, default=1
        How often each model is fitted on each fold. Fit k has every `random_state` in the model, however deep, set to
        ``random_state + k``. Models without any are fitted once.

    random_state : int, default=0
        The first seed.

    horizon : int or sequence of int, default=None
        How many steps ahead `y` lies, as in :func:`make_supervised`; the Diebold-Mariano test allows for errors that
        overlap so far. None takes the number of outputs.

    season_length : int, default=1
        Number of steps of one season, for MASE.

    n_jobs : int, default=None
        Number of fits at the same time. For networks threads are fastest:
        ``joblib.parallel_config(backend="threading", n_jobs=2)``. Fits that share the machine take longer, so leave
        it where seconds matter.

    verbose : int, default=None
        Whether to print a line to stderr for each fit that ends. None does so where somebody watches: in a terminal
        or a notebook. As elsewhere in scikit-learn, 0 is silent.

    Returns
    -------
    comparison : ModelComparison
        The results, with tests and verdict.

    Raises
    ------
    ValueError
        If a parameter is not as described above, or every single fit failed.

    Warns
    -----
    FitFailedWarning
        If some fits failed.
    UserWarning
        If Ctrl-C interrupted the comparison; if the Diebold-Mariano test has no positive estimate of a variance.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from skhybrid import NaiveRegressor, compare_models, make_power_usage, make_windows
    >>> X, y = make_windows(make_power_usage(n_days=20, random_state=0)["load"], window_length=24)
    >>> models = {"last value": NaiveRegressor(), "window mean": NaiveRegressor("mean"), "ridge": Ridge()}
    >>> comparison = compare_models(models, X[:, :, 0], y, cv=TimeSeriesSplit(5), baseline="last value")
    >>> comparison.table[["rmse", "mae", "skill", "n_parameters"]].round(2)
                 rmse   mae  skill  n_parameters
    model
    ridge        4.83  3.08   0.03          25.0
    last value   4.96  3.19   0.00           0.0
    window mean  8.02  6.09  -0.62           0.0
    >>> print(comparison.verdict())
    ridge has the lowest rmse, 4.828, 2.6 % below the baseline last value. Neither test supports the difference ...
    """
    plan = make_plan(models, X, y, cv, scoring, n_seeds, random_state, season_length, n_jobs, verbose)
    _check_name(baseline, "baseline", plan.models)
    contrasts = _check_contrasts(contrasts, plan.models)
    h = plan.n_outputs if horizon is None else max(check_horizon(horizon))
    comparison = ModelComparison(plan, baseline=baseline, contrasts=contrasts, horizon=h)
    comparison._run()
    return comparison


class ModelComparison:
    """What :func:`compare_models` returns: the errors of several models, the tests of how they differ, a verdict.

    Printed, or shown by a notebook, it is the table with the verdict below.

    Parameters
    ----------
    plan : Plan
        The models, the data and the folds; made by :func:`compare_models`.

    baseline : str
        Name of the model to measure the others by.

    contrasts : list of (str, str)
        Pairs of models to test against each other.

    horizon : int
        How many steps ahead the forecasts reach.

    Attributes
    ----------
    table : DataFrame of shape (n_models, n_columns)
        One row per model, the smallest error first: mean and standard deviation ("_std") over folds and seeds of each
        metric and of "mase", "skill" (1 - error / error of the baseline, by the first metric), "n_parameters" (of
        networks and linear models), mean "fit_seconds" and "predict_seconds", the p-values "p_folds" and "p_dm" of
        `tests`, "n_seeds", "within_one_se", and "failure", the text of a model's first error. A model that failed
        anywhere has no numbers here, since the folds it did not fail in may be the easier ones.

    tests : DataFrame of shape (n_models - 1, n_columns)
        Each model against the baseline by the first metric, as `difference` gives it, with p-values adjusted by
        :func:`holm` over the models, for each of the two tests.

    contrasts : DataFrame of shape (n_contrasts, n_columns)
        The pairs that were asked for, likewise, adjusted over these pairs.

    scores : DataFrame of shape (n_fits, n_columns)
        One row per fit with the columns "model", "fold", "seed", the errors (lower is better), "n_parameters",
        "fit_seconds" and "predict_seconds"; NaN where a fit failed.

    failures : DataFrame of shape (n_failed_fits, 4)
        "model", "fold", "seed" and "error" of the fits that failed.

    baseline : str
        Name of the baseline.

    metric : str
        The first metric.

    best_ : str or None
        Name of the model with the smallest mean error.

    cheapest_ : str or None
        Name of the model that took the fewest seconds to fit and predict, of those whose mean error is within one
        standard error of the best. That error is of the best model's mean over folds (over seeds if there is but one
        fold). Seconds, and not parameters, are the cost, since every kind of model has them.

    n_folds_ : int
        Number of folds in the table. While the comparison is not complete, these are the folds that all models have
        finished, so that errors are always of the same rows; `scores` and `predictions` hold the others as well.

    is_forward : bool
        Whether in each fold all training rows lie before the test rows, as forecasts need it.

    is_complete : bool
        Whether all fits are done, failed ones included. If not, `resume` goes on.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> from skhybrid import compare_models
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(120, 3))
    >>> y = X[:, 0] + rng.normal(size=120)
    >>> models = {"mean": DummyRegressor(), "linear": LinearRegression()}
    >>> comparison = compare_models(models, X, y, cv=TimeSeriesSplit(5), baseline="mean")
    >>> comparison.best_
    'linear'
    >>> comparison.difference("linear", "mean")[["difference", "p_folds", "p_dm"]].astype(float).round(4).to_dict()
    {'difference': -0.527, 'p_folds': 0.0073, 'p_dm': 0.0021}
    """

    def __init__(self, plan, *, baseline, contrasts, horizon):
        self.baseline = baseline
        self.metric = next(iter(plan.scorers))
        self._plan = plan
        self.is_forward = all(train.max() < test.min() for train, test in plan.folds)
        self._pairs = contrasts
        self._horizon = horizon
        self._trials: dict[Key, Trial] = {}

    def resume(self):
        """Run the fits that are missing after an interruption; the result is as if there had been none.

        Returns
        -------
        self : ModelComparison
            The comparison with all results so far.

        Raises
        ------
        ValueError
            If every single fit failed.

        Warns
        -----
        FitFailedWarning
            If some fits failed.
        UserWarning
            If Ctrl-C interrupted it again.
        """
        self._run()
        return self

    @property
    def predictions(self):
        """The out-of-fold predictions: model, fold, seed, row (its number in X), y_true and y_pred.

        With several outputs there is a pair of columns for each: y_true_0, y_true_1, ..., y_pred_0, ...
        """
        parts = []
        for key, trial in self._finished():
            if trial.y_pred is not None:
                rows = self._plan.folds[key.fold][1]
                part = pd.DataFrame({"model": key.model, "fold": key.fold, "seed": key.seed, "row": rows})
                parts.append(part.assign(**_columns("y_true", self._y[rows]), **_columns("y_pred", trial.y_pred)))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def difference(self, a, b, metric=None):
        """Test whether two models differ.

        Parameters
        ----------
        a : str
            Name of the first model.

        b : str
            Name of the second model, for example the plain network without the convolution.

        metric : str, default=None
            Which error; None is the first metric. The Diebold-Mariano test takes the loss of a row that belongs to
            it: the squared error; for "mae" and "mase" the absolute error, for "smape" its percentage.

        Returns
        -------
        difference : Series
            "metric"; "difference", the mean over folds of error a - error b, negative where a is better; "relative",
            the same in proportion to the error of b; "se_seeds", the standard error of the difference that comes from
            the seeds alone, 0 where each model has but one fit per fold; statistic and p-value "t_folds" and "p_folds"
            of :func:`corrected_resampled_ttest` over the folds, after averaging over seeds, and "dm" and "p_dm" of
            :func:`diebold_mariano` on the losses of the test rows, averaged over seeds and, where test folds overlap,
            over folds. NaN where no test is possible. The p-values are of one test: who looks at several pairs
            adjusts them by :func:`holm`.

        Raises
        ------
        ValueError
            If there is no such model or metric.
        """
        metric = self.metric if metric is None else metric
        _check_name(metric, "metric", [*self._plan.scorers, "mase"])
        for name, model in (("a", a), ("b", b)):
            _check_name(model, name, self._plan.models)
        errors = self._fold_errors(metric)
        by_fold = (errors[a] - errors[b]).to_numpy()  # (fold,)
        folds, rows = self._test_folds(by_fold), self._test_rows(a, b, metric)
        mean = by_fold.mean() if len(by_fold) else np.nan
        return pd.Series(
            {
                "metric": metric,
                "difference": mean,
                "relative": mean / errors[b].mean(),
                "se_seeds": self._seed_error([a, b], metric),
                "t_folds": folds.statistic,
                "p_folds": folds.pvalue,
                "dm": rows.statistic,
                "p_dm": rows.pvalue,
            },
            name=(a, b),
        )

    def verdict(self):
        """Say in a few sentences what the numbers allow to say, and what not.

        A difference is called supported where both tests find it at 5 %, in the same direction, and it is more than
        twice the standard error that the seeds alone give it. With fewer than three folds the test over folds is too
        weak to count: then Diebold-Mariano decides, about these test rows only.

        Returns
        -------
        verdict : str
            The sentences.
        """
        return _verdict.verdict(self)

    def plot(self, ax=None, metric=None):
        """Draw the error of each fit by model.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        metric : str, default=None
            Which error; None is the first metric.

        Returns
        -------
        display : ComparisonDisplay
            The display.
        """
        metric = self.metric if metric is None else metric
        return ComparisonDisplay(self._counted, baseline=self.baseline, metric=metric).plot(ax=ax)

    def to_markdown(self):
        """Write table, contrasts and verdict as Markdown.

        Returns
        -------
        markdown : str
            The text.
        """
        return _page.markdown(self)

    def to_html(self, path):
        """Write one page with table, contrasts, verdict and a picture of each metric, which needs no other file.

        Parameters
        ----------
        path : str or Path
            File to write. Without matplotlib the page has no pictures.
        """
        _page.write_page(self, path)

    def __repr__(self):
        return _page.text(self)

    def _repr_html_(self):
        return _page.html(self)

    def _run(self):
        run_trials(self._plan, self._trials)
        self._summarise()
        self._warn()

    def _finished(self):
        """Return the finished trials in the order of the plan, however they came."""
        return [(key, self._trials[key]) for key in self._plan.list_keys() if key in self._trials]

    def _summarise(self):
        keys = self._plan.list_keys()
        self.is_complete = len(self._trials) == len(keys)
        self._y = np.asarray(self._plan.y, dtype=float)
        if self.is_complete:
            self._plan = replace(self._plan, X=None)  # the tests need the targets only
        self.scores = self._make_scores()
        self.failures = pd.DataFrame(
            [(k.model, k.fold, k.seed, trial.failure) for k, trial in self._finished() if trial.failure],
            columns=["model", "fold", "seed", "error"],
        )
        open_folds = {key.fold for key in keys if key not in self._trials}
        self._counted = self.scores[~self.scores["fold"].isin(open_folds)]
        self.n_folds_ = self._counted["fold"].nunique()
        self.tests = self._test_pairs([(name, self.baseline) for name in self._plan.models if name != self.baseline])
        self.contrasts = self._test_pairs(self._pairs)
        self.table = self._make_table()
        candidates = self.table[self.table["within_one_se"]]
        self.best_ = candidates.index[0] if len(candidates) else None
        seconds = candidates["fit_seconds"] + candidates["predict_seconds"]
        self.cheapest_ = seconds.idxmin() if len(candidates) else None

    def _make_scores(self):
        errors = [*self._plan.scorers, "mase"]
        records = [
            {
                **key._asdict(),
                **{metric: trial.errors.get(metric, np.nan) for metric in errors},
                **{name: getattr(trial, name) for name in ("n_parameters", "fit_seconds", "predict_seconds")},
            }
            for key, trial in self._finished()
        ]
        columns = ["model", "fold", "seed", *errors, "n_parameters", "fit_seconds", "predict_seconds"]
        return pd.DataFrame(records, columns=columns)

    def _make_table(self):
        """Return the means over the counted fits; of models that failed in none."""
        names = list(self._plan.models)
        fits = self._counted[~self._counted["model"].isin(self.failures["model"])]
        numbers = fits.drop(columns=["fold", "seed"]).groupby("model", sort=False)
        mean, std = numbers.mean().reindex(names), numbers.std().reindex(names)
        table = pd.DataFrame(index=pd.Index(names, name="model"))
        for metric in [*self._plan.scorers, "mase"]:
            table[metric], table[f"{metric}_std"] = mean[metric], std[metric]
        error = mean[self.metric]
        table["skill"] = 1 - error / error[self.baseline]
        table[["n_parameters", "fit_seconds", "predict_seconds"]] = mean.iloc[:, -3:]
        against = self.tests.droplevel(1) if len(self.tests) else self.tests
        table["p_folds"], table["p_dm"] = against["p_folds"], against["p_dm"]
        table["n_seeds"] = [
            sum(key.model == name and key.fold == 0 for key in self._plan.list_keys()) for name in names
        ]
        table["within_one_se"] = error <= error.min() + self._standard_error(error)
        table["failure"] = (
            self.failures.drop_duplicates("model").set_index("model")["error"].reindex(names, fill_value="")
        )
        return table.sort_values(self.metric, kind="stable")

    def _standard_error(self, error):
        """Return the standard error of the best model's mean error over folds, or over seeds of the only fold."""
        if error.isna().all():
            return np.nan
        fits = self._counted[self._counted["model"] == error.idxmin()]
        means = fits.groupby("fold" if self.n_folds_ > 1 else "seed")[self.metric].mean()
        return means.std() / np.sqrt(len(means)) if len(means) > 1 else 0.0

    def _fold_errors(self, metric):
        """Return the errors averaged over seeds, (fold, model); NaN for models that failed."""
        fits = self._counted[~self._counted["model"].isin(self.failures["model"])]
        errors = fits.pivot_table(metric, index="fold", columns="model")
        return errors.reindex(index=sorted(self._counted["fold"].unique()), columns=list(self._plan.models))

    def _test_pairs(self, pairs):
        """Return the differences of pairs of models, with p-values adjusted over the pairs."""
        columns = ["metric", "difference", "relative", "se_seeds", "t_folds", "p_folds", "dm", "p_dm"]
        index = pd.MultiIndex.from_tuples(pairs, names=["a", "b"]) if pairs else pd.MultiIndex.from_arrays([[], []])
        tests = pd.DataFrame([self.difference(a, b).to_list() for a, b in pairs], columns=columns, index=index)
        for p in ("p_folds", "p_dm"):
            tests[p] = holm(tests[p])
        return tests

    def _seed_error(self, models: list[str], metric: str) -> float:
        """Return the standard error of the models' mean errors, taken together, over the seeds within the folds."""
        fits = self._counted[self._counted["model"].isin(models)].groupby(["model", "fold"])[metric]
        variances = (fits.var() / fits.count()).fillna(0)  # of the mean of each model in each fold
        return float(np.sqrt(variances.sum()) / max(self.n_folds_, 1))

    def _test_folds(self, differences: NDArray[np.float64]) -> SignificanceResult:
        if len(differences) < 2 or np.isnan(differences).any():
            return _NO_TEST
        folds = [self._plan.folds[fold] for fold in sorted(self._counted["fold"].unique())]
        return corrected_resampled_ttest(differences, float(np.mean([len(test) / len(train) for train, test in folds])))

    def _test_rows(self, a: str, b: str, metric: str) -> SignificanceResult:
        if {a, b} & set(self.failures["model"]):
            return _NO_TEST
        losses = [self._losses(model, metric) for model in (a, b)]
        if np.count_nonzero(~np.isnan(losses[0])) <= self._horizon:
            return _NO_TEST
        return diebold_mariano(*losses, horizon=self._horizon)

    def _losses(self, model: str, metric: str) -> NDArray[np.float64]:
        """Return the mean loss of each row of X over the predictions that a model made of it; NaN without any."""
        total, count = np.zeros((2, len(self._y)))
        counted = set(self._counted["fold"])
        for key, trial in self._finished():
            if key.model == model and key.fold in counted and trial.y_pred is not None:
                rows = self._plan.folds[key.fold][1]
                total[rows] += row_losses(metric, self._y[rows], trial.y_pred)
                count[rows] += 1
        return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)

    def _warn(self):
        n_fits, n_failed = len(self._plan.list_keys()), len(self.failures)
        if n_failed == n_fits:
            raise ValueError(
                f"models must have one that can be fitted, but all {n_fits} fits failed; {self._first_failure()}."
            )
        if n_failed:
            warnings.warn(
                f"{n_failed} of {len(self._trials)} fits failed; {self._first_failure()}; see failures.",
                FitFailedWarning,
                stacklevel=4,
            )
        if not self.is_complete:
            warnings.warn(
                f"The comparison was interrupted after {len(self._trials)} of {n_fits} fits; resume() runs the rest.",
                UserWarning,
                stacklevel=4,
            )

    def _first_failure(self):
        first = self.failures.iloc[0]
        return f"the first was {first['model']!r} in fold {first['fold']}: {' '.join(first['error'].split())}"


def _columns(name: str, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if values.ndim == 1:
        return {name: values}
    return {f"{name}_{j}": column for j, column in enumerate(values.T)}


def _check_name(name: Any, parameter: str, known: Iterable[str]) -> None:
    if name not in (names := list(known)):
        raise ValueError(
            f"{parameter} must be one of {', '.join(map(repr, names))}, but is {name!r}; pass one of these."
        )


def _check_contrasts(contrasts: Any, models: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [tuple(pair) if not isinstance(pair, str) else (pair,) for pair in contrasts]
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(models):
            raise ValueError(
                f"contrasts must be pairs of two different models, but hold {pair!r}; pass for example "
                f"contrasts=[{tuple(list(models)[:2])!r}]."
            )
    return pairs
