"""The linear path of an estimator: learned in closed form, and put into the networks beside which it stands."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from skhybrid._training import predict
from skhybrid.estimators._build import LinearLayers, Reading
from skhybrid.estimators._keras_arguments import mean_loss
from skhybrid.estimators._linear_design import BASES, Design
from skhybrid.estimators._linear_path import Base, Choice, Data, LearnedFold, LinearMap, apply, choose, combine, gather
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._targets import Values
from skhybrid.estimators._task import Rows, Task, fade
from skhybrid.estimators._window_norm import SEASONAL
from skhybrid.networks.linear_path import set_gate, set_linear_path

FIRST_SIZE = 0.5  # of what a network returns at first, in units of what the linear path leaves on the rows it knows
ABSOLUTE_LOSSES = ("mae", "mean_absolute_error", "quantile")


class Gate(NamedTuple):
    """What a network's part is multiplied by.

    Attributes
    ----------
    values : ndarray of shape (n_outputs,)
        Numbers from 0 to 1.
    evidence : ndarray of shape (2, n_outputs)
        The sums of products on samples held out that say so; 0 where there are none.
    is_needed : bool
        Whether the network forecasts quantiles as well, which the linear path does not.
    """

    values: NDArray[np.float64]
    evidence: NDArray[np.float64]
    is_needed: bool

    @property
    def is_open(self) -> bool:
        """Whether anything comes of the network."""
        return self.is_needed or bool(self.values.any())


class LinearPath(NamedTuple):
    """A linear path in closed form.

    Attributes
    ----------
    design : Design
        What it reads.
    linear : LinearMap
        Its coefficients.
    of_folds : tuple of LinearMap
        The coefficients as the samples known in each fold give them; of all where none is held out.
    choice : Choice
        What the samples held out have chosen.
    n_quantiles, median : int
        Number of quantiles of each target, and which of them is the median.
    """

    design: Design
    linear: LinearMap
    of_folds: tuple[LinearMap, ...]
    choice: Choice
    n_quantiles: int
    median: int

    def of_member(self, i: int) -> "LinearPath":
        """Return the linear path beside the `i`-th network, which knows what that network is trained on."""
        return self._replace(linear=self.of_folds[i % len(self.of_folds)])

    def install(self, model: Any) -> None:
        """Give a network the coefficients, and have its own part start at the size of what they leave."""
        of_features, of_ahead = self.design.divide(self.linear.kernel)
        set_linear_path(model, of_features, of_ahead, self.linear.bias, self.design.segment_length)
        self.set_gate(model, np.ones(self.design.n_outputs))

    def set_gate(self, model: Any, gate: NDArray[np.float64]) -> None:
        """Multiply the network's part, for each target, by a number from 0 to 1."""
        gates = np.ones((self.design.n_outputs, self.n_quantiles))
        gates[:, self.median] = gate
        set_gate(model, (gates * FIRST_SIZE * self.choice.errors[:, None]).ravel())

    def predict(self, samples: Samples) -> NDArray[np.float64]:
        """Return the outputs of the linear path alone, which is exact, where a network computes in float32."""
        return apply(self.design, self.linear, samples)

    def weigh_correction(self, model: Any, inputs: Any, targets: Any, weights: Any, engine: str) -> "Gate":
        """Set the gate by least squares on samples held out, or to 0 if that does not beat the linear path; return it.

        Parameters
        ----------
        model : keras.Model
            The trained network.
        inputs, targets, weights : ndarray or tuple of ndarray
            Samples held out, as the network sees them.
        engine : str
            What predicts.
        """
        outputs = []
        for share in (0.0, 1.0):
            self.set_gate(model, np.full(self.design.n_outputs, share))
            outputs.append(predict(model, inputs, engine=engine).astype(np.float64))
        alone, both = (self._medians(of_gate) for of_gate in outputs)
        evidence = self._evidence(self._medians(targets) - alone, both - alone, weights)
        gate = Gate(_gate(evidence), evidence, self.n_quantiles > 1)
        self.set_gate(model, gate.values)
        gated = predict(model, inputs, engine=engine)
        if mean_loss(model.loss, targets, gated, weights) < mean_loss(model.loss, targets, outputs[0], weights):
            return gate
        self.set_gate(model, 0 * gate.values)
        return gate._replace(values=0 * gate.values)

    def _evidence(self, rest, correction, weights):
        """Return the sums of products of a correction with itself and with what it is to correct, of each segment."""
        evidence = np.zeros((2, self.design.n_outputs))
        for block in self.design.blocks():
            of_block = correction[:, block]
            evidence[0, block] = weights @ (of_block**2).sum(axis=1)
            evidence[1, block] = weights @ (of_block * rest[:, block]).sum(axis=1)
        return evidence

    def _medians(self, outputs):
        return outputs.reshape(len(outputs), -1, self.n_quantiles)[..., self.median]


@threadpool_limits.wrap(limits=1, user_api="blas")  # several threads wait for each other on matrices of this size
def learn_linear_path(
    task: Task,
    rows: Rows,
    target: Values,
    reading: Reading,
    layers: LinearLayers,
    *,
    bases: Iterable[str] | None,
    season_length: int | None,
    n_lengths: int,
    half_life: float | None,
    linear_half_life: float | None,
    absolute: bool,
    choice: Choice | None = None,
) -> LinearPath:
    """Learn a linear path in closed form, by the `choice` that was made, or from samples held out."""
    n_quantiles = max(1, len(target.levels))
    design = _make_design(task.samples, target, reading, layers, season_length)
    data = Data(task.samples, target.encode(task.y, task.samples)[:, ::n_quantiles], task.weights)
    ratio = 1.0 if reading.norm is None else reading.norm.channel_scale[target.channel] / target.scale[0]
    names = (None,) if bases is None else bases
    half_lives = list(dict.fromkeys([half_life, linear_half_life or half_life]))
    naive = [
        Base(*design.base(name, target.channel, ratio), n_steps, weighting)
        for weighting in range(len(half_lives))
        for n_steps in find_lengths(design.n_steps, n_lengths)
        for name in names
    ]

    def learn(known):
        return [gather(design, data._replace(weights=fade(task.weights, h, known)), known) for h in half_lives]

    folds = [LearnedFold(learn(fold.known), fold.choosing) for fold in rows.folds]
    if choice is None:
        choice = choose(design, data, folds, naive, absolute=absolute)
    if rows.stops:
        moments = [fold.moments for fold in folds]
    else:  # what was chosen on samples held out is learned from them as well
        moments = [folds[0].moments if len(rows.folds[0].choosing) == 0 else learn(rows.training)]
    of_folds = tuple(combine(design, of_fold, naive, choice) for of_fold in moments)
    median = target.levels.index(0.5) if target.levels else 0
    return LinearPath(design, of_folds[0], of_folds, choice, n_quantiles, median)


def _make_design(
    samples: Samples, target: Values, reading: Reading, layers: LinearLayers, season_length: int | None
) -> Design:
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
        season_length=season_length or 1,
    )


def find_lengths(n_steps: int, n_lengths: int) -> list[int]:
    """Return numbers of newest steps: all of a window, half of them, a quarter, ..., at least one."""
    return list(dict.fromkeys(max(1, round(n_steps / 2**i)) for i in range(n_lengths)))


def pool_gates(gates: Iterable[Gate]) -> NDArray[np.float64]:
    """Return the one gate that the evidence of all gates gives."""
    return _gate(sum(gate.evidence for gate in gates))


def is_auto(bases: Any) -> bool:
    """Return whether the naive forecasts are those that the window holds."""
    return isinstance(bases, str) and bases == "auto"


def check_bases(bases: Any, norm: str | None, season_length: int | None, n_steps: int) -> tuple[str, ...] | None:
    """Return the naive forecasts that ridge regressions are to be relative to; None for that of `norm`.

    "auto" are all that the window holds.
    """
    if bases is None:
        return None
    of_window = BASES if season_length and season_length < n_steps else BASES[:-1]
    names = of_window if is_auto(bases) else tuple(bases)
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
    if SEASONAL in names and not (season_length and season_length < n_steps):
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


def _gate(evidence):
    """Return, for each target, the share of a correction that leaves the least squared rest."""
    squares, products = evidence
    return np.clip(np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0), 0, 1)
