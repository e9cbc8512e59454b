"""The horizon and the leaks that are found, against loops over steps: random labels, holes, horizons and splits."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin

from skhybrid import check_leakage, make_supervised
from tests.series.oracle import LABELS, VALUES, ask

N_CASES = 1000
N_ROWS = 60


class Mean(RegressorMixin, BaseEstimator):
    """Predict the mean of the targets."""

    def fit(self, X, y):
        self.mean_ = np.mean(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


def disordered(rng, X):
    """Return rows in an order that is not that of time, or with labels of three levels."""
    way = rng.integers(3)
    if way == 0:
        return X[::-1]
    if way == 1:
        return X.iloc[[*range(len(X) - 1), len(X) - 2]]
    return X.set_axis(pd.MultiIndex.from_product([["a"], ["b"], X.index]))


def test_findings_are_those_of_a_loop_over_steps():
    rng = np.random.default_rng(0)
    tally = Counter()
    kinds = [kind for kind in LABELS if kind != "none"]
    for number in range(N_CASES):
        kind = str(rng.choice(kinds))
        forms = LABELS[kind]
        index = forms[int(rng.integers(len(forms)))]
        horizon = int(rng.integers(1, 7))
        are_counted = not kind.startswith(("uneven", "default", "workdays"))  # those of others are no steps
        holes = [] if not are_counted or number % 3 else sorted(rng.integers(20, 50, 2))
        steps = np.delete(np.arange(N_ROWS), holes)
        X, y = make_supervised(pd.DataFrame({"x": VALUES[steps, 0]}, index[steps]), horizon=horizon, missing="drop")
        step_of = dict(zip(index[steps], steps, strict=True))
        step = np.array([step_of[label] for label in X.index])
        first = int(rng.integers(len(X) // 2, len(X) - 3))
        train = np.arange(first - int(rng.integers(0, horizon + 1)))
        split = [(train, np.arange(first, len(X)))]
        if number % 7 == 0:
            answer, _ = ask(check_leakage, Mean(), disordered(rng, X), y.to_numpy(), cv=split)
            assert isinstance(answer, ValueError), f"{number} {X.index}"
            tally["refused"] += 1
            continue
        report = check_leakage(Mean(), X, y, cv=split)
        found = [text for text in report.checked if "horizon of" in text]
        if not found:
            tally["not seen"] += 1
            assert any("the horizon" in text for text in report.not_seen)
            continue
        assert f"a horizon of {horizon}, " in found[0], f"{number} {kind} {found}"
        leaks = bool((step[train] + horizon > step[first]).any())
        assert ("horizon" in {leak.kind for leak in report.findings}) == leaks, f"{number} {kind} {holes} {report}"
        tally["leak" if leaks else "clean"] += 1
    assert min(tally["leak"], tally["clean"]) > 0.2 * N_CASES
    assert tally["not seen"] < 0.2 * N_CASES
