"""How much of what is learned beside a linear path is added to it: shares that samples held out choose."""

from collections.abc import Iterable, Sequence
from itertools import count, product
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

# What is added to the squares of corrections before they decide on shares, in proportion to these, as if so much said
# that all shares are alike: corrections that learn the same rest are hard to tell apart.
EQUAL_SHARES = 0.5
TRIED = np.linspace(0, 1, 11)  # shares, where absolute errors decide: their sums have no closed form


class SquaredEvidence(NamedTuple):
    """What the squared errors of samples held out say of corrections of a forecast, for each block of targets.

    Attributes
    ----------
    squares : ndarray of shape (n_blocks, n_corrections, n_corrections)
        Sums of products of the corrections with each other.
    products : ndarray of shape (n_blocks, n_corrections)
        Sums of products of the corrections with what they are to correct.
    covariances : ndarray of shape (n_blocks, n_corrections, n_corrections)
        Variances and covariances of these.
    """

    squares: NDArray[np.float64]
    products: NDArray[np.float64]
    covariances: NDArray[np.float64]

    @classmethod
    def of_none(cls, n_blocks: int, n_corrections: int) -> Self:
        """Return what no samples say."""
        shape = n_blocks, n_corrections, n_corrections
        return cls(np.zeros(shape), np.zeros(shape[:2]), np.zeros(shape))

    def find_shares(self) -> NDArray[np.float64]:
        """Return the shares, (n_corrections, n_blocks), that leave the least squared rest of targets, if it is sure.

        The samples that say so have ended the training as well, and say too much. Where the products of the corrections
        are t standard errors from 0, 1 - 1 / t^2 of the shares is left, and nothing below one: the non-negative garrote
        [1]_.

        .. [1] L. Breiman, "Better Subset Regression Using the Nonnegative Garrote", Technometrics 37(4), 1995.
        """
        return np.stack([_shares_of_block(*of_block) for of_block in zip(*self, strict=True)], axis=1)


class AbsoluteEvidence(NamedTuple):
    """What absolute errors say of them: of some shares, those of all combinations of `TRIED`.

    Attributes
    ----------
    gains : ndarray of shape (n_blocks, n_combinations)
        By how much the sums of absolute errors fall.
    variances : ndarray of shape (n_blocks, n_combinations)
        Variances of these.
    """

    gains: NDArray[np.float64]
    variances: NDArray[np.float64]

    def find_shares(self) -> NDArray[np.float64]:
        """Return the shares that leave the least absolute rest, if it is sure, as squared errors do.

        What is gained, t standard errors from 0, counts as 1 - 1 / t^2 of it. Where it is a parabola of one share, the
        share that gains most is 1 - 1 / t^2 of the best as well, with t of small shares.
        """
        shares = np.array(list(product(TRIED, repeat=self._n_corrections)))
        sure = np.zeros_like(self.gains)
        is_gain = self.gains > np.sqrt(self.variances)
        sure[is_gain] = self.gains[is_gain] - self.variances[is_gain] / self.gains[is_gain]
        unequal = np.sum((shares - shares.mean(axis=1, keepdims=True)) ** 2, axis=1)
        sure -= 2 * EQUAL_SHARES * sure.max(axis=1, keepdims=True) * unequal
        return shares[sure.argmax(axis=1)].T

    @property
    def _n_corrections(self):
        return next(n for n in count(1) if len(TRIED) ** n == self.gains.shape[1])


Evidence = SquaredEvidence | AbsoluteEvidence


class Gate(NamedTuple):
    """What corrections are multiplied by.

    Attributes
    ----------
    shares : ndarray of shape (n_corrections, n_outputs)
        Numbers from 0 to 1: those of the network's part, and of the trees' where there are any.
    evidence : Evidence
        What samples held out say, for each block of the decoder.
    is_needed : bool
        Whether the network forecasts quantiles as well, which the linear path does not.
    """

    shares: NDArray[np.float64]
    evidence: Evidence
    is_needed: bool

    @property
    def of_network(self) -> NDArray[np.float64]:
        """The shares of the network's part, (n_outputs,)."""
        return self.shares[0]

    @property
    def of_trees(self) -> NDArray[np.float64]:
        """The shares of what trees add, (n_outputs,)."""
        return self.shares[1:].sum(axis=0)

    @property
    def is_open(self) -> bool:
        """Whether anything comes of the network."""
        return self.is_needed or bool(self.of_network.any())


def gather_evidence(
    rest: NDArray[np.float64],
    corrections: Sequence[NDArray[np.float64]],
    weights: NDArray[np.float64],
    blocks: Sequence[NDArray[np.intp]],
    *,
    absolute: bool,
) -> Evidence:
    """Return what samples say of corrections, (n_samples, n_outputs) each, of what is left of their targets."""
    gather = _gather_absolute if absolute else _gather_squared
    starts = np.arange(0, len(rest), rest.shape[1])  # of samples whose targets hardly overlap with others'
    stacked = np.stack(corrections)
    of_blocks = [gather(rest[:, block], stacked[:, :, block], weights, starts) for block in blocks]
    return type(of_blocks[0])(*map(np.stack, zip(*of_blocks, strict=True)))


def add_up(evidence: Iterable[Evidence]) -> Evidence:
    """Return what samples of several parts say together."""
    first, *others = evidence
    return type(first)(*(sum(parts) for parts in zip(first, *others, strict=True)))


def _gather_squared(rest, corrections, weights, starts):
    """Return what the squared errors of one block say."""
    squares = np.einsum("n,inb,jnb->ij", weights, corrections, corrections)
    products = np.add.reduceat(np.einsum("n,inb,nb->ni", weights, corrections, rest), starts)
    deviations = _deviations(products)
    return SquaredEvidence(squares, products.sum(axis=0), deviations.T @ deviations)


def _gather_absolute(rest, corrections, weights, starts):
    """Return what the absolute errors of one block say."""

    def errors_with(shares):
        errors = np.abs(rest - np.tensordot(shares, corrections, 1)).sum(axis=1)
        return np.add.reduceat(weights * errors, starts)

    combinations = product(TRIED, repeat=len(corrections))  # the first is nothing of all
    errors = np.stack([errors_with(shares) for shares in combinations], axis=1)
    gains = errors[:, :1] - errors
    return AbsoluteEvidence(gains.sum(axis=0), np.sum(_deviations(gains) ** 2, axis=0))


def _deviations(sums):
    """Return what the sums of stretches differ by from their mean; from 0 where there is but one."""
    return sums - (sums.mean(axis=0) if len(sums) > 1 else 0)


def _shares_of_block(squares, products, covariance):
    n = len(products)
    total = np.trace(squares)
    if not total:
        return np.zeros(n)
    root = np.linalg.cholesky(squares + EQUAL_SHARES * total * (np.eye(n) - 1 / n))
    shares = lsq_linear(root.T, np.linalg.solve(root, products), bounds=(0, 1), method="bvls").x
    gain, variance = products @ shares, shares @ covariance @ shares
    if gain <= np.sqrt(variance):
        return np.zeros(n)
    return shares * min(1, (gain - variance / gain) / (shares @ squares @ shares))
