"""What users pass: values that are not finite, and, before scikit-learn looks at it, what is no array of numbers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

LONGEST = 60  # characters of a value in a message
LONGEST_MESSAGE = 500

_COLUMNS: ContextVar[tuple[str, ...]] = ContextVar("columns", default=())


@contextmanager
def naming_columns(names: Iterable[Any]) -> Iterator[None]:
    """Name the features of windows, for what is said of them by an estimator inside, which sees arrays."""
    token = _COLUMNS.set(tuple(map(str, names)))
    try:
        yield
    finally:
        _COLUMNS.reset(token)


def name_feature(position: int, n_features: int) -> str:
    """Return what a feature of windows is called."""
    names = _COLUMNS.get()
    return f"column {short(names[position])}" if len(names) == n_features else f"feature {position}"


def short(value: Any, length: int = LONGEST) -> str:
    """Return the representation of a value on one line, cut to some characters; of long lists, its start."""
    if isinstance(value, str):
        value = value[: 2 * length]
    elif isinstance(value, list | tuple) and len(value) > length:
        value = list(value[:length])
    text = " ".join(repr(value).split())
    return text if len(text) <= length else f"{text[: length - 4]} ..."


def cut(text: str, length: int = LONGEST_MESSAGE) -> str:
    """Return a message, cut in its middle where others have written data into it."""
    if len(text) <= length:
        return text
    return f"{text[: length // 2]} ... {text[-length // 2 :]}"


def check_readable(a: Any, name: str) -> None:
    """Refuse what is no array of real numbers or labels, whatever its values are."""
    if a is None:
        raise ValueError(f"{name} must hold samples, but is None; pass an array or a DataFrame.")
    if sparse.issparse(a):
        raise TypeError(f"{name} must be dense, but is sparse, of shape {a.shape}; pass {name}.toarray().")
    if np.ma.is_masked(a):
        raise ValueError(
            f"{name} must hold all of its values, but {int(np.ma.getmaskarray(a).sum())} are masked; fill them "
            f"({name}.filled(np.nan) where NaN may be), or leave their rows out."
        )
    if isinstance(a, list | tuple):
        _check_rows_alike(a, name)
    dtypes = getattr(a, "dtypes", None)
    if dtypes is not None and hasattr(dtypes, "items"):  # of a DataFrame of pandas
        for column, dtype in dtypes.items():
            _check_kind(getattr(dtype, "kind", ""), name, f"column {short(column)} of ")
    else:
        _check_kind(getattr(getattr(a, "dtype", None), "kind", ""), name, "")


def _check_kind(kind, name, column):
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} must hold real numbers, but {column}{name} holds complex ones; pass "
            "real and imaginary parts as features."
        )
    if kind in ("M", "m"):
        raise ValueError(
            f"{name} must hold numbers, but {column}{name} holds times; make them the index, from which "
            "CalendarFeatures reads, or leave them out."
        )


def _check_rows_alike(a, name):
    """Refuse lists of unequal lengths."""
    try:
        np.asarray(a)
    except ValueError:
        shapes = list(dict.fromkeys(np.shape(row) for row in a if not isinstance(row, list | tuple)))
        lengths = list(dict.fromkeys(len(row) for row in a if hasattr(row, "__len__")))
        found = f"shapes {short(shapes)}" if len(shapes) > 1 else f"lengths {short(lengths)}"
        raise ValueError(
            f"{name} must hold samples of equal shape, but they have the {found}; cut them to one, or fill them with "
            "NaN, at their end where sequences are over."
        ) from None


def check_finite(
    a: NDArray[Any], name: str, *, allow_nan: bool = False, way_out: str = "fill or drop them before"
) -> None:
    """Raise where `a` holds inf, or NaN unless it is allowed, and say how many and where the first is."""
    if _sum_is_finite(a):
        return
    bad = np.isinf(a) if allow_nan else ~np.isfinite(a)
    if not bad.any():
        return
    first = int(np.flatnonzero(bad.reshape(len(a), -1).any(axis=1))[0])
    what = "inf" if allow_nan or not np.isnan(a[first]).any() else "NaN"
    raise ValueError(
        f"{name} must hold finite numbers, but holds {what} (first in row {first}, {int(bad.sum())} such values in "
        f"all); {way_out}."
    )


def _sum_is_finite(a: NDArray[Any]) -> bool:
    """Return fast whether `a` holds neither NaN nor inf; False says nothing, as a sum of finite values may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(a)))


def count_unknown(windows: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Count the steps that are NaN in all features at the start and at the end of each window, (n_samples,) each.

    At the start the past is not known, at the end the sequence is over. NaN and inf elsewhere are errors. A window of
    NaN only has no past.
    """
    if _sum_is_finite(windows):
        return np.zeros(len(windows), dtype=np.intp), np.zeros(len(windows), dtype=np.intp)
    empty = np.isnan(windows).all(axis=2)  # (sample, time)
    before = np.logical_and.accumulate(empty, axis=1)
    after = np.logical_and.accumulate(empty[:, ::-1], axis=1)[:, ::-1] & ~before
    bad = ~(np.isfinite(windows).all(axis=2) | before | after).all(axis=1)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        what = "NaN" if np.isnan(windows[first][~(before | after)[first]]).any() else "inf"
        raise ValueError(
            "X must hold finite numbers (but for NaN in all features where a window starts without a past or a "
            f"sequence is over), but {int(bad.sum())} windows hold {what} elsewhere, the first of them window {first}; "
            "fill or drop these values before."
        )
    return before.sum(axis=1), after.sum(axis=1)


def fill_unknown(windows: NDArray[Any], n_unknown: NDArray[np.intp]) -> NDArray[Any]:
    """Repeat the first known step of each window where the steps before it are unknown."""
    if not n_unknown.any():
        return windows
    n_steps = windows.shape[1]
    if n_unknown.max() == n_steps:
        raise ValueError(
            f"X must hold at least one known step per window, but window {int(n_unknown.argmax())} holds NaN only; "
            "leave it out."
        )
    known = np.maximum(np.arange(n_steps), n_unknown[:, None])  # (sample, time): the step to read
    return np.take_along_axis(windows, known[:, :, None], axis=1)
