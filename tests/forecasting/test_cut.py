"""What a model is given, against a loop over series, origins and steps, for random panels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhybrid import Forecaster
from tests.forecasting.oracle import Recorder, SeriesOracle

START = pd.Timestamp("2024-01-01", tz="UTC")


@st.composite
def panels(draw):
    """Return rows {series: {step: {column: value}}} with holes, and the step at which each series begins."""
    names = draw(st.sampled_from([["b", "a", "c"], [7, 3, 5]]))[: draw(st.integers(1, 3))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    panel = {}
    for name in names:
        n_steps, begin = draw(st.integers(12, 30)), draw(st.integers(0, 10))
        holes = draw(st.sets(st.integers(1, n_steps - 2), max_size=3))
        rows = {
            step: {"y": rng.normal(10, 3), "past": rng.normal(), "known": rng.normal()}
            for step in range(n_steps)
            if step not in holes
        }
        for step in draw(st.sets(st.sampled_from(sorted(rows)[1:]), max_size=2)):
            rows[step]["y"] = np.nan
        panel[name] = (begin, rows)
    return panel


def frame_of(panel, order, rng):
    """Return the rows of a panel as a table, ordered by series, by time, or in a random order of the series."""
    rows = [
        (name, START + pd.Timedelta(hours=begin + step), values)
        for name, (begin, of_series) in panel.items()
        for step, values in of_series.items()
    ]
    if order == "time":
        rows.sort(key=lambda row: row[1])
    elif order == "mixed":  # but in time order within each series
        places = rng.permutation(len(rows))
        queues = {name: [row for row in rows if row[0] == name] for name in panel}
        rows = [queues[rows[i][0]].pop(0) for i in places]
    index = pd.MultiIndex.from_tuples([row[:2] for row in rows], names=["series", "time"])
    return pd.DataFrame([row[2] for row in rows], index)


def expected_samples(panel, window_length, horizon, lead, delay, min_history, *, scaled):
    """Return the rows of the table that a model is to learn from, and its targets, in time order."""
    samples = []
    for name in sorted(panel):
        begin, rows = panel[name]
        oracle = SeriesOracle(rows)
        for origin in sorted(rows):
            window, has_hole = oracle.window(origin, ["y", "past"], window_length, delay)
            targets = oracle.coming(origin, ["y"], lead, horizon)
            known = oracle.coming(origin, ["known"], lead, horizon)
            is_short = origin + 1 < min_history + max(delay.values(), default=0)
            if has_hole or is_short or np.isnan(targets).any() or np.isnan(known).any():
                continue
            scale = oracle.scale(origin, "y", delay) if scaled else 1.0
            x = np.concatenate([(window / [scale, 1]).ravel(), known.ravel()])
            samples.append((begin + origin, x, targets.ravel() / scale))
    samples.sort(key=lambda sample: sample[0])  # keeps the order of series at equal times
    return [sample[1] for sample in samples], [sample[2] for sample in samples]


@given(
    panel=panels(),
    window_length=st.integers(1, 6),
    horizon=st.integers(1, 3),
    lead=st.integers(0, 2),
    delay=st.sampled_from([{}, {"y": 2}, {"past": 1}, {"y": 1, "past": 3}]),
    min_history=st.integers(1, 6),
    order=st.sampled_from(["series", "time", "mixed"]),
)
@settings(max_examples=60)
def test_model_learns_from_the_samples_of_a_loop(panel, window_length, horizon, lead, delay, min_history, order):
    X = frame_of(panel, order, np.random.default_rng(0))
    wanted, targets = expected_samples(panel, window_length, horizon, lead, delay, min_history, scaled=True)
    forecaster = Forecaster(
        "y",
        horizon=horizon,
        estimator=Recorder(),
        window_length=window_length,
        known_future=["known"],
        past=["past"],
        lead=lead,
        delay=delay,
        calendar=None,
        freq="h",
        missing="drop",
        min_history=min_history,
    )
    if not wanted:
        with pytest.raises(ValueError, match="X must hold an origin with a whole window"):
            forecaster.fit(X)
        return
    recorder = forecaster.fit(X).estimator_
    np.testing.assert_allclose(recorder.X_, wanted)
    np.testing.assert_allclose(recorder.y_.reshape(len(wanted), -1), targets)
