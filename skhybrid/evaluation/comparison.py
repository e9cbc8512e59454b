"""A fair comparison of models: same folds, same seeds, and tests of whether they differ at all."""

from dataclasses import replace

from skhybrid._validation import check_horizon
from skhybrid.displays import ComparisonDisplay
from skhybrid.evaluation import _page, _verdict
from skhybrid.evaluation._difference import make_difference, make_tests
from skhybrid.evaluation._plan import Key, check_contrasts, check_name, make_plan
from skhybrid.evaluation._run import Trial, run_trials, warn_of_outcome
from skhybrid.evaluation._summary import count_whole_folds, make_failures, make_predictions, make_scores, make_table

__all__ = ["ModelComparison", "compare_models"]


def compare_models(
    models,
    X,
    y=None,
    *,
    cv,
    baseline,
    groups=None,
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
    verdict of a few sentences. A model that fails does not stop the others: its row says so. Ctrl-C, or a worker that
    dies, does not lose what is finished: the comparison so far is returned, with a warning, and `resume` goes on with
    the rest.

    Parameters
    ----------
    models : dict of str to estimator
        Regressors, or classifiers, by the names they should have: networks, pipelines, searches,
        :class:`WindowedRegressor`, anything with scikit-learn's `fit` and `predict`. They are cloned and never altered.
        Or :class:`Forecaster` alone, of one target, `horizon`, `lead` and `origins`: they forecast each fold from every
        origin whose targets all lie in it, the last training row among them, as their `score` does.

    X : array-like of shape (n_samples, ...) or DataFrame
        Rows, windows or subsequences, whatever the models take. To have networks and models of tables side by side,
        pass rows and put each into a :class:`WindowedRegressor`, or pass flattened windows, which both can read. Rows
        of several series need labels of two levels, series and time, in X or y, or `groups`: without them nothing tells
        the series apart. With Forecasters the table that they are fitted to.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        What each row should predict, as :func:`make_supervised` or :func:`make_windows` gives it. Labels, where the
        models are classifiers. None with Forecasters, whose target is in X.

    cv : splitter, iterable of (train, test) or int
        The folds; they are drawn once, for all models. Forecasts need a forward splitter such as
        :class:`sklearn.model_selection.TimeSeriesSplit`; an int is scikit-learn's `KFold`, which trains on later rows
        as well, and the verdict says so.

    baseline : str
        Name of the model to measure the others by, for example a :class:`NaiveRegressor`.

    groups : array-like of shape (n_samples,), default=None
        The series of each row, for splitters as :class:`sklearn.model_selection.LeaveOneGroupOut`, and where X and y
        have no labels of two levels: the rows of a series are in time order then. MASE and the Diebold-Mariano test
        count the times of a series, not rows.

    scoring : str, sequence of str, or dict of str to str or scorer, default=("rmse", "mae")
        The errors: "rmse", "mae", "smape", "pinball", for classifiers "error_rate", or a name of scikit-learn's that
        starts with "neg_". A scorer object, for example ``forecast_scorer("pinball", quantile=0.9)``, is given a name
        by a dict. The first one sorts the table and is tested. MASE is always there, except of labels and Forecasters.

    contrasts : sequence of (str, str), default=()
        Pairs of models to test against each other as well, for example ``[("hybrid", "lstm")]``. Name them before you
        see results.

    n_seeds : int, default=1
        The number of times each model is fitted on each fold. Fit k has every `random_state` in the model, however
        deep, set to ``random_state + k``. Models without any are fitted once.

    random_state : int, default=0
        The first seed.

    horizon : int or sequence of int, default=None
        How many steps ahead `y` lies, as in :func:`make_supervised`; the Diebold-Mariano test allows for errors that
        overlap so far. None takes the number of outputs, of Forecasters `lead` and `horizon`.

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
        If a parameter is not as described above, errors and models are not all about numbers or all about labels, the
        rows of a series are not in time order, or every single fit failed.

    Warns
    -----
    FitFailedWarning
        If some fits failed.
    UserWarning
        If Ctrl-C or a backend of joblib broke the comparison off; if the Diebold-Mariano test has no positive estimate
        of a variance.

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
    plan = make_plan(models, X, y, cv, scoring, n_seeds, random_state, season_length, n_jobs, verbose, groups=groups)
    check_name(baseline, "baseline", plan.models)
    contrasts = check_contrasts(contrasts, plan.models)
    h = plan.n_ahead if horizon is None else max(check_horizon(horizon))
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
        `tests`, "n_seeds", "within_one_se", "engine", the different texts of the model's fits joined by "; ", and
        "failure", the text of a model's first error. A model that failed anywhere has no numbers here, since the folds
        it did not fail in may be the easier ones.

    tests : DataFrame of shape (n_models - 1, n_columns)
        Each model against the baseline by the first metric, as `difference` gives it, with p-values adjusted by
        :func:`holm` over the models, for each of the two tests.

    contrasts : DataFrame of shape (n_contrasts, n_columns)
        The pairs that were asked for, likewise, adjusted over these pairs.

    scores : DataFrame of shape (n_fits, n_columns)
        One row per fit with the columns "model", "fold", "seed", the errors (lower is better), "n_parameters",
        "fit_seconds" and "predict_seconds", NaN where a fit failed, and "engine", how the network in the model was
        trained (the `engine_` of the network), "" where there is none.

    failures : DataFrame of shape (n_failed_fits, 4)
        "model", "fold", "seed" and "error" of the fits that failed.

    baseline : str
        Name of the baseline.

    metric : str
        The first metric.

    index : Index or None
        The labels of the rows of X, or of y, where they have one for each row.

    target : str
        Name of y, "y" where it has none.

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
        self.metric = plan.metrics[0]
        self.index, self.target = plan.index, plan.target
        self._plan = plan
        self.is_forward = all(plan.moments[train].max() < plan.moments[test].min() for train, test in plan.folds)
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

        With several outputs there is a pair of columns for each: y_true_0, y_true_1, ..., y_pred_0, ...; of Forecasters
        one row for each step, with the columns of :meth:`Forecaster.paired_table` in the place of the row.
        """
        return make_predictions(self._plan, self._trials)

    def difference(self, a, b, metric=None):
        """Test whether two models differ.

        Parameters
        ----------
        a : str
            Name of the first model.

        b : str
            Name of the second model, for example the plain network without the convolution.

        metric : str, default=None
            Which error; None is the first metric. The Diebold-Mariano test takes the error's own loss of a row, as
            the `row_losses` of :func:`forecast_scorer` gives it: squared for "rmse", absolute for "mae" and "mase".
            Errors that are no mean of such losses, and scorers whose function is not known, have no such test.

        Returns
        -------
        difference : Series
            "metric"; "difference", the mean over folds of error a - error b, negative where a is better; "relative",
            the same in proportion to the error of b; "se_seeds", the standard error of the difference that comes from
            the seeds alone, 0 where each model has but one fit per fold; statistic and p-value "t_folds" and "p_folds"
            of :func:`corrected_resampled_ttest` over the folds, after averaging over seeds, and "dm" and "p_dm" of
            :func:`diebold_mariano` on the losses of the test rows, averaged over seeds and, where test folds overlap,
            over folds; of several series, averaged over those of a time, too. NaN where no test is possible. The
            p-values are of one test: who looks at several pairs
            adjusts them by :func:`holm`.

        Raises
        ------
        ValueError
            If there is no such model or metric.
        """
        metric = self.metric if metric is None else metric
        check_name(metric, "metric", self._plan.metrics)
        for name, model in (("a", a), ("b", b)):
            check_name(model, name, self._plan.models)
        return make_difference(self._plan, self._counted, a, b, metric, self._horizon)

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
        return ComparisonDisplay(self._counted.scores, baseline=self.baseline, metric=metric).plot(ax=ax)

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
        obstacle = run_trials(self._plan, self._trials)
        self._summarise()
        warn_of_outcome(self._plan, self._trials, self.failures, obstacle)

    def _summarise(self):
        self.is_complete = len(self._trials) == len(self._plan.list_keys())
        if self.is_complete:
            self._plan = replace(self._plan, X=None)  # the tests need the targets only
        self.scores = make_scores(self._plan, self._trials)
        self.failures = make_failures(self._plan, self._trials)
        self._counted = count_whole_folds(self._plan, self._trials)
        self.n_folds_ = len(self._counted.folds)
        self.tests = make_tests(self.difference(a, self.baseline) for a in self._plan.models if a != self.baseline)
        self.contrasts = make_tests(self.difference(a, b) for a, b in self._pairs)
        self.table = make_table(self._plan, self._counted, self.failures, self.tests, self.baseline)
        candidates = self.table[self.table["within_one_se"]]
        self.best_ = candidates.index[0] if len(candidates) else None
        seconds = candidates["fit_seconds"] + candidates["predict_seconds"]
        self.cheapest_ = seconds.idxmin() if len(candidates) else None
