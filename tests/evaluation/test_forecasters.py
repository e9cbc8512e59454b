import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit

from skhybrid import (
    Forecaster,
    NaiveRegressor,
    PanelTimeSeriesSplit,
    check_leakage,
    compare_models,
    diebold_mariano,
    forecast_scorer,
    interval_score,
    interval_scorer,
    make_sales,
    pinball,
)
from skhybrid.evaluation._forecasters import have_same_origins

CV = TimeSeriesSplit(3)


def make_load(n_rows=120):
    noise = np.random.default_rng(0).normal(size=n_rows)
    times = pd.date_range("2024-01-01", periods=n_rows, freq="h", name="time")
    return pd.DataFrame({"load": 10 + np.sin(np.arange(n_rows) * np.pi / 12) + 0.1 * noise}, times)


def make_shops():
    """Three shops, of which one begins late and one ends early."""
    sales = make_sales(3, 60, random_state=0)[["sold", "promotion"]]
    days = sales.index.get_level_values(1)
    keys = sales.index.get_level_values(0)
    return sales[~((keys == keys[0]) & (days < days[20])) & ~((keys == keys[-1]) & (days > days[50]))]


def forecasters(target="load", horizon=3, **options):
    options = {"window_length": 7, "season_length": 7} | options
    naive = NaiveRegressor("seasonal", horizon=range(1, horizon + 1), season_length=7)
    return {
        "last season": Forecaster(target, horizon=horizon, estimator=naive, **options),
        "ridge": Forecaster(target, horizon=horizon, estimator=Ridge(), **options),
    }


def compare(models=None, X=None, **options):
    X = make_load() if X is None else X
    return compare_models(models or forecasters(), X, **{"cv": CV, "baseline": "last season"} | options)


CASES = {
    "one series": (forecasters(), make_load(), CV),
    "with lead": (forecasters(lead=2), make_load(), CV),
    "at noon": (forecasters(origins="12:00"), make_load(240), CV),
    "several": (forecasters("sold", known_future=["promotion"]), make_shops(), PanelTimeSeriesSplit(3)),
}


@pytest.mark.parametrize(("models", "X", "cv"), CASES.values(), ids=CASES)
def test_errors_are_those_of_a_loop_of_fit_and_forecasts(models, X, cv):
    comparison = compare(models, X, cv=cv, scoring=["rmse", "mae", "neg_median_absolute_error"])
    scores = comparison.scores.set_index(["model", "fold"])
    for fold, (train, test) in enumerate(cv.split(X)):
        for name, model in models.items():
            truth, forecasts = clone(model).fit(X.iloc[train]).paired_forecasts(X.iloc[test])
            error = forecasts - truth
            assert scores.loc[(name, fold), "rmse"] == pytest.approx(np.sqrt((error**2).mean(axis=0)).mean())
            assert scores.loc[(name, fold), "mae"] == pytest.approx(np.abs(error).mean())
            assert scores.loc[(name, fold), "median_absolute_error"] == pytest.approx(
                np.median(np.abs(error), axis=0).mean()
            )
    assert "mase" not in scores
    assert comparison.is_forward
    assert not comparison.table["failure"].any()


def test_predictions_are_a_row_for_each_step():
    X, models = make_shops(), forecasters("sold", known_future=["promotion"])
    cv = PanelTimeSeriesSplit(2)
    predictions = compare(models, X, cv=cv).predictions
    train, test = list(cv.split(X))[1]
    expected = clone(models["ridge"]).fit(X.iloc[train]).paired_table(X.iloc[test])
    found = predictions[(predictions["model"] == "ridge") & (predictions["fold"] == 1)]
    pd.testing.assert_frame_equal(
        found[["series", "origin", "step", "time", "y_true", "y_pred"]].reset_index(drop=True),
        expected.rename(columns={"forecast": "y_pred"}),
    )
    assert (found["y_true"].to_numpy() == X["sold"].loc[list(zip(found["series"], found["time"], strict=True))]).all()


@pytest.mark.parametrize("name", ["with lead", "at noon", "several"])
def test_diebold_mariano_takes_the_mean_losses_of_each_origin(name):
    models, X, cv = CASES[name]
    comparison = compare(models, X, cv=cv)
    predictions = comparison.predictions
    squares = predictions.assign(loss=(predictions["y_pred"] - predictions["y_true"]) ** 2)
    keys = ["model", *(key for key in ("series",) if key in squares), "origin"]
    of_origins = squares.groupby(keys)["loss"].mean().groupby(["model", "origin"]).mean()
    times = X.index if X.index.nlevels == 1 else X.index.get_level_values(1).unique().sort_values()
    losses = [of_origins[name].reindex(times) for name in ("ridge", "last season")]
    expected = diebold_mariano(*losses, horizon=models["ridge"].lead + 3)
    found = comparison.tests.loc[("ridge", "last season")]
    assert (found["dm"], found["p_dm"]) == pytest.approx((expected.statistic, expected.pvalue))


class Spread(RegressorMixin, BaseEstimator):
    """Forecasts the last value, and quantiles about it."""

    quantiles = (0.1, 0.5, 0.9)

    def fit(self, X, y):
        self.n_outputs_ = y.shape[1]
        return self

    def predict(self, X):
        return np.repeat(X[:, 6:7], self.n_outputs_, axis=1)

    def predict_quantiles(self, X):
        return self.predict(X)[..., None] + np.array([-1.0, 0.0, 1.0])


def test_pinball_asks_for_the_quantiles_of_origins():
    X, model = make_load(), Forecaster("load", horizon=3, window_length=7, calendar=None, estimator=Spread())
    [(train, test)] = folds = list(CV.split(X))[:1]
    scoring = {"p90": forecast_scorer("pinball", quantile=0.9)}
    comparison = compare({"spread": model}, X, cv=folds, baseline="spread", scoring=scoring)
    truth, quantiles = clone(model).fit(X.iloc[train]).paired_quantiles(X.iloc[test])
    assert comparison.scores["p90"].item() == pytest.approx(pinball(truth, quantiles[..., 2], quantile=0.9))


def test_intervals_of_origins_are_scored():
    X, model = make_load(240), Forecaster("load", horizon=3, window_length=7, estimator=Ridge(), intervals=0.8)
    [(train, test)] = folds = list(CV.split(X))[-1:]
    comparison = compare({"ridge": model}, X, cv=folds, baseline="ridge", scoring={"interval": interval_scorer(0.8)})
    truth, bounds = clone(model).fit(X.iloc[train]).paired_intervals(X.iloc[test], level=0.8)
    expected = interval_score(truth, bounds[..., 0], bounds[..., 1], level=0.8)
    assert comparison.scores["interval"].item() == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the hole
def test_other_origins_are_told():
    X = make_load()
    X.loc[X.index[100:103], "load"] = np.nan
    models = forecasters(missing="drop")
    models["ridge"].set_params(max_fill=1)
    assert "Not all models forecast from the same origins" in compare(models, X).verdict()
    assert "origins" not in compare(forecasters()).verdict()


def test_same_origins_of_tables():
    table = pd.DataFrame({"model": list("aabb"), "seed": 0, "fold": 0, "origin": [1, 2, 1, 2]})
    assert have_same_origins(table)
    assert not have_same_origins(table.assign(origin=[1, 2, 1, 3]))
    assert not have_same_origins(table[:3])
    assert have_same_origins(pd.DataFrame({"row": [1]}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"models": forecasters() | {"mean": DummyRegressor()}},
            r"be Forecasters, all or none, but models\['last season'\] is one and models\['mean'\] is DummyRegressor",
        ),
        (
            {"models": forecasters() | {"week": forecasters(horizon=7)["ridge"]}},
            r"must forecast the same, but horizon is 3 in models\['last season'\] and 7 in models\['week'\]; set all",
        ),
        (
            {"models": forecasters(series="shop")},
            r"but series of models\['last season'\] is the column 'shop'; make an",
        ),
        ({"y": make_load()["load"]}, "y must be None with Forecasters, whose targets are columns of X, but was given"),
        ({"X": make_load().to_numpy()}, r"X must be a DataFrame or a Series with Forecasters, .* but is ndarray; pass"),
        ({"cv": KFold(3)}, r"training rows all lie before the test rows, with Forecasters, but fold 0 does not; pass"),
    ],
)
def test_compare_models_refuses_forecasters(options, words):
    with pytest.raises(ValueError, match=words):
        compare(**options)


def test_check_leakage_refuses_forecasters():
    with pytest.raises(ValueError, match="but is a Forecaster, which finds its targets in X, and"):
        check_leakage(forecasters()["ridge"], make_load(), cv=CV)
