"""The shares of corrections, against the least of both kinds of errors on a grid and on one correction."""

from itertools import product

import numpy as np
import pytest

from skhybrid.estimators._gate import EQUAL_SHARES, TRIED, Gate, SquaredEvidence, add_up, gather_evidence

N, H = 30, 4
BLOCKS = [np.array([0, 1]), np.array([2]), np.array([3])]
ALL = [np.arange(H)]


def draw(n_corrections, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_corrections, N, H)), rng.normal(size=(N, H)), rng.uniform(0.5, 2, N)


def test_evidence_is_gathered_block_by_block():
    """Products are summed over stretches of as many samples as there are steps to forecast."""
    corrections, rest, weights = draw(2)
    evidence = gather_evidence(rest, corrections, weights, BLOCKS, absolute=False)
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
    evidence = gather_evidence(rest[:H], correction[:, :H], weights[:H], ALL, absolute=False)
    np.testing.assert_allclose(evidence.covariances[:, 0, 0], evidence.products[:, 0] ** 2)
    assert evidence.find_shares().tolist() == [[0]]


def test_one_stretch_says_nothing_for_sure_of_absolute_errors():
    """What is gained is one standard error from 0, and rounding must not make it more."""
    for seed in range(20):
        correction, rest, weights = draw(1, seed)
        rest += correction[0]
        evidence = gather_evidence(rest[:H], correction[:, :H], weights[:H], ALL, absolute=True)
        assert evidence.gains.max() > 0
        assert evidence.find_shares().tolist() == [[0]]


def test_absolute_errors_are_gathered_block_by_block():
    corrections, rest, weights = draw(2)
    evidence = gather_evidence(rest, corrections, weights, BLOCKS, absolute=True)
    for b, block in enumerate(BLOCKS):
        for i, (first, second) in enumerate(product(TRIED, repeat=2)):
            left = rest - first * corrections[0] - second * corrections[1]
            gains = [[weights[n] * (abs(rest[n, o]) - abs(left[n, o])) for o in block] for n in range(N)]
            stretches = np.array([np.sum(gains[start : start + H]) for start in range(0, N, H)])
            np.testing.assert_allclose(evidence.gains[b, i], stretches.sum(), atol=1e-12)
            np.testing.assert_allclose(evidence.variances[b, i], stretches.var() * len(stretches), atol=1e-12)


@pytest.mark.parametrize("absolute", [False, True])
def test_evidence_of_parts_adds_up(absolute):
    drawn = [draw(2, seed) for seed in (0, 1)]
    parts = [
        gather_evidence(rest, corrections, weights, BLOCKS, absolute=absolute) for corrections, rest, weights in drawn
    ]
    for together, *each in zip(add_up(parts), *parts, strict=True):
        np.testing.assert_array_equal(together, sum(each))


def test_share_of_one_correction_is_least_squares_shrunk_by_its_error():
    correction, rest, weights = draw(1)
    rest[:, :2] += correction[0, :, :2] * 0.4
    rest[:, 2] += 3 * correction[0, :, 2]
    rest[:, 3] -= correction[0, :, 3]
    evidence = gather_evidence(rest, correction, weights, BLOCKS, absolute=False)
    [shares] = evidence.find_shares()
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
    evidence = gather_evidence(rest, corrections, weights, ALL, absolute=False)
    squares, products = evidence.squares[0], evidence.products[0]

    def error(shares):
        together = shares @ squares @ shares - 2 * products @ shares
        return together + EQUAL_SHARES * np.trace(squares) * np.var(shares) * 2

    grid = [np.array(pair) for pair in product(np.linspace(0, 1, 101), repeat=2)]
    found = evidence.find_shares()[:, 0]
    np.testing.assert_allclose(found, min(grid, key=error), atol=0.03)  # what is shrunk is little here
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("planted", [(0.2, 0.7), (0.0, 0.9), (0.9, 0.9), (2.0, 0.1), (0.5, -1.0)])
def test_shares_of_absolute_errors_are_the_best_of_a_grid(planted):
    corrections, rest, weights = draw(2)
    corrections[1] += 0.5 * corrections[0]
    rest = 0.01 * rest + np.tensordot(planted, corrections, 1)
    found = gather_evidence(rest, corrections, weights, ALL, absolute=True).find_shares()[:, 0]

    def gain(shares):
        left = rest - np.tensordot(shares, corrections, 1)
        return weights @ (np.abs(rest) - np.abs(left)).sum(axis=1)

    grid = [np.array(pair) for pair in product(np.linspace(0, 1, 101), repeat=2)]
    most = max(map(gain, grid))
    expected = max(grid, key=lambda shares: gain(shares) - EQUAL_SHARES * most * (shares[0] - shares[1]) ** 2)
    np.testing.assert_allclose(found, expected, atol=0.1)  # what is tried is a tenth apart


def test_skewed_rest_is_corrected_to_its_median_or_its_mean():
    """A correction by a constant: the median of what is left is far from its mean, and each kind of errors knows."""
    rng = np.random.default_rng(0)
    rest = rng.exponential(size=(600, H)) - 1  # of mean 0 and median log(2) - 1
    down = np.full((1, *rest.shape), -0.5)
    weights = np.ones(len(rest))
    squared, absolute = (
        gather_evidence(rest, down, weights, ALL, absolute=absolute).find_shares() for absolute in (False, True)
    )
    assert squared[0, 0] < 0.1
    np.testing.assert_allclose(absolute[0, 0] * -0.5, np.log(2) - 1, atol=0.06)


@pytest.mark.parametrize("absolute", [False, True])
def test_what_chance_gives_is_little(absolute):
    """Corrections that know nothing: a share of none in most draws, and a small one in the others."""
    shares = []
    for seed in range(40):
        correction, rest, weights = draw(1, seed)
        shares.append(gather_evidence(rest, correction, weights, ALL, absolute=absolute).find_shares()[0, 0])
    assert np.mean(np.equal(shares, 0)) > 0.6
    assert np.mean(shares) < 0.1


@pytest.mark.parametrize("absolute", [False, True])
def test_corrections_that_are_alike_share_alike(absolute):
    [correction], rest, weights = draw(1)
    rest += 0.8 * correction
    evidence = gather_evidence(rest, [correction, correction], weights, ALL, absolute=absolute)
    [[alone]] = gather_evidence(rest, [correction], weights, ALL, absolute=absolute).find_shares()
    tenth_apart = 0.051 if absolute else 0
    np.testing.assert_allclose(evidence.find_shares()[:, 0], alone / 2, atol=tenth_apart)


@pytest.mark.parametrize("absolute", [False, True])
def test_correction_that_says_nothing_leaves_the_other_its_share(absolute):
    [correction], rest, weights = draw(1)
    rest += 0.8 * correction
    [[alone]] = gather_evidence(rest, [correction], weights, ALL, absolute=absolute).find_shares()
    shares = gather_evidence(rest, [correction, 0 * correction], weights, ALL, absolute=absolute).find_shares()
    assert alone > 0.4
    np.testing.assert_allclose(shares[0, 0], alone)


@pytest.mark.parametrize("n_corrections", [1, 2])
def test_what_no_sample_says_is_no_share(n_corrections):
    shares = SquaredEvidence.of_none(3, n_corrections).find_shares()
    np.testing.assert_array_equal(shares, np.zeros((n_corrections, 3)))


def test_gate_is_open_where_anything_comes_of_the_network():
    nothing, some = np.zeros(H), np.array([0, 0, 0.1, 0])
    evidence = SquaredEvidence.of_none(1, 1)
    assert not Gate(np.stack([nothing]), evidence, False).is_open
    assert not Gate(np.stack([nothing, some]), evidence, False).is_open
    assert Gate(np.stack([nothing]), evidence, True).is_open
    gate = Gate(np.stack([some, nothing]), evidence, False)
    assert gate.is_open
    assert gate.of_trees.tolist() == nothing.tolist()
    assert Gate(np.stack([some]), evidence, False).of_trees.tolist() == nothing.tolist()
