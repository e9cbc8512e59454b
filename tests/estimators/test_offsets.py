"""Offsets by phase, against CycleNet's recipe in a loop."""

from functools import partial

import numpy as np
import pytest

from skhybrid import CNNLSTMRegressor, DenseRegressor, Windows
from tests.estimators.known_ahead import SEASON, make_known, make_rows

SEASONS = (SEASON, 4)
offset = partial(DenseRegressor, 2, activation="tanh", window_norm="last", epochs=2, learning_rate=0.05, random_state=0)


@pytest.fixture(scope="module")
def data():
    return make_known(n_features=3, seasons=SEASONS)


def give_tables(model, seasons=SEASONS):
    """Give a model's seasons offsets, and return them by phase."""
    tables = [np.random.default_rng(season).normal(size=season) for season in seasons]
    for season, table in zip(seasons, tables, strict=True):
        model.model_.get_layer(f"offsets_{season}").set_weights([table[:, None]])
    return tables


def take_tables(model, seasons=SEASONS):
    return [model.model_.get_layer(f"offsets_{season}").get_weights()[0][:, 0] for season in seasons]


def cycles(model, X, tables, channel, n_outputs, lead=0):
    """Return the cycle at the steps of the windows, and at those of the targets, both in units of y."""
    n_steps = X.values[0, ..., 0].size
    of_steps = np.zeros((len(X), n_steps + n_outputs))
    for i in range(len(X)):
        for table, phase in zip(tables, X.ahead[i, 0, -len(tables) :].astype(int), strict=True):
            for step in range(-n_steps, n_outputs):
                of_steps[i, step + n_steps] += table[(phase + step - lead * (step < 0)) % len(table)]
    of_steps *= model._reading.norm.channel_scale[channel]
    return of_steps[:, :n_steps], of_steps[:, n_steps:]


def without_cycle(X, of_windows, channel):
    values = X.values.astype(float)
    values[..., channel] -= of_windows.reshape(values.shape[:-1])
    return Windows(values, X.ahead, seasons=X.seasons)


@pytest.mark.parametrize("window_norm", ["last", "seasonal"])
@pytest.mark.parametrize(("channel", "lead"), [(0, 0), (1, 0), (1, 2)])
def test_offsets_are_subtracted_before_the_network_and_added_after(data, channel, lead, window_norm):
    X = data[0]
    series = make_rows(70, 3)[8:, channel]
    y = np.stack([series[i : i + 4] for i in range(len(X))])
    options = {"target_channel": channel, "window_norm": window_norm, "season_length": 5, "lead": lead}
    model = offset(phase_offsets=True, **options).fit(X, y)
    plain = offset(**options).fit(X, y)
    for layer in plain.model_.layers:
        layer.set_weights(model.model_.get_layer(layer.name).get_weights())
    of_windows, of_targets = cycles(model, X, give_tables(model), channel, 4, lead)
    expected = plain.predict(without_cycle(X, of_windows, channel)) + of_targets
    np.testing.assert_allclose(model.predict(X), expected, rtol=0, atol=1e-5 * y.std())


def test_subsequences_have_offsets_step_by_step(data):
    X, y = data
    folded = Windows(X.values.reshape(-1, 2, 4, 3), X.ahead, seasons=SEASONS)
    network = partial(CNNLSTMRegressor, 1, kernel_size=2, units=2, dense_units=(), epochs=1, window_norm="last")
    model, plain = (network(phase_offsets=has_any, random_state=0).fit(folded, y) for has_any in (True, False))
    for layer in plain.model_.layers:
        layer.set_weights(model.model_.get_layer(layer.name).get_weights())
    of_windows, of_targets = cycles(model, folded, give_tables(model), 0, 4)
    expected = plain.predict(without_cycle(folded, of_windows, 0)) + of_targets
    np.testing.assert_allclose(model.predict(folded), expected, rtol=0, atol=1e-5 * y.std())


def test_offsets_are_0_at_first(data):
    model = offset(phase_offsets=True, learning_rate=1e-30).fit(*data)
    assert np.abs(np.concatenate(take_tables(model))).max() < 1e-28
    np.testing.assert_array_equal(model.predict(data[0]), offset(learning_rate=1e-30).fit(*data).predict(data[0]))


def test_offsets_are_counted_and_trained(data):
    model = offset(phase_offsets=True).fit(*data)
    plain = offset().fit(*data)
    assert model.n_parameters_ - plain.n_parameters_ == sum(SEASONS) + 4  # and the targets' units
    assert all(table.all() for table in take_tables(model))


def test_offsets_find_a_cycle():
    cycle = np.array([0.0, 3.0, 1.0, -2.0, 4.0, -1.0])
    phases = (np.arange(60)[:, None] + np.arange(12)) % SEASON
    X = Windows(cycle[phases[:, :8], None], phases[:, 8:, None], seasons=(SEASON,))
    # The windows' last two steps do not tell a network of one unit the phase.
    model = offset(phase_offsets=True, last_steps=1, epochs=300).fit(X, cycle[phases[:, 8:]])
    (table,) = take_tables(model, (SEASON,))
    table = table * model._reading.norm.channel_scale[0]
    assert np.corrcoef(table, cycle)[0, 1] > 0.95


@pytest.mark.parametrize("linear_path", [None, "trained"])
def test_of_quantiles_the_median_is_moved_and_the_others_with_it(data, linear_path):
    X, y = data
    options = {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9), "linear_path": linear_path}
    model = offset(phase_offsets=True, **options).fit(X, y)
    model.model_.get_layer("output").set_weights([np.zeros((2, 12)), np.zeros(12)])  # a network that reads nothing
    for season in SEASONS:
        model.model_.get_layer(f"offsets_{season}").set_weights([np.zeros((season, 1))])
    before = model.predict_quantiles(X)
    _, of_targets = cycles(model, X, give_tables(model), 0, 4)
    of_windows, _ = cycles(model, X, take_tables(model), 0, 4)
    moved = of_targets - of_windows[:, -1:]
    np.testing.assert_allclose(model.predict_quantiles(X), before + moved[..., None], rtol=0, atol=1e-5 * y.std())
