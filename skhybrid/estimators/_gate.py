"""How much of what is learned beside a linear path is added to it: shares that samples held out choose."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

# What is added to the squares of corrections before they decide on shares, in proportion to these, as if so much said
# that all shares are alike: corrections that learn the same rest are hard to tell apart.
EQUAL_SHARES = 0.5


class Evidence(NamedTuple):
    """What samples held out say of corrections of a forecast, for each block of targets.

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
) -> Evidence:
    """Return what samples say of corrections, (n_samples, n_outputs) each, of what is left of their targets."""
    evidence = Evidence.of_none(len(blocks), len(corrections))
    starts = np.arange(0, len(rest), rest.shape[1])  # of samples whose targets hardly overlap with others'
    stacked = np.stack(corrections)
    for i, block in enumerate(blocks):
        of_block = stacked[:, :, block]
        evidence.squares[i] = np.einsum("n,inb,jnb->ij", weights, of_block, of_block)
        products = np.add.reduceat(np.einsum("n,inb,nb->ni", weights, of_block, rest[:, block]), starts)
        evidence.products[i] = products.sum(axis=0)
        deviations = products - (products.mean(axis=0) if len(products) > 1 else 0)
        evidence.covariances[i] = deviations.T @ deviations
    return evidence


def add_up(evidence: Iterable[Evidence]) -> Evidence:
    """Return what samples of several parts say together."""
    return Evidence(*(sum(parts) for parts in zip(*evidence, strict=True)))


def find_shares(evidence: Evidence) -> NDArray[np.float64]:
    """Return the shares of corrections, (n_corrections, n_blocks), that leave the least squared rest, if it is sure.

    The samples that say so have ended the training as well, and say too much. Where the products of the corrections
    are t standard errors from 0, 1 - 1 / t^2 of the shares is left, and nothing below one: the non-negative garrote
    [1]_.

    .. [1] L. Breiman, "Better Subset Regression Using the Nonnegative Garrote", Technometrics 37(4), 1995.
    """
    return np.stack([_shares_of_block(*of_block) for of_block in zip(*evidence, strict=True)], axis=1)


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
