import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import TimeSeriesSplit

from skhybrid import corrected_resampled_ttest, diebold_mariano, holm
from tests.helpers import PLANE_MODELS, Noisy, compare_on_plane, make_plane


def test_tests_against_the_baseline():
    X, y = make_plane()
    comparison = compare_on_plane({**PLANE_MODELS, "noisy": Noisy()}, X, y, n_seeds=3)
    scores = comparison.scores.groupby(["model", "fold"])["rmse"].mean()
    ratio = np.mean([len(test) / len(train) for train, test in TimeSeriesSplit(5).split(X)])
    squares = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]) ** 2)
    losses = squares.groupby(["model", "row"])["loss"].mean()  # over the seeds
    names = ["linear", "lasso", "noisy"]
    folds = [corrected_resampled_ttest(scores[name] - scores["mean"], ratio) for name in names]
    rows = [diebold_mariano(losses[name], losses["mean"]) for name in names]
    tests = comparison.tests.loc[[(name, "mean") for name in names]]
    np.testing.assert_allclose(tests["t_folds"], [result.statistic for result in folds])
    np.testing.assert_allclose(tests["p_folds"], holm([result.pvalue for result in folds]))
    np.testing.assert_allclose(tests["dm"], [result.statistic for result in rows])
    np.testing.assert_allclose(tests["p_dm"], holm([result.pvalue for result in rows]))
    np.testing.assert_allclose(comparison.table.loc[names, "p_dm"], tests["p_dm"])
    assert np.isnan(comparison.table.loc["mean", "p_dm"])


def test_difference_of_a_pair():
    comparison = compare_on_plane()
    errors = comparison.table["mae"]
    forth, back = comparison.difference("linear", "lasso", "mae"), comparison.difference("lasso", "linear", "mae")
    assert forth["difference"] == pytest.approx(errors["linear"] - errors["lasso"])
    assert forth["relative"] == pytest.approx(errors["linear"] / errors["lasso"] - 1)
    assert (forth["t_folds"], forth["dm"]) == pytest.approx((-back["t_folds"], -back["dm"]))
    absolutes = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]).abs())
    losses = [absolutes.loc[absolutes["model"] == name, "loss"] for name in ("linear", "lasso")]
    assert forth["p_dm"] == pytest.approx(diebold_mariano(*losses).pvalue)


def test_seeds_alone_move_a_difference():
    comparison = compare_on_plane({"mean": DummyRegressor(), "noisy": Noisy(), "wild": Noisy(3.0)}, n_seeds=4)
    errors = comparison.scores.groupby(["model", "fold"])["rmse"]
    variance = errors.var() / 4
    expected = np.sqrt((variance["noisy"] + variance["wild"]).sum()) / 5
    assert comparison.difference("noisy", "wild")["se_seeds"] == pytest.approx(expected)
    assert compare_on_plane().difference("linear", "mean")["se_seeds"] == 0


def test_contrasts_are_adjusted_among_themselves():
    pairs = [("linear", "lasso"), ("lasso", "mean")]
    comparison = compare_on_plane(contrasts=pairs)
    alone = [comparison.difference(*pair)["p_dm"] for pair in pairs]
    np.testing.assert_allclose(comparison.contrasts["p_dm"], holm(alone))
    assert list(comparison.contrasts.index) == pairs


def test_horizon_is_that_of_the_overlapping_errors():
    one, three, several = (compare_on_plane(horizon=h).tests["dm"] for h in (None, 3, range(1, 4)))
    assert not np.allclose(one, three)
    np.testing.assert_array_equal(three, several)


def test_rows_tested_in_several_folds_count_once():
    X, y = make_plane(40)
    test = np.arange(30, 40)
    folds = [(np.arange(10), test), (np.arange(10, 30), test)]
    comparison = compare_on_plane(X=X, y=y, cv=folds)
    losses = comparison.predictions.assign(loss=lambda p: (p["y_true"] - p["y_pred"]) ** 2)
    losses = losses.groupby(["model", "row"])["loss"].mean()
    result = diebold_mariano(losses["linear"], losses["lasso"])
    assert comparison.difference("linear", "lasso")["p_dm"] == pytest.approx(result.pvalue)
    assert result.df == 9


def test_one_fold_has_no_test_over_folds():
    comparison = compare_on_plane(cv=[(np.arange(60), np.arange(60, 80))])
    assert comparison.tests["p_folds"].isna().all()
    assert comparison.tests["p_dm"].notna().all()


def test_equal_models_do_not_differ():
    test = compare_on_plane({"mean": DummyRegressor(), "same": DummyRegressor()}).tests.iloc[0]
    assert (test["difference"], test["p_folds"], test["p_dm"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("linear", "lstm"), "b must be one of 'mean', 'linear', 'lasso', but is 'lstm'"),
        (("linear", "mean", "mape"), "metric must be one of 'rmse', 'mae', 'mase', but is 'mape'"),
    ],
)
def test_difference_refuses(arguments, words):
    comparison = compare_on_plane()
    with pytest.raises(ValueError, match=words):
        comparison.difference(*arguments)
