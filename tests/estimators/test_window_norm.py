import pickle
import warnings
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skhybrid import (
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    DenseRegressor,
    LSTMClassifier,
    LSTMRegressor,
    SequenceRegressor,
    count_builds,
    make_windows,
)
from skhybrid._backend import keras
from skhybrid.estimators._window_norm import WindowNorm, channel_deviations, check_target_units, location_and_scale

NORMS = ["last", "relative", "standard"]
over_norms = pytest.mark.parametrize("window_norm", NORMS)
small_lstm = partial(LSTMRegressor, 3, dense_units=2, epochs=2, random_state=0)
small_hybrid = partial(CNNLSTMRegressor, 3, units=3, dense_units=2, epochs=2, random_state=0)
small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)


def walks(n_rows, level=50.0, seed=0):
    """Return two random walks, (time, feature), of which one moves ten times as much."""
    steps = np.random.default_rng(seed).normal(size=(n_rows, 2)) * [0.3, 3.0]
    return level + steps.cumsum(axis=0)


def normalised_by_hand(windows, window_norm):
    """Return (sample, time, feature) relative to itself, location and scale, in the plainest way."""
    last = windows[:, -1:]
    if window_norm == "last":
        location, scale = last, np.ones_like(last)
    elif window_norm == "relative":
        location, scale = last, last
    else:
        location, scale = windows.mean(axis=1, keepdims=True), windows.std(axis=1, keepdims=True)
    return (windows - location) / scale, location[:, 0], scale[:, 0]


@pytest.fixture(scope="module")
def windows():
    """Windows (sample, time, feature), and the next value of the second feature, which moves more."""
    X, y = make_windows(walks(72), target=1, window_length=8)
    return np.array(X), y


# By hand

SHAPES = {
    "3-D": (small_lstm, lambda X: X),
    "2-D": (partial(small_lstm, n_features=2), lambda X: X.reshape(len(X), -1)),
    "4-D": (small_hybrid, lambda X: X.reshape(len(X), 2, 4, 2)),
    "joined": (small_dense, lambda X: X.reshape(len(X), 2, 4, 2)),
    "by name": (partial(SequenceRegressor, "gru", epochs=2, random_state=0), lambda X: X),
}


@over_norms
@pytest.mark.parametrize("horizon", [1, 3, range(1, 4)], ids=str)
@pytest.mark.parametrize(("estimator", "shape"), SHAPES.values(), ids=SHAPES)
def test_window_norm_equals_normalising_by_hand(estimator, shape, horizon, window_norm):
    X, y = make_windows(walks(72), target=1, window_length=8, horizon=horizon)
    model = estimator(window_norm=window_norm, target_channel=1).fit(shape(X), y)

    z, location, scale = normalised_by_hand(X, window_norm)
    location, scale = location[:, 1:], scale[:, 1:]
    y_z = (y.reshape(len(y), -1) - location) / scale
    size = np.sqrt(np.mean(y_z**2))
    plain = estimator(scale_target=False).fit(shape(z / z.std(axis=(0, 1))), (y_z / size).reshape(y.shape))
    expected = plain.predict(shape(z / z.std(axis=(0, 1)))).reshape(len(y), -1) * size * scale + location
    np.testing.assert_allclose(model.predict(shape(X)), expected.reshape(y.shape), rtol=0, atol=2e-5 * y.std())


@over_norms
def test_classifier_with_window_norm_equals_normalising_by_hand(windows, window_norm):
    X, y = windows
    small = partial(LSTMClassifier, 3, dense_units=2, epochs=2, random_state=0)
    z, *_ = normalised_by_hand(X, window_norm)
    z /= z.std(axis=(0, 1))
    rises = y > X[:, -1, 1]
    expected = small().fit(z, rises).predict_proba(z)
    np.testing.assert_allclose(
        small(window_norm=window_norm).fit(X, rises).predict_proba(X), expected, rtol=0, atol=2e-5
    )


def test_weights_of_samples_count_in_the_scale_of_y(windows):
    X, y = windows
    weights = np.random.default_rng(0).integers(0, 3, size=len(y))
    rows = np.repeat(np.arange(len(y)), weights)
    weighted = small_dense(window_norm="last", target_channel=1).fit(X, y, weights)
    repeated = small_dense(window_norm="last", target_channel=1).fit(X[rows], y[rows])
    assert weighted._target.scale == pytest.approx(repeated._target.scale, rel=1e-12)


@over_norms
def test_statistics_in_pieces_equal_those_at_once(window_norm, monkeypatch):
    X = np.random.default_rng(0).uniform(1, 2, size=(50, 6, 2))
    rows = np.arange(3, 47)
    z, location, scale = normalised_by_hand(X, window_norm)
    monkeypatch.setattr("skhybrid.estimators._window_norm.ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(location_and_scale(X, window_norm), (location, scale), rtol=1e-12)
    np.testing.assert_allclose(channel_deviations(X, rows, window_norm), z[rows].std(axis=(0, 1)), rtol=1e-12)


# What it is for


@pytest.fixture(scope="module")
def fitted(windows):
    X, y = windows
    return {name: small_lstm(window_norm=name, target_channel=1).fit(X, y) for name in NORMS}


numbers = st.floats(-1e3, 1e3)
factors = st.floats(1e-2, 1e2)


@settings(max_examples=30)
@given(shift=st.tuples(numbers, numbers))
def test_shifted_windows_give_shifted_predictions(windows, fitted, shift):
    X, _ = windows
    expected = fitted["last"].predict(X) + shift[1]
    np.testing.assert_allclose(fitted["last"].predict(X + shift), expected, rtol=0, atol=2e-4)


@settings(max_examples=30)
@given(factor=st.tuples(factors, factors))
def test_multiplied_windows_give_multiplied_predictions(windows, fitted, factor):
    X, _ = windows
    expected = fitted["relative"].predict(X) * factor[1]
    np.testing.assert_allclose(fitted["relative"].predict(X * factor), expected, rtol=2e-5)


@settings(max_examples=30)
@given(shift=st.tuples(numbers, numbers), factor=st.tuples(factors, factors))
def test_shifted_and_multiplied_windows_give_both(windows, fitted, shift, factor):
    X, _ = windows
    expected = fitted["standard"].predict(X) * factor[1] + shift[1] * factor[1]
    predictions = fitted["standard"].predict((X + shift) * factor)
    np.testing.assert_allclose(predictions / factor[1], expected / factor[1], rtol=0, atol=5e-3)


@pytest.mark.parametrize(
    ("window_norm", "shift", "factor"), [("last", 64, 1), ("relative", 0, 16), ("standard", 64, 16)]
)
def test_series_in_other_units_gives_the_same_fit(windows, window_norm, shift, factor):
    X, y = (np.round(a * 1024) / 1024 for a in windows)  # so that nothing is rounded on the way to float32
    model = small_lstm(window_norm=window_norm, target_channel=1)
    expected = model.fit(X, y).predict(X) * factor + shift
    predictions = model.fit(X * factor + shift, y * factor + shift).predict(X * factor + shift)
    np.testing.assert_allclose(predictions, expected, rtol=0, atol=2e-4 * factor)


@over_norms
def test_level_never_seen_in_training_is_followed(windows, fitted, window_norm):
    X, y = make_windows(walks(72, level=600.0, seed=1), target=1, window_length=8)
    errors = fitted[window_norm].predict(X) - y
    # A prediction stays near its window, whose own steps have a deviation of 3; without a norm it stays in the past.
    assert np.sqrt(np.mean(errors**2)) < 12
    assert small_lstm().fit(*windows).predict(X).max() < 150


@pytest.mark.parametrize("window_norm", ["last", "relative", "standard"])
def test_export_takes_as_many_samples_as_there_are_outputs(windows, window_norm):
    """Keras adds a second term of shape (n, 1) to one of n columns as if it were their biases."""
    X = windows[0]
    model = small_lstm(window_norm=window_norm).fit(X, X[:, -1, :1] + [0, 1, 2])
    np.testing.assert_allclose(model.to_keras()(X[:3].astype(np.float32)), model.predict(X[:3]), rtol=1e-5)


# Everything else goes on to work


@pytest.fixture(scope="module")
def by_keras_alone(windows, fitted, run_python, tmp_path_factory):
    """Predictions of the exported models, by a process that knows Keras alone."""
    X, y = windows
    folder = tmp_path_factory.mktemp("models")
    np.save(folder / "X.npy", X)
    hybrid = small_hybrid(window_norm="standard", target_channel=1).fit(X.reshape(len(X), 2, 4, 2), y)
    flat = small_dense(window_norm="relative", n_features=2).fit(X.reshape(len(X), 16), X[:, -1, :1] + [0, 1, 2])
    cases = {**fitted, "4-D": hybrid, "2-D": flat}
    for name, model in cases.items():
        with warnings.catch_warnings():  # Keras' own, with NumPy 2
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.to_keras().save(folder / f"{name}.keras")
    code = """
    import pathlib, sys
    import keras
    import numpy as np
    X = np.load(pathlib.Path(sys.argv[1]) / "X.npy")
    for path in pathlib.Path(sys.argv[1]).glob("*.keras"):
        model = keras.saving.load_model(path)
        np.save(path.with_suffix(".out.npy"), model.predict(X.reshape(-1, *model.input_shape[1:]), verbose=0))
    assert "skhybrid" not in sys.modules
    """
    done = run_python(code, folder)
    assert done.returncode == 0, done.stderr
    predictions = {name: model.predict(X.reshape(-1, *model.sample_shape_)) for name, model in cases.items()}
    return {name: (predictions[name], np.load(folder / f"{name}.out.npy")) for name in cases}


@pytest.mark.parametrize("name", [*NORMS, "4-D", "2-D"])
def test_keras_alone_predicts_the_same(by_keras_alone, windows, name):
    expected, outputs = by_keras_alone[name]
    np.testing.assert_allclose(outputs.reshape(expected.shape), expected, rtol=1e-6, atol=1e-6 * windows[1].std())


@over_norms
def test_pickle_predicts_the_same(windows, fitted, window_norm):
    X, _ = windows
    copy = pickle.loads(pickle.dumps(fitted[window_norm]))
    np.testing.assert_array_equal(copy.predict(X), fitted[window_norm].predict(X))


@over_norms
def test_all_folds_share_their_programs(windows, fitted, window_norm):
    X, y = windows
    fitted[window_norm].predict(X)
    before = count_builds()
    model = small_lstm(window_norm=window_norm, target_channel=1)
    assert np.isfinite(cross_val_score(model, X, y, cv=TimeSeriesSplit(3, test_size=8))).all()
    assert count_builds() == before


@over_norms
def test_compiled_training_equals_keras(windows, fitted, window_norm):
    X, y = windows
    by_keras = small_lstm(window_norm=window_norm, target_channel=1, engine="keras").fit(X, y).predict(X)
    np.testing.assert_allclose(fitted[window_norm].predict(X), by_keras, rtol=1e-5)


@over_norms
@pytest.mark.parametrize("estimator", [small_lstm, partial(CNNLSTMClassifier, 3, units=3, epochs=2, random_state=0)])
def test_windows_without_a_past(windows, estimator, window_norm):
    X, y = windows
    y = y if estimator is small_lstm else y > 60
    X_filled = np.concatenate([X[:3], X])
    for i, n_unknown in enumerate([5, 3, 1]):
        X_filled[i, :n_unknown] = X_filled[i, n_unknown]
    X_nan = X_filled.copy()
    for i, n_unknown in enumerate([5, 3, 1]):
        X_nan[i, :n_unknown] = np.nan
    options = {"window_norm": window_norm, **({"target_channel": 1} if estimator is small_lstm else {})}
    expected = estimator(**options).fit(X, y).predict(X_filled)
    y_nan = np.concatenate([np.where([True] * 3, y[0], y[0]), y])
    if estimator is small_lstm:
        y_nan[:3] = 1e6  # left out of training, so they decide on nothing
    np.testing.assert_array_equal(estimator(**options).fit(X_nan, y_nan).predict(X_nan), expected)


def test_partial_fit_keeps_the_scales_of_its_first_call(windows):
    X, y = windows
    model = small_dense(window_norm="last", target_channel=1).partial_fit(X, y)
    scale = model._target.scale
    weights = model.model_.get_layer("channel_scale").get_weights()[0]
    model.partial_fit(3 * X[:20], 3 * y[:20])
    np.testing.assert_array_equal(model._target.scale, scale)
    np.testing.assert_array_equal(model.model_.get_layer("channel_scale").get_weights()[0], weights)


# Constants


@over_norms
@pytest.mark.parametrize("level", [0.1, 1e6])
def test_constant_channels_are_predicted(level, window_norm):
    X, y = np.full((64, 12, 2), level), np.full(64, level)
    model = small_lstm(window_norm=window_norm).fit(X, y)
    np.testing.assert_allclose(model.predict(X), level, rtol=0.2 if window_norm == "relative" else 1e-5)


@over_norms
def test_constant_channel_beside_another_changes_little(windows, window_norm):
    X, y = windows
    X = np.concatenate([np.full_like(X[:, :, :1], 0.1), X[:, :, 1:]], axis=2)
    predictions = small_lstm(window_norm=window_norm, target_channel=1).fit(X, y).predict(X)
    assert np.abs(predictions - y).max() < 30


@over_norms
@pytest.mark.parametrize("n_steps", [8, 12, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_of_constants_is_no_deviation(n_steps, dtype, window_norm):
    X = np.full((64, n_steps, 2), [0.1, 50.1], dtype=dtype)
    assert location_and_scale(X, window_norm)[1] == pytest.approx(X[:, -1] if window_norm == "relative" else 1)
    np.testing.assert_array_equal(channel_deviations(X, np.arange(64), window_norm), 1)
    inputs = keras.Input((n_steps, 2))
    network = keras.Model(inputs, WindowNorm(window_norm, np.ones(2), (True, True)).normalise(inputs))
    np.testing.assert_allclose(network(X.astype(np.float32)), 0, atol=1e-4)


@over_norms
def test_feature_that_differs_between_windows_only_has_no_deviation(window_norm):
    X = np.repeat(np.random.default_rng(0).uniform(1, 60, size=(64, 1, 1)), 12, axis=1)
    np.testing.assert_array_equal(channel_deviations(X, np.arange(64), window_norm), 1)


@over_norms
def test_constant_stretch_does_not_spoil_the_rest(window_norm):
    before, after = 50 + walks(60, level=0)[:, 1], 50 + walks(60, level=0, seed=1)[:, 1]
    X, y = make_windows(np.abs(np.r_[before, np.full(30, 50.1), after]) + 1, window_length=8)
    predictions = small_lstm(window_norm=window_norm).fit(X, y).predict(X)
    assert np.abs(predictions - y).max() < 60


@pytest.mark.parametrize("window_norm", ["last", "standard"])
def test_straight_line_is_continued(window_norm):
    X, y = make_windows(0.1 * np.arange(80) + 5, window_length=8)
    model = DenseRegressor((), window_norm=window_norm, epochs=300, learning_rate=0.02, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X + 100), y + 100, atol=0.02)


# Refusals


@pytest.fixture(scope="module")
def long_windows():
    """Windows of a series at a level of 300, and the next value."""
    X, y = make_windows(walks(300, level=300.0), target=1, window_length=8)
    return np.array(X), y


WRONG_UNITS = {
    "scaled X": lambda X, y: ((X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)), y),
    "scaled y": lambda X, y: (X, (y - y.mean()) / y.std()),
    "another channel": lambda X, y: (X[:, :, ::-1], y),
    "threefold": lambda X, y: (X, 3 * y),
    "differences": lambda X, y: (X, y - X[:, -1, 1]),
    "one of several": lambda X, y: (X, np.c_[y, y, 3 * y]),
}


@over_norms
@pytest.mark.parametrize("change", WRONG_UNITS.values(), ids=WRONG_UNITS)
def test_y_in_other_units_is_refused(long_windows, change, window_norm):
    X, y = change(*long_windows)
    X = X if window_norm != "relative" else np.where(X <= 0, 1e-3, X)
    words = (
        "window_norm needs y in the units of target_channel, but y has mean .* and deviation .* where the windows end "
        "with mean .* and deviation .*; leave out the scaler before, choose the target_channel that y continues, or"
    )
    with pytest.raises(ValueError, match=words):
        small_lstm(window_norm=window_norm, target_channel=1).fit(X, y)


@pytest.mark.parametrize("factor", [0.3, 3])
@pytest.mark.parametrize("kind", ["walk", "season", "spikes"])
def test_multiple_of_the_series_is_refused(kind, factor):
    series = SERIES[kind](400, np.random.default_rng(0))
    with pytest.raises(ValueError, match="in the units of target_channel"):
        check_target_units(factor * series[1:, None], series[:-1])


SERIES = {
    "walk": lambda n, rng: rng.normal(size=n).cumsum(),
    "season": lambda n, rng: 10 + 5 * np.sin(2 * np.pi * np.arange(n) / 24) + 0.5 * rng.normal(size=n),
    "spikes": lambda n, rng: 1 + 0.1 * rng.normal(size=n) + 16 * (rng.random(n) < 0.04),
    "trend": lambda n, rng: 0.3 * np.arange(n) + rng.normal(size=n),
    "growth": lambda n, rng: np.exp(0.03 * np.arange(n) + 0.05 * rng.normal(size=n).cumsum()),
    "noise": lambda n, rng: rng.normal(size=n),
    "counts": lambda n, rng: rng.poisson(0.3, size=n).astype(float),
    "line": lambda n, rng: 0.1 * np.arange(n),
    "constant": lambda n, rng: np.full(n, 0.1),
}


@pytest.mark.parametrize("n_rows", [(12, 40), (41, 120), (121, 600)], ids=str)
@pytest.mark.parametrize("kind", SERIES)
def test_future_of_the_channel_itself_is_accepted(kind, n_rows):
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, horizon = rng.integers(*n_rows, endpoint=True), rng.integers(1, 49)
        series = SERIES[kind](n + horizon, rng)
        check_target_units(series[horizon:, None], series[:n])


def test_all_horizons_of_a_short_walk_are_accepted():
    X, y = make_windows(walks(80)[:, 1], window_length=8, horizon=range(1, 49))
    assert small_dense(window_norm="last").fit(X, y).predict(X).shape == (25, 48)


def test_series_in_float32_continues_itself_in_float64():
    series = np.exp(np.linspace(0, 9, 220))  # its mean and deviation grow far within the horizon
    check_target_units(series[60:, None], series[:160].astype(np.float32))
    with pytest.raises(ValueError, match="in the units"):
        check_target_units(1.001 * series[60:, None], series[:160])


def test_relative_needs_positive_values_in_fit(windows):
    X, y = windows
    with pytest.raises(
        ValueError,
        match=r"window_norm='relative' needs windows that end with positive values, but X holds -.*; pass window_norm=",
    ):
        small_lstm(window_norm="relative", target_channel=1).fit(X - 60, y - 60)


def test_relative_needs_positive_values_in_predict(windows, fitted):
    with pytest.raises(ValueError, match=r"windows that end with positive values, but X holds 0; pass"):
        fitted["relative"].predict(windows[0] * 0)


def test_relative_needs_positive_values_of_classifiers(windows):
    X, y = windows
    model = LSTMClassifier(2, epochs=1, window_norm="relative")
    with pytest.raises(ValueError, match="needs windows that end with positive values, but X holds -"):
        model.fit(X - 60, y > 60)
    model.fit(X, y > 60)
    with pytest.raises(ValueError, match="needs windows that end with positive values, but X holds 0"):
        model.predict_proba(0 * X)


def test_window_that_is_left_out_may_end_with_anything(windows):
    X, y = windows
    X_with = np.concatenate([X, -X[:1]])
    weights = np.r_[np.ones(len(X)), 0]
    model = small_dense(window_norm="relative", target_channel=1).fit(X_with, np.r_[y, y[0]], weights)
    expected = small_dense(window_norm="relative", target_channel=1).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


def test_target_channel_must_be_a_feature(windows):
    with pytest.raises(
        ValueError,
        match="target_channel=2 must be one of the 2 features of a step, counted from 0; pass at most 1",
    ):
        small_lstm(window_norm="last", target_channel=2).fit(*windows)


def test_unknown_norm_is_named(windows):
    with pytest.raises(ValueError, match=r"The 'window_norm' parameter of LSTMRegressor must be .* Got 'mean'"):
        small_lstm(window_norm="mean").fit(*windows)
