import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhybrid import PerStepTransformer, SubsequenceReshaper, Windows, sliding_windows

RNG = np.random.default_rng(0)
N = 30


def carried(seasons=()):
    """Return windows of 4 steps and 2 features, and 3 steps ahead with an input and the phases of seasons."""
    known = RNG.normal(size=(N, 3, 1))
    phases = [(np.arange(N)[:, None] + np.arange(3)) % season for season in seasons]
    return Windows(RNG.normal(size=(N, 4, 2)), np.dstack([known, *phases]), seasons=seasons)


def assert_same(found, values, ahead, seasons=()):
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found.ahead, ahead)
    assert found.seasons == seasons


# --- What it is ------------------------------------------------------------------------------------------------------


def test_it_has_the_shape_of_its_windows():
    X = carried()
    assert (len(X), X.shape, X.ndim, X.dtype, X.size) == (N, (N, 4, 2), 3, np.float64, N * 8)


def test_repr_names_both_parts():
    assert repr(carried()) == "Windows(values of shape (30, 4, 2), ahead of shape (30, 3, 1))"
    assert repr(carried((2, 7))) == "Windows(values of shape (30, 4, 2), ahead of shape (30, 3, 3), seasons=(2, 7))"


def test_nothing_is_copied():
    rows, ahead = np.arange(20.0), np.zeros((17, 2, 1))
    X = Windows(sliding_windows(rows, 4), ahead)
    assert np.shares_memory(X.values, rows)
    assert np.shares_memory(X.ahead, ahead)
    assert np.shares_memory(X[3:9].values, rows)


def test_it_cannot_be_altered():
    X = carried()
    with pytest.raises(FrozenInstanceError):
        X.ahead = X.values
    for part in (X.values, X.ahead):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


def test_the_arrays_it_is_made_of_stay_writable():
    values = np.zeros((2, 3, 1))
    Windows(values, np.zeros((2, 1, 1)))
    values[0] = 1


def test_it_takes_lists_and_subsequences():
    assert Windows([[[1], [2]]], [[[3]]]).shape == (1, 2, 1)
    assert Windows(np.zeros((5, 2, 3, 1)), np.zeros((5, 1, 1))).ndim == 4


@pytest.mark.parametrize(
    ("values", "ahead", "seasons", "message"),
    [
        (np.zeros((5, 4)), np.zeros((5, 1, 1)), (), r"values must be windows .* but has shape \(5, 4\)"),
        (np.zeros((5, 4, 1)), np.zeros((5, 1)), (), r"ahead must hold one row of inputs .* but has shape \(5, 1\)"),
        (np.zeros((5, 4, 1)), np.zeros((5, 3, 0)), (), r"ahead must hold .* \(5, 3, 0\).* or pass the windows as an"),
        (np.zeros((5, 4, 1)), np.zeros((4, 1, 1)), (), "values and ahead must hold the same samples, but have 5 and 4"),
        ([[["a"]]], [[[1]]], (), "values must hold numbers, but has dtype"),
        ([[[1]]], [[["a"]]], (), "ahead must hold numbers, but has dtype"),
        ([[[1]]], [[[1]]], (2, 3), r"seasons=\(2, 3\) needs a column of phases .* but ahead has 1 columns"),
        ([[[1]]], [[[0, 3]]], (3,), "ahead must hold the phases 0, 1, ..., 2 of the season 3 in column 1, but holds 3"),
        ([[[1]]], [[[1, 3]]], (2, 3), "of the season 3 in column 1, but holds 3"),
        ([[[1]]], [[[0.5]]], (3,), "of the season 3 in column 0, but holds 0.5"),
        ([[[1]]], [[[-1]]], (3,), "of the season 3 in column 0, but holds -1"),
        ([[[1]]], [[[np.nan]]], (3,), "of the season 3 in column 0, but holds nan"),
        ([[[1]]], [[[1]]], (1,), r"seasons must hold different lengths, each an integer of at least 2, but is \(1,\)"),
        ([[[1]]], [[[1]]], 24, "seasons must hold different lengths.*but is 24; pass for example seasons="),
        ([[[1]]], [[[1, 1]]], (3, 3), "seasons must hold different lengths"),
    ],
)
def test_bad_parts_are_refused(values, ahead, seasons, message):
    with pytest.raises(ValueError, match=message):
        Windows(values, ahead, seasons=seasons)


# --- Samples ---------------------------------------------------------------------------------------------------------

KEYS = [slice(3, 20, 2), [4, 2, 2], np.array([7]), np.arange(N) > 9, pd.Series(np.arange(N) > 9), [], ...]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)
@pytest.mark.parametrize("seasons", [(), (7,)])
def test_samples_are_taken_of_both_parts(key, seasons):
    X = carried(seasons)
    for part in (X[key], X[key, ...]):
        assert_same(part, X.values[key], X.ahead[key], seasons)


@pytest.mark.parametrize("key", [0, np.int64(3), None, (slice(None), 0), [[0, 1]], np.ones((N, 4), dtype=bool)])
def test_what_is_no_index_of_samples_is_refused(key):
    with pytest.raises(TypeError, match=r"Windows are indexed by samples.* of type .*; pass for example X\[3:4\]"):
        carried()[key]


def test_it_cannot_be_iterated_over():
    with pytest.raises(TypeError, match="Windows are indexed by samples"):
        list(carried())


def test_pickles_keep_all():
    X = carried((5,))
    assert_same(pickle.loads(pickle.dumps(X)), X.values, X.ahead, (5,))


# --- scikit-learn ----------------------------------------------------------------------------------------------------


class RecordsWindows(RegressorMixin, BaseEstimator):
    """Keep the windows, and predict the first input that is known ahead."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        self.X_ = X
        return self

    def predict(self, X):
        return self.factor * X.ahead[:, 0, 0]


def test_train_test_split_takes_rows():
    X = carried()
    train, test, rows, _ = train_test_split(X, np.arange(N), random_state=0)
    assert_same(train, X.values[rows], X.ahead[rows])
    assert len(test) == N - len(train)


def test_searches_and_scores_take_rows():
    X = carried((7,))
    y = X.ahead[:, 0, 0]
    assert cross_val_score(RecordsWindows(), X, y, cv=TimeSeriesSplit(3)).tolist() == [1, 1, 1]
    search = GridSearchCV(RecordsWindows(), {"factor": [0.5, 1.0]}, cv=TimeSeriesSplit(3)).fit(X, y)
    assert search.best_params_ == {"factor": 1.0}
    assert_same(search.best_estimator_.X_, X.values, X.ahead, (7,))


def test_it_goes_to_other_processes():
    X = carried()
    model = make_pipeline(FunctionTransformer(Windows.to_table), Ridge(1e-9))
    search = GridSearchCV(model, {"ridge__alpha": [1e-9, 1e3]}, cv=TimeSeriesSplit(2), n_jobs=2, error_score="raise")
    assert search.fit(X, X.ahead[:, 1, 0]).best_params_ == {"ridge__alpha": 1e-9}


@pytest.mark.parametrize("take", [np.asarray, np.array, StandardScaler().fit, lambda X: Ridge().fit(X, np.arange(N))])
def test_it_does_not_become_an_array(take):
    with pytest.raises(ValueError, match=r"cannot become an array.* would be lost; pass X\.values .* or X\.to_table"):
        take(carried())


@pytest.mark.parametrize("transformer", [SubsequenceReshaper(2), PerStepTransformer()], ids=["cut", "scale"])
def test_transformers_of_windows_pass_on_what_is_known_ahead(transformer):
    X = carried((7,))
    made = transformer.fit_transform(X)
    assert_same(made, transformer.fit_transform(np.array(X.values)), X.ahead, (7,))
    assert_same(transformer.transform(X[:5]), made.values[:5], X.ahead[:5], (7,))
    back = transformer.inverse_transform(made)
    np.testing.assert_allclose(back.values, X.values, atol=1e-12)
    assert_same(back, back.values, X.ahead, (7,))


def test_transformers_follow_one_another_in_a_pipeline():
    X = carried()
    model = make_pipeline(PerStepTransformer(), SubsequenceReshaper(2), RecordsWindows()).fit(X, np.zeros(N))
    assert repr(model[-1].X_) == "Windows(values of shape (30, 2, 2, 2), ahead of shape (30, 3, 1))"
    np.testing.assert_array_equal(model.predict(X[4:9]), X.ahead[4:9, 0, 0])


# --- Tables ----------------------------------------------------------------------------------------------------------


def test_table_holds_windows_and_then_what_is_known_step_by_step():
    values = np.arange(8.0).reshape(2, 2, 2)
    ahead = np.arange(100.0, 112).reshape(2, 3, 2)
    assert Windows(values, ahead).to_table().tolist() == [
        [0, 1, 2, 3, 100, 101, 102, 103, 104, 105],
        [4, 5, 6, 7, 106, 107, 108, 109, 110, 111],
    ]


@pytest.mark.parametrize(
    ("season", "harmonics", "n_waves"),
    [(2, 1, 1), (3, 1, 2), (4, 2, 3), (12, 6, 11), (13, 6, 12), (168, 84, 167), (400, 84, 168)],
)
def test_table_holds_waves_of_the_first_phase(season, harmonics, n_waves):
    X = carried((season,))
    table = X.to_table()
    assert table.shape == (N, 8 + 3 + n_waves)
    np.testing.assert_array_equal(table[:, :11], np.hstack([X.values.reshape(N, 8), X.ahead[:, :, 0]]))
    waves = []
    for k in range(1, harmonics + 1):
        angle = 2 * np.pi * k * (np.arange(N) % season) / season
        waves += [np.cos(angle), np.sin(angle)]
    np.testing.assert_allclose(table[:, 11:], np.transpose(waves[:n_waves]), atol=1e-12)


def test_table_of_several_seasons_holds_one_after_the_other():
    X = carried((4, 3))
    parts = [Windows(X.values, X.ahead[:, :, [0, i + 1]], seasons=[m]).to_table()[:, 11:] for i, m in enumerate((4, 3))]
    np.testing.assert_array_equal(X.to_table()[:, 11:], np.hstack(parts))


def test_table_of_phases_alone_has_nothing_between():
    X = carried((4,))
    alone = Windows(X.values, X.ahead[:, :, 1:], seasons=(4,)).to_table()
    np.testing.assert_array_equal(alone, np.delete(X.to_table(), [8, 9, 10], axis=1))


@pytest.mark.parametrize(("dtype", "expected"), [("f4", "f4"), ("f8", "f8"), ("i8", "f8"), ("?", "f4")])
def test_table_keeps_the_precision(dtype, expected):
    X = Windows(np.ones((2, 3, 1), dtype=dtype), np.ones((2, 1, 1), dtype=dtype), seasons=(2,))
    assert X.to_table().dtype == np.dtype(expected)
    assert X.to_table().tolist() == [[1, 1, 1, -1]] * 2


@pytest.mark.parametrize("copy", [lambda X: pickle.loads(pickle.dumps(X)), lambda X: X[[0, 2]], lambda X: X[:2]])
def test_copies_cannot_be_altered(copy):
    X = copy(Windows(np.zeros((3, 4, 1)), np.zeros((3, 2, 1))))
    for part in (X.values, X.ahead):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


def test_no_samples_make_an_empty_table():
    assert Windows(np.zeros((3, 4, 2)), np.zeros((3, 5, 1)))[:0].to_table().shape == (0, 13)
