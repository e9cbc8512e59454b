"""The roles of columns: what is forecast, what is read of the past, what is known ahead, what never changes."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

import pandas as pd

from skhybrid._validation import short


class Roles(NamedTuple):
    """The columns of a table by what they are for.

    Attributes
    ----------
    targets : tuple
        What is forecast; its past is read.
    past : tuple
        Further columns that are read up to the origin.
    known : tuple
        Columns that are known ahead.
    static : tuple
        Columns of which each series has one value.
    unused : tuple
        All others, which are left out.
    """

    targets: tuple[Hashable, ...]
    past: tuple[Hashable, ...]
    known: tuple[Hashable, ...]
    static: tuple[Hashable, ...]
    unused: tuple[Hashable, ...]

    @property
    def used(self) -> list[Hashable]:
        """All columns that are read, each once."""
        return list(dict.fromkeys([*self.targets, *self.past, *self.known, *self.static]))


def learn_roles(
    columns: Sequence[Hashable], target: Any, past: Iterable[Any], known_future: Iterable[Any], static: Iterable[Any]
) -> Roles:
    """Return the roles of the columns of a table, as parameters name them."""
    named = {
        "target": learn_targets(columns, target),
        "past": _names(past, "past"),
        "known_future": _names(known_future, "known_future"),
        "static": _names(static, "static"),
    }
    for parameter, names in named.items():
        _check_names(parameter, names, columns)
    _check_exclusive(named)
    used = {name for names in named.values() for name in names}
    unused = tuple(name for name in columns if name not in used)
    return Roles(*map(tuple, (*named.values(), unused)))


def learn_targets(columns: Iterable[Hashable], target: Any) -> list[Hashable]:
    """Return what is forecast: the columns that a parameter names, or the only one."""
    columns = list(columns)
    if target is None:
        if len(columns) != 1:
            raise ValueError(
                f"target must name the column to forecast, since X has {len(columns)}: {short(list(columns))}; pass "
                "one."
            )
        return list(columns)
    is_one = isinstance(target, str) or not isinstance(target, list)
    return [target] if is_one else list(target)


def _names(names, parameter):
    if isinstance(names, str):
        raise ValueError(f"{parameter} must be a list of columns, but is the text {names!r}; pass [{names!r}].")
    return list(names)


def _check_names(parameter, names, columns):
    missing = [name for name in names if name not in columns]
    if missing:
        raise ValueError(
            f"{parameter} must name columns of X, but {missing[0]!r} is not one of {short(list(columns))}; pass one."
        )
    if len(set(names)) < len(names) or (parameter == "target" and not names):
        raise ValueError(f"{parameter} must name different columns, but is {names}; name each once.")


def _check_exclusive(named):
    """Refuse a column in two roles, unless it is read up to the origin and known ahead."""
    exclusive = {
        ("target", "known_future"): "what is forecast is not known ahead",
        ("target", "past"): "the past of what is forecast is read anyway",
        ("target", "static"): "what is forecast changes with time",
        ("static", "past"): "what never changes needs no past",
        ("static", "known_future"): "what never changes is known ahead anyway",
    }
    for (first, second), reason in exclusive.items():
        both = [name for name in named[first] if name in named[second]]
        if both:
            raise ValueError(
                f"{second} must not name a column of {first}, but both name {both[0]!r}, and {reason}; leave it out of "
                "one of them."
            )


def check_numeric(frames: Iterable[pd.DataFrame], targets: Iterable[Hashable]) -> None:
    """Refuse a target that does not hold numbers."""
    for frame, name in product(frames, targets):
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
            first = column.iloc[0] if len(column) else None
            raise ValueError(
                f"target {name!r} must hold numbers, but is of type {column.dtype} ({str(first)[:40]!r}, ...); convert "
                "it (pandas.to_numeric), or classify with WindowedClassifier."
            )
