"""Boosted trees beside a network: what they read, of which rows, and what comes of them."""

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_info, threadpool_limits

from skhybrid import DenseRegressor, Windows, make_windows
from skhybrid.estimators import _boosting
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._boosting import TreeDesign, choose_trees, grow_trees, thin_out
from skhybrid.estimators._linear_design import Design
from skhybrid.estimators._linear_path import Data
from skhybrid.estimators._samples import Ahead, Samples
from skhybrid.estimators._task import Fold
from skhybrid.estimators._window_norm import WindowNorm
from tests.helpers import assert_same_predictions

small = partial(
    DenseRegressor,
    3,
    linear_path="ridge",
    window_norm="last",
    season_length=6,
    boosting=True,
    early_stopping=True,
    validation_fraction=0.2,
    epochs=2,
    random_state=0,
)


def make_series(n_rows=700, seed=0):
    """Return windows of a series that jumps while a number known ahead is above 1, in part of each season."""
    rng = np.random.default_rng(seed)
    k = np.arange(n_rows)
    weather = np.convolve(rng.normal(size=n_rows + 5), np.ones(6) / 2, "valid")
    jumps = 3.0 * ((weather > 1) & (k % 6 > 2))
    series = np.sin(2 * np.pi * k / 6) + jumps + 0.2 * rng.normal(size=n_rows)
    rows = np.round(np.column_stack([series, weather]) * 64) / 64
    return make_windows(rows, 0, window_length=12, horizon=range(1, 5), known_future=[1], seasons=(6,))


@pytest.fixture(scope="module")
def data():
    return make_series()


@pytest.fixture(scope="module")
def fitted(data):
    X, y = data
    return small(refit=True).fit(X[:500], y[:500])


# What is read


def make_design(n_steps, n_outputs, season, *, n_features=2, channel=0, n_numbers=1, norm="last", lead=0):
    norm = norm and WindowNorm(norm, np.array([0.5, 4.0][:n_features]), (True,) * n_features)
    ahead = AheadScale(np.zeros(n_numbers), np.ones(n_numbers), n_outputs, (season,)) if n_numbers else None
    shape = {"n_steps": n_steps, "n_features": n_features, "n_outputs": n_outputs, "segment_length": None}
    return TreeDesign(Design(norm, ahead, False, season_length=season, lead=lead, **shape), channel)


def make_samples(design, n_samples=5):
    rng = np.random.default_rng(0)
    linear = design.linear
    values = rng.normal(size=(n_samples, linear.n_steps, linear.n_features))
    none, ahead = np.zeros(n_samples, dtype=int), None
    if linear.ahead is not None:
        known = rng.normal(size=(n_samples, linear.ahead.n_steps, linear.ahead.n_inputs))
        ahead = Ahead(known, linear.ahead.seasons)
    return Samples(values, none, none, ahead)


def read_by_hand(design, samples, i, h):
    """Return the numbers of one sample and coming step h, counted from 1, value by value."""
    linear = design.linear
    season, last = linear.season_length, linear.n_steps - 1
    window = samples.values[i]
    past = window[:, design.channel]
    if linear.norm is not None:
        past = (past - past[-1]) / linear.norm.channel_scale[design.channel]

    def at(series, lag):
        return series[min(max(last + linear.lead + h - lag, 0), last)]

    n_ahead = linear.lead + linear.n_outputs
    nearest = next(k * season for k in range(1, 99) if k * season >= n_ahead)
    lags = [k * season for k in (1, 2, 7) if n_ahead <= k * season <= last + 1] or [nearest]
    numbers = [at(past, lag) for lag in lags] + [at(past, lags[0] - 1), at(past, lags[0] + 1)]
    numbers += [past[-k] for k in range(1, min(8, last + 1) + 1)]
    lengths = sorted({n for n in (season // 4, season, 4 * season, last + 1) if 2 <= n <= last + 1})
    numbers += [sum(past[-n:]) / n for n in lengths]
    numbers.append(np.std(past[-season:]))
    numbers += [past[-1] - past[-1 - n] for n in (season, 7 * season) if n <= last]
    for other in set(range(linear.n_features)) - {design.channel}:
        series = window[:, other]
        numbers += [series[-1], at(series, nearest), np.mean(series[-season:])]
    if samples.ahead is not None:
        known = samples.ahead.values[i]
        numbers += [*known[h - 1]]
        for c in range(len(linear.ahead.mean)):
            numbers += [known[max(h - 2, 0), c], known[min(h, len(known) - 1), c], np.mean(known[:h, c])]
    return [*numbers, h - 1]


@pytest.mark.parametrize(
    "shape",
    [
        {"n_steps": 12, "n_outputs": 4, "season": 6},
        {"n_steps": 50, "n_outputs": 6, "season": 6, "channel": 1},
        {"n_steps": 9, "n_outputs": 4, "season": 24, "norm": None},
        {"n_steps": 20, "n_outputs": 4, "season": 6, "lead": 3},
        {"n_steps": 30, "n_outputs": 7, "season": 3, "n_numbers": 2},
        {"n_steps": 5, "n_outputs": 1, "season": 1, "n_features": 1, "n_numbers": 0},
        {"n_steps": 1, "n_outputs": 3, "season": 1},
    ],
    ids=str,
)
def test_numbers_are_those_of_each_step(shape):
    design = make_design(**shape)
    samples = make_samples(design)
    rows = np.array([3, 0, 4])
    table = design.read(samples, rows)
    expected = [read_by_hand(design, samples, i, h) for i in rows for h in range(1, design.n_outputs + 1)]
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-6)


def test_level_of_the_target_is_not_read():
    design = make_design(12, 4, 6)
    samples = make_samples(design)
    higher = samples.values + np.array([128.0, 0])
    rows = np.arange(5)
    table = design.read(samples._replace(values=higher), rows)
    np.testing.assert_allclose(table, design.read(samples, rows), atol=1e-5)


# What is grown


def make_left(n_samples=240, *, weights=None, seed=0):
    """Return samples, and a rest that jumps with what is known of the step."""
    design = make_design(12, 4, 6)
    samples = make_samples(design, n_samples)
    rng = np.random.default_rng(seed)
    rest = 2.0 * (samples.ahead.values[:, :, 0] > 0.5) + 0.3 * rng.normal(size=(n_samples, 4))
    return design, Data(samples, rest, np.ones(n_samples) if weights is None else weights)


FOLDS = [Fold(np.arange(160), np.arange(170, 230)), Fold(np.arange(100), np.arange(110, 170))]


def grow_by_hand(design, data, fold):
    """Return trees that scikit-learn grows and stops by itself, and the number of them that is best."""
    tables = [design.read(data.samples, rows) for rows in fold]
    targets = [data.targets[rows].ravel() for rows in fold]
    model = HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_leaf_nodes=15,
        l2_regularization=1.0,
        max_iter=300,
        early_stopping=True,
        n_iter_no_change=20,
        scoring="loss",
        random_state=0,
    )
    model.fit(tables[0], targets[0], X_val=tables[1], y_val=targets[1])
    errors = [((y - targets[1]) ** 2).mean() for y in model.staged_predict(tables[1])]
    return model, 1 + int(np.argmin(errors))


def test_trees_are_as_many_as_help_on_what_is_held_out():
    design, data = make_left()
    trees = choose_trees(design, [data, data], FOLDS, absolute=False)
    best = [grow_by_hand(design, data, fold)[1] for fold in FOLDS]
    assert best[0] != best[1]
    assert trees.n_iterations == round(np.mean(best))
    for i, fold in enumerate(FOLDS):
        model, _ = grow_by_hand(design, data, fold)
        stages = list(model.staged_predict(design.read(data.samples, np.arange(240))))
        expected = stages[min(trees.n_iterations, len(stages)) - 1].reshape(-1, 4)
        np.testing.assert_allclose(trees.of_fold(i).predict(data.samples), expected, atol=1e-12)


def test_as_many_trees_are_grown_of_all_samples():
    design, data = make_left()
    before = choose_trees(design, [data], FOLDS[:1], absolute=False)
    again = grow_trees(design, data, np.arange(240), before, absolute=False)
    assert again.n_iterations == before.n_iterations == again.of_folds[0].n_iter_
    assert len(again.of_folds) == 1
    assert np.abs(again.predict(data.samples) - before.predict(data.samples)).max() > 0.05


@pytest.mark.parametrize(("alter", "is_moved"), [(slice(160, None), False), (slice(159, 160), True)])
def test_trees_of_a_fold_know_nothing_of_what_comes_after(monkeypatch, alter, is_moved):
    monkeypatch.setattr(_boosting, "PATIENCE", 300)  # all are grown, and only their number is chosen by what comes
    design, data = make_left()
    targets = data.targets.copy()
    targets[alter] -= 5
    trees = [choose_trees(design, [d], FOLDS[:1], absolute=False) for d in (data, data._replace(targets=targets))]
    first, second = (of_one._replace(n_iterations=300).predict(data.samples) for of_one in trees)
    assert np.array_equal(first, second) is not is_moved


def test_absolute_errors_are_of_medians():
    design, data = make_left()
    targets = data.targets + np.where(np.random.default_rng(1).random((240, 4)) < 0.2, 30.0, 0)
    data = data._replace(targets=targets)
    squared, absolute = (choose_trees(design, [data], FOLDS[:1], absolute=a) for a in (False, True))
    held_out = FOLDS[0].choosing
    errors = [np.abs(t.predict(data.samples) - targets)[held_out].mean() for t in (squared, absolute)]
    assert errors[1] < 0.9 * errors[0]


def test_weights_count():
    weights = np.where(np.arange(240) % 2, 1.0, 1e-6)
    design, data = make_left(weights=weights)
    data.targets[::2] *= -1
    trees = choose_trees(design, [data], FOLDS[:1], absolute=False)
    rest, added = data.targets[1:160:2], trees.predict(data.samples)[1:160:2]
    assert ((rest - added) ** 2).mean() < 0.2 * rest.var()


def test_one_thread_grows_and_predicts(monkeypatch):
    """Others may keep the cores busy, and threads that wait for each other wait for these as well."""
    threads = []

    def note(method):
        def noted(self, *args, **kwargs):
            pools = threadpool_info()
            threads.append(max(pool["num_threads"] for pool in pools if pool["user_api"] == "openmp"))
            return method(self, *args, **kwargs)

        return noted

    for name in ("fit", "staged_predict"):
        method = getattr(HistGradientBoostingRegressor, name)
        monkeypatch.setattr(HistGradientBoostingRegressor, name, note(method))
    design, data = make_left()
    with threadpool_limits(2, user_api="openmp"):
        trees = choose_trees(design, [data], FOLDS[:1], absolute=False)
        grow_trees(design, data, np.arange(240), trees, absolute=False).predict(data.samples)
    assert threads == [1, 1, 1]


def test_pieces_of_samples_are_put_together(monkeypatch):
    design, data = make_left()
    trees = choose_trees(design, [data], FOLDS[:1], absolute=False)
    at_once = trees.predict(data.samples)
    monkeypatch.setattr(_boosting, "PIECE_NUMBERS", 7 * 4 * trees.of_folds[0].n_features_in_)
    np.testing.assert_array_equal(trees.predict(data.samples), at_once)


def test_many_samples_are_thinned_in_order(monkeypatch):
    assert [part.tolist() for part in thin_out(FOLDS, 4)[1]] == [part.tolist() for part in FOLDS[1]]
    monkeypatch.setattr(_boosting, "MAX_ROWS", 200)
    monkeypatch.setattr(_boosting, "MAX_ROWS_TO_CHOOSE", 40)
    for thinned, fold in zip(thin_out(FOLDS, 4), FOLDS, strict=True):
        assert [len(part) for part in thinned] == [50, 10]
        for part, whole in zip(thinned, fold, strict=True):
            assert set(part) <= set(whole)
            assert (np.diff(part) > 0).all()
    for first, second in zip(thin_out(FOLDS, 4)[0], thin_out(FOLDS, 4)[0], strict=True):
        np.testing.assert_array_equal(first, second)


# What comes of them


def error_of(model, X, y):
    return np.sqrt(np.mean((model.predict(X) - y) ** 2))


def test_what_trees_find_is_added(data, fitted):
    X, y = data
    without = small(refit=True, boosting=False).fit(X[:500], y[:500])
    assert (without.boosting_share_ == 0).all()
    assert (fitted.boosting_share_ > 0.5).all()
    assert error_of(fitted, X[510:], y[510:]) < 0.7 * error_of(without, X[510:], y[510:])


def test_forecast_is_linear_path_network_and_trees(data, fitted):
    X, _ = data
    samples = fitted._read_as_fitted(X)
    networks = NetworkEstimator._ask(fitted, samples)
    outputs = networks + fitted.boosting_share_ * fitted._linear.trees.predict(samples)
    forecast = fitted._target.decode(outputs, samples.values)[..., 0]
    np.testing.assert_allclose(fitted.predict(X), forecast, atol=1e-9)


def test_shares_are_chosen_together(data):
    """Those of network and trees are the best on what is held out, by the trees of what is known there."""
    X, y = data[0][:500], data[1][:500]
    model = small(epochs=9).fit(X, y)
    trees = model._linear.trees
    n_held_out = 100
    samples = model._read_as_fitted(X[-n_held_out:])
    targets = model._target.encode(y[-n_held_out:], samples)
    linear = model._linear.predict(samples)
    share = float(model.boosting_share_[0])
    assert 0 < share <= 1
    network, added = NetworkEstimator._ask(model, samples) - linear, trees.predict(samples)

    def error(factor):
        return np.mean((linear + network + factor * share * added - targets) ** 2)

    assert error(1) < min(error(0), np.mean((linear - targets) ** 2))


def test_trees_that_find_nothing_are_left_out():
    rng = np.random.default_rng(3)
    X, y = make_windows(rng.normal(size=300), window_length=12, horizon=range(1, 5))
    model = small(refit=True, validation_folds=3, n_estimators=3, linear_bases=("raw",)).fit(X, y)
    assert (model.boosting_share_ < 0.2).all()


def test_quantiles_are_shifted_together(data):
    X, y = data
    model = small(loss="quantile", quantiles=(0.1, 0.5, 0.9), epochs=5).fit(X[:500], y[:500])
    assert model.boosting_share_.any()
    quantiles = model.predict_quantiles(X)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_array_equal(model.predict(X), quantiles[..., 1])
    samples = model._read_as_fitted(X)
    alone = model._target.decode(NetworkEstimator._ask(model, samples), samples.values)
    shift = quantiles - alone
    np.testing.assert_allclose(shift - shift[..., :1], 0, atol=1e-9)
    assert np.abs(shift).max() > 0.1


@pytest.mark.parametrize("options", [{"min_samples": 501}, {"epochs": 0}, {"epochs": 0, "early_stopping": False}])
def test_linear_path_alone_has_no_trees(data, options):
    X, y = data
    model = small(**options).fit(X[:500], y[:500])
    assert model._linear.trees is None
    assert not model.boosting_share_.any()
    assert model.engine_.startswith("none: the linear path forecasts alone")
    alone = small(boosting=False, epochs=0).fit(X[:500], y[:500])
    if options.get("early_stopping", True):
        assert_same_predictions(model, alone, X)


def test_same_fit_gives_the_same(data, fitted):
    X, y = data
    assert_same_predictions(clone(fitted).fit(X[:500], y[:500]), fitted, X)


def test_pickle(data, fitted):
    assert_same_predictions(pickle.loads(pickle.dumps(fitted)), fitted, data[0])


def test_later_rows_move_no_forecast(data, fitted):
    """A forecast is of its own window, and what is known ahead of it."""
    X, _ = data
    later = Windows(X.values[510:] * 2, X.ahead[510:], seasons=X.seasons)
    whole = Windows(
        np.concatenate([X.values[500:510], later.values]),
        np.concatenate([X.ahead[500:510], later.ahead]),
        seasons=X.seasons,
    )
    np.testing.assert_allclose(fitted.predict(whole)[:10], fitted.predict(X[500:510]), rtol=1e-6)


def test_warm_start_trains_networks_on_beside_the_same_trees(data):
    X, y = data[0][:500], data[1][:500]
    model = small(warm_start=True).fit(X, y)
    trees = model._linear.trees
    model.fit(X, y)
    assert model._linear.trees is trees
    assert model.boosting_share_.any()


def test_exported_model_would_lack_trees(data, fitted):
    with pytest.raises(ValueError, match=r"^to_keras needs an estimator without boosted trees.* boosting=False\.$"):
        fitted.to_keras()
    X, y = data
    without = small(boosting=False).fit(X[:500], y[:500])
    assert without.to_keras().count_params() > 0
