import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from skhybrid import WindowDisplay
from skhybrid.displays.windows import fold_roles, runs
from tests.helpers import legend_texts


def test_fold_roles_by_hand():
    train, test = np.arange(6), np.array([7, 8])
    roles = fold_roles(train, test, 10, window_length=3, embargo=1)
    assert roles.tolist() == [1, 1, 2, 2, 2, 1, 0, 3, 3, 0]


def test_runs_by_hand():
    assert runs(np.array([1, 1, 0, 1, 0, 1], bool)) == [(-0.5, 2), (2.5, 1), (4.5, 1)]
    assert runs(np.zeros(3, bool)) == []


def test_windows_show_which_rows_make_a_window_and_its_target():
    display = WindowDisplay.from_cv(TimeSeriesSplit(3), np.zeros((40, 1)), window_length=6, horizon=2, embargo=1)
    top, bottom = display.axes_
    assert top.get_title() == "The window of row 10 and its target"
    assert [text.get_text() for text in top.texts] == ["window: rows 5 to 10", "target: row 12"]
    assert legend_texts(bottom) == ["trained on", "history only", "test", "last training target"]
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("row", "fold")
    reached = bottom.get_lines()[0].get_xydata()
    assert reached.tolist() == [[10, 0], [20, 1], [30, 2]]  # the first test rows: known when they are forecast from


def test_windows_show_targets_beyond_the_first_test_row():
    display = WindowDisplay.from_cv(TimeSeriesSplit(2), np.zeros((30, 1)), window_length=4, horizon=5)
    assert display.axes_[1].get_lines()[0].get_xdata().tolist() == [14, 24]  # the test rows begin at 10 and 20


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)], ids=["blocks", "shuffled"])
def test_windows_of_folds_that_are_not_in_time(cv):
    display = WindowDisplay.from_cv(cv, np.zeros((12, 1)), window_length=2)
    assert ((display.roles == 3).sum(axis=0) == 1).all()
    display.figure_.canvas.draw()


def test_windows_longer_than_the_training_rows():
    display = WindowDisplay.from_cv(TimeSeriesSplit(3), np.zeros((12, 1)), window_length=5)
    assert 2 not in display.roles[0]
    assert [text.get_text() for text in display.axes_[0].texts] == ["window: rows 0 to 4", "target: row 5"]


@pytest.mark.parametrize("name", ["window_length", "horizon"])
def test_windows_refuse(name):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, but is 0"):
        WindowDisplay.from_cv(TimeSeriesSplit(2), np.zeros((9, 1)), **{"window_length": 2, name: 0})
