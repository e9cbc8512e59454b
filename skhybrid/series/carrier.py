"""Windows and the inputs that are known ahead, carried as one X."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._validation import check_seasons

__all__ = ["Windows"]

MAX_HARMONICS = 84  # of a season, in tables: as many as tell each hour of a week apart


@dataclass(frozen=True, eq=False, repr=False)
class Windows:
    """Windows of the past together with inputs known ahead, in the place of X.

    Some inputs are known before their time: holidays, the clock, prices, a weather forecast. They belong to the moment
    of the forecast, and there is one row of them for each step of the horizon. scikit-learn passes a single X; this
    class carries both parts as one, indexed by samples, so that splitters, searches and pipelines treat it as they
    treat an array. Nothing is copied: views stay views. It cannot be altered.

    :func:`make_windows` and :class:`WindowedRegressor` make it. Estimators for windows may take it; for those of
    tables there is `to_table`.

    Parameters
    ----------
    values : array-like of shape (n_samples, n_steps, n_features) or (n_samples, n_seq, n_steps, n_features)
        The windows, oldest step first, or subsequences of them.

    ahead : array-like of shape (n_samples, n_horizons, n_known)
        The inputs known ahead: for each sample one row per step of the horizon, in the order of the target's columns.

    seasons : sequence of int, default=()
        Lengths of seasons, in steps. The last ``len(seasons)`` columns of `ahead` count their phases: each holds
        0, 1, ..., m - 1 for a season of m steps.

    Raises
    ------
    ValueError
        If `values` or `ahead` does not hold numbers, has another number of axes or of samples, or the last columns of
        `ahead` are not the phases of `seasons`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Windows
    >>> X = Windows(np.zeros((5, 24, 1)), np.ones((5, 12, 2)))
    >>> X
    Windows(values of shape (5, 24, 1), ahead of shape (5, 12, 2))
    >>> X[1:3].ahead.shape
    (2, 12, 2)
    >>> X.to_table().shape
    (5, 48)
    """

    values: NDArray[Any]
    ahead: NDArray[Any]
    _: KW_ONLY
    seasons: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        values = _read_only(self.values, "values")
        ahead = _read_only(self.ahead, "ahead")
        seasons = check_seasons(self.seasons)
        _check_shapes(values, ahead)
        _check_phases(ahead, seasons)
        vars(self).update(values=values, ahead=ahead, seasons=seasons)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of `values`."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """The number of axes of `values`."""
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of `values`."""
        return self.values.dtype

    @property
    def size(self) -> int:
        """The number of elements of `values`."""
        return self.values.size

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, key: Any) -> "Windows":
        """Return some of the samples, by a slice, a list or an array of positions, or a mask."""
        rows, *others = key if isinstance(key, tuple) and key else (key,)
        values = None if any(other is not Ellipsis for other in others) else self.values[rows]
        if values is None or values.ndim != self.ndim:
            raise TypeError(
                "Windows are indexed by samples, with a slice, a list, a mask or an array of positions, but the index "
                f"is of type {type(key).__name__}; pass for example X[3:4], or index X.values and X.ahead."
            )
        part = object.__new__(type(self))  # what was checked need not be checked again
        ahead = self.ahead[rows]
        values.flags.writeable = ahead.flags.writeable = False
        vars(part).update(values=values, ahead=ahead, seasons=self.seasons)
        return part

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        """Refuse: an array has no place for what is known ahead, which a scaler, for one, would lose."""
        raise ValueError(
            "Windows cannot become an array, in which what is known ahead would be lost; pass X.values for the windows "
            "alone or X.to_table() for one table of both, or put what takes arrays before the windows are made."
        )

    def __repr__(self) -> str:
        seasons = f", seasons={self.seasons}" if self.seasons else ""
        return f"Windows(values of shape {self.shape}, ahead of shape {self.ahead.shape}{seasons})"

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled or copied, whose arrays could be written to again."""
        vars(self).update(state, **{name: _read_only(state[name], name) for name in ("values", "ahead")})

    def to_table(self) -> NDArray[Any]:
        """Return one row of numbers per sample, for estimators of tables.

        Returns
        -------
        table : ndarray of shape (n_samples, n_columns)
            Side by side:

            - the window, oldest step first, the features of a step side by side;
            - what is known ahead, step by step, without the phases;
            - the phase p of the first coming step in each season of m steps: ``cos(2 pi k p / m)`` and
              ``sin(2 pi k p / m)`` for k = 1, ..., min(m // 2, 84). The sine of k = m / 2 is always 0, and left out.
              The phases of the other steps follow from that of the first.
        """
        n_known = self.ahead.shape[2] - len(self.seasons)
        known = self.ahead[:, :, :n_known]
        parts = [part.reshape(len(self), int(np.prod(part.shape[1:]))) for part in (self.values, known)]
        parts.append(phase_features(self.ahead[:, 0, n_known:], self.seasons))
        dtype = np.result_type(self.values, self.ahead, np.float32)
        return np.concatenate(parts, axis=1, dtype=dtype, casting="same_kind")


def values_of(X: Any) -> Any:
    """Return the windows of X, which may be carried with what is known ahead."""
    return X.values if isinstance(X, Windows) else X


def carried_as(X: Any, values: NDArray[Any]) -> Any:
    """Return windows made of those of X, carried with what is known ahead where X was."""
    return Windows(values, X.ahead, seasons=X.seasons) if isinstance(X, Windows) else values


def count_waves(season: int, n_harmonics: int = MAX_HARMONICS) -> int:
    """Return how many waves tell the phase in a season; the sine of its half would be 0 at each step."""
    return min(season - 1, 2 * n_harmonics)


def waves_of(xp: Any, phases: Any, season: int, n_harmonics: int = MAX_HARMONICS) -> Any:
    """Return the waves of a season at phases (..., 1), side by side, (..., n_waves), by NumPy or by Keras."""
    harmonics = np.arange(1, min(season // 2, n_harmonics) + 1, dtype=phases.dtype)
    angles = phases * harmonics % season * (2 * np.pi / season)  # of a part of a turn, which float32 can tell
    waves = xp.stack([xp.cos(angles), xp.sin(angles)], axis=-1)
    shape = (-1, *angles.shape[1:-1], 2 * len(harmonics))
    return xp.reshape(waves, shape)[..., : count_waves(season, n_harmonics)]


def phase_features(
    phases: NDArray[Any], seasons: tuple[int, ...], n_harmonics: int = MAX_HARMONICS
) -> NDArray[np.float64]:
    """Return the waves at phases, (n_samples, n_seasons), side by side: (n_samples, n_waves)."""
    counts = phases.astype(np.float64)
    waves = [waves_of(np, counts[:, i : i + 1], season, n_harmonics) for i, season in enumerate(seasons)]
    return np.concatenate(waves, axis=1) if waves else np.empty((len(phases), 0))


def _read_only(a, name):
    """Return a view of an array of numbers through which it cannot be altered."""
    view = np.asarray(a).view()
    if view.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold numbers, but has dtype {view.dtype}; encode text and dates as numbers.")
    view.flags.writeable = False
    return view


def _check_shapes(values, ahead):
    if values.ndim not in (3, 4):
        raise ValueError(
            "values must be windows (sample, time, feature) or subsequences (sample, sequence, time, feature), but has "
            f"shape {values.shape}; make them with make_windows."
        )
    if ahead.ndim != 3 or 0 in ahead.shape[1:]:
        raise ValueError(
            "ahead must hold one row of inputs per step of the horizon, (sample, step, input), but has shape "
            f"{ahead.shape}; give a single step or input an axis of size 1, or pass the windows as an array where "
            "nothing is known ahead."
        )
    if len(values) != len(ahead):
        raise ValueError(
            f"values and ahead must hold the same samples, but have {len(values)} and {len(ahead)}; take both from "
            "the same rows."
        )


def _check_phases(ahead, seasons):
    n_inputs = ahead.shape[2]
    if len(seasons) > n_inputs:
        raise ValueError(
            f"seasons={seasons} needs a column of phases in ahead for each season, but ahead has {n_inputs} columns; "
            "append them as last columns, or pass seasons=()."
        )
    for column, season in enumerate(seasons, n_inputs - len(seasons)):
        phases = ahead[:, :, column]
        is_phase = (phases >= 0) & (phases < season) & (phases % 1 == 0)
        if not is_phase.all():
            raise ValueError(
                f"ahead must hold the phases 0, 1, ..., {season - 1} of the season {season} in column {column}, but "
                f"holds {phases[~is_phase][0]}; put the phases in the last columns, in the order of seasons={seasons}."
            )
