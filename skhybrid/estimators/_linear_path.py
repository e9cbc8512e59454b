"""The linear path beside a network, in closed form: ridge regressions from a Gram matrix that is gathered in pieces.

Each is relative to a naive forecast, its base, so that a large penalty leads back to that forecast. Rows held out
choose the penalties, and how the regressions are mixed; the mixture is one linear map of what the network reads.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import nnls

from skhybrid.estimators._linear_design import Design
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._smoothing import smoothings

# Penalties to choose from, in units of the mean square of a feature, summed over the rows; the last leaves the naive
# forecast as it is, without a constant.
PENALTIES = np.append(10.0 ** np.arange(-6, 5), np.inf)
# What is added to the squares of errors before they decide on shares, as if so many sets of independent targets said
# that all are alike: where rows are few, equal shares are the safer ones.
EQUAL_SHARES = 4.0
LEAST_REST = 1e-4  # of the squares: what a regression on few rows leaves may be too small to start from
PIECE_NUMBERS = 2**22  # features of one piece of rows, 32 MB


class Choice(NamedTuple):
    """What rows held out have chosen.

    Attributes
    ----------
    penalties : ndarray of shape (n_regressions,)
        Penalties, of `PENALTIES`.
    shares : ndarray of shape (n_regressions,)
        Shares of the regressions in the forecast.
    errors : ndarray of shape (n_outputs,)
        Root mean squared error of the mixture for each target, on the rows that the oldest fold learns it from.
    deviations : ndarray of shape (n_outputs,)
        Standard deviation of each target there.
    smoothing : ndarray of shape (n_steps, n_outputs) or None
        The forecast "smoothed", as weights of the steps of a window.
    """

    penalties: NDArray[np.float64]
    shares: NDArray[np.float64]
    errors: NDArray[np.float64]
    deviations: NDArray[np.float64]
    smoothing: NDArray[np.float64] | None = None

    def size_left(self, weight: float) -> NDArray[np.float64]:
        """Return the size of what the mixture leaves of each target, when multiplied by a weight from 0 to 1."""
        explained = np.maximum(self.deviations**2 - self.errors**2, 0)
        return np.sqrt(self.errors**2 + (1 - weight) ** 2 * explained)


class LinearMap(NamedTuple):
    """A linear map of the features of a design.

    Attributes
    ----------
    kernel : ndarray of shape (n_features of the design, n_outputs)
        Coefficients.
    bias : ndarray of shape (n_outputs,)
        Constants.
    penalties : ndarray of shape (n_regressions,)
        The penalties, as those of scikit-learn's Ridge, that led to it.
    """

    kernel: NDArray[np.float64]
    bias: NDArray[np.float64]
    penalties: NDArray[np.float64]


class Data(NamedTuple):
    """Samples, their targets (n_samples, n_outputs) as the network sees them, and their weights."""

    samples: Samples
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]


class Base(NamedTuple):
    """A naive forecast: what windows are relative to, and its coefficients; see `Design.base`.

    The regression relative to it reads the window's newest `n_steps`, and knows the rows by one of several sets of
    weights, numbered by `weighting`.
    """

    reference: NDArray[np.float64]
    naive: NDArray[np.float64]
    n_steps: int
    weighting: int = 0

    @property
    def alike(self) -> tuple[int, int, bytes]:
        """What is the same for all whose windows have the same moments."""
        return self.weighting, self.n_steps, self.reference.tobytes()


class Moments(NamedTuple):
    """Weighted means of features and targets, and the sums of squares and products about them."""

    n_rows: float
    features: NDArray[np.float64]
    targets: NDArray[np.float64]
    gram: NDArray[np.float64]
    products: NDArray[np.float64]
    squares: NDArray[np.float64]

    def of_features(self, seen: NDArray[np.intp]) -> "Moments":
        """Return those of some of the features."""
        return self._replace(
            features=self.features[seen], gram=self.gram[np.ix_(seen, seen)], products=self.products[seen]
        )

    def squared_errors(self, linear: LinearMap) -> NDArray[np.float64]:
        """Return the sums of squared errors, on these rows, of a linear map with many penalties."""
        kernel = linear.kernel
        explained = (kernel * (2 * self.products - self.gram @ kernel)).sum(axis=(1, 2))
        shifts = self.features @ kernel + linear.bias - self.targets
        return self.squares.sum() - explained + self.n_rows * (shifts**2).sum(axis=1)

    def errors(self, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the root mean squared error, on these rows, of a linear map with the best constants, by target."""
        explained = (kernel * (2 * self.products - self.gram @ kernel)).sum(axis=0)
        return np.sqrt(np.maximum(self.squares - explained, LEAST_REST * self.squares) / self.n_rows)


class LearnedFold(NamedTuple):
    """Moments of some rows, by each set of weights, and later rows, which choose, with their moments."""

    moments: Sequence[Moments]
    rows: NDArray[np.intp]
    held_out: Moments


class Related(NamedTuple):
    """Sums of squares and products of windows relative to a base, and of what targets add to its forecast.

    The `unit` of penalties is the mean square of a feature, summed over the rows.
    """

    design: Design
    moments: Moments
    base: Base
    gram: NDArray[np.float64]
    products: NDArray[np.float64]
    unit: float

    def express(self, kernel: NDArray[np.float64], penalty: float) -> LinearMap:
        """Return the linear map of a design's features that coefficients of related windows are."""
        kernel = self.design.unrelate(kernel, self.base.reference) + self.base.naive
        bias = self.moments.targets - self.moments.features @ kernel
        return LinearMap(kernel, 0 * bias if np.isinf(penalty) else bias, np.asarray(penalty * self.unit))


class Decomposed(NamedTuple):
    """Which targets see the same features, these, and the eigenvalues and eigenvectors of their moments."""

    outputs: NDArray[np.intp]
    seen: NDArray[np.intp]
    values: NDArray[np.float64]
    vectors: NDArray[np.float64]


def gather(design: Design, data: Data, rows: NDArray[np.intp]) -> Moments:
    """Return the moments of some rows; memory is bounded whatever their number."""
    n_rows = data.weights[rows].sum()
    features, targets = (
        sum(sums) / n_rows for sums in zip(*((w @ Z, w @ Y) for Z, Y, w in _pieces(design, data, rows)), strict=True)
    )
    gram, products = np.zeros((len(features),) * 2), np.zeros((len(features), len(targets)))
    squares = np.zeros(len(targets))
    for Z, Y, w in _pieces(design, data, rows):  # again, as sums of squares about 0 lose their digits
        Z = (Z - features) * np.sqrt(w)[:, None]
        gram += Z.T @ Z
        products += Z.T @ ((Y - targets) * np.sqrt(w)[:, None])
        squares += w @ (Y - targets) ** 2
    return Moments(n_rows, features, targets, gram, products, squares)


def apply(
    design: Design, linear: LinearMap, samples: Samples, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return what a linear map makes of samples, (n_samples, n_outputs), or of some `rows` of them."""
    n_samples = len(samples.values)
    data = Data(samples, np.zeros((n_samples, 1)), np.ones(n_samples))
    pieces = _pieces(design, data, np.arange(n_samples) if rows is None else rows)
    return np.concatenate([Z @ linear.kernel + linear.bias for Z, _, _ in pieces])


def choose_smoothing(design: Design, folds: Sequence[LearnedFold], channel: int, ratio: float) -> NDArray[np.float64]:
    """Choose an exponential smoothing of a feature by the squared errors of its forecasts on the rows held out."""
    seen = np.arange(design.n_steps) * design.n_features + channel
    held_out = [fold.held_out.of_features(seen) for fold in folds]

    def squared_error(smoothing):
        kernel = design.base("smoothed", channel, ratio, smoothing)[1][None, seen]
        forecast = LinearMap(kernel, np.zeros(design.n_outputs), np.zeros(1))
        return sum(of_fold.squared_errors(forecast)[0] for of_fold in held_out)

    return min(smoothings(design.n_steps, design.n_outputs, design.season_length, design.lead), key=squared_error)


def least_error(design: Design, folds: Sequence[LearnedFold], base: Base) -> float:
    """Return the least sum of squared errors on the rows held out, of one penalty for all folds."""
    errors = np.zeros(len(PENALTIES))
    for fold in folds:
        [related] = relate(design, fold.moments, [base])
        errors += fold.held_out.squared_errors(solve_all(related, PENALTIES, decompose(related)))
    return float(errors.min())


def choose(
    design: Design, data: Data, folds: Sequence[LearnedFold], bases: Sequence[Base], *, absolute: bool
) -> tuple[Choice, tuple[LinearMap, ...]]:
    """Choose penalties and shares by the squared, or `absolute`, errors on rows that are not among the moments'.

    The mixture that each fold's moments give is returned as well.
    """
    errors = np.zeros((len(bases), len(PENALTIES)))
    for fold in folds:
        decomposed: dict[Any, list[Decomposed]] = {}
        # One after the other, as coefficients are many.
        for of_base, related in zip(errors, relate(design, fold.moments, bases), strict=True):
            if related.base.alike not in decomposed:
                decomposed = {related.base.alike: decompose(related)}
            linear = solve_all(related, PENALTIES, decomposed[related.base.alike])
            if absolute:
                of_base += _absolute_errors(design, data, fold.rows, linear)
            else:
                of_base += fold.held_out.squared_errors(linear)
    penalties = PENALTIES[errors.argmin(axis=1)]
    chosen = [_solve_each(design, fold.moments, bases, penalties) for fold in folds]
    shares = _mix(design, data, folds, chosen)
    maps = tuple(_add_up(of_fold, shares) for of_fold in chosen)
    # The oldest fold knows least: these errors tell the networks of other folds nothing that is held out from them.
    oldest, kernel = folds[-1].moments[0], maps[-1].kernel
    return Choice(penalties, shares, oldest.errors(kernel), oldest.errors(0 * kernel)), maps


def combine(design: Design, moments: Sequence[Moments], bases: Sequence[Base], choice: Choice) -> LinearMap:
    """Return the mixture of regressions that was chosen, with the coefficients that these moments give."""
    return _add_up(_solve_each(design, moments, bases, choice.penalties), choice.shares)


def relate(design: Design, moments: Sequence[Moments], bases: Iterable[Base]) -> Iterator[Related]:
    """Yield the moments, of the rows as each base knows them, of windows relative to it."""
    made: dict[Any, tuple[NDArray[np.float64], ...]] = {}  # what many bases have in common
    for base in bases:
        of_rows, shared = moments[base.weighting], (base.weighting, base.reference.tobytes())
        if shared not in made:
            half = design.relate(of_rows.gram, base.reference)
            made[shared] = half, design.relate(half.T, base.reference), design.relate(of_rows.products, base.reference)
        half, gram, products = made[shared]
        unit = np.trace(gram) / len(gram) or of_rows.n_rows
        yield Related(design, of_rows, base, gram, products - half @ base.naive, unit)


def solve(related: Related, penalty: float) -> LinearMap:
    """Return the ridge regression relative to a base, with one of `PENALTIES`."""
    kernel = np.zeros_like(related.products)
    for outputs, seen in () if np.isinf(penalty) else related.design.parts(related.base.n_steps):
        gram = related.gram[np.ix_(seen, seen)]
        gram.flat[:: len(gram) + 1] += penalty * related.unit
        factor = cho_factor(gram, overwrite_a=True)
        kernel[np.ix_(seen, outputs)] = cho_solve(factor, related.products[np.ix_(seen, outputs)])
    return related.express(kernel, penalty)


def decompose(related: Related) -> list[Decomposed]:
    """Return the eigenvalues and eigenvectors of the moments of what targets see."""
    parts = related.design.parts(related.base.n_steps)
    return [Decomposed(*part, *np.linalg.eigh(related.gram[np.ix_(part[1], part[1])])) for part in parts]


def solve_all(related: Related, penalties: NDArray[np.float64], decomposed: list[Decomposed]) -> LinearMap:
    """Return the same with many penalties, from one decomposition: each array of the map has an axis of them more."""
    kernels = np.zeros((len(penalties), *related.products.shape))
    for outputs, seen, values, vectors in decomposed:
        projected = vectors.T @ related.products[np.ix_(seen, outputs)]
        shrunk = projected / (np.maximum(values, 0) + related.unit * penalties[:, None])[:, :, None]
        kernels[np.ix_(np.arange(len(penalties)), seen, outputs)] = vectors @ shrunk
    maps = [related.express(kernel, penalty) for kernel, penalty in zip(kernels, penalties, strict=True)]
    return LinearMap(*(np.stack(parts) for parts in zip(*maps, strict=True)))


def _solve_each(design, moments, bases, penalties):
    """Return the regression relative to each base, with its penalty."""
    related = relate(design, moments, bases)
    return [solve(of_base, penalty) for of_base, penalty in zip(related, penalties, strict=True)]


def _add_up(maps, shares):
    """Return the mixture of linear maps."""
    kernel, bias = (np.tensordot(shares, np.stack(parts), 1) for parts in list(zip(*maps, strict=True))[:2])
    return LinearMap(kernel, bias, np.array([linear.penalties for linear in maps]))


def _absolute_errors(design, data, rows, linear):
    """Return the sums of absolute errors on some rows of a linear map with many penalties."""
    n_penalties, n_features, n_outputs = linear.kernel.shape
    kernel = linear.kernel.transpose(1, 0, 2).reshape(n_features, -1)
    errors = np.zeros(n_penalties)
    for Z, Y, w in _pieces(design, data, rows, width=kernel.shape[1]):
        rest = (Z @ kernel + linear.bias.ravel()).reshape(len(Z), n_penalties, n_outputs) - Y[:, None]
        errors += np.einsum("n,nph->p", w, np.abs(rest))
    return errors


def _mix(design, data, folds, maps):
    """Return the shares, none negative and 1 in all, with the least squared error over the folds."""
    n_maps = len(maps[0])
    if n_maps == 1:
        return np.ones(1)
    squares = np.zeros((n_maps, n_maps))
    for fold, of_fold in zip(folds, maps, strict=True):
        for Z, Y, w in _pieces(design, data, fold.rows, width=n_maps * design.n_outputs):
            rest = [((Z @ linear.kernel + linear.bias - Y) * np.sqrt(w)[:, None]).ravel() for linear in of_fold]
            stacked = np.stack(rest)
            squares += stacked @ stacked.T
    # Targets of successive rows overlap: they tell as much as so many fewer rows.
    n_sets = sum(len(fold.rows) for fold in folds) / design.n_outputs
    squares += np.eye(n_maps) * np.trace(squares) / n_maps * EQUAL_SHARES / n_sets
    # With shares that sum to 1 the error is a quadratic form of them; a heavy row keeps the sum.
    values, vectors = np.linalg.eigh(squares)
    root = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    heavy = 1e4 * np.sqrt(np.trace(squares) or 1.0)
    shares = nnls(np.vstack([root, np.full(n_maps, heavy)]), np.append(np.zeros(n_maps), heavy))[0]
    return shares / shares.sum()


def _pieces(design, data, rows, *, width=0) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """Yield features, targets and weights of some of the rows at a time, of which `width` numbers are to be made."""
    samples, targets, weights = data
    n_numbers = sum(np.prod(a.shape[1:], dtype=int) for a in samples.inputs)
    size = max(1, PIECE_NUMBERS // max(n_numbers, width))
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        yield design.read(samples, piece), targets[piece], weights[piece]
