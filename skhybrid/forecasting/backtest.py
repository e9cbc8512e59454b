"""Forecasts as they would have been made in the past, and their errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd

from skhybrid._progress import Progress
from skhybrid._validation import check_positive_int
from skhybrid.displays.forecast import ForecastDisplay
from skhybrid.forecasting._learning import find_lengths, make_filter
from skhybrid.forecasting._roles import learn_targets
from skhybrid.forecasting._rolling import fit_with_bands
from skhybrid.forecasting._table import Table, select, times_of
from skhybrid.forecasting._within import name_rows, tabulate
from skhybrid.series.steps import learn_steps

__all__ = ["Backtest"]


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """What :meth:`Forecaster.backtest` returns: forecasts as they would have been made, and what came.

    Attributes
    ----------
    forecasts : DataFrame
        One row for each series, origin, target and step, with the columns `series` (of many), `target` (of several),
        `origin`, `step`, `time`, `y_true` and `forecast`; with intervals, of `lower_80`, `upper_80` and so on.

    refits : pandas.Index
        The origins at which the forecaster was fitted, to the rows up to them.

    scales : Series
        For each series and target the root mean square of its difference from one season before (or from the last
        value, without a season), in the rows before the test part.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skhybrid import Forecaster, make_power_usage
    >>> df = make_power_usage(20, random_state=0)[["load"]]
    >>> model = Forecaster(horizon=24, estimator=Ridge(), window_length=48)
    >>> backtest = model.backtest(df, test_size=72, refit=24)
    >>> len(backtest.refits), len(backtest.forecasts), backtest.errors("step").shape
    (3, 1176, (24, 5))
    """

    forecasts: pd.DataFrame
    refits: pd.Index
    scales: pd.Series

    def errors(self, by: str | Sequence[str] = ()) -> pd.DataFrame:
        """Return the errors of all forecasts, or of groups of them.

        Parameters
        ----------
        by : str or sequence of str, default=()
            What to group by: columns of `forecasts`, or "hour", "dayofweek" or "month" of the time that is forecast.

        Returns
        -------
        errors : DataFrame
            `rmse`, `mae` and `bias` (the mean of forecast - truth) in the units of the target; `wape`, the sum of
            absolute errors divided by that of absolute true values; `rmsse`, the root mean square of the errors in
            units of `scales`. With intervals, for each level the `coverage_80` and so on, the share of the truth that
            lies in them, and the mean :func:`interval_score_80 <interval_score>`.

        Raises
        ------
        ValueError
            If `by` names something else.
        """
        table = self.forecasts
        error = table["forecast"] - table["y_true"]
        terms = pd.DataFrame(
            {
                "rmse": error**2,
                "mae": error.abs(),
                "bias": error,
                "wape": table["y_true"].abs(),
                "rmsse": (error / self._scale_of_rows()) ** 2,
            }
        )
        terms = terms.assign(**self._terms_of_intervals())
        groups = [self._group(name) for name in ([by] if isinstance(by, str) else by)]
        means = terms.groupby(groups).mean() if groups else terms.mean().to_frame().T
        means["wape"] = means["mae"] / means["wape"]
        means[["rmse", "rmsse"]] = np.sqrt(means[["rmse", "rmsse"]])
        return means

    def _terms_of_intervals(self):
        """Return what is averaged of the intervals of each level."""
        table, terms = self.forecasts, {}
        for level in self._levels():
            lower, upper, truth = table[f"lower_{level}"], table[f"upper_{level}"], table["y_true"]
            beyond = (lower - truth).clip(lower=0) + (truth - upper).clip(lower=0)
            terms[f"coverage_{level}"] = ((lower <= truth) & (truth <= upper)).astype(float)
            terms[f"interval_score_{level}"] = upper - lower + 2 / (1 - float(level) / 100) * beyond
        return terms

    def _levels(self):
        """Return the levels of intervals as columns name them, in percent."""
        return [str(name).removeprefix("lower_") for name in self.forecasts if str(name).startswith("lower_")]

    def _scale_of_rows(self):
        keys = [name for name in ("series", "target") if name in self.forecasts]
        if not keys:
            return self.scales.iloc[0]
        rows = self.forecasts[keys]
        labels = rows[keys[0]] if len(keys) == 1 else pd.MultiIndex.from_frame(rows)
        return self.scales.loc[labels].to_numpy()

    def _group(self, name):
        """Return what forecasts are grouped by."""
        if name in self.forecasts:
            return self.forecasts[name]
        if name in ("hour", "dayofweek", "month"):
            return getattr(self.forecasts["time"].dt, name).rename(name)
        raise ValueError(
            f"by must name columns of the forecasts, {list(self.forecasts)}, or 'hour', 'dayofweek' or 'month', but "
            f"names {name!r}; pass some of these."
        )

    def plot(self, *, series: Any = None, target: Any = None, ax: Any = None) -> ForecastDisplay:
        """Draw truth and forecasts over time, those of origins one horizon apart, with their intervals.

        Parameters
        ----------
        series, target : Hashable, default=None
            Which to draw, where there are several; None for the first.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : ForecastDisplay
            The display.
        """
        table = self.forecasts
        for name, chosen in (("series", series), ("target", target)):
            if name in table:
                table = table[table[name] == (table[name].iloc[0] if chosen is None else chosen)]
        horizon = table["step"].max() - table["step"].min() + 1
        truth = table.drop_duplicates("time").set_index("time")["y_true"].sort_index()
        drawn: list[pd.DataFrame] = []
        for _, rows in table.groupby("origin"):
            if not drawn or rows["time"].iloc[0] > drawn[-1]["time"].iloc[-1]:
                drawn.append(rows.assign(block=len(drawn)))
        lines = pd.concat(drawn).set_index("time").reindex(truth.index)
        first = self.scales.index[0]
        name = table["target"].iloc[0] if "target" in table else first[-1] if isinstance(first, tuple) else first
        label, levels = f"forecast, {horizon} steps at a time", self._levels()
        names = [f"{side}_{level}" for level in levels for side in ("lower", "upper")]
        bounds = {label: lines[names].to_numpy().reshape(len(lines), -1, 2)} if levels else None
        options = {"fold": lines["block"], "fold_name": "block", "bounds": bounds}
        options["levels"] = [float(level) / 100 for level in levels] if levels else None
        return ForecastDisplay(truth.rename(name), {label: lines["forecast"]}, **options).plot(ax=ax)

    def __repr__(self) -> str:
        error = self.errors().iloc[0]
        return (
            f"Backtest of {self.forecasts['origin'].nunique()} origins, fitted {len(self.refits)} times: RMSE "
            f"{error['rmse']:.4g}, MAE {error['mae']:.4g}"
        )


class Schedule(NamedTuple):
    """When a backtest fits and forecasts.

    Attributes
    ----------
    test_size : int
        Number of times at the end that are forecast.
    refit : int or None
        Number of steps from one fit to the next; None fits once.
    stride : int
        Number of steps from one origin to the next.
    max_train_size : int or None
        Number of times to fit to at most.
    """

    test_size: int
    refit: int | None
    stride: int
    max_train_size: int | None


class Block(NamedTuple):
    """What shares a fit: the rows to fit to, those that follow, and the origins of the forecasts."""

    known: Table
    later: Table
    origins: pd.Index


def run_backtest(
    forecaster: Any,
    table: Table,
    schedule: Schedule,
    checkpoint: str | Path | None,
    archive: Any,
    show: Callable[[str, int, Callable[[Progress], list[Any]]], list[Any]],
) -> Backtest:
    """Return the forecasts from all origins of a schedule.

    Parameters
    ----------
    forecaster : Forecaster
        A forecaster that is not fitted.
    table : Table
        All rows.
    schedule : Schedule
        When to fit and to forecast.
    checkpoint : str, Path or None
        Folder for what is finished, which is not done again.
    archive : DataFrame or None
        What was known ahead at each origin, where it differs from what was known later.
    show : callable
        Shows the backtest to callbacks; takes its name, the number of fits and what does it, as `show_work` does.
    """
    for name in ("test_size", "refit", "stride", "max_train_size"):
        value = getattr(schedule, name)
        if value is not None or name in ("test_size", "stride"):
            check_positive_int(value, name)
    times, keys = times_of(table), list(table.parts)
    store = None if checkpoint is None else Path(checkpoint)
    blocks = _blocks(times, schedule, forecaster.lead + forecaster.horizon)

    def forecast_all(progress):
        made = []
        for origins in blocks:
            with progress.part("refit", n_parts=1) as part:
                block = _cut(table, times, origins, schedule, forecaster)
                made.append(_remember(forecaster, block, keys, store, archive, part))
        return made

    forecasts = pd.concat(show("backtest", len(blocks), forecast_all), ignore_index=True)
    fitted = pd.Index([origins[0] for origins in blocks])
    if forecasts.empty:
        raise ValueError(
            f"X must hold an origin with all its targets in the last {schedule.test_size} times, but there is none; "
            "pass a larger test_size."
        )
    longest = max((part.frame for part in table.parts.values()), key=len)
    targets = learn_targets(longest.columns, forecaster.target)
    seasons = find_lengths(forecaster.season_length, longest.index, learn_steps(longest.index, forecaster.freq))
    scales = _scales(select(table, times[times <= fitted[0]]), keys, targets, min(seasons, default=1))
    forecasts = name_rows(forecasts, keys, targets, is_panel=table.is_panel)
    single = [name for name in scales.index.names if name not in forecasts]
    scales = scales.droplevel(single[:1]) if single else scales
    return Backtest(forecasts, fitted, scales)


def _cut(table, times, origins, schedule, forecaster):
    """Return the block of some origins."""
    place, last = times.get_indexer(origins[[0, -1]])
    first = 0 if schedule.max_train_size is None else max(place + 1 - schedule.max_train_size, 0)
    stop = last + forecaster.lead + forecaster.horizon + 1
    return Block(select(table, times[first : place + 1]), select(table, times[place + 1 : stop]), origins)


def _fit_and_forecast(forecaster, block, keys, archive, progress):
    """Fit to the known rows of a block; return the forecasts from its origins, the later rows given."""
    estimator, memory, *_ = fit_with_bands(block.known, forecaster, None, archive, progress)
    is_origin, n_ahead = make_filter(forecaster.origins), forecaster.lead + forecaster.horizon

    def choose(grid, n_rows):
        labels = grid.labels[grid.numbers]
        return grid.numbers[labels.isin(block.origins) & is_origin(labels) & (grid.numbers + n_ahead <= grid.last)]

    made = list(memory.forecast_within(estimator, block.later, choose))
    if memory.bands is None or not made:
        return tabulate(memory.plan, made, keys)
    bands = memory.issue(estimator, block.later, is_origin).need_bands()
    return tabulate(memory.plan, made, keys, bands.bound(memory.plan, made), bands.levels)


def _scales(table, keys, targets, season):
    """Return the root mean square of the seasonal differences of each series and target; NaN where there are none."""
    scales = {}
    for key in keys:
        for target in targets:
            values = table.parts[key].frame[target] if key in table.parts else pd.Series(dtype=float)
            scales[key, target] = float(np.sqrt((values.diff(season) ** 2).mean()))
    index = pd.MultiIndex.from_tuples(scales, names=["series", "target"])
    return pd.Series(list(scales.values()), index)


def _blocks(times, schedule, n_ahead):
    """Return the times of origins, in blocks that share a fit."""
    first = len(times) - schedule.test_size - 1
    places = np.arange(first, len(times) - n_ahead, schedule.stride)
    if first < 0 or len(places) == 0:
        raise ValueError(
            f"test_size must be at least the {n_ahead} steps up to the last one forecast, and leave rows to fit to, "
            f"but is {schedule.test_size} of the {len(times)} times of X; pass another."
        )
    numbers = np.zeros(len(places), int) if schedule.refit is None else (places - first) // schedule.refit
    return [times[places[numbers == number]] for number in np.unique(numbers)]


def _remember(forecaster, block, keys, store, archive, progress):
    """Return the forecasts of a block: those that the store holds, else made and put there."""
    if store is None:
        return _fit_and_forecast(forecaster, block, keys, archive, progress)
    store.mkdir(parents=True, exist_ok=True)
    rows = [(key, part.frame) for table in block[:2] for key, part in table.parts.items()]
    path = store / f"{joblib.hash((forecaster.get_params(), rows, block.origins, archive))}.npz"
    labels = {"origin": block.origins, "time": times_of(block.later)}
    if not path.exists():
        frame = _fit_and_forecast(forecaster, block, keys, archive, progress)
        for name, index in labels.items():
            frame[name] = index.get_indexer(frame[name])
        unfinished = path.with_name(f"unfinished_{path.name}")
        np.savez(unfinished, **{name: frame[name].to_numpy(dtype=np.float64) for name in frame})
        unfinished.rename(path)  # so that what is interrupted leaves nothing that looks finished
    with np.load(path) as packed:
        frame = pd.DataFrame({name: packed[name] for name in packed})
    return frame.assign(**{name: index[frame[name].astype(int)] for name, index in labels.items()})
