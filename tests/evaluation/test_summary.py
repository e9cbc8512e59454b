import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge

from skhybrid.evaluation._difference import make_tests
from skhybrid.evaluation._plan import Key, make_plan
from skhybrid.evaluation._run import Trial
from skhybrid.evaluation._summary import (
    count_whole_folds,
    list_finished,
    make_failures,
    make_predictions,
    make_scores,
    make_table,
)

FOLDS = [(np.arange(2), np.array([2, 3])), (np.arange(4), np.array([4, 5]))]


def trial(error, engine="", *, y_pred=(0.0, 0.0)):
    errors = {"rmse": error, "mase": 10 * error}
    return Trial(errors, y_pred=np.array(y_pred), n_parameters=3.0, fit_seconds=1.0, predict_seconds=0.5, engine=engine)


@pytest.fixture
def plan():
    y = np.arange(6.0)
    models = {"mean": DummyRegressor(), "ridge": Ridge()}  # one seed, two seeds
    return make_plan(models, np.zeros((6, 1)), y, FOLDS, "rmse", 2, 0, 1, None, 0)


@pytest.fixture
def trials():
    """The trials of both folds, as they came."""
    return {
        Key(1, 0, "mean"): trial(8.0),
        Key(0, 1, "ridge"): trial(3.0, "slow"),
        Key(0, 0, "ridge"): trial(1.0, "fast"),
        Key(0, 0, "mean"): trial(4.0),
        Key(1, 0, "ridge"): trial(2.0, "fast"),
        Key(1, 1, "ridge"): trial(4.0, "fast"),
    }


def no_tests():
    return make_tests([])


def test_finished_trials_are_in_the_order_of_the_plan(plan, trials):
    assert list(list_finished(plan, trials)) == plan.list_keys()
    assert list(list_finished(plan, {Key(1, 0, "mean"): trial(1.0)})) == [Key(1, 0, "mean")]


def test_scores_have_one_row_per_trial(plan, trials):
    trials[Key(0, 0, "mean")] = Trial(failure="ValueError: no")
    scores = make_scores(plan, trials)
    columns = ["model", "fold", "seed", "rmse", "mase", "n_parameters", "fit_seconds", "predict_seconds", "engine"]
    assert list(scores.columns) == columns
    assert scores["model"].tolist() == ["mean", "ridge", "ridge"] * 2
    np.testing.assert_array_equal(scores["rmse"], [np.nan, 1, 3, 8, 2, 4])
    np.testing.assert_array_equal(scores["fit_seconds"], [np.nan, 1, 1, 1, 1, 1])
    assert scores["engine"].tolist() == ["", "fast", "slow", "", "fast", "fast"]


def test_scores_of_no_trials_have_their_columns(plan):
    assert "engine" in make_scores(plan, {})
    assert make_scores(plan, {}).empty


def test_failures(plan, trials):
    trials[Key(1, 0, "mean")] = Trial(failure="ValueError: no")
    assert make_failures(plan, trials).to_dict("records") == [
        {"model": "mean", "fold": 1, "seed": 0, "error": "ValueError: no"}
    ]


def test_predictions_lack_trials_that_failed(plan, trials):
    trials = {Key(1, 0, "mean"): trial(1.0, y_pred=[7.0, 9.0]), Key(0, 0, "mean"): Trial(failure="ValueError: no")}
    assert make_predictions(plan, trials).to_dict("list") == {
        "model": ["mean", "mean"],
        "fold": [1, 1],
        "seed": [0, 0],
        "row": [4, 5],
        "y_true": [4.0, 5.0],
        "y_pred": [7.0, 9.0],
    }
    assert make_predictions(plan, {}).empty


def test_folds_count_that_all_models_have_finished(plan, trials):
    del trials[Key(0, 1, "ridge")]
    counted = count_whole_folds(plan, trials)
    assert counted.folds == [1]
    assert {key.fold for key in counted.trials} == {1}
    assert len(counted.scores) == 3


def test_models_that_failed_anywhere_are_not_sound(plan, trials):
    trials[Key(0, 0, "ridge")] = Trial(failure="ValueError: no")
    del trials[Key(0, 0, "mean")]
    counted = count_whole_folds(plan, trials)
    assert counted.failed == {"ridge"}  # in a fold that does not count
    assert counted.sound["model"].tolist() == ["mean"]
    assert len(counted.scores) == 3


def test_table_by_hand(plan, trials):
    counted = count_whole_folds(plan, trials)
    table = make_table(plan, counted, make_failures(plan, trials), no_tests(), "mean")
    assert table.index.tolist() == ["ridge", "mean"]
    assert table["rmse"].tolist() == [2.5, 6.0]
    assert table["mase"].tolist() == [25.0, 60.0]
    np.testing.assert_allclose(table["rmse_std"], [np.std([1, 3, 2, 4], ddof=1), np.std([4, 8], ddof=1)])
    np.testing.assert_allclose(table["skill"], [1 - 2.5 / 6, 0])
    assert table["n_seeds"].tolist() == [2, 1]
    assert table["engine"].tolist() == ["fast; slow", ""]
    assert table["failure"].tolist() == ["", ""]
    assert list(table.columns)[:5] == ["rmse", "rmse_std", "mase", "mase_std", "skill"]


@pytest.mark.parametrize(("error", "expected"), [(2.9, True), (3.1, False)])
def test_one_standard_error_is_that_of_the_means_over_folds(plan, trials, error, expected):
    # ridge: means of 2 and 3 over its two folds, so 2.5 with a standard error of 0.5
    trials |= {Key(fold, 0, "mean"): trial(error) for fold in (0, 1)}
    table = make_table(plan, count_whole_folds(plan, trials), make_failures(plan, trials), no_tests(), "mean")
    assert table["within_one_se"].to_dict() == {"ridge": True, "mean": expected}


def test_one_standard_error_of_one_fold_is_that_over_seeds(plan, trials):
    # ridge: 2 and 4 with its two seeds, so 3 with a standard error of 1
    del trials[Key(0, 0, "mean")]
    trials[Key(1, 0, "mean")] = trial(3.9)
    table = make_table(plan, count_whole_folds(plan, trials), make_failures(plan, trials), no_tests(), "mean")
    assert table["within_one_se"].all()


def test_table_of_a_model_that_failed_has_its_failure_and_no_numbers(plan, trials):
    trials[Key(0, 1, "ridge")] = Trial(failure="ValueError: no")
    table = make_table(plan, count_whole_folds(plan, trials), make_failures(plan, trials), no_tests(), "mean")
    assert table.index.tolist() == ["mean", "ridge"]
    assert table.loc["ridge", ["rmse", "skill", "fit_seconds"]].isna().all()
    assert table["failure"].to_dict() == {"mean": "", "ridge": "ValueError: no"}
    assert table.loc["ridge", "engine"] == "fast"  # of the fits that ended


def test_table_without_whole_folds(plan):
    trials = {Key(0, 0, "mean"): trial(1.0)}
    table = make_table(plan, count_whole_folds(plan, trials), make_failures(plan, trials), no_tests(), "mean")
    assert table["rmse"].isna().all()
    assert not table["within_one_se"].any()
    assert isinstance(table, pd.DataFrame)
