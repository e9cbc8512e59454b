from functools import partial

import numpy as np
import pytest
from sklearn.base import clone

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    DenseRegressor,
    GRURegressor,
    LSTMFCNRegressor,
    LSTMRegressor,
    SimpleRNNRegressor,
)
from skhybrid._backend import keras, tf
from skhybrid.networks import cnn_lstm, lstm_fcn, recurrent, time_distributed_cnn_lstm
from skhybrid.networks._ends import chain_to_ends, find_ends, take_last
from skhybrid.networks._layers import recur
from tests.helpers import eager_keras

NAN = np.nan
small_recurrent = partial(recurrent, seed=0, units=3, dense_units=2)
small_hybrid = partial(cnn_lstm, seed=0, filters=3, units=3, dense_units=2)
# Builders, and the shortest sequence that the plain network can be built for.
NETWORKS = {
    "lstm": (small_recurrent, 1),
    "gru": (partial(small_recurrent, cell="gru"), 1),
    "simple_rnn": (partial(small_recurrent, cell="simple_rnn"), 1),
    "stacked": (partial(small_recurrent, units=(3, 2)), 1),
    "bidirectional": (partial(small_recurrent, bidirectional=True), 1),
    "bidirectional, stacked": (partial(small_recurrent, cell="gru", units=(3, 2), bidirectional=True), 1),
    "attention": (partial(small_recurrent, attention=True), 2),  # of one step, the plain network needs none
    "bidirectional, attention": (partial(small_recurrent, bidirectional=True, attention=True), 2),
    "no convolution": (partial(small_hybrid, filters=()), 1),
    "causal": (small_hybrid, 1),
    "same": (partial(small_hybrid, padding="same", kernel_size=4), 1),
    "valid": (partial(small_hybrid, padding="valid"), 3),
    "causal, pooled": (partial(small_hybrid, pool_size=2), 2),
    "same, pooled": (partial(small_hybrid, padding="same", pool_size=3), 3),
    "valid, pooled": (partial(small_hybrid, padding="valid", pool_size=2), 4),
    "same twice, pooled twice": (partial(small_hybrid, filters=(3, 2), padding="same", pool_size=2), 4),
    "valid twice": (partial(small_hybrid, filters=(3, 2), padding="valid", pool_size=(2, 1)), 8),
    "pooled below zero": (partial(small_hybrid, activation="linear", pool_size=2), 2),
    "hybrid, all options": (
        partial(
            small_hybrid, padding="same", pool_size=2, units=(3, 2), bidirectional=True, attention=True, dropout=0.2
        ),
        4,
    ),
    "lstm_fcn": (partial(lstm_fcn, seed=0, units=3, filters=(3, 2), kernel_size=(4, 3), dimension_shuffle=False), 1),
}


def with_ends(X, lengths):
    """Return X, (sample, time, ...), with NaN from each sample's length on."""
    behind = np.arange(X.shape[1]) >= np.asarray(lengths)[:, None]
    return np.where(behind.reshape(*behind.shape, *[1] * (X.ndim - 2)), NAN, X)


def with_other_weights(model):
    """Return the model with weights of which no bias is 0, as it would hide what is behind the end."""
    rng = np.random.default_rng(1)
    model.set_weights([w + rng.uniform(0.05, 0.3, w.shape) for w in model.get_weights()])
    return model


def assert_equals_sequences_alone(build, X, lengths):
    masked = with_other_weights(build(X.shape[1:], 2, masked=True))
    predictions = masked(with_ends(X, lengths).astype(np.float32)).numpy()
    for i, length in enumerate(lengths):
        alone = build((length, *X.shape[2:]), 2)
        alone.set_weights(masked.get_weights())
        np.testing.assert_allclose(predictions[i], alone(X[i : i + 1, :length])[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("build", "shortest"), NETWORKS.values(), ids=NETWORKS)
def test_network_predicts_as_for_the_sequence_alone(build, shortest):
    lengths = np.unique(np.r_[shortest, shortest + 1, 7, 8, 9])
    lengths = lengths[lengths >= shortest]
    X = np.random.default_rng(0).normal(size=(len(lengths), 9, 2)).astype(np.float32)
    assert_equals_sequences_alone(build, X, lengths)


@pytest.mark.parametrize("pool_size", [1, 2])
@pytest.mark.parametrize("padding", ["causal", "same", "valid"])
def test_subsequences_predict_as_for_the_first_ones_alone(padding, pool_size):
    build = partial(
        time_distributed_cnn_lstm, seed=0, filters=3, padding=padding, pool_size=pool_size, units=3, dense_units=2
    )
    X = np.random.default_rng(0).normal(size=(4, 4, 5, 2)).astype(np.float32)
    assert_equals_sequences_alone(build, X, [1, 2, 3, 4])


def test_subsequence_that_ends_inside_is_padded_with_zeros():
    # Behind the end of a causal convolution there is nothing, not even its bias: Flatten reads zeros there.
    build = partial(time_distributed_cnn_lstm, (2, 3, 1), 1, seed=0, filters=2, kernel_size=2, units=2)
    masked, plain = with_other_weights(build(masked=True)), build()
    plain.set_weights(masked.get_weights())
    X = np.random.default_rng(0).normal(size=(1, 2, 3, 1)).astype(np.float32)
    X_ending = X.copy()
    X_ending[0, 1, 1:] = NAN
    maps = plain.get_layer("conv_1")(X).numpy()
    maps[0, 1, 1:] = 0
    expected = maps.reshape(1, 2, 6)
    for layer in plain.layers[plain.layers.index(plain.get_layer("lstm_1")) :]:
        expected = layer(expected)
    np.testing.assert_allclose(masked(X_ending), expected, rtol=1e-5)


@pytest.mark.parametrize(("build", "shortest"), NETWORKS.values(), ids=NETWORKS)
def test_masked_network_equals_the_plain_one_without_ends(build, shortest):
    X = np.random.default_rng(0).normal(size=(3, 9, 2)).astype(np.float32)
    masked, plain = with_other_weights(build((9, 2), 2, masked=True)), build((9, 2), 2)
    plain.set_weights(masked.get_weights())
    np.testing.assert_allclose(masked(X), plain(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("build", "shortest"), NETWORKS.values(), ids=NETWORKS)
def test_shorter_sequences_than_kernel_and_pool_are_predicted(build, shortest):
    X = np.random.default_rng(0).normal(size=(2, 9, 2)).astype(np.float32)
    model = with_other_weights(build((9, 2), 2, masked=True))
    predictions = model(with_ends(X, [1, 1])).numpy()
    assert np.isfinite(predictions).all()
    assert np.abs(predictions[0] - predictions[1]).max() > 1e-4  # by their one step


# Strides

STRIDED = {
    "causal": {},
    "same": {"padding": "same"},
    "valid": {"padding": "valid"},
    "cropped": {"padding": "same", "kernel_size": 1},
    "segments": {"strides": None},
    "twice": {"filters": (3, 2), "strides": (3, 1)},
    "pooled": {"pool_size": 2},
    "two ways": {"bidirectional": True, "cell": "gru"},
    "attention": {"attention": True, "padding": "same"},
}
over_strides = pytest.mark.parametrize("options", STRIDED.values(), ids=STRIDED)


def strided(shape, n_outputs=2, masked=False, **options):
    return small_hybrid(shape, n_outputs, masked=masked, **{"strides": 3, "activation": "tanh", **options})


@over_strides
def test_strided_network_predicts_as_for_the_sequence_alone_where_it_ends_with_a_stride(options):
    X = np.random.default_rng(0).normal(size=(2, 14, 2)).astype(np.float32)
    assert_equals_sequences_alone(partial(strided, **options), X, [8, 14])


@over_strides
def test_strides_of_missing_steps_do_not_affect_the_output(options):
    X = np.random.default_rng(0).normal(size=(5, 11, 2)).astype(np.float32)
    X = with_ends(X, [7, 8, 9, 10, 11]).astype(np.float32)
    model = with_other_weights(strided((11, 2), masked=True, **options))
    longer = strided((14, 2), masked=True, **options)
    longer.set_weights(model.get_weights())
    np.testing.assert_allclose(longer(padded(X, 3).astype(np.float32)), model(X), rtol=1e-5, atol=1e-6)


# A pool leaves out the steps that do not fill its last block, and a stride longer than the kernel those between.
@pytest.mark.parametrize("name", [name for name in STRIDED if name not in ("pooled", "cropped")])
@pytest.mark.parametrize("length", [6, 7, 8, 9, 10, 11])
def test_newest_known_step_moves_the_output(name, length):
    X = np.random.default_rng(0).normal(size=(1, 11, 2)).astype(np.float32)
    X_new = X.copy()
    X_new[:, length - 1] += 1
    model = with_other_weights(strided((11, 2), masked=True, **STRIDED[name]))
    before, after = (model(with_ends(each, [length]).astype(np.float32)) for each in (X, X_new))
    assert np.abs(before - after).max() > 1e-4


# The pieces


def test_strided_step_is_known_where_its_stride_adds_a_known_one():
    x = np.ones((4, 7, 1), np.float32)
    known = np.float32(np.arange(7) < np.array([[1], [4], [5], [7]]))  # (sample, step)
    convolution = keras.layers.Conv1D(1, 3, strides=3, kernel_initializer="ones")
    padding = keras.layers.ZeroPadding1D((2, 0))
    _, left = chain_to_ends(x, known, [padding, convolution], wrap=lambda layer: layer)
    np.testing.assert_array_equal(left, [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]])


def test_ends_are_found():
    X = np.array([[[1, 2], [3, NAN], [NAN, NAN]]], dtype=np.float32)
    x, known = find_ends(X)
    np.testing.assert_array_equal(known, [[1, 1, 0]])
    np.testing.assert_array_equal(x, [[[1, 2], [3, NAN], [0, 0]]])


def test_last_known_step_is_taken():
    x = np.arange(12.0, dtype=np.float32).reshape(3, 4, 1)
    known = np.float32([[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]])
    np.testing.assert_array_equal(take_last(x, known), [[0], [6], [11]])


def test_pool_keeps_blocks_that_the_sequence_fills_up_to_its_newest_step():
    x = -np.arange(1.0, 7.0, dtype=np.float32).reshape(1, 6, 1)
    known = np.float32([[1, 1, 1, 0, 0, 0]])
    pooled, left = chain_to_ends(x, known, [keras.layers.MaxPooling1D(2)], wrap=lambda layer: layer)
    np.testing.assert_array_equal(left, [[1, 0, 0]])
    np.testing.assert_array_equal(pooled, [[[-2], [0], [0]]])


def test_pool_of_a_shorter_sequence_is_the_largest_of_what_there_is():
    x = np.float32([[[-3], [-2], [0], [0], [0], [0]]])
    known = np.float32([[1, 1, 0, 0, 0, 0]])
    pooled, left = chain_to_ends(x, known, [keras.layers.MaxPooling1D(3)], wrap=lambda layer: layer)
    np.testing.assert_array_equal(left, [[1, 0]])
    np.testing.assert_array_equal(pooled, [[[-2], [0]]])


@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"attention": True}], ids=str)
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_recurrence_does_not_see_what_is_behind_the_end(cell, options):
    inputs, known = keras.Input((5, 2)), keras.Input((5,))
    options = {"bidirectional": False, "attention": False, **options}
    model = keras.Model([inputs, known], recur(inputs, cell, (3, 2), dropout=0.0, seed=0, known=known, **options))
    X = np.random.default_rng(0).normal(size=(2, 5, 2)).astype(np.float32)
    behind = np.float32([[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    other = np.where(behind[:, :, None] > 0, X, 1e3)
    np.testing.assert_array_equal(model([X, behind]), model([other, behind]))


@pytest.mark.parametrize(("build", "shortest"), NETWORKS.values(), ids=NETWORKS)
def test_gradients_are_those_of_the_known_steps(build, shortest):
    X = np.random.default_rng(0).normal(size=(2, 9, 2)).astype(np.float32)
    X = tf.constant(with_ends(X, [8, 8]))
    model = with_other_weights(build((9, 2), 1, masked=True))
    with tf.GradientTape() as tape:
        tape.watch(X)
        total = keras.ops.sum(model(X))
    by_step, *by_weight = tape.gradient(total, [X, *model.trainable_variables])
    assert all(np.isfinite(gradient).all() for gradient in by_weight)
    assert np.abs(by_step[:, :8]).max() > 0
    np.testing.assert_array_equal(by_step[:, 8:], 0)


# The estimators

small_lstm = partial(LSTMRegressor, 3, dense_units=2, epochs=2, random_state=0)
hybrid = partial(CNNLSTMRegressor, 3, units=3, dense_units=2, epochs=2, random_state=0)
ESTIMATORS = {
    "lstm": small_lstm(),
    "gru": GRURegressor(3, dense_units=2, epochs=2, random_state=0),
    "simple_rnn": SimpleRNNRegressor(3, dense_units=2, epochs=2, random_state=0),
    "attention": small_lstm(attention=True),
    "causal": hybrid(),
    "same, pooled": hybrid(padding="same", pool_size=2),
    "valid, pooled": hybrid(padding="valid", pool_size=2),
    "lstm_fcn": LSTMFCNRegressor(
        3, filters=(3, 3, 3), dropout=0.0, dimension_shuffle=False, optimizer="sgd", epochs=2, random_state=0
    ),
}
over_estimators = pytest.mark.parametrize("model", ESTIMATORS.values(), ids=ESTIMATORS)


@pytest.fixture(scope="module")
def data():
    """Sequences of 1 to 8 steps, (sample, time, feature), and targets that follow from their last steps."""
    rng = np.random.default_rng(0)
    X, lengths = rng.normal(size=(64, 8, 2)), rng.integers(1, 9, size=64)
    return with_ends(X, lengths), X[np.arange(64), lengths - 1, 0]


def padded(X, n_steps):
    return np.pad(X, [(0, 0), (0, n_steps), (0, 0)], constant_values=NAN)


@over_estimators
@pytest.mark.parametrize("n_steps", [1, 3])
def test_fit_does_not_depend_on_how_much_padding_follows(data, model, n_steps):
    X, y = data
    expected = model.fit(X, y).predict(X)
    np.testing.assert_allclose(model.fit(padded(X, n_steps), y).predict(padded(X, n_steps)), expected, atol=1e-6)


def test_fit_of_subsequences_does_not_depend_on_how_much_padding_follows(data):
    X, y = data
    expected = hybrid().fit(X.reshape(64, 2, 4, 2), y).predict(X.reshape(64, 2, 4, 2))
    longer = padded(X, 8).reshape(64, 4, 4, 2)
    np.testing.assert_allclose(hybrid().fit(longer, y).predict(longer), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["lstm", "attention", "same, pooled", "valid, pooled"])
def test_compiled_training_on_ends_equals_keras(data, name):
    X, y = data
    compiled = clone(ESTIMATORS[name]).set_params(engine="compiled").fit(X, y).predict(X)
    with eager_keras():
        by_keras = clone(ESTIMATORS[name]).set_params(engine="keras").fit(X, y).predict(X)
    np.testing.assert_allclose(compiled, by_keras, rtol=1e-5, atol=1e-5)


@over_estimators
def test_ends_are_quiet(data, model, capfd):
    model.fit(*data).predict(data[0])
    assert capfd.readouterr() == ("", "")


def test_window_without_a_past_that_ends_early(data):
    X, y = data
    X = np.concatenate([X, X[:1]])
    X[-1] = np.reshape([NAN, NAN, 1, 2, 3, NAN, NAN, NAN], (8, 1))
    filled = X.copy()
    filled[-1, :2] = 1
    model, expected = small_lstm().fit(X, np.r_[y, 1e6]), small_lstm().fit(*data)  # left out of training
    np.testing.assert_array_equal(model.predict(X), expected.predict(filled))


def test_network_fitted_on_ends_predicts_sequences_of_full_length(data):
    X, y = data
    model = small_lstm().fit(X, y)
    X_full = np.random.default_rng(1).normal(size=(32, 8, 2))
    plain = keras.Model(model.model_.input, model.model_.output)
    expected = plain(X_full.astype(np.float32)).numpy()[:, 0] * y.std() + y.mean()
    np.testing.assert_allclose(model.predict(X_full), expected, rtol=1e-5)


@pytest.mark.parametrize("masked", [True, False])
def test_network_leaves_out_ends_only_where_fit_saw_some(data, masked):
    X = data[0] if masked else np.nan_to_num(data[0])
    names = [operation.name for operation in small_lstm().fit(X, data[1]).model_.operations]
    assert ("isnan" in names) == masked


# Errors


def altered(X, place):
    X = X.copy()
    X[place] = NAN
    return X


@pytest.mark.parametrize("place", [(3, 4), (3, slice(4, 6)), (3, 7, 0)], ids=["step", "steps", "feature"])
@pytest.mark.parametrize("fitting", [True, False])
def test_unknown_values_in_the_middle_are_refused(place, fitting):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 8, 2)), rng.normal(size=64)
    X[5, 6:] = NAN
    with pytest.raises(ValueError, match="but 1 windows hold NaN elsewhere, the first of them window 3; fill"):
        small_lstm().fit(altered(X, place), y) if fitting else small_lstm().fit(X, y).predict(altered(X, place))


def test_window_of_nothing_is_refused_in_predict(data):
    with pytest.raises(ValueError, match="at least one known step per window, but window 3 holds NaN only; leave"):
        small_lstm().fit(*data).predict(altered(data[0], 3))


def test_window_of_nothing_is_left_out_in_fit(data):
    X, y = data
    expected = small_lstm().fit(X[1:], y[1:]).predict(X)
    model = small_lstm(shuffle=True).fit(np.concatenate([X[1:], np.full((1, 8, 2), NAN)]), np.r_[y[1:], 1e6])
    np.testing.assert_array_equal(model.predict(X), expected)


def test_ends_after_a_fit_without_are_refused(data):
    X, y = data
    model = small_lstm().fit(np.nan_to_num(X), y)
    with pytest.raises(
        ValueError,
        match=r"X must hold sequences of one length, as in fit, but 2 end early \(in NaN\); fit on sequences of",
    ):
        model.predict(altered(altered(np.nan_to_num(X), (3, slice(6, 8))), (4, 7)))


@pytest.mark.parametrize(("estimator", "network"), [(CNNRegressor, "cnn"), (DenseRegressor, "dense")])
def test_ends_are_refused_where_the_network_reads_all_steps(data, estimator, network):
    with pytest.raises(
        ValueError,
        match=f"X must hold sequences of one length for the network '{network}', but .* take a recurrent network",
    ):
        estimator(epochs=1).fit(*data)


@pytest.mark.parametrize("window_norm", ["last", "relative", "standard"])
def test_ends_are_refused_with_window_norm(data, window_norm):
    X, y = data
    words = r"window_norm needs sequences of one length, but \d+ samples of X end early \(in NaN\); pass window_norm=No"
    with pytest.raises(ValueError, match=words):
        small_lstm(window_norm=window_norm).fit(X, y)
    X_full = np.abs(np.nan_to_num(X)) + 1
    model = small_lstm(window_norm=window_norm).fit(X_full, X_full[:, -1, 0])
    with pytest.raises(ValueError, match=words):
        model.predict(X)
