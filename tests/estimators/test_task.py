"""Which samples are trained on, and which held out, by the estimator or by the user."""

from functools import partial

import numpy as np
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import DenseClassifier, DenseRegressor, Windows, make_windows
from skhybrid.estimators._samples import read_sequences
from skhybrid.estimators._task import Fold, Task, check_apart, divide, fade, join, read_held_out
from tests.estimators.known_ahead import SEASON, make_known, make_rows
from tests.helpers import assert_same_predictions, loop_windows

stopped = partial(DenseRegressor, 3, epochs=3, early_stopping=True, random_state=0)


@pytest.fixture(scope="module")
def data():
    return make_known()


def make_task(n=8, n_held_out=0, weights=None):
    samples = read_sequences(np.arange(n * 4.0).reshape(n, 4, 1))
    return Task((4, 1), samples, np.zeros(n), np.ones(n) if weights is None else weights, n_held_out)


# Rows


def rows_of(task, **options):
    """Return what scales are learned from, what the first three networks are trained on, and the folds."""

    def split(usable):
        return [Fold(usable[:-3], usable[-2:]), Fold(usable[:-5], usable[-4:-2])]

    rows = divide(task, split, **options)
    networks = [[None if part is None else part.tolist() for part in rows.of_member(i)] for i in range(3)]
    return rows.training.tolist(), networks, [tuple(part.tolist() for part in fold) for fold in rows.folds]


def test_all_samples_are_trained_on_where_nothing_is_chosen():
    everything = [*range(8)]
    assert rows_of(make_task(), early_stopping=False, chooses=False) == (
        everything,
        [[everything, None]] * 3,
        [(everything, [])],
    )


@pytest.mark.parametrize("chooses", [False, True])
def test_early_stopping_holds_samples_out_in_turn(chooses):
    """Scales are learned from what all networks may know."""
    newest, older = ([*range(5)], [6, 7]), ([*range(3)], [4, 5])
    assert rows_of(make_task(), early_stopping=True, chooses=chooses) == (
        [*range(3)],
        [[*newest], [*older], [*newest]],
        [newest, older],
    )


def test_what_is_chosen_without_early_stopping_holds_none_out_of_training():
    everything = [*range(8)]
    assert rows_of(make_task(), early_stopping=False, chooses=True) == (
        everything,
        [[everything, None]] * 3,
        [([*range(5)], [6, 7]), ([*range(3)], [4, 5])],
    )


def test_samples_of_the_user_are_held_out_and_no_others():
    weights = np.array([1, 1, 0, 1, 1, 0, 1, 1.0])
    task = make_task(n_held_out=3, weights=weights)
    fold, usable = ([0, 1, 3, 4], [6, 7]), [0, 1, 3, 4, 6, 7]
    assert rows_of(task, early_stopping=True, chooses=False) == (fold[0], [[*fold]] * 3, [fold])
    assert rows_of(task, early_stopping=False, chooses=True) == (usable, [[usable, None]] * 3, [fold])


def test_tasks_are_joined_in_order():
    first, second = make_task(3), make_task(2, weights=np.full(2, 5.0))
    second = second._replace(samples=read_sequences(second.samples.values + 100), y=np.ones(2))
    joined = join(first, second, 0)
    assert joined.n_held_out == 2
    assert joined.y.tolist() == [0, 0, 0, 1, 1]
    assert joined.weights.tolist() == [1, 1, 1, 5, 5]
    np.testing.assert_array_equal(joined.samples.values[3:], second.samples.values)


@pytest.mark.parametrize(
    ("given", "words"), [((1, None, None), "only X_val"), ((None, 1, 1), "only y_val, sample_weight_val")], ids=str
)
def test_samples_and_targets_held_out_come_together(given, words):
    with pytest.raises(ValueError, match=f"X_val and y_val must be passed together, but {words} was given"):
        read_held_out(*given)


# Overlap in time


@pytest.mark.parametrize("n_ahead", [1, 2, 4])
@pytest.mark.parametrize("is_before", [False, True])
def test_windows_of_targets_trained_on_are_refused(n_ahead, is_before):
    """The targets of a window end `n_ahead` steps after it, and none of them may be trained on and held out."""
    windows = loop_windows(make_rows(40), 6)
    for n_skipped in range(1, 8):
        parts = windows[:20], windows[19 + n_skipped :]
        first, last = parts[::-1] if is_before else parts
        if n_skipped >= n_ahead:
            check_apart(first, last, n_ahead)
            continue
        with pytest.raises(ValueError, match=f"starts {n_skipped} steps before .* leave out {n_ahead - n_skipped}"):
            check_apart(first, last, n_ahead)


@pytest.mark.parametrize(("place", "name"), [(0, "first"), (-1, "last")])
def test_window_that_is_trained_on_is_refused(place, name):
    windows = loop_windows(make_rows(60), 6)
    held_out = windows[40:].copy()
    check_apart(windows[:30], held_out, 1)
    held_out[place] = windows[3]
    with pytest.raises(ValueError, match=f"X_val must hold samples that are not trained on, but its {name} one is"):
        check_apart(windows[:30], held_out, 1)


@pytest.mark.parametrize("value", [0.0, np.nan], ids=str)
def test_constant_and_unknown_windows_tell_no_time(value):
    windows = np.full((9, 6, 1), value)
    check_apart(windows[:5], windows[5:], 3)
    windows[:, -1] = 1  # two different values may be met again
    check_apart(windows[:5], windows[5:], 3)


def test_series_that_repeats_may_be_told_by_other_features():
    rows = np.column_stack([np.arange(60) % 5, np.arange(60.0)])
    check_apart(loop_windows(rows[:30], 6), loop_windows(rows[30:], 6), 3)


# Fits


@pytest.mark.parametrize(
    "parameters",
    [{}, {"window_norm": "last", "linear_path": "ridge"}, {"linear_path": "ridge", "early_stopping": False}],
    ids=str,
)
@pytest.mark.parametrize("has_ahead", [True, False])
def test_rows_held_out_by_the_user_are_as_the_last_of_x(data, parameters, has_ahead):
    X, y = data if has_ahead else (data[0].values, data[1])
    n_validation = round(0.2 * len(y))
    n = len(y) - n_validation - 3
    model = stopped(validation_fraction=0.2, **parameters).fit(X, y)
    given = stopped(**parameters)
    if parameters.get("early_stopping", True):
        given.fit(X[:n], y[:n], X_val=X[-n_validation:], y_val=y[-n_validation:])
        assert_same_predictions(model, given, X)
        assert model.history_ == given.history_
    else:  # rows in the gap are trained on as well
        given.fit(X[:n], y[:n], X_val=X[-n_validation:], y_val=y[-n_validation:])
        np.testing.assert_array_equal(model._linear.choice.penalties, given._linear.choice.penalties)


def test_weights_of_rows_held_out_count(data):
    X, y = data
    n = 45
    held_out = {"X_val": X[n + 3 :], "y_val": y[n + 3 :]}
    weights = np.where(np.arange(len(y) - n - 3) < 4, 1.0, 0.0)
    first = stopped().fit(X[:n], y[:n], **held_out, sample_weight_val=weights)
    second = stopped().fit(X[:n], y[:n], X_val=X[n + 3 : n + 7], y_val=y[n + 3 : n + 7])
    np.testing.assert_allclose(first.history_["val_loss"], second.history_["val_loss"], rtol=1e-5)
    assert first.history_["val_loss"] != stopped().fit(X[:n], y[:n], **held_out).history_["val_loss"]


def test_rows_held_out_are_trained_on_in_the_refit(data):
    X, y = data
    held_out = {"X_val": X[48:], "y_val": y[48:]}
    first, other = (stopped(refit=True).fit(X[:45], y[:45], **held_out | {"y_val": y[48:] + c}) for c in (0, 1))
    assert (first.predict(X) != other.predict(X)).all()


def test_classifier_takes_rows_held_out(data):
    X, y = data
    labels = np.where(y[:, 0] > y[:, 0].mean(), "up", "down")
    options = {"epochs": 3, "early_stopping": True, "random_state": 0}
    model = DenseClassifier(3, validation="last", validation_fraction=0.2, **options).fit(X, labels)
    n = len(y) - round(0.2 * len(y))
    given = DenseClassifier(3, **options).fit(X[:n], labels[:n], X_val=X[n:], y_val=labels[n:])
    assert_same_predictions(model, given, X)
    assert model.history_ == given.history_


def test_warm_start_takes_rows_held_out(data):
    X, y = data
    held_out = {"X_val": X[48:], "y_val": y[48:]}
    model = stopped(warm_start=True, n_iter_no_change=50).fit(X[:45], y[:45], **held_out)
    model.fit(X[:45], y[:45], **held_out)
    assert len(model.history_["val_loss"]) == 6


def test_lists_are_taken(data):
    X, y = data[0].values, data[1]
    given = stopped().fit(X[:45], y[:45], X_val=X[48:].tolist(), y_val=y[48:].tolist())
    assert_same_predictions(given, stopped().fit(X[:45], y[:45], X_val=X[48:], y_val=y[48:]), X)


def test_pipeline_transforms_rows_held_out(data):
    X, y = data[0].values[..., 0], data[1]
    held_out = {"X_val": X[48:], "y_val": y[48:]}
    with config_context(enable_metadata_routing=True):
        network = stopped().set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), network, transform_input=["X_val"]).fit(X[:45], y[:45], **held_out)
    scaler = StandardScaler().fit(X[:45])
    by_hand = stopped().fit(scaler.transform(X[:45]), y[:45], X_val=scaler.transform(X[48:]), y_val=y[48:])
    np.testing.assert_array_equal(pipeline.predict(X), by_hand.predict(scaler.transform(X)))
    assert pipeline[-1].history_ == by_hand.history_


REFUSED = {
    "shape": ({"X_val": lambda X, y: X.values[48:, 1:]}, r"samples of shape \(8, 2\)"),
    "without ahead": ({"X_val": lambda X, y: X.values[48:]}, "X_val must carry ahead what X carries, inputs of shape"),
    "other seasons": (
        {"X_val": lambda X, y: Windows(X.values, X.ahead, seasons=(SEASON + 1,))[48:]},
        r"with seasons=\(6,\), but carries .* with seasons=\(7,\)",
    ),
    "other targets": ({"y_val": lambda X, y: y[48:, :2]}, r"y_val must have shape \(n_samples, 4\) as y has, but"),
    "one target": ({"y_val": lambda X, y: y[48:, 0]}, r"y_val must have shape .* but has shape \(11,\)"),
    "too few targets": ({"y_val": lambda X, y: y[50:]}, "one target per sample"),
    "in X": ({"X_val": lambda X, y: X[34:45]}, "its first one is in X"),
}


@pytest.mark.parametrize(("differs", "words"), REFUSED.values(), ids=REFUSED)
def test_rows_held_out_that_do_not_fit_are_refused(data, differs, words):
    X, y = data
    held_out = {"X_val": X[48:], "y_val": y[48:]} | {name: make(X, y) for name, make in differs.items()}
    with pytest.raises(ValueError, match=words):
        stopped().fit(X[:45], y[:45], **held_out)


@pytest.mark.parametrize("other", [["up", "sideways"], [0, 1]], ids=str)
def test_labels_held_out_must_be_trained_on(data, other):
    X = data[0].values
    labels = np.array(["up", "down"] * 20)
    with pytest.raises(ValueError, match=r"y_val must hold labels of y, \['down', 'up'\], but holds \["):
        DenseClassifier(2, early_stopping=True, epochs=1).fit(X[:40], labels, X_val=X[41:43], y_val=other)


def test_overlap_is_refused_in_fit(data):
    X, y = data
    with pytest.raises(ValueError, match="X_val must not overlap in time with the targets of X"):
        stopped().fit(X[:45], y[:45], X_val=X[46:], y_val=y[46:])
    stopped().fit(X[:45], y[:45, :1], X_val=X[45:], y_val=y[45:, :1])  # one step ahead leaves no gap


@pytest.mark.parametrize(("name", "is_early"), [("X", True), ("X_val", False)])
def test_part_without_a_complete_window_is_named(data, name, is_early):
    X, y = data
    values = np.array(X.values)
    values[: 40 if is_early else 0, 0] = values[40 if not is_early else 70 :, 0] = np.nan
    with pytest.raises(ValueError, match=f"{name} must hold at least one complete window with a weight, but all"):
        stopped().fit(values[:40], y[:40], X_val=values[46:], y_val=y[46:])


def test_half_life_counts_samples_that_are_trained_on():
    weights = np.array([1.0, 0, 2, 1, 0])
    np.testing.assert_allclose(fade(weights, 1 / 3, np.array([0, 2, 3])), [0.25, 0, 1, 1, 0])
    assert fade(weights, None, np.array([0, 2, 3])) is weights
    faded = fade(np.full(9, 2.0), 1 / 3, np.arange(9))
    np.testing.assert_allclose(faded[::-3], [2, 1, 0.5])


def test_gap_tells_how_far_a_single_target_lies():
    X, y = make_windows(make_rows(60), 0, window_length=8, horizon=5)
    parts = X[:30], y[:30]
    stopped().fit(*parts, X_val=X[32:], y_val=y[32:])  # nothing tells that targets lie 5 steps ahead
    with pytest.raises(ValueError, match=r"starts 3 steps before .* targets reach 5 steps; leave out 2 samples"):
        stopped(validation_gap=4).fit(*parts, X_val=X[32:], y_val=y[32:])
    stopped(validation_gap=4).fit(*parts, X_val=X[34:], y_val=y[34:])
