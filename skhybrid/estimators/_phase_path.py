"""Ridge regressions by phase: what the linear path leaves is learned apart for each phase of a season.

The load at eight is another function of the past than the load at three; a linear path tells hours apart by constants
alone. Each regression sees few samples, and is shrunk towards adding nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from skhybrid._backend import keras
from skhybrid.estimators._ahead import NETWORK_HARMONICS, AheadScale
from skhybrid.estimators._linear_design import Design
from skhybrid.estimators._linear_path import PENALTIES, Data
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._task import Fold
from skhybrid.estimators._window_norm import ROUNDING

PHASE_PATH = "phase_path"
MAX_GROUPS = 48  # of phases: of longer seasons, some are taken together
GROUPS_TO_CHOOSE = 12  # at most, by which the penalty is chosen, which is one for all


class PhaseMap(NamedTuple):
    """A linear map for each group of phases.

    Attributes
    ----------
    kernel : ndarray of shape (n_groups, n_features, n_outputs)
        Coefficients.
    bias : ndarray of shape (n_groups, n_outputs)
        Constants.
    """

    kernel: NDArray[np.float64]
    bias: NDArray[np.float64]


class PhaseChoice(NamedTuple):
    """What rows held out have chosen.

    Attributes
    ----------
    penalty : float
        The penalty, of `PENALTIES`.
    n_features : int
        Number of features that are read, of all: the window and the phases, then the numbers known ahead, then squares.
    """

    penalty: float
    n_features: int


@dataclass(frozen=True, eq=False)
class PhaseDesign:
    """What regressions by phase read: the window of the target, phases, numbers known ahead, and squares of these.

    Attributes
    ----------
    linear : Design
        What the linear path reads.
    channel : int
        The feature of windows that is read.
    """

    linear: Design
    channel: int

    @property
    def ahead(self) -> AheadScale:
        """How inputs known ahead are scaled."""
        assert self.linear.ahead is not None
        return self.linear.ahead

    @property
    def has_numbers(self) -> bool:
        """Whether all targets may see the numbers known of all coming steps."""
        return len(self.linear.blocks()) == 1

    @property
    def season(self) -> int:
        """The shortest season."""
        return min(self.ahead.seasons)

    @property
    def column(self) -> int:
        """The input known ahead that counts its phase."""
        return len(self.ahead.mean) + self.ahead.seasons.index(self.season)

    @property
    def n_phases(self) -> int:
        """Number of phases of a group."""
        return -(-self.season // MAX_GROUPS)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return -(-self.season // self.n_phases)

    def groups(self, samples: Samples) -> NDArray[np.intp]:
        """Return the group of each sample, by the phase of its first coming step."""
        assert samples.ahead is not None
        return (samples.ahead.values[:, 0, self.column] // self.n_phases).astype(np.intp)

    def read(self, samples: Samples, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the features of some samples, (n_rows, n_features)."""
        assert samples.ahead is not None
        windows, known = samples.windows[rows], samples.ahead.values[rows]
        windows = windows if self.linear.norm is None else self.linear.norm.apply(windows)
        parts = [windows[:, :, self.channel], self.ahead.phase(known, NETWORK_HARMONICS)]
        if self.has_numbers:
            n_numbers = len(self.ahead.mean)
            scaled = self.ahead.apply(known)
            parts += [a.reshape(len(rows), -1) for a in (scaled[..., :n_numbers], scaled[..., n_numbers:]) if a.size]
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def numbers_of_features(self) -> list[int]:
        """Return how many of the features may be read: without numbers known ahead, with them, with squares, too.

        Squares are left out where the linear path does not read them.
        """
        n_others = self.linear.n_steps + self.ahead.n_columns - len(self.ahead.mean)
        numbers = [0]
        if self.has_numbers:
            numbers += [len(self.ahead.mean)] + [self.ahead.n_linear] * self.linear.squares
        return list(dict.fromkeys(n_others + self.ahead.n_steps * n for n in numbers))


class PhaseLayers(NamedTuple):
    """Which layers add what regressions by phase say: what these read, and how many of the features of it."""

    design: PhaseDesign
    n_features: int

    def add(self, window: Any, known: Any, numbers: Any) -> Any:
        """Return what the regressions add, (sample, output), by layers of Keras.

        Parameters
        ----------
        window : Keras tensor of shape (sample, ..., feature)
            The normalised window.
        known : Keras tensor of shape (sample, coming step, input)
            The inputs known ahead.
        numbers : Keras tensor of shape (sample, coming step, number) or None
            The scaled numbers among them, and squares of these.
        """
        design, n_outputs = self.design, self.design.linear.n_outputs
        parts = [keras.ops.reshape(window, (-1, design.linear.n_steps, window.shape[-1]))[:, :, design.channel]]
        parts += design.ahead.waves(known, first_step=True)
        if numbers is not None and design.has_numbers:
            n_numbers = len(design.ahead.mean)
            kinds = numbers[..., :n_numbers], numbers[..., n_numbers:]
            parts += [keras.layers.Reshape((-1,))(of_kind) for of_kind in kinds if of_kind.shape[-1]]
        features = keras.ops.concatenate(parts, axis=-1)[:, : self.n_features]
        of_all = keras.layers.Dense(
            design.n_groups * n_outputs, kernel_initializer="zeros", trainable=False, name=PHASE_PATH
        )(features)
        group = keras.ops.cast(keras.ops.floor(known[:, 0, design.column] / design.n_phases), "int32")
        is_group = keras.ops.one_hot(group, design.n_groups)
        return keras.layers.Dot(1)([is_group, keras.layers.Reshape((design.n_groups, n_outputs))(of_all)])


class PhasePath(NamedTuple):
    """Regressions by phase, as they were learned.

    Attributes
    ----------
    design : PhaseDesign
        What they read.
    choice : PhaseChoice
        What rows held out have chosen.
    of_folds : tuple of PhaseMap
        The coefficients as the samples known in each fold give them; of all where none is held out.
    """

    design: PhaseDesign
    choice: PhaseChoice
    of_folds: tuple[PhaseMap, ...]

    @property
    def layers(self) -> PhaseLayers:
        """Which layers add it."""
        return PhaseLayers(self.design, self.choice.n_features)

    def of_fold(self, i: int) -> "PhasePath":
        """Return those of one fold alone."""
        return self._replace(of_folds=self.of_folds[i : i + 1])

    def predict(self, samples: Samples, rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """Return what the regressions of the first fold add for samples, (n_samples, n_outputs), or some of them."""
        return apply_by_phase(self.design, self.of_folds[0], samples, rows)

    def install(self, model: Any, kept: NDArray[np.float64]) -> None:
        """Give a network the coefficients of the first fold, multiplied by what is kept of each target."""
        kernel, bias = self.of_folds[0]
        model.get_layer(PHASE_PATH).set_weights([np.concatenate([*kernel * kept], axis=1), (bias * kept).ravel()])


def choose_by_phase(
    design: PhaseDesign, left: Iterable[Data], folds: Sequence[Fold], *, absolute: bool
) -> PhaseChoice | None:
    """Choose a penalty by the squared, or `absolute`, errors on samples held out; None where it is best to add nothing.

    The targets of `left` are, for each fold, what the linear path leaves.
    """
    numbers = design.numbers_of_features()
    errors = np.zeros((len(numbers), len(PENALTIES)))
    for fold, (samples, rest, weights) in zip(folds, left, strict=True):
        groups = design.groups(samples)
        for group in np.unique(np.linspace(0, design.n_groups - 1, GROUPS_TO_CHOOSE).astype(int)):
            known, choosing = (rows[groups[rows] == group] for rows in fold)
            if len(known) == 0 or len(choosing) == 0:
                continue
            Z, Z_choosing = design.read(samples, known), design.read(samples, choosing)
            for of_number, n in zip(errors, numbers, strict=True):
                added = _predict_all(Z[:, :n], rest[known], weights[known], Z_choosing[:, :n])
                missed = np.abs(rest[choosing] - added) ** (1 if absolute else 2)
                of_number += np.einsum("n,pno->p", weights[choosing], missed)
    i, j = np.unravel_index(errors.argmin(), errors.shape)
    return PhaseChoice(PENALTIES[j], numbers[i]) if errors[i, j] < errors[i, -1] else None


def learn_by_phase(design: PhaseDesign, left: Data, known: NDArray[np.intp], choice: PhaseChoice) -> PhaseMap:
    """Return the regressions of what is left of the targets of `known` samples, with the penalty that was chosen."""
    samples, rest, weights = left
    groups, n = design.groups(samples)[known], choice.n_features
    shape = design.n_groups, n, rest.shape[1]
    by_phase = PhaseMap(np.zeros(shape), np.zeros(shape[::2]))
    for group in np.unique(groups):
        rows = known[groups == group]
        Z = design.read(samples, rows)[:, :n]
        by_phase.kernel[group], by_phase.bias[group] = _solve(Z, rest[rows], weights[rows], choice.penalty)
    return by_phase


def apply_by_phase(
    design: PhaseDesign, by_phase: PhaseMap, samples: Samples, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return what the regressions add for samples, (n_samples, n_outputs), or for some `rows` of them."""
    rows = np.arange(len(samples.values)) if rows is None else rows
    groups = design.groups(samples)[rows]
    added = np.zeros((len(rows), by_phase.bias.shape[1]))
    n = by_phase.kernel.shape[1]
    for group in np.unique(groups):
        of_group = groups == group
        features = design.read(samples, rows[of_group])[:, :n]
        added[of_group] = features @ by_phase.kernel[group] + by_phase.bias[group]
    return added


def _centre(Z, rest, weights):
    """Return the means of features and targets, both without these and weighted, and the mean square of a feature."""
    share, size = weights / weights.sum(), weights @ (Z**2).sum(axis=1)
    means = share @ Z, share @ rest
    root = np.sqrt(weights)[:, None]
    Z, rest = (Z - means[0]) * root, (rest - means[1]) * root
    squares = (Z**2).sum()
    # Samples of a phase may be all alike: what rounding makes of them is no unit.
    return means, Z, rest, (squares if squares > ROUNDING**2 * size else size) / Z.shape[1]


def _predict_all(Z, rest, weights, Z_new):
    """Return what the regressions with each of the penalties add, (penalty, sample, output)."""
    (mean, mean_rest), Z, rest, unit = _centre(Z, rest, weights)
    Z_new = Z_new - mean
    if len(Z) < Z.shape[1]:  # by the smaller of the two matrices that give the same
        values, vectors = np.linalg.eigh(Z @ Z.T)
        left, right = Z_new @ Z.T @ vectors, vectors.T @ rest
    else:
        values, vectors = np.linalg.eigh(Z.T @ Z)
        left, right = Z_new @ vectors, vectors.T @ (Z.T @ rest)
    shrunk = np.maximum(values, 0) + unit * PENALTIES[:, None]
    return left @ (right / shrunk[:, :, None]) + (mean_rest / (1 + PENALTIES[:, None]))[:, None]


def _solve(Z, rest, weights, penalty):
    """Return kernel and bias of the regression with one penalty."""
    (mean, mean_rest), Z, rest, unit = _centre(Z, rest, weights)
    if len(Z) < Z.shape[1]:
        kernel = Z.T @ solve(Z @ Z.T + penalty * unit * np.eye(len(Z)), rest, assume_a="pos")
    else:
        kernel = solve(Z.T @ Z + penalty * unit * np.eye(Z.shape[1]), Z.T @ rest, assume_a="pos")
    return kernel, mean_rest / (1 + penalty) - mean @ kernel
