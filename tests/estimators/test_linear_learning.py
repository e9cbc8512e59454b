"""The linear path beside networks: what chooses it, what it is learned from, and the gate of the network's part."""

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from skhybrid import DenseRegressor, LSTMRegressor, SequenceRegressor, Windows, make_windows
from skhybrid._backend import keras
from skhybrid.estimators import _linear_learning, _linear_path
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._linear_learning import FIRST_SIZE, find_lengths
from skhybrid.estimators._members import linear_of, mean_history
from skhybrid.estimators._phase_path import PhaseChoice, PhaseDesign
from tests.estimators.known_ahead import SEASON, angles, make_known
from tests.helpers import assert_same_predictions, linear_network

small = partial(DenseRegressor, 3, linear_path="ridge", window_norm="last", epochs=2, random_state=0)
stopped = partial(small, early_stopping=True, validation_fraction=0.2, n_iter_no_change=9)
segmented = partial(LSTMRegressor, 2, dense_units=(), decoder="segments", segment_length=2, epochs=1, random_state=0)

N_HELD_OUT, GAP = 13, 3  # of the 64 samples of make_known(75)


def idle_network(input_shape, n_outputs, *, seed):
    """Build a network that always returns 0."""
    model = linear_network(input_shape, n_outputs, seed=seed)
    model.add(keras.layers.Rescaling(0.0))
    return model


idle = partial(SequenceRegressor, idle_network, linear_path="ridge", window_norm="last", epochs=2, random_state=0)


@pytest.fixture(scope="module")
def data():
    return make_known(75)


@pytest.fixture
def one_penalty(monkeypatch):
    """Leave samples held out no penalty to choose, that of regressions by phase neither."""

    def choose_one(design, *args, absolute):
        return PhaseChoice(0.1, design.numbers_of_features()[-1])

    monkeypatch.setattr(_linear_path, "PENALTIES", np.array([0.1]))
    monkeypatch.setattr(_linear_learning, "choose_by_phase", choose_one)


def coefficients(model):
    """Return the weights of the linear path, and of regressions by phase."""
    names = "linear_path", "phase_path"
    layers = [layer for layer in model.model_.layers if layer.name.startswith(names)]
    return [weight for layer in layers for weight in layer.get_weights()]


def assert_same_coefficients(a, b):
    for first, second in zip(coefficients(a), coefficients(b), strict=True):
        np.testing.assert_array_equal(first, second)


# What is learned from which rows


def alter_targets(X, y, rows):
    y = y.copy()
    y[rows] += np.random.default_rng(1).normal(size=y[rows].shape)
    return X, y


def alter_samples(X, y, rows):
    values, ahead = X.values.copy(), X.ahead.copy()
    values[rows] *= 2
    ahead[rows, :, 0] += 9
    return Windows(values, ahead, seasons=X.seasons), y


@pytest.mark.usefixtures("one_penalty")
@pytest.mark.parametrize("options", [{}, {"linear_by_phase": True}], ids=str)
@pytest.mark.parametrize("alter", [alter_targets, alter_samples])
def test_samples_held_out_move_no_coefficient_and_no_weight(data, alter, options):
    """They choose the penalty, of which there is one here, and which epoch's weights are kept."""
    first = stopped(**options).fit(*data)
    second = stopped(**options).fit(*alter(*data, np.arange(64 - N_HELD_OUT, 64)))
    assert first.phase_penalty_ == second.phase_penalty_ == (0.1 if options else np.inf)
    assert len(coefficients(first)) == (5 if options else 3)
    assert_same_coefficients(first, second)
    assert first.history_["loss"] == second.history_["loss"]
    assert first.history_["val_loss"] != second.history_["val_loss"]
    (a,), (b,) = first._linear.of_folds, second._linear.of_folds
    np.testing.assert_array_equal(a.kernel, b.kernel)
    np.testing.assert_array_equal(a.penalties, b.penalties)
    assert first._target.scale.tolist() == second._target.scale.tolist()
    np.testing.assert_array_equal(first._reading.norm.channel_scale, second._reading.norm.channel_scale)
    np.testing.assert_array_equal(first._reading.ahead.mean, second._reading.ahead.mean)
    np.testing.assert_array_equal(first._reading.ahead.scale, second._reading.ahead.scale)


@pytest.mark.parametrize("linear_path", ["trained", "ridge"])
@pytest.mark.parametrize("alter", [alter_targets, alter_samples])
def test_rows_in_the_gap_move_nothing(data, alter, linear_path):
    model = stopped(linear_path=linear_path).fit(*data)
    other = stopped(linear_path=linear_path).fit(*alter(*data, np.arange(64 - N_HELD_OUT - GAP, 64 - N_HELD_OUT)))
    assert_same_predictions(model, other, data[0])
    assert model.history_ == other.history_


def test_row_before_the_gap_moves_the_coefficients(data):
    """So that the tests above can fail."""
    model, other = (stopped(epochs=0).fit(*alter_targets(*data, [row])) for row in (47, 46))
    assert np.abs(coefficients(model)[0] - coefficients(other)[0]).max() > 1e-4


def test_without_early_stopping_all_rows_are_learned_from(data):
    model = small(epochs=0).fit(*data)
    for row in (0, 50, 63):  # known, gap, choosing
        other = small(epochs=0).fit(*alter_targets(*data, [row]))
        assert np.abs(coefficients(model)[0] - coefficients(other)[0]).max() > 1e-4


def test_penalty_is_chosen_by_the_same_rows_with_and_without_early_stopping(data):
    with_stopping = small(epochs=0, early_stopping=True, norm_channels=[0]).fit(*data)
    without = small(epochs=0, norm_channels=[0]).fit(*data)
    np.testing.assert_array_equal(with_stopping._linear.choice.penalties, without._linear.choice.penalties)
    assert np.abs(with_stopping.linear_penalty_ - without.linear_penalty_).max() > 0  # of other numbers of rows


def test_refit_learns_the_coefficients_from_all_rows(data):
    refitted = idle(early_stopping=True, refit=True).fit(data[0].values, data[1])
    assert refitted.best_epoch_ == 0
    assert_same_predictions(refitted, idle(epochs=0).fit(data[0].values, data[1]), data[0].values)


@pytest.mark.parametrize(("window_norm", "n_features"), [(None, 2), ("last", 1)])
def test_weight_of_2_is_the_row_twice(data, window_norm, n_features):
    X, y = data[0].values[..., :n_features], data[1]
    model = small(epochs=0, early_stopping=True, window_norm=window_norm)
    held_out = {"X_val": X[-10:], "y_val": y[-10:]}
    twice = np.repeat(np.arange(50), 1 + np.arange(50) % 2)
    of_weights = model.fit(X[:50], y[:50], 1.0 + np.arange(50) % 2, **held_out).predict(X)
    of_copies = model.fit(X[twice], y[twice], **held_out).predict(X)
    np.testing.assert_allclose(of_weights, of_copies, rtol=0, atol=1e-6 * y.std())
    assert np.abs(of_copies - model.fit(X[:50], y[:50], **held_out).predict(X)).max() > 1e-3


def test_half_life_weighs_the_newest_rows(data):
    X, y = data[0].values, data[1]
    faded = 0.5 ** (np.arange(64)[::-1] / (0.5 * 64))
    model = small(epochs=0, half_life=0.5, window_norm=None).fit(X, y)
    table = X.reshape(len(X), -1)
    expected = Ridge(model.linear_penalty_[0]).fit(table, y, faded[-len(X) :]).predict(table)
    np.testing.assert_allclose(model.predict(X), expected, rtol=0, atol=1e-6 * y.std())


# What moves which outputs


@pytest.mark.parametrize("linear_path", [None, "trained", "ridge"])
def test_input_of_a_step_moves_its_segment_alone(data, linear_path):
    X, y = data
    model = segmented(window_norm="last", linear_path=linear_path).fit(X, y)
    for step in range(4):
        ahead = X.ahead.copy()
        ahead[5, step, 0] += 3
        moved = model.predict(X) != model.predict(Windows(X.values, ahead, seasons=X.seasons))
        assert moved[5, 2 * (step // 2) : 2 * (step // 2) + 2].all()
        assert np.count_nonzero(moved) == 2


@pytest.mark.parametrize("linear_path", ["trained", "ridge"])
def test_newest_step_moves_the_outputs(data, linear_path):
    X, y = data
    model = small(linear_path=linear_path).fit(X, y)
    values = X.values.copy()
    values[5, -1, 1] += 1
    moved = model.predict(X) != model.predict(Windows(values, X.ahead, seasons=X.seasons))
    assert moved[5].all()
    assert np.count_nonzero(moved) == 4


# The gate


def cautious_share(corrections, rests):
    """Return the least-squares share of corrections, a list of (sample, output), shrunk by its standard error.

    Products are summed over stretches of four samples, as many as there are steps to forecast.
    """
    squares = products = variance = 0
    for c, r in zip(corrections, rests, strict=True):
        stretches = [(c[start : start + 4] * r[start : start + 4]).sum() for start in range(0, len(c), 4)]
        squares += (c**2).sum()
        products += sum(stretches)
        variance += len(stretches) * np.var(stretches)
    n_errors = products / np.sqrt(variance)
    return min(products / squares * (1 - 1 / n_errors**2), 1) if n_errors > 1 else 0


def test_gate_is_the_share_shrunk_by_its_standard_error(data):
    X, y = data
    model = stopped(learning_rate=0.05, random_state=2).fit(X, y)
    assert 0 < model.gate_[0, 0] < 1  # so that something is chosen
    targets = model._target.encode(y, model._read_as_fitted(X))
    alone, both = (outputs_with_gate(model, 0, X, share)[-N_HELD_OUT:] for share in (0, 1))
    expected = cautious_share([both - alone], [targets[-N_HELD_OUT:] - alone])
    np.testing.assert_allclose(model.gate_[0], expected, atol=1e-4)


@pytest.mark.parametrize("loss", ["mse", "mae", "quantile"])
def test_network_that_cannot_help_is_left_out(data, loss):
    X, y = data[0].values, data[1]
    options = {"loss": loss, "quantiles": (0.2, 0.5, 0.9)} if loss == "quantile" else {"loss": loss}
    model = idle(early_stopping=True, n_iter_no_change=1, **options).fit(X, y)
    assert not model.gate_.any()
    assert model.best_epoch_ == (1 if loss == "quantile" else 0)  # whose other quantiles are the network's
    alone = idle(loss="mse" if loss == "mse" else "mae", early_stopping=True, epochs=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), alone.predict(X), rtol=0, atol=1e-6 * y.std())


def test_network_that_does_harm_is_left_out(data):
    X, y = data
    model = stopped(learning_rate=10.0, epochs=3).fit(X, y)
    alone = stopped(epochs=0).fit(X, y)
    error, gated = (((m.predict(X[-N_HELD_OUT:]) - y[-N_HELD_OUT:]) ** 2).mean() for m in (alone, model))
    assert min(model.history_["val_loss"]) * model._target.common_scale**2 > error
    assert gated <= error * (1 + 1e-6)


def test_without_samples_held_out_the_gate_is_open(data):
    model = small(n_estimators=2).fit(*data)
    np.testing.assert_array_equal(model.gate_, np.ones((2, 4)))


def test_network_starts_at_the_size_of_what_the_linear_path_leaves(data):
    X, y = data
    n = 64 - N_HELD_OUT - GAP
    rest = stopped(epochs=0).fit(X, y).predict(X[:n]) - y[:n]
    model = stopped().fit(X, y)
    size = model.model_.get_layer("gate").get_weights()[0] * model._target.common_scale
    np.testing.assert_allclose(size, FIRST_SIZE * model.gate_[0] * np.sqrt((rest**2).mean(axis=0)), rtol=1e-5)
    assert model.gate_.any()


def test_neither_coefficients_nor_gate_are_trained(data):
    model = small().fit(*data)
    first = coefficients(model)
    model.partial_fit(*data)
    for before, after in zip(first, coefficients(model), strict=True):
        np.testing.assert_array_equal(before, after)
    assert {w.path.split("/")[0] for w in model.model_.trainable_weights} == {"dense_1", "output"}


def test_trained_path_is_trained_as_in_a_model_written_by_hand(data):
    X, y = data
    options = {"linear_path": "trained", "optimizer": "sgd", "shuffle": False, "batch_size": 64}
    model = small(**options, learning_rate=0.1, epochs=3).fit(X, y)
    first = small(**options, learning_rate=1e-30, epochs=1).fit(X, y)
    # What the network reads: the window, and each step's number and phase; the path reads the first phase in full.
    last = X.values[:, -1:]
    window = ((X.values - last) / (X.values - last).std(axis=(0, 1))).reshape(64, -1)
    numbers = (X.ahead[..., 0] - X.ahead[..., 0].mean()) / X.ahead[..., 0].std()
    phases = X.ahead[..., 1].astype(float)
    waves = [np.column_stack([numbers[:, i], angles(phases[:, i], SEASON, 3)]) for i in range(4)]
    read = [window, np.hstack(waves), angles(phases[:, 0], SEASON), numbers]
    size = np.sqrt(np.mean((y - last[..., 0]) ** 2))

    inputs = [keras.Input((part.shape[1],)) for part in read]
    hidden = keras.layers.Dense(3, "relu", name="dense_1")(keras.ops.concatenate(inputs[:2], axis=1))
    outputs = keras.layers.Dense(4, name="output")(hidden)
    outputs += keras.layers.Dense(4, name="linear_path")(keras.ops.concatenate(inputs[::2], axis=1))
    outputs += keras.layers.Dense(4, use_bias=False, name="linear_path_ahead")(inputs[3])
    twin = keras.Model(inputs, outputs)
    for layer in twin.layers:
        if layer.weights:
            start = first.model_.get_layer(layer.name).get_weights()
            layer.set_weights([a.reshape(b.shape) for a, b in zip(start, layer.weights, strict=True)])
    twin.compile(keras.optimizers.SGD(0.1), "mse")
    twin.fit(read, (y - last[..., 0]) / size, batch_size=64, epochs=3, shuffle=False, verbose=0)
    expected = twin.predict_on_batch(read) * size + last[..., 0]
    np.testing.assert_allclose(model.predict(X), expected, rtol=0, atol=1e-5 * y.std())
    assert sum(w.shape.num_elements() for w in model.model_.trainable_weights) == twin.count_params()


def test_trained_path_starts_from_the_seed_and_is_trained(data):
    first, again, other = (small(linear_path="trained", epochs=1, random_state=seed).fit(*data) for seed in (0, 0, 1))
    assert_same_coefficients(first, again)
    assert np.abs(coefficients(first)[0] - coefficients(other)[0]).max() > 0.01
    before = coefficients(first)
    first.partial_fit(*data)
    assert all((a != b).any() for a, b in zip(before, coefficients(first), strict=True))
    assert not hasattr(first, "gate_")
    assert not hasattr(first, "linear_penalty_")


@pytest.mark.parametrize("segment_length", [1, 3])
def test_segments_need_nothing_known_ahead(segment_length):
    X, y = make_known()
    options = {"decoder": "segments", "segment_length": segment_length, "dense_units": (), "random_state": 0}
    model = LSTMRegressor(2, linear_path="ridge", epochs=0, **options).fit(X.values, y)
    whole = LSTMRegressor(2, linear_path="ridge", epochs=0, random_state=0).fit(X.values, y)
    np.testing.assert_allclose(model.predict(X.values), whole.predict(X.values), rtol=1e-9)


def test_loss_that_is_a_mean_already():
    X, y = make_known()

    def mean_of_squares(a, b):
        return keras.ops.mean((a - b) ** 2)

    options = {"linear_path": "ridge", "early_stopping": True, "epochs": 1, "random_state": 0}
    with_mean = DenseRegressor(2, loss=mean_of_squares, **options).fit(X.values, y)
    assert with_mean.gate_.shape == (1, 4)


def test_refitted_network_is_trained_on():
    X, y = make_known()
    model = DenseRegressor(2, early_stopping=True, refit=True, epochs=2, random_state=0).fit(X.values, y)
    before = model.predict(X.values)
    model.set_params(refit=False, warm_start=True).fit(X.values, y)
    assert model.n_epochs_ == 4
    assert np.abs(model.predict(X.values) - before).max() > 0


@pytest.mark.parametrize(
    ("n_steps", "n_lengths", "expected"),
    [(8, 1, [8]), (8, 4, [8, 4, 2, 1]), (5, 3, [5, 2, 1]), (5, 9, [5, 2, 1]), (1, 3, [1])],
)
def test_lengths_are_halves_of_halves(n_steps, n_lengths, expected):
    assert find_lengths(n_steps, n_lengths) == expected


# Folds

FOLDS = [(48, 51, 64), (35, 38, 51), (22, 25, 38)]  # the end of what is known, and what is held out, of three
folded = partial(stopped, validation_folds=3, refit=True)


@pytest.fixture
def first_fit(monkeypatch, one_penalty):
    """Leave estimators as they are before the training on all samples, with one penalty to choose."""
    monkeypatch.setattr(NetworkEstimator, "_fit_on_all", lambda *args: None)


def assert_same_network(a, b):
    """Compare what two networks have learned, their gates aside."""
    for layer, other in zip(a.model_.layers, b.model_.layers, strict=True):
        if layer.name != "gate":
            for first, second in zip(layer.get_weights(), other.get_weights(), strict=True):
                np.testing.assert_array_equal(first, second, err_msg=layer.name)


@pytest.mark.usefixtures("first_fit")
@pytest.mark.parametrize("alter", [alter_targets, alter_samples])
@pytest.mark.parametrize("fold", range(3))
def test_what_comes_after_a_fold_moves_nothing_that_is_learned_of_it(data, fold, alter):
    """Neither what it leaves out as a gap, nor what it holds out, nor what is newer."""
    model, other = (
        folded(n_estimators=3, n_iter_no_change=1, linear_by_phase=True).fit(*d)
        for d in (data, alter(*data, np.arange(FOLDS[fold][0], 64)))
    )
    for i, (a, b) in enumerate(zip(model._linear.of_folds, other._linear.of_folds, strict=True)):
        if i < fold:  # so that the others can fail
            assert np.abs(a.kernel - b.kernel).max() > 1e-4
            assert np.abs(model._linear.phase.of_folds[i].kernel - other._linear.phase.of_folds[i].kernel).max() > 1e-4
            continue
        np.testing.assert_array_equal(a.kernel, b.kernel)
        np.testing.assert_array_equal(a.bias, b.bias)
        for of_fold, altered in zip(model._linear.phase.of_folds[i], other._linear.phase.of_folds[i], strict=True):
            np.testing.assert_array_equal(of_fold, altered)
        n = min(len(h.histories_[i]["loss"]) for h in (model, other))  # held out, they choose the number of epochs
        assert model.histories_[i]["loss"][:n] == other.histories_[i]["loss"][:n]
    np.testing.assert_array_equal(model._linear.choice.errors, other._linear.choice.errors)
    assert model._target.scale.tolist() == other._target.scale.tolist()
    np.testing.assert_array_equal(model._reading.norm.channel_scale, other._reading.norm.channel_scale)
    np.testing.assert_array_equal(model._reading.ahead.mean, other._reading.ahead.mean)
    np.testing.assert_array_equal(model._reading.ahead.scale, other._reading.ahead.scale)


@pytest.mark.usefixtures("first_fit")
def test_newest_part_moves_no_network_of_an_older_fold(data):
    model, other = (folded(n_estimators=3).fit(*d) for d in (data, alter_targets(*data, np.arange(51, 64))))
    for a, b in list(zip(model.members_, other.members_, strict=True))[1:]:
        assert_same_network(a, b)
    assert model.histories_[1:] == other.histories_[1:]
    assert model.histories_[0] != other.histories_[0]


@pytest.mark.usefixtures("first_fit")
@pytest.mark.parametrize(("row", "moved"), [(47, [True, False, False]), (34, [True, True, False]), (21, [True] * 3)])
def test_last_row_of_a_fold_moves_its_coefficients(data, row, moved):
    model, other = (folded(epochs=1).fit(*d) for d in (data, alter_targets(*data, [row])))
    pairs = zip(model._linear.of_folds, other._linear.of_folds, strict=True)
    assert [bool(np.abs(a.kernel - b.kernel).max() > 1e-6) for a, b in pairs] == moved


def outputs_with_gate(model, i, X, share):
    """Return the outputs of the `i`-th network with its own part multiplied by a share."""
    linear_of(model, i).set_gate(model.members_[i].model_, np.full(4, share))
    inputs = [X.values.astype(np.float32), X.ahead.astype(np.float32)]
    return np.asarray(model.members_[i].model_(inputs), dtype=np.float64)


@pytest.mark.usefixtures("first_fit")
@pytest.mark.parametrize(("n_estimators", "n_folds"), [(1, 3), (2, 3), (3, 2)])
def test_networks_stop_by_the_folds_in_turn(data, n_estimators, n_folds):
    X, y = data
    model = folded(n_estimators=n_estimators, validation_folds=n_folds).fit(X, y)
    targets = model._target.encode(y, model._read_as_fitted(X))
    for i in range(n_estimators):
        known, start, end = FOLDS[i % n_folds]
        rest = outputs_with_gate(model, i, X, 1) - targets
        np.testing.assert_allclose(
            (rest[start:end] ** 2).mean(), min(model.histories_[i]["val_loss"]), rtol=1e-4, err_msg=str(i)
        )
        # Its linear path is a ridge regression on what it knows itself.
        linear = model._linear.of_folds[i % n_folds]
        features = model._linear.design.read(model._read_as_fitted(X), np.arange(known))
        expected = Ridge(alpha=float(linear.penalties[0])).fit(features, targets[:known]).predict(features)
        np.testing.assert_allclose(features @ linear.kernel + linear.bias, expected, atol=1e-6)


@pytest.mark.usefixtures("first_fit")
@pytest.mark.parametrize(("n_estimators", "n_folds"), [(2, 3), (3, 2)])
@pytest.mark.parametrize("decoder", ["dense", "segments"])
def test_one_gate_is_by_the_parts_of_all_networks(data, n_estimators, n_folds, decoder):
    X, y = data
    options = {"validation_folds": n_folds, "n_estimators": n_estimators}
    options |= {"learning_rate": 0.05, "random_state": 3}
    if decoder == "segments":
        common = {name: value for name, value in folded.keywords.items() if name != "epochs"}
        model = segmented(**common | options).fit(X, y)
    else:
        model = folded(**options).fit(X, y)
    assert (model.gate_ == model.gate_[0]).all()
    targets = model._target.encode(y, model._read_as_fitted(X))
    corrections, rests = [], []
    for i in range(n_estimators):
        _, start, end = FOLDS[i % n_folds]
        alone, both = (outputs_with_gate(model, i, X, share)[start:end] for share in (0, 1))
        corrections.append(both - alone)
        rests.append(targets[start:end] - alone)
    blocks = ([0, 1], [2, 3]) if decoder == "segments" else ([0, 1, 2, 3],)
    shares = [cautious_share(*([a[:, block] for a in parts] for parts in (corrections, rests))) for block in blocks]
    assert max(shares) > 0
    for block, share in zip(blocks, shares, strict=True):
        np.testing.assert_allclose(model.gate_[0, block], share, atol=1e-4)


def test_each_network_trains_its_number_of_epochs_on_all_samples(data):
    model = folded(n_estimators=3, epochs=6, learning_rate=0.003, random_state=4).fit(*data)
    assert model.gate_.any()
    assert model.best_epochs_ == [1 + int(np.argmin(history["val_loss"])) for history in model.histories_]
    assert len(set(model.best_epochs_)) > 1
    assert len(model.refit_history_["loss"]) == model.best_epoch_ == max(model.best_epochs_)
    assert model.history_ == mean_history(model.histories_)
    assert "val_loss" not in model.refit_history_
    assert len(model._linear.of_folds) == 1


def test_networks_that_help_no_fold_are_left_out(data):
    X, y = data[0].values, data[1]
    options = {"validation_folds": 2, "n_estimators": 2, "validation_fraction": 0.2}
    model = idle(early_stopping=True, refit=True, n_iter_no_change=1, **options).fit(X, y)
    assert model.best_epochs_ == [0, 0]
    assert not model.gate_.any()
    assert model.refit_history_ == {"loss": []}
    assert_same_predictions(model, idle(epochs=0, **options).fit(X, y), X)


def test_folds_without_early_stopping_leave_the_gate_open(data):
    """They choose what the linear path is made of; nothing is held out from the networks that could judge them."""
    X, y = data
    model = small(n_estimators=2, validation_folds=2).fit(X, y)
    np.testing.assert_array_equal(model.gate_, np.ones((2, 4)))
    assert model.best_epochs_ == [2, 2]
    assert np.abs(model.predict(X) - small(epochs=0, validation_folds=2).fit(X, y).predict(X)).max() > 1e-3


def test_quantiles_are_kept_where_the_gate_of_all_folds_is_closed(data):
    X, y = data[0].values, data[1]
    options = {"validation_folds": 2, "n_estimators": 2, "loss": "quantile", "quantiles": (0.2, 0.5, 0.9)}
    model = idle(early_stopping=True, refit=True, n_iter_no_change=1, **options).fit(X, y)
    assert not model.gate_.any()
    assert min(model.best_epochs_) > 0
    assert (np.diff(model.predict_quantiles(X), axis=-1) > 0).all()
    alone = idle(loss="mae", epochs=0, validation_folds=2).fit(X, y)
    np.testing.assert_allclose(model.predict(X), alone.predict(X), rtol=0, atol=1e-6 * y.std())


@pytest.mark.parametrize("linear_path", [None, "trained", "ridge"])
def test_network_of_folds_is_trained_on(data, linear_path):
    X, y = data
    model = folded(n_estimators=2, linear_path=linear_path).fit(X, y)
    before = model.predict(X)
    model.set_params(refit=False, warm_start=True, validation_folds=1).fit(X, y)
    assert model.n_epochs_ == 4
    assert np.abs(model.predict(X) - before).max() > 0
    model.partial_fit(X, y)
    assert model.n_epochs_ == 5


def test_refitted_network_of_folds_is_copied_and_pickled(data):
    X, y = data
    model = folded(n_estimators=2).fit(X, y)
    assert_same_predictions(model, pickle.loads(pickle.dumps(model)), X)
    assert_same_predictions(model, clone(model).fit(X, y), X)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


@pytest.mark.parametrize("bases", [np.array(["last", "raw"]), ["last", "raw"], ("last", "raw")], ids=repr)
def test_bases_are_any_sequence(data, bases):
    X, y = data
    expected = small(epochs=0, linear_bases=["last", "raw"]).fit(X, y)
    assert_same_predictions(small(epochs=0, linear_bases=bases).fit(X, y), expected, X)


# Networks that learn more than what the linear path leaves

WEIGHTED = {"dense": folded, "segments": partial(segmented, **folded.keywords | {"epochs": 3})}


@pytest.mark.parametrize("weight", [0.0, 0.4])
@pytest.mark.parametrize("by_phase", [False, True])
@pytest.mark.parametrize("make", WEIGHTED.values(), ids=WEIGHTED)
def test_gate_leads_from_the_linear_path_to_what_was_trained(data, make, by_phase, weight):
    X, y = data
    model = make(linear_weight=weight, linear_by_phase=by_phase, validation_folds=1, refit=False).fit(X, y)
    assert model.engine_ == "compiled"
    samples = model._read_as_fitted(X)
    gate, linear = model.gate_[0].copy(), model._linear.predict(samples)
    as_fitted = model._ask(samples)
    alone, between, trained = (outputs_with_gate(model, 0, X, share) for share in (0, 0.4, 1))
    np.testing.assert_allclose(alone, linear, atol=1e-5)
    np.testing.assert_allclose(between, 0.6 * linear + 0.4 * trained, atol=1e-5)
    np.testing.assert_allclose(as_fitted, (1 - gate) * linear + gate * trained, atol=1e-5)
    linear_of(model, 0).set_gate(model.model_, np.ones(4))
    for weights in coefficients(model):  # while it is trained
        assert weights.any() == (weight > 0)
    assert np.abs(trained - weight * linear).max() > 0.01  # the network's own part


def test_what_is_trained_is_the_network_and_the_weighted_path(data):
    """The validation loss is that of both together, whatever the gate is afterwards."""
    X, y = data
    model = stopped(linear_weight=0.3).fit(X, y)
    targets = model._target.encode(y, model._read_as_fitted(X))
    rest = outputs_with_gate(model, 0, X, 1) - targets
    np.testing.assert_allclose((rest[-N_HELD_OUT:] ** 2).mean(), min(model.history_["val_loss"]), rtol=1e-4)


def test_network_that_learns_the_targets_is_told_nothing_of_the_linear_path(data, monkeypatch):
    """Whatever the path forecasts, but for its sizes, which the network's first outputs have."""
    X, y = data
    model = small(linear_weight=0.0, shuffle=False).fit(X, y)
    for name in ("choose", "combine"):
        monkeypatch.setattr(_linear_learning, name, scaled_by(-3.0, getattr(_linear_learning, name)))
    other = small(linear_weight=0.0, shuffle=False).fit(X, y)
    np.testing.assert_allclose(*(outputs_with_gate(m, 0, X, 1) for m in (model, other)), atol=1e-6)
    assert np.abs(np.subtract(*(outputs_with_gate(m, 0, X, 0) for m in (model, other)))).max() > 0.1


def scaled_by(factor, make):
    """Return a function that returns linear maps of another size."""

    def scale(made):
        if isinstance(made, _linear_path.LinearMap):
            return made._replace(kernel=factor * made.kernel, bias=factor * made.bias)
        choice, maps = made
        return choice, tuple(map(scale, maps))

    return lambda *args, **options: scale(make(*args, **options))


@pytest.mark.usefixtures("first_fit")
def test_networks_that_learn_alike_share_a_gate(data):
    X, y = data
    unlike = [{}, {"linear_weight": 0.0}, {}]
    options = {"n_estimators": 3, "validation_folds": 3, "learning_rate": 0.05, "random_state": 3}
    model = folded(member_params=unlike, **options).fit(X, y)
    assert (model.gate_[0] == model.gate_[2]).all()
    assert (model.gate_[0] != model.gate_[1]).any()
    targets = model._target.encode(y, model._read_as_fitted(X))
    for alike in ([0, 2], [1]):
        corrections, rests = [], []
        for i in alike:
            _, start, end = FOLDS[i]
            alone, both = (outputs_with_gate(model, i, X, share)[start:end] for share in (0, 1))
            corrections.append(both - alone)
            rests.append(targets[start:end] - alone)
        np.testing.assert_allclose(model.gate_[alike[0]], cautious_share(corrections, rests), atol=1e-4)


def test_network_starts_at_the_size_of_what_its_weight_leaves(data):
    X, y = data
    model = stopped(linear_weight=0.0).fit(X, y)
    linear_of(model, 0).set_gate(model.model_, np.ones(4))
    n = 64 - N_HELD_OUT - GAP
    relative = model._target.encode(y, model._read_as_fitted(X))[:n]
    np.testing.assert_allclose(
        model.model_.get_layer("gate").get_weights()[0], FIRST_SIZE * relative.std(axis=0), rtol=1e-5
    )


@pytest.mark.parametrize("options", [{"linear_weight": 0.2}, {"member_params": [{"linear_weight": 0.0}, {}]}], ids=str)
def test_weighted_paths_are_refitted_and_exported(data, options):
    X, y = data
    model = folded(n_estimators=2, linear_by_phase=True, **options).fit(X, y)
    assert_same_predictions(model, pickle.loads(pickle.dumps(model)), X)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


# Squares of what is known ahead


def make_valley(n_rows=300):
    """Return windows of a series that is high where a number known ahead is far from its mean, on either side."""
    rng = np.random.default_rng(0)
    weather = np.round(np.convolve(rng.normal(size=n_rows + 9), np.ones(10) / 3, "valid") * 64) / 64
    series = weather**2 + 0.1 * rng.normal(size=n_rows)
    rows = np.column_stack([series, weather, np.arange(n_rows) % 7 < 2])
    return make_windows(rows, 0, window_length=8, horizon=range(1, 5), known_future=[1, 2], seasons=(SEASON,))


@pytest.mark.parametrize("options", [{}, {"linear_by_phase": True}, {"linear_bases": "auto"}], ids=str)
def test_squares_find_a_valley(options):
    X, y = make_valley()
    plain, squared = (small(epochs=0, linear_squares=s, **options).fit(X[:200], y[:200]) for s in (False, True))
    errors = [np.sqrt(((model.predict(X[205:]) - y[205:]) ** 2).mean()) for model in (plain, squared)]
    assert errors[1] < 0.7 * errors[0]
    assert squared._linear.design.ahead.squared == (0,)
    assert squared._linear.design.squares


@pytest.mark.parametrize("make", [small, segmented])
@pytest.mark.parametrize("by_phase", [False, True])
def test_exported_model_has_squares(make, by_phase):
    X, y = make_valley()
    options = {"linear_path": "ridge", "window_norm": "last", "linear_squares": True, "linear_by_phase": by_phase}
    model = make(**options).fit(X, y)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead.astype(np.float32)]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-4 * y.std())
    assert model.engine_ == "compiled"


def test_squares_that_do_not_help_are_left_out():
    """Of a series that is linear in what is known, they are read, and have no coefficients."""
    rng = np.random.default_rng(1)
    weather = rng.normal(size=160)
    rows = np.column_stack([np.round((weather + 0.3 * rng.normal(size=160)) * 64) / 64, weather])
    X, y = make_windows(rows, 0, window_length=8, horizon=range(1, 5), known_future=[1], seasons=(SEASON,))
    for options in ({}, {"early_stopping": True, "refit": True}):
        model = small(epochs=0, linear_squares=True, validation_fraction=0.3, **options).fit(X, y)
        design, kernel = model._linear.design, model._linear.of_folds[0].kernel
        assert not design.squares
        of_squares = kernel[-8:].reshape(4, 2, -1)[:, 1]
        assert not of_squares.any()
        assert kernel[-8:].any()
        plain = small(epochs=0, validation_fraction=0.3, **options).fit(X, y)  # whose unit of penalties is another
        np.testing.assert_allclose(model.predict(X), plain.predict(X), atol=0.02 * y.std())


@pytest.mark.parametrize(("worthwhile", "is_read"), [(0.99, False), (1.0, True)])
def test_squares_that_help_little_are_left_out_of_all_regressions(monkeypatch, worthwhile, is_read):
    rng = np.random.default_rng(2)
    weather, noise = np.round(rng.normal(size=(2, 900)) * 64) / 64
    rows = np.column_stack([weather + 0.06 * weather**2 + noise, weather])  # a thousandth of what is left is a square
    X, y = make_windows(rows, 0, window_length=8, horizon=range(1, 3), known_future=[1], seasons=(SEASON,))
    monkeypatch.setattr(_linear_learning, "WORTHWHILE", worthwhile)
    model = small(epochs=0, linear_squares=True, linear_by_phase=True, validation_fraction=0.5).fit(X, y)
    assert model._linear.design.squares == is_read
    assert len(PhaseDesign(model._linear.design, 0).numbers_of_features()) == 2 + is_read


def test_without_numbers_there_is_nothing_to_square(data):
    X, y = data
    without = Windows(X.values, X.ahead[:, :, -1:], seasons=X.seasons)
    for samples in (without, X.values):
        assert_same_predictions(small(linear_squares=True).fit(samples, y), small().fit(samples, y), samples)
