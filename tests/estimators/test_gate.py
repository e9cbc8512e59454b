"""The shares of corrections, against least squares on a grid and on one correction."""

from itertools import product

import numpy as np
import pytest

from skhybrid.estimators._gate import EQUAL_SHARES, Evidence, Gate, add_up, find_shares, gather_evidence

N, H = 30, 4
BLOCKS = [np.array([0, 1]), np.array([2]), np.array([3])]
ALL = [np.arange(H)]


def draw(n_corrections, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_corrections, N, H)), rng.normal(size=(N, H)), rng.uniform(0.5, 2, N)


def test_evidence_is_gathered_block_by_block():
    """Products are summed over stretches of as many samples as there are steps to forecast."""
    corrections, rest, weights = draw(2)
    evidence = gather_evidence(rest, corrections, weights, BLOCKS)
    for b, block in enumerate(BLOCKS):
        products = [[sum(weights[n] * c[n, o] * rest[n, o] for o in block) for n in range(N)] for c in corrections]
        stretches = np.array([[sum(p[start : start + H]) for start in range(0, N, H)] for p in products])
        np.testing.assert_allclose(evidence.products[b], stretches.sum(axis=1))
        np.testing.assert_allclose(evidence.covariances[b], np.cov(stretches, bias=True) * stretches.shape[1])
        for i, j in product(range(2), repeat=2):
            expected = sum(weights[n] * corrections[i, n, o] * corrections[j, n, o] for n in range(N) for o in block)
            np.testing.assert_allclose(evidence.squares[b, i, j], expected)


def test_one_stretch_says_nothing_for_sure():
    """Its products vary as much as they are large, as there are no others to compare them with."""
    correction, rest, weights = draw(1)
    evidence = gather_evidence(rest[:H], correction[:, :H], weights[:H], ALL)
    np.testing.assert_allclose(evidence.covariances[:, 0, 0], evidence.products[:, 0] ** 2)
    assert find_shares(evidence).tolist() == [[0]]


def test_evidence_of_parts_adds_up():
    drawn = [draw(2, seed) for seed in (0, 1)]
    parts = [gather_evidence(rest, corrections, weights, BLOCKS) for corrections, rest, weights in drawn]
    for together, *each in zip(add_up(parts), *parts, strict=True):
        np.testing.assert_array_equal(together, sum(each))


def test_share_of_one_correction_is_least_squares_shrunk_by_its_error():
    correction, rest, weights = draw(1)
    rest[:, :2] += correction[0, :, :2] * 0.4
    rest[:, 2] += 3 * correction[0, :, 2]
    rest[:, 3] -= correction[0, :, 3]
    evidence = gather_evidence(rest, correction, weights, BLOCKS)
    [shares] = find_shares(evidence)
    c, r, w = correction[0, :, :2].ravel(), rest[:, :2].ravel(), np.repeat(np.sqrt(weights), 2)
    expected = np.linalg.lstsq((c * w)[:, None], r * w)[0][0]
    n_errors = evidence.products[0, 0] / np.sqrt(evidence.covariances[0, 0, 0])
    assert n_errors > 1
    np.testing.assert_allclose(shares, [expected * (1 - 1 / n_errors**2), 1, 0])


@pytest.mark.parametrize("planted", [(0.2, 0.7), (0.0, 0.9), (0.9, 0.9), (2.0, 0.1), (0.5, -1.0)])
def test_shares_of_two_corrections_are_the_best_of_a_grid(planted):
    corrections, rest, weights = draw(2)
    corrections[1] += 0.5 * corrections[0]
    rest = 0.01 * rest + np.tensordot(planted, corrections, 1)
    evidence = gather_evidence(rest, corrections, weights, ALL)
    squares, products = evidence.squares[0], evidence.products[0]

    def error(shares):
        together = shares @ squares @ shares - 2 * products @ shares
        return together + EQUAL_SHARES * np.trace(squares) * np.var(shares) * 2

    grid = [np.array(pair) for pair in product(np.linspace(0, 1, 101), repeat=2)]
    found = find_shares(evidence)[:, 0]
    np.testing.assert_allclose(found, min(grid, key=error), atol=0.03)  # what is shrunk is little here
    assert ((found >= 0) & (found <= 1)).all()


def test_corrections_that_are_alike_share_alike():
    [correction], rest, weights = draw(1)
    rest += 0.8 * correction
    evidence = gather_evidence(rest, [correction, correction], weights, ALL)
    [[alone]] = find_shares(gather_evidence(rest, [correction], weights, ALL))
    np.testing.assert_allclose(find_shares(evidence)[:, 0], alone / 2)


def test_correction_that_says_nothing_leaves_the_other_its_share():
    [correction], rest, weights = draw(1)
    rest += 0.8 * correction
    [[alone]] = find_shares(gather_evidence(rest, [correction], weights, ALL))
    shares = find_shares(gather_evidence(rest, [correction, 0 * correction], weights, ALL))
    assert alone > 0.5
    np.testing.assert_allclose(shares[0, 0], alone)


@pytest.mark.parametrize("n_corrections", [1, 2])
def test_what_no_sample_says_is_no_share(n_corrections):
    shares = find_shares(Evidence.of_none(3, n_corrections))
    np.testing.assert_array_equal(shares, np.zeros((n_corrections, 3)))


def test_gate_is_open_where_anything_comes_of_the_network():
    nothing, some = np.zeros(H), np.array([0, 0, 0.1, 0])
    evidence = Evidence.of_none(1, 1)
    assert not Gate(np.stack([nothing]), evidence, False).is_open
    assert not Gate(np.stack([nothing, some]), evidence, False).is_open
    assert Gate(np.stack([nothing]), evidence, True).is_open
    gate = Gate(np.stack([some, nothing]), evidence, False)
    assert gate.is_open
    assert gate.of_trees.tolist() == nothing.tolist()
    assert Gate(np.stack([some]), evidence, False).of_trees.tolist() == nothing.tolist()
