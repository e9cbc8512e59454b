"""Batches: which rows each holds, and that no more is gathered than a step needs."""

import numpy as np
import pytest

from skhybrid._training import batches
from skhybrid._training.batches import Batches, as_float32

N = 22  # not a multiple of any batch size used here


def epochs_of(batches, n_epochs):
    """Return the row numbers of each batch, for each epoch; the data are the row numbers."""
    epochs = []
    for _ in range(n_epochs):
        batches.on_epoch_begin()
        epochs.append([batches[i][0].astype(int).tolist() for i in range(len(batches))])
    return epochs


def test_batches_without_seed_keep_the_order():
    batches = Batches((np.arange(10),), np.array([2, 3, 5, 7, 9]), 2)
    assert epochs_of(batches, 2) == [[[2, 3], [5, 7], [9]]] * 2


def test_batches_with_seed_hold_each_row_once_an_epoch():
    rows = np.arange(3, N)
    for epoch in epochs_of(Batches((np.arange(N),), rows, 4, seed=1), 3):
        assert sorted(row for batch in epoch for row in batch) == rows.tolist()


def test_batches_draw_a_new_order_each_epoch():
    first, second, third = epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1), 3)
    assert first != second
    assert second != third


def test_batches_of_a_later_epoch_follow_from_seed_and_epoch_alone():
    whole = epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1), 3)
    assert epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1, epoch=2), 1) == whole[2:]


def test_batches_of_another_seed_have_another_order():
    first, second = (epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=seed), 1) for seed in (1, 2))
    assert first != second


def test_batches_are_float32():
    batches = Batches((np.arange(6).reshape(3, 2), np.ones(3), np.ones(3, dtype=bool)), np.arange(3), 2)
    assert [part.dtype for part in batches[0]] == [np.float32] * 3


class Watched:
    """Data that notes which rows are read."""

    def __init__(self):
        self.read = []

    def __getitem__(self, rows):
        self.read.append(list(rows))
        return np.zeros(len(rows))


def test_batches_gather_no_more_than_one_batch():
    data = Watched()
    batches = Batches((data,), np.array([0, 4, 8, 900_000]), 2)
    assert data.read == []
    batches[1]
    assert data.read == [[8, 900_000]]


@pytest.mark.parametrize(("n_rows", "n_batches"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_last_batch_may_hold_fewer(n_rows, n_batches):
    batches = Batches((np.arange(20),), np.arange(n_rows), 4)
    assert len(batches) == n_batches
    assert sum(len(batches[i][0]) for i in range(len(batches))) == n_rows


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 4), (2, 2), (3, 1), (99, 1)],  # of 24 numbers, 6 a sample; one group at least
)
def test_groups_at_once_fit_in_a_piece(size, expected, monkeypatch):
    monkeypatch.setattr(batches, "PIECE_VALUES", 24)
    data = np.zeros((5, 3, 1)), np.zeros((5, 2)), np.ones(5)  # inputs, targets and weights
    assert Batches(data, np.arange(5), 2).n_at_once(size) == expected
    of_two_inputs = (np.zeros((5, 2, 1)), np.zeros((5, 1))), *data[1:]
    assert Batches(of_two_inputs, np.arange(5), 2).n_at_once(size) == expected


def test_pieces_are_of_whole_batches(monkeypatch):
    monkeypatch.setattr(batches, "PIECE_VALUES", 9)  # room for two batches of 2 rows of 2 numbers
    pieces = Batches((np.arange(10), 10 * np.arange(10)), np.array([9, 1, 8, 2, 7]), 2).pieces()
    assert [[part.tolist() for part in piece] for piece in pieces] == [
        [[9, 1, 8, 2], [90, 10, 80, 20]],
        [[7], [70]],
    ]


def test_pieces_may_be_single_batches():
    pieces = Batches((np.arange(10), 10 * np.arange(10)), np.array([9, 1, 8]), 2).pieces(1)
    assert [piece[0].tolist() for piece in pieces] == [[9, 1], [8]]


def test_several_inputs_are_gathered_by_the_same_rows():
    data = (np.arange(10), 10 * np.arange(10).reshape(10, 1)), -np.arange(10)
    batches = Batches(data, np.array([3, 1, 7]), 2)
    (first, second), targets = batches[0]
    assert (first.tolist(), second.tolist(), targets.tolist()) == ([3, 1], [[30], [10]], [-3, -1])
    assert first.dtype == second.dtype == np.float32


def test_several_inputs_are_not_read_beyond_a_batch():
    inputs = Watched(), Watched()
    Batches((inputs, Watched()), np.array([0, 4, 900_000]), 2)[1]
    assert [data.read for data in inputs] == [[[900_000]]] * 2


def test_inputs_of_a_batch_are_packed_those_of_a_piece_are_not():
    data = (np.arange(3), np.arange(3)), np.arange(3)
    batches = Batches(data, np.arange(3), 3, pack=lambda inputs: dict(zip("ab", inputs, strict=True)))
    assert batches[0][0].keys() == {"a", "b"}
    assert [type(inputs) for inputs, _ in batches.pieces()] == [tuple]


def test_float32_is_not_copied():
    a = np.zeros(3, dtype=np.float32)
    assert as_float32(a) is a
