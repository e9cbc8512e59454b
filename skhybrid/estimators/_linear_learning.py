"""The linear path of an estimator: learned in closed form, and put into the networks beside which it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from skhybrid._training import predict
from skhybrid.estimators._boosting import TreeDesign, Trees, choose_trees, grow_trees, thin_out
from skhybrid.estimators._build import LinearLayers, Reading
from skhybrid.estimators._gate import Gate, gather_evidence
from skhybrid.estimators._keras_arguments import mean_loss
from skhybrid.estimators._linear_design import BASES, Design
from skhybrid.estimators._linear_path import (
    Base,
    Choice,
    Data,
    LearnedFold,
    LinearMap,
    Moments,
    apply,
    choose,
    choose_smoothing,
    combine,
    gather,
    least_error,
)
from skhybrid.estimators._phase_path import PhaseChoice, PhaseDesign, PhasePath, choose_by_phase, learn_by_phase
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._targets import Values
from skhybrid.estimators._task import Fold, Rows, Task, everything, fade
from skhybrid.estimators._window_norm import SEASONAL
from skhybrid.networks.linear_path import set_gate, set_linear_path

FIRST_SIZE = 0.5  # of what a network returns at first, in units of what the linear path leaves on the rows it knows
AUTO = tuple(name for name in BASES if name != "mean")  # which smoothing comes near, and costs a decomposition
WORTHWHILE = 0.99  # the share of an error without squares that is left at most with them, or they are left out


class LinearOptions(NamedTuple):
    """What a linear path in closed form is made of; see the parameters of `TargetOptions`.

    Attributes
    ----------
    bases : tuple of str or None
        Naive forecasts that windows are relative to; None for that of the window's norm.
    season_length : int or None
        Steps of the season of these.
    lead : int
        Steps between a window's end and the first target.
    n_lengths : int
        Number of window lengths.
    half_lives : list of float or None
        Shares of the samples after which weights halve, each for regressions of its own; None for none.
    by_phase : bool
        Whether there are regressions by phase.
    boosting_folds : int
        Number of folds, those by which networks stop, that trees are grown of; 0 for no trees.
    absolute : bool
        Whether absolute errors choose.
    """

    bases: tuple[str, ...] | None
    season_length: int | None
    lead: int
    n_lengths: int
    half_lives: list[float | None]
    by_phase: bool
    boosting_folds: int
    absolute: bool


class LinearPath(NamedTuple):
    """A linear path in closed form, and the trees that learn what it leaves.

    Attributes
    ----------
    design : Design
        What it reads.
    of_folds : tuple of LinearMap
        The coefficients as the samples known in each fold give them, the newest first; of all where none is held out.
    choice : Choice
        What the samples held out have chosen.
    phase : PhasePath or None
        The regressions by phase, where there are any.
    trees : Trees or None
        The trees, where there are any: as networks, they add a share of their own.
    n_quantiles, median : int
        Number of quantiles of each target, and which of them is the median.
    absolute : bool
        Whether absolute errors choose.
    weight : float
        What its forecast is multiplied by while a network is trained beside it.
    """

    design: Design
    of_folds: tuple[LinearMap, ...]
    choice: Choice
    phase: PhasePath | None
    trees: Trees | None
    n_quantiles: int
    median: int
    absolute: bool
    weight: float = 1.0

    def beside(self, i: int, weight: float) -> "LinearPath":
        """Return that of the samples that the `i`-th network is trained on, with its weight there."""
        i %= len(self.of_folds)
        return self._replace(
            of_folds=self.of_folds[i : i + 1],
            phase=self.phase and self.phase.of_fold(i),
            trees=self.trees and self.trees.of_fold(i),
            weight=weight,
        )

    def set_gate(self, model: Any, gate: NDArray[np.float64]) -> None:
        """Make a model's outputs, for each target, the path's forecast and a share, from 0 to 1, of the way to another.

        That other is what the network was trained to be: its own part and the path with its weight there. The own part
        starts at the size of what this leaves.
        """
        [linear], kept = self.of_folds, 1 - gate * (1 - self.weight)
        of_features, of_ahead = self.design.divide(linear.kernel * kept)
        set_linear_path(model, of_features, of_ahead, linear.bias * kept, self.design.segment_length)
        if self.phase is not None:
            self.phase.install(model, kept)
        gates = np.ones((self.design.n_outputs, self.n_quantiles))
        gates[:, self.median] = gate
        set_gate(model, (gates * FIRST_SIZE * self.choice.size_left(self.weight)[:, None]).ravel())

    def predict(self, samples: Samples) -> NDArray[np.float64]:
        """Return the outputs of the linear path alone, which is exact, where a network computes in float32."""
        alone = apply(self.design, self.of_folds[0], samples)
        return alone if self.phase is None else alone + self.phase.predict(samples)

    def weigh_corrections(self, model: Any, samples: Samples, targets: Any, weights: Any, engine: str) -> Gate:
        """Set the gate by samples held out, or to 0 if that does not beat the linear path; return it.

        Parameters
        ----------
        model : keras.Model
            The trained network.
        samples : Samples
            Samples held out.
        targets, weights : ndarray
            Their targets, as the network sees them, and their weights.
        engine : str
            What predicts.
        """

        def outputs_with(share):
            self.set_gate(model, share)
            return predict(model, samples.for_keras, engine=engine).astype(np.float64)

        nothing, everything = np.zeros(self.design.n_outputs), np.ones(self.design.n_outputs)
        alone, both = outputs_with(nothing), outputs_with(everything)
        corrections = [self._medians(both - alone)]
        if self.trees is not None:
            corrections.append(self.trees.predict(samples))
        rest = self._medians(targets - alone)
        evidence = gather_evidence(rest, corrections, weights, self.design.blocks(), absolute=self.absolute)
        gate = Gate(self.by_output(evidence.find_shares()), evidence, self.n_quantiles > 1)
        gated = outputs_with(gate.of_network)
        if self.trees is not None:
            gated += self.by_quantile(gate.of_trees * corrections[1])
        if mean_loss(model.loss, targets, gated, weights) < mean_loss(model.loss, targets, alone, weights):
            return gate
        self.set_gate(model, nothing)
        return gate._replace(shares=0 * gate.shares)

    def by_output(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return shares of blocks of targets, (..., n_blocks), as those of each target, (..., n_outputs)."""
        return np.repeat(shares, [len(block) for block in self.design.blocks()], axis=-1)

    def by_quantile(self, added: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is added to a target as what is added to all its quantiles."""
        return np.repeat(added, self.n_quantiles, axis=1)

    def _medians(self, outputs):
        return outputs.reshape(len(outputs), -1, self.n_quantiles)[..., self.median]


@dataclass(frozen=True, eq=False)
class _Learner:
    """What a linear path is learned from, and how.

    Attributes
    ----------
    design : Design
        What it reads.
    data : Data
        The samples.
    channel : int
        The feature that the targets continue.
    ratio : float
        One unit of it in units of the targets, both as the network sees them.
    options : LinearOptions
        What the path is made of.
    """

    design: Design
    data: Data
    channel: int
    ratio: float
    options: LinearOptions

    def gather(self, known: NDArray[np.intp]) -> list[Moments]:
        """Return the moments of some samples, by each set of weights."""
        fades = [fade(self.data.weights, half_life, known) for half_life in self.options.half_lives]
        return [gather(self.design, self.data._replace(weights=weights), known) for weights in fades]

    def gather_held_out(self, folds: Sequence[Fold], moments: Sequence[list[Moments]]) -> list[LearnedFold]:
        """Return the moments of each fold with those of the samples that it holds out."""
        return [
            LearnedFold(of_known, fold.choosing, gather(self.design, self.data, fold.choosing))
            for fold, of_known in zip(folds, moments, strict=True)
        ]

    def prefers_squares(self, learned: Sequence[LearnedFold]) -> bool:
        """Return whether squares of numbers known ahead help one regression enough, on the samples held out."""
        if self.design.ahead is None or not self.design.ahead.squared:
            return True
        name = None if self.options.bases is None else "last"
        base = Base(*self.design.base(name, self.channel, self.ratio), self.design.n_steps)
        without, with_squares = (
            least_error(replace(self.design, squares=squares), learned, base) for squares in (False, True)
        )
        return with_squares < WORTHWHILE**2 * without

    def choose(self, learned: Sequence[LearnedFold]) -> tuple[Choice, tuple[LinearMap, ...]]:
        """Choose what is mixed, by the samples that each fold holds out; return the mixture of each fold as well."""
        is_smoothed = "smoothed" in (self.options.bases or ())
        smoothing = choose_smoothing(self.design, learned, self.channel, self.ratio) if is_smoothed else None
        choice, maps = choose(self.design, self.data, learned, self._bases(smoothing), absolute=self.options.absolute)
        return choice._replace(smoothing=smoothing), maps

    def combine(self, moments: Iterable[list[Moments]], choice: Choice) -> tuple[LinearMap, ...]:
        """Return the mixture with the coefficients that each moments give."""
        bases = self._bases(choice.smoothing)
        return tuple(combine(self.design, of_known, bases, choice) for of_known in moments)

    def choose_by_phase(self, folds: Sequence[Fold], maps: Iterable[LinearMap]) -> PhaseChoice | None:
        """Choose regressions of what each fold's mixture leaves; None for none."""
        if not self.options.by_phase or self.design.ahead is None or not self.design.ahead.seasons:
            return None
        design = PhaseDesign(self.design, self.channel)
        return choose_by_phase(design, self._leave(folds, maps), folds, absolute=self.options.absolute)

    def learn_by_phase(self, folds: Sequence[Fold], maps: Iterable[LinearMap], choice: PhaseChoice) -> PhasePath:
        """Return the regressions of what each fold's mixture leaves."""
        design = PhaseDesign(self.design, self.channel)
        of_folds = [
            learn_by_phase(design, left, fold.known, choice)
            for left, fold in zip(self._leave(folds, maps), folds, strict=True)
        ]
        return PhasePath(design, choice, tuple(of_folds))

    def choose_trees(self, folds: Sequence[Fold], maps: Sequence[LinearMap], phase: PhasePath | None) -> Trees:
        """Return trees that learn what each fold's regressions leave, as many as help on what it holds out."""
        thinned = thin_out(folds, self.design.n_outputs)
        left = self._leave_after_phases(thinned, maps[: len(folds)], phase)
        return choose_trees(TreeDesign(self.design, self.channel), left, thinned, absolute=self.options.absolute)

    def grow_trees(self, fold: Fold, linear: LinearMap, phase: PhasePath | None, before: Trees) -> Trees:
        """Return trees of what the regressions leave of all samples, as many as were chosen before."""
        [thinned] = thin_out([fold], self.design.n_outputs)
        [left] = self._leave_after_phases([thinned], [linear], phase)
        design = TreeDesign(self.design, self.channel)
        return grow_trees(design, left, thinned.known, before, absolute=self.options.absolute)

    def _bases(self, smoothing):
        """Return what regressions are relative to: for each half-life and length, all naive forecasts."""
        return [
            Base(*self.design.base(name, self.channel, self.ratio, smoothing), n_steps, weighting)
            for weighting in range(len(self.options.half_lives))
            for n_steps in find_lengths(self.design.n_steps, self.options.n_lengths)
            for name in self.options.bases or (None,)
        ]

    def _leave(self, folds, maps):
        """Yield, for each fold, the samples with what its linear map leaves of the targets, and faded weights."""
        for fold, linear in zip(folds, maps, strict=True):
            rows, rest = np.concatenate(fold), np.zeros_like(self.data.targets)
            rest[rows] = self.data.targets[rows] - apply(self.design, linear, self.data.samples, rows)
            yield Data(self.data.samples, rest, fade(self.data.weights, self.options.half_lives[0], fold.known))

    def _leave_after_phases(self, folds, maps, phase):
        """Yield the same, less what the regressions by phase add."""
        for i, (fold, data) in enumerate(zip(folds, self._leave(folds, maps), strict=True)):
            if phase is not None:
                rows = np.concatenate(fold)
                data.targets[rows] -= phase.of_fold(i).predict(data.samples, rows)
            yield data


@threadpool_limits.wrap(limits=1, user_api="blas")  # several threads wait for each other on matrices of this size
def learn_linear_path(
    task: Task,
    rows: Rows,
    target: Values,
    reading: Reading,
    layers: LinearLayers,
    options: LinearOptions,
    before: LinearPath | None,
) -> LinearPath:
    """Learn a linear path in closed form, by the choices of one `before`, or from samples held out."""
    n_quantiles = max(1, len(target.levels))
    design = _make_design(task.samples, target, reading, layers, options)
    data = Data(task.samples, target.encode(task.y, task.samples)[:, ::n_quantiles], task.weights)
    ratio = 1.0 if reading.norm is None else reading.norm.channel_scale[target.channel] / target.scale[0]
    learner = _Learner(design, data, target.channel, ratio, options)
    folds = rows.folds
    moments = [learner.gather(fold.known) for fold in folds]
    learned = [] if before else learner.gather_held_out(folds, moments)
    squares = before.design.squares if before else learner.prefers_squares(learned)
    learner = replace(learner, design=replace(design, squares=squares))
    choice, maps = (before.choice, learner.combine(moments, before.choice)) if before else learner.choose(learned)
    by_phase = learner.choose_by_phase(folds, maps) if before is None else before.phase and before.phase.choice
    if not rows.stops and len(folds[0].choosing):  # what was chosen on samples held out is learned from them as well
        folds = everything(rows.training).folds
        maps = learner.combine([learner.gather(rows.training)], choice)
    phase = by_phase and learner.learn_by_phase(folds, maps, by_phase)
    trees = None
    if before is not None and before.trees is not None:
        trees = learner.grow_trees(folds[0], maps[0], phase, before.trees)
    elif options.boosting_folds:
        trees = learner.choose_trees(folds[: options.boosting_folds], maps, phase)
    median = target.levels.index(0.5) if target.levels else 0
    return LinearPath(learner.design, maps, choice, phase, trees, n_quantiles, median, options.absolute)


def _make_design(samples, target, reading, layers, options):
    """Return what the linear path reads of samples."""
    _check_horizon(reading.ahead, layers.segment_length, target.n_outputs)
    _, n_steps, n_features = samples.windows.shape
    return Design(
        reading.norm,
        reading.ahead,
        layers.has_level,
        n_steps=n_steps,
        n_features=n_features,
        n_outputs=target.n_outputs,
        segment_length=layers.segment_length,
        season_length=options.season_length or 1,
        lead=options.lead,
    )


def find_lengths(n_steps: int, n_lengths: int) -> list[int]:
    """Return numbers of newest steps: all of a window, half of them, a quarter, ..., at least one."""
    return list(dict.fromkeys(max(1, round(n_steps / 2**i)) for i in range(n_lengths)))


def is_auto(bases: Any) -> bool:
    """Return whether the naive forecasts are those that the window holds."""
    return isinstance(bases, str) and bases == "auto"


def check_bases(bases: Any, norm: str | None, season_length: int | None, n_steps: int) -> tuple[str, ...] | None:
    """Return the naive forecasts that ridge regressions are to be relative to; None for that of `norm`.

    "auto" are those of `AUTO` that the window holds.
    """
    if bases is None:
        return None
    is_held = {SEASONAL: bool(season_length and season_length < n_steps), "smoothed": n_steps > 1}
    names = tuple(name for name in AUTO if is_held.get(name, True)) if is_auto(bases) else tuple(bases)
    if not names or len(set(names)) < len(names) or not set(names) <= set(BASES):
        raise ValueError(
            f"linear_bases must be 'auto' or hold some of {', '.join(map(repr, BASES))}, each once, but is {bases!r}; "
            "pass for example linear_bases=('last', 'seasonal'), or None."
        )
    if norm not in ("last", SEASONAL):
        raise ValueError(
            f"linear_bases={bases!r} needs y in the units of target_channel, and so window_norm='last' or 'seasonal', "
            f"but window_norm is {norm!r}; pass one of these, or linear_bases=None."
        )
    if "smoothed" in names and not is_held["smoothed"]:
        raise ValueError(
            f"linear_bases={bases!r} needs windows of at least 2 steps, for the first trend of 'smoothed', but X has "
            "windows of 1; pass longer windows, or leave 'smoothed' out."
        )
    if SEASONAL in names and not is_held[SEASONAL]:
        raise ValueError(
            f"linear_bases={bases!r} needs season_length, below the {n_steps} steps of a window, but it is "
            f"{season_length}; pass it, or leave 'seasonal' out."
        )
    return names


def _check_horizon(ahead, segment_length, n_outputs):
    """Refuse segments of other steps than those that are known ahead."""
    if ahead is not None and segment_length is not None and ahead.n_steps != n_outputs:
        raise ValueError(
            f"decoder='segments' needs X to carry ahead the inputs of the {n_outputs} steps of y, but it carries those "
            f"of {ahead.n_steps}; make both for the same horizon, or pass decoder='dense'."
        )
