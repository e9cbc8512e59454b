"""What a search for leaks found, looked at, and could not see."""

import textwrap
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["LeakageReport"]

NOT_SEEN = "not seen"


class Leak(NamedTuple):
    """One kind of leak: what is wrong, in a sentence with the way out, and in which folds (none: in all the data)."""

    kind: str
    message: str
    folds: tuple[int, ...] = ()

    def __str__(self):
        where = f" (fold {', '.join(map(str, self.folds))})" if self.folds else ""
        return f"{self.kind}{where}: {self.message}"


@dataclass(frozen=True)
class LeakageReport:
    """What :func:`check_leakage` found, what it looked at, and what it could not see.

    Parameters
    ----------
    findings : tuple of Leak
        The leaks, each with its `kind`, a `message` that ends with the way out, and the `folds` it was found in,
        counted from 0; the figures in the message are those of the first of them. `kind` is one of

        - "order": training rows lie after test rows, as in shuffled folds;
        - "target feature": a feature is the target itself;
        - "prefitted": a part of the estimator was fitted before the split;
        - "preparation": the steps before the split let later data into earlier rows of X;
        - "horizon": `fit` learns from training targets that lie in the test period;
        - "held rows": a parameter of the estimator holds values of the test rows, and `fit` uses them;
        - "look-ahead": the prediction for a row depends on later rows.

    checked : tuple of str
        What was looked at.

    not_seen : tuple of str
        Where a leak may be that this check could not see, and how to let it see more.

    Examples
    --------
    >>> from skhybrid import LeakageReport
    >>> LeakageReport((), ("order of the rows in 5 folds",), ()).is_clean
    True
    """

    findings: tuple[Leak, ...]
    checked: tuple[str, ...]
    not_seen: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether no leak was found, which says nothing of what was not seen."""
        return not self.findings

    def raise_for_leaks(self) -> "LeakageReport":
        """Raise where leaks were found, so that a test suite fails.

        Returns
        -------
        self : LeakageReport
            The report, where it is clean.

        Raises
        ------
        AssertionError
            If there are findings; its text is the report.
        """
        if self.findings:
            raise AssertionError(str(self))
        return self

    def __str__(self):
        n_leaks = len(self.findings)
        head = f"{n_leaks} kind{'s' * (n_leaks > 1)} of leakage found." if n_leaks else "No leakage found."
        lines = [
            *(f"LEAK {leak}" for leak in self.findings),
            *(f"checked: {what}" for what in self.checked),
            *(f"not seen: {what}" for what in self.not_seen),
        ]
        return "\n".join([head, *(textwrap.fill(line, 110, subsequent_indent="    ") for line in lines)])

    __repr__ = __str__


def merge(notes):
    """Return one note per kind, and per message of what was not seen, with the folds of all."""
    groups: dict[Any, list[Leak]] = {}
    for note in notes:
        groups.setdefault(note.message if note.kind == NOT_SEEN else note.kind, []).append(note)
    return [group[0]._replace(folds=tuple(f for note in group for f in note.folds)) for group in groups.values()]
