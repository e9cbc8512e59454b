"""What was known ahead at each origin, of which no step sees anything else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skhybrid import Forecaster, forecast_scorer
from tests.forecasting.oracle import Recorder

HOUR = pd.Timedelta("1h")
HOURS = pd.date_range("2024-01-01", periods=60, freq="h", name="time")
SMALL = {"horizon": 3, "window_length": 4, "calendar": None}


def measured(seed=0):
    """Return a load, a temperature as it was measured, and a holiday."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(60, 3)), HOURS, ["load", "warmth", "holiday"])


def archive_of(origins, n_ahead=6, columns=("warmth",), seed=1):
    """Return forecasts of the weather for the steps after some origins, in no order."""
    rng = np.random.default_rng(seed)
    index = [(origin, origin + k * HOUR) for origin in origins for k in range(n_ahead + 1)]
    index = pd.MultiIndex.from_tuples(index, names=["origin", "time"])
    return pd.DataFrame(rng.normal(size=(len(index), len(columns))), index, list(columns)).sample(
        frac=1, random_state=0
    )


@given(lead=st.integers(0, 3), delay=st.integers(0, 2), seed=st.integers(0, 2**32 - 1), is_aware=st.booleans())
@settings(max_examples=15)
def test_each_step_sees_the_archived_value_of_its_origin_and_time(lead, delay, seed, is_aware):
    rows, archive = measured(seed), archive_of(HOURS, seed=seed)
    if is_aware:  # the archive in another zone
        rows = rows.tz_localize("UTC")
        archive = archive.tz_localize("UTC", level=0).tz_localize("UTC", level=1).tz_convert("Asia/Tokyo", level=1)
    model = Forecaster("load", estimator=Recorder(), known_future=["holiday", "warmth"], lead=lead, **SMALL)
    model.set_params(delay={"load": delay}).fit(rows, archive=archive)
    origins = range(3 + delay, 60 - 3 - lead)
    wanted = [
        [
            value
            for time in (rows.index[origin] + (1 + lead + k) * HOUR for k in range(3))
            for value in (rows["holiday"][time], archive["warmth"][rows.index[origin], time])
        ]
        for origin in origins
    ]
    np.testing.assert_array_equal(model.estimator_.X_[:, 4:], wanted)


def panel_of(frame):
    """Return the rows of two series, the second of which begins later."""
    parts = {"a": frame, "b": frame.iloc[len(frame) // 4 :] * 2 + 1}
    return pd.concat(parts, names=["series"])


def test_each_series_has_its_own_archive():
    archive = pd.concat({"b": archive_of(HOURS, seed=2), "a": archive_of(HOURS, seed=3)}, names=["series"])
    model = Forecaster("load", estimator=Recorder(), known_future=["warmth"], **SMALL, min_history=4)
    X = model.fit(panel_of(measured()), archive=archive).estimator_.X_
    last = HOURS[60 - 4]
    for row, key in zip(X[-2:], "ab", strict=True):
        np.testing.assert_array_equal(row[4:], [archive["warmth"][key, last, last + k * HOUR] for k in (1, 2, 3)])


def test_table_need_not_hold_what_the_archive_holds():
    rows, archive = measured(), archive_of(HOURS)
    model = Forecaster("load", estimator=Ridge(), known_future=["holiday", "warmth"], **SMALL)
    of_all = model.fit(rows, archive=archive).estimator_.coef_
    without = clone(model).fit(rows.drop(columns="warmth"), archive=archive)
    np.testing.assert_array_equal(without.estimator_.coef_, of_all)
    with_holes = clone(model).fit(rows.assign(warmth=np.nan), archive=archive)
    np.testing.assert_array_equal(with_holes.estimator_.coef_, of_all)
    coming = archive.loc[HOURS[-1]].sort_index().iloc[1:4].assign(holiday=0.0)
    assert without.forecast(coming).shape == (3, 1)


def test_forecast_is_that_of_the_archive_at_the_last_row():
    rows, archive = measured(), archive_of(HOURS)
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL).fit(rows[:50], archive=archive)
    coming = archive.loc[HOURS[49]].sort_index()
    np.testing.assert_allclose(model.forecast(coming)["forecast"], model.predict(rows[45:50])[-1])
    model.update(rows[50:55])
    coming = archive.loc[HOURS[54]].sort_index()
    np.testing.assert_allclose(model.forecast(coming)["forecast"], model.predict(rows[54:55])[0])


def test_archive_is_remembered_and_goes_on():
    rows, archive = measured(), archive_of(HOURS)
    is_old = archive.index.get_level_values("origin") < HOURS[40]
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    wanted = clone(model).fit(rows[:40], archive=archive)
    for options in ({"archive": archive[~is_old]}, {"archive": archive}):
        fitted = clone(model).fit(rows[:40], archive=archive[is_old])
        np.testing.assert_array_equal(fitted.predict(rows[40:], **options), wanted.predict(rows[40:]))
        assert fitted.score(rows[40:], **options) == wanted.score(rows[40:])
        np.testing.assert_array_equal(fitted.paired_forecasts(rows[40:], **options), wanted.paired_forecasts(rows[40:]))
    with pytest.raises(ValueError, match=r"archive must hold \['warmth'\] for the 3 steps to forecast from each"):
        fitted.score(rows[40:])
    fitted.update(rows[40:50], adapt="linear", archive=archive[~is_old])
    np.testing.assert_allclose(
        fitted.estimator_.coef_, clone(model).fit(rows[:50], archive=archive).estimator_.coef_, rtol=1e-9
    )


def test_backtest_and_folds_see_the_archive():
    rows, archive = measured(), archive_of(HOURS)
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    backtest = model.backtest(rows, test_size=12, refit=4, archive=archive)
    for origin in backtest.forecasts["origin"].unique():
        last_fit = backtest.refits[backtest.refits <= origin][-1]
        fitted = clone(model).fit(rows[:last_fit], archive=archive)
        fitted = fitted.update(rows[last_fit + HOUR : origin]) if origin > last_fit else fitted
        made = backtest.forecasts.query("origin == @origin")["forecast"]
        np.testing.assert_allclose(made, fitted.forecast(archive.loc[origin].sort_index())["forecast"])
    options = {"cv": TimeSeriesSplit(3), "params": {"archive": archive}}
    scores = cross_val_score(model, rows, **options)
    wanted = [
        clone(model).fit(rows.iloc[train], archive=archive).score(rows.iloc[test])
        for train, test in TimeSeriesSplit(3).split(rows)
    ]
    np.testing.assert_allclose(scores, wanted)
    assert (cross_val_score(model, rows, scoring=forecast_scorer("mae"), **options) < 0).all()
    assert not np.allclose(scores, cross_val_score(model, rows, cv=TimeSeriesSplit(3)))


def test_stored_backtest_of_another_archive_is_not_taken(tmp_path):
    rows = measured()
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    first, other = (
        model.backtest(rows, test_size=9, checkpoint=tmp_path, archive=archive_of(HOURS, seed=seed)) for seed in (1, 2)
    )
    assert not np.allclose(first.forecasts["forecast"], other.forecasts["forecast"])


def test_later_origins_alter_nothing():
    rows, archive = measured(), archive_of(HOURS)
    altered = archive.copy()
    altered[altered.index.get_level_values("origin") > HOURS[40]] += 9
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    with_altered, plain = (clone(model).fit(rows[:44], archive=a) for a in (altered, archive))
    np.testing.assert_array_equal(with_altered.estimator_.coef_, plain.estimator_.coef_)
    np.testing.assert_array_equal(with_altered.predict(rows[:41]), plain.predict(rows[:41]))


def test_texts_of_the_archive_are_categories():
    rows = measured().drop(columns="warmth")
    archive = archive_of(HOURS)
    archive["sky"] = np.where(archive.pop("warmth") > 0, "clear", "cloudy")
    model = Forecaster("load", estimator=Recorder(), known_future=["holiday", "sky"], **SMALL)
    X = model.fit(rows, archive=archive).estimator_.X_
    assert X.shape[1] == 4 + 3 * (1 + 2)
    first = archive.loc[HOURS[3]].sort_index()["sky"].iloc[1:4]
    np.testing.assert_array_equal(X[0, 4:].reshape(3, 3)[:, 1], first == "clear")


def test_missing_values_are_named_or_left_out():
    rows, archive = measured(), archive_of(HOURS)
    lacking = archive.drop((HOURS[20], HOURS[22]))
    lacking.loc[(HOURS[30], HOURS[31])] = np.nan
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    with pytest.raises(
        ValueError,
        match=r"archive must hold \['warmth'\] for the 3 steps to forecast from each origin, but lacks 2 of 162 "
        r"\(origin, time\), of 2 origins \(first origin 2024-01-01 20:00:00, time 2024-01-01 22:00:00\)",
    ):
        model.fit(rows, archive=lacking)
    dropped = model.set_params(missing="drop").fit(rows, archive=lacking)
    assert dropped.n_left_out_ == 2
    with pytest.warns(UserWarning, match="2 of 60 rows have no forecast"):
        forecasts = dropped.predict(rows)
    assert np.flatnonzero(np.isnan(forecasts[:, 0])).tolist() == [20, 30]


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (archive_of(HOURS).reset_index(), r"archive must be a DataFrame with \(origin, time\) as index, but has 1 lev"),
        ({"warmth": 1}, "archive must be a DataFrame with .* but has dict"),
        (archive_of(HOURS, columns=["wind"]), r"archive must hold columns of known_future, \['warmth'\], but has"),
        (pd.concat([archive_of(HOURS)] * 2), "archive must hold each .* once, but has"),
        (archive_of(HOURS.tz_localize("UTC")), "archive must have an index like that of the fitted rows"),
    ],
)
def test_bad_archives_are_refused(archive, message):
    model = Forecaster("load", estimator=Ridge(), known_future=["warmth"], **SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(measured(), archive=archive)
