import inspect
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_sample_weight_equivalence_on_dense_data,
    parametrize_with_checks,
)

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    Conv2DLSTMRegressor,
    Conv3DLSTMRegressor,
    DenseRegressor,
    GRURegressor,
    LSTMFCNRegressor,
    LSTMRegressor,
    LSTNetRegressor,
    SequenceRegressor,
    SimpleRNNRegressor,
    SlidingWindow,
)
from skhybrid._backend import keras

small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)


# scikit-learn's contract: all samples in one batch, in the order given, as the checks compare fits on the same samples
# in other orders and on repeated samples; and enough training for R2 > 0.5. Dropout would draw other masks for samples
# in another order.

full_batch = {"batch_size": 1000, "shuffle": False, "learning_rate": 0.05, "random_state": 0}
CONTRACT = [
    CNNLSTMRegressor(8, units=8, dense_units=8, epochs=40, **full_batch),
    LSTMRegressor(8, dense_units=8, epochs=45, **full_batch),
    GRURegressor(8, dense_units=8, epochs=40, **full_batch),
    SimpleRNNRegressor(8, dense_units=8, epochs=25, **full_batch),
    CNNRegressor(8, dense_units=8, activation="tanh", epochs=8, **{**full_batch, "learning_rate": 0.02}),
    DenseRegressor(8, activation="tanh", epochs=3, **full_batch),
    LSTMFCNRegressor(4, filters=(8,), kernel_size=3, dropout=0.0, epochs=25, **full_batch),
    LSTNetRegressor(8, kernel_size=1, units=8, skip=None, highway=1, dropout=0.0, epochs=80, **full_batch),
    Conv2DLSTMRegressor(4, units=8, epochs=40, **full_batch),
    Conv3DLSTMRegressor(4, units=8, epochs=40, **full_batch),
    SequenceRegressor("dense", network_params={"dense_units": 8, "activation": "tanh"}, epochs=3, **full_batch),
]
BATCH_NORMALIZATION = {
    "check_sample_weight_equivalence_on_dense_data": "batch normalisation takes the mean of a batch over its samples, "
    "whatever their weights are, so that a weight of 2 is not the same as the sample twice"
}


def expected_failures(estimator):
    return BATCH_NORMALIZATION if isinstance(estimator, LSTMFCNRegressor) else {}


@parametrize_with_checks(CONTRACT, expected_failed_checks=expected_failures)
def test_scikit_learn_checks(estimator, check, run_check_of_float32):
    if expected_failures(estimator):
        check(estimator)
    else:
        run_check_of_float32(check, estimator)


@pytest.mark.parametrize("estimator", CONTRACT, ids=lambda estimator: type(estimator).__name__)
def test_scikit_learn_check_beyond_the_list(estimator):
    check_dataframe_column_names_consistency(type(estimator).__name__, estimator)


@pytest.mark.parametrize(
    "estimator",
    [estimator for estimator in CONTRACT if not expected_failures(estimator)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_weights_equal_repeated_rows_but_for_rounding(estimator, monkeypatch):
    """The check that rounding may fail, after so few steps that rounding stays small."""
    compared = []

    def compare(first, second, **options):
        compared.append(len(first))
        np.testing.assert_allclose(first, second, rtol=1e-5)

    module = inspect.getmodule(check_sample_weight_equivalence_on_dense_data)
    monkeypatch.setattr(module, "assert_allclose_dense_sparse", compare)
    check_sample_weight_equivalence_on_dense_data("", clone(estimator).set_params(epochs=3))
    assert compared == [15]


@pytest.mark.parametrize("estimator", CONTRACT, ids=lambda estimator: type(estimator).__name__)
def test_estimator_says_what_it_is(estimator):
    tags = get_tags(estimator)
    assert is_regressor(estimator)
    assert not is_classifier(estimator)
    assert tags.target_tags.multi_output
    assert tags.input_tags.three_d_array


# In scikit-learn's tools


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    return rng.normal(size=(48, 2)).cumsum(axis=0)


@pytest.fixture(scope="module")
def windows():
    """Random windows and targets that follow from them, 1-D."""
    X = np.random.default_rng(0).normal(size=(48, 6, 2))
    return X, X[:, -1, 0] - X[:, 2, 1]


@pytest.fixture(scope="module")
def fitted(windows):
    return small_dense(n_features=2).fit(*windows)


@pytest.fixture(scope="module")
def table(windows):
    """The windows as a DataFrame, (sample, time * feature)."""
    names = [f"{name}_t-{lag}" for lag in range(5, -1, -1) for name in ("load", "temp")]
    return pd.DataFrame(windows[0].reshape(48, 12), columns=names)


def test_clone_has_the_same_parameters_and_is_not_fitted(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "model_")


def test_nested_parameters_are_set_in_a_pipeline():
    pipe = make_pipeline(StandardScaler(), SlidingWindow(), CNNLSTMRegressor())
    pipe.set_params(slidingwindow__window_length=7, cnnlstmregressor__kernel_size=5)
    assert (pipe[1].window_length, pipe[2].kernel_size) == (7, 5)


@pytest.mark.parametrize("transform", ["default", "pandas"])
def test_pipeline_of_windows_with_set_output(series, transform):
    frame = pd.DataFrame(series, columns=["load", "temp"])
    pipe = make_pipeline(StandardScaler(), SlidingWindow(4), small_dense()).set_output(transform=transform)
    by_hand = small_dense().fit(SlidingWindow(4).fit_transform(StandardScaler().fit_transform(series)), series[:, 0])
    expected = by_hand.predict(SlidingWindow(4).fit_transform(StandardScaler().fit_transform(series)))
    np.testing.assert_array_equal(pipe.fit(frame, series[:, 0]).predict(frame), expected)


def test_html_names_the_estimator(fitted):
    html = estimator_html_repr(make_pipeline(StandardScaler(), fitted))
    assert "DenseRegressor" in html
    assert "random_state" in fitted._repr_html_()


def test_feature_names_are_kept_and_others_refused(table, windows):
    model = small_dense(n_features=2).fit(table, windows[1])
    assert model.feature_names_in_.tolist() == table.columns.tolist()
    with pytest.raises(ValueError, match="feature names should match those that were passed during fit"):
        model.predict(table.rename(columns={"load_t-0": "price_t-0"}))


def test_transformed_target(table, windows):
    model = TransformedTargetRegressor(small_dense(), transformer=StandardScaler()).fit(table, windows[1])
    plain = small_dense().fit(table, windows[1])
    np.testing.assert_allclose(model.predict(table), plain.predict(table), rtol=1e-4, atol=1e-5)


def test_stacking_beside_a_linear_model(table, windows):
    stack = StackingRegressor([("net", small_dense()), ("linear", LinearRegression())], cv=2)
    assert stack.fit(table, windows[1]).score(table, windows[1]) > 0.9


def test_bagging_differs_by_member(table, windows):
    bag = BaggingRegressor(small_dense(), n_estimators=2, random_state=0).fit(table.to_numpy(), windows[1])
    first, second = (member.predict(table.to_numpy()) for member in bag.estimators_)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_allclose(bag.predict(table.to_numpy()), (first + second) / 2)


def test_permutation_importance_finds_the_column(table):
    model = DenseRegressor((), epochs=60, learning_rate=0.05, random_state=0).fit(table, 3 * table["temp_t-3"])
    importance = permutation_importance(model, table, 3 * table["temp_t-3"], n_repeats=2, random_state=0)
    assert table.columns[importance.importances_mean.argmax()] == "temp_t-3"


# Shapes of X and y


@pytest.mark.parametrize(
    "form",
    [
        lambda X: X.reshape(48, 12),
        lambda X: X.reshape(48, 2, 3, 2),
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: X.astype(np.float32),
        lambda X: pd.DataFrame(X.reshape(48, 12)),
    ],
    ids=["2-D", "4-D", "list", "Fortran", "float32", "DataFrame"],
)
def test_form_of_x_does_not_matter(windows, fitted, form):
    X, y = windows
    model = small_dense(n_features=2).fit(form(X), y)
    assert model.input_shape_ == (6, 2)
    np.testing.assert_array_equal(model.predict(form(X)), fitted.predict(X))


def test_integers_equal_floats(windows):
    X, y = np.round(10 * windows[0]), np.round(10 * windows[1])
    expected = small_dense().fit(X, y).predict(X)
    np.testing.assert_array_equal(small_dense().fit(X.astype(int), y.astype(int)).predict(X.astype(int)), expected)


def test_view_of_windows_equals_its_copy(series):
    view = SlidingWindow(4).fit_transform(series)
    expected = small_dense().fit(view.copy(), series[:, 0]).predict(view.copy())
    np.testing.assert_array_equal(small_dense().fit(view, series[:, 0]).predict(view), expected)


def test_order_of_features_in_a_flat_window_is_step_by_step(windows):
    X, y = windows
    flat = LSTMRegressor(3, dense_units=(), n_features=2, epochs=1, random_state=0).fit(X.reshape(48, 12), y)
    three_d = LSTMRegressor(3, dense_units=(), epochs=1, random_state=0).fit(X, y)
    np.testing.assert_array_equal(flat.predict(X.reshape(48, 12)), three_d.predict(X))
    assert (flat.n_features_in_, three_d.n_features_in_) == (12, 6)


def test_subsequences_are_joined_for_a_recurrence(windows):
    X, y = windows
    model = LSTMRegressor(3, dense_units=(), epochs=1, random_state=0)
    expected = model.fit(X, y).predict(X)
    np.testing.assert_array_equal(model.fit(X.reshape(48, 3, 2, 2), y).predict(X.reshape(48, 3, 2, 2)), expected)
    assert model.input_shape_ == (6, 2)


def test_subsequences_choose_the_nested_hybrid(windows):
    X, y = windows
    model = CNNLSTMRegressor(3, kernel_size=2, units=3, dense_units=(), epochs=1).fit(X.reshape(48, 3, 2, 2), y)
    assert model.input_shape_ == (3, 2, 2)
    assert model.model_.name == "time_distributed_cnn_lstm"


@pytest.mark.parametrize("columns", [None, 1, 3])
def test_predictions_have_the_shape_of_y(windows, columns):
    X, y = windows
    y = y if columns is None else np.repeat(y[:, None], columns, axis=1)
    model = small_dense().fit(X, y)
    assert model.predict(X[:5]).shape == y[:5].shape
    assert model.n_outputs_ == (columns or 1)
    assert model.predict(X).dtype == np.float64


def test_more_rows_than_one_forward_pass_are_predicted(fitted):
    X = np.random.default_rng(1).normal(size=(4099, 6, 2))
    predictions = fitted.predict(X)
    assert predictions.shape == (4099,)
    np.testing.assert_allclose(predictions[-5:], fitted.predict(X[-5:]), rtol=1e-5)


# Windows without a complete past


@pytest.fixture(scope="module")
def incomplete(windows):
    """The windows with three before them that start with NaN, and the weights and targets of all."""
    X, y = windows
    X = np.concatenate([X[:3], X])
    for i, n_unknown in enumerate([5, 3, 1]):
        X[i, :n_unknown] = np.nan
    return X, np.concatenate([[1e6, 1e6, 1e6], y])


def test_incomplete_windows_are_left_out_of_training(windows, incomplete, fitted):
    model = small_dense().fit(*incomplete)
    np.testing.assert_array_equal(model.predict(windows[0]), fitted.predict(windows[0]))


def test_incomplete_windows_repeat_their_first_known_step_in_predict(incomplete, fitted):
    filled = incomplete[0].copy()
    for i, n_unknown in enumerate([5, 3, 1]):
        filled[i, :n_unknown] = filled[i, n_unknown]
    np.testing.assert_array_equal(fitted.predict(incomplete[0]), fitted.predict(filled))


# Weights


def test_weight_zero_is_no_sample(windows, fitted):
    X, y = (np.concatenate([a, 1e6 * a[:5]]) for a in windows)
    weights = np.repeat([1.0, 0.0], [48, 5])
    np.testing.assert_array_equal(small_dense().fit(X, y, weights).predict(X[:48]), fitted.predict(X[:48]))


def test_doubled_weights_change_nothing(windows):
    X, y = windows
    weights = np.random.default_rng(0).uniform(0.1, 2, size=48)
    first, second = small_dense().fit(X, y, weights), small_dense().fit(X, y, 2 * weights)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    assert first.history_ == second.history_


def test_weights_matter(windows, fitted):
    X, y = windows
    weighted = small_dense().fit(X, y, np.linspace(0.1, 2, 48))
    assert np.abs(weighted.predict(X) - fitted.predict(X)).max() > 1e-4


@pytest.mark.parametrize("routing", [False, True])
def test_weights_pass_through_a_pipeline(series, routing):
    weights = np.linspace(0.1, 2, 48)
    X = StandardScaler().fit_transform(series)
    expected = small_dense().fit(X, series[:, 0], weights).predict(X)
    with config_context(enable_metadata_routing=routing):
        if routing:
            pipe = make_pipeline(StandardScaler(), small_dense().set_fit_request(sample_weight=True))
            pipe[0].set_fit_request(sample_weight=False)
            pipe.fit(series, series[:, 0], sample_weight=weights)
        else:
            pipe = make_pipeline(StandardScaler(), small_dense())
            pipe.fit(series, series[:, 0], denseregressor__sample_weight=weights)
        np.testing.assert_array_equal(pipe.predict(series), expected)


# Published networks, layer for layer, as the estimators train them. Where a source names no padding, Keras' default
# "valid" is meant.


def describe(layer):
    """Say what the layer is: class, activation, padding, kernel, pool, output shape and number of parameters."""
    words, part = [type(layer).__name__], layer
    if isinstance(layer, keras.layers.TimeDistributed):
        part = layer.layer
    elif isinstance(layer, keras.layers.Bidirectional):
        part = layer.forward_layer
    if part is not layer:
        words.append(type(part).__name__)
    if hasattr(part, "activation"):
        words.append(part.activation.__name__)
    if hasattr(part, "kernel_size"):
        words += [part.padding, f"kernel {'x'.join(map(str, part.kernel_size))}"]
    if hasattr(part, "pool_size"):
        words.append(f"pool {'x'.join(map(str, part.pool_size))}")
    return f"{' '.join(words)} {layer.output.shape[1:]} {layer.count_params()}"


layer_choice = {"units": 64, "dense_units": 32}
HEAD = ["Dense relu (32,) 2080", "Dense linear (2,) 66"]
PUBLISHED = {
    "power usage lesson": (
        CNNLSTMRegressor(64, kernel_size=5, pool_size=2, padding="valid", units=64, dense_units=()),
        (24, 3),
        1,
        [
            "Conv1D relu valid kernel 5 (20, 64) 1024",
            "MaxPooling1D pool 2 (10, 64) 0",
            "LSTM tanh (64,) 33024",
            "Dense linear (1,) 65",
        ],
    ),
    "univariate forecasting": (
        CNNLSTMRegressor(64, kernel_size=3, padding="valid", units=128, dense_units=()),
        (12, 1),
        1,
        ["Conv1D relu valid kernel 3 (10, 64) 256", "LSTM tanh (128,) 98816", "Dense linear (1,) 129"],
    ),
    "S&P 500 lesson": (
        CNNLSTMRegressor(),
        (12, 1),
        1,
        [
            "Conv1D relu causal kernel 3 (12, 32) 128",
            "LSTM tanh (32,) 8320",
            "Dense relu (16,) 528",
            "Dense linear (1,) 17",
        ],
    ),
    "nested subsequences": (
        CNNLSTMRegressor(16, kernel_size=3, pool_size=2, padding="valid", units=32, dense_units=()),
        (4, 8, 1),
        1,
        [
            "TimeDistributed Conv1D relu valid kernel 3 (4, 6, 16) 64",
            "TimeDistributed MaxPooling1D pool 2 (4, 3, 16) 0",
            "TimeDistributed Flatten (4, 48) 0",
            "LSTM tanh (32,) 10368",
            "Dense linear (1,) 33",
        ],
    ),
    "layer choice, LSTM": (LSTMRegressor(**layer_choice), (24, 3), 2, ["LSTM tanh (64,) 17408", *HEAD]),
    "layer choice, Dense": (
        DenseRegressor(),
        (30,),
        2,
        ["Flatten (30,) 0", "Dense relu (128,) 3968", "Dense relu (64,) 8256", "Dense linear (2,) 130"],
    ),
    "layer choice, CNN": (
        CNNRegressor(32, kernel_size=3, padding="valid"),
        (24, 3),
        2,
        [
            "Conv1D relu valid kernel 3 (22, 32) 320",
            "MaxPooling1D pool 2 (11, 32) 0",
            "Flatten (352,) 0",
            "Dense relu (32,) 11296",
            "Dense linear (2,) 66",
        ],
    ),
    "GRU": (GRURegressor(**layer_choice), (24, 3), 2, ["GRU tanh (64,) 13248", *HEAD]),
    "SimpleRNN": (SimpleRNNRegressor(**layer_choice), (24, 3), 2, ["SimpleRNN tanh (64,) 4352", *HEAD]),
    "bidirectional LSTM": (
        LSTMRegressor(**layer_choice, bidirectional=True),
        (24, 3),
        2,
        ["Bidirectional LSTM tanh (128,) 34816", "Dense relu (32,) 4128", "Dense linear (2,) 66"],
    ),
    "attention over the LSTM's outputs": (
        LSTMRegressor(**layer_choice, attention=True),
        (24, 3),
        2,
        [
            "LSTM tanh (24, 64) 17408",
            "Dense linear (24, 1) 64",
            "Softmax (24, 1) 0",
            "Dot (1, 64) 0",
            "Flatten (64,) 0",
            *HEAD,
        ],
    ),
    "image fusion": (
        Conv2DLSTMRegressor(),
        (28, 28, 1),
        1,
        [
            "Conv2D relu same kernel 3x3 (28, 28, 32) 320",
            "Conv2D relu same kernel 5x5 (28, 28, 32) 832",
            "MaxPooling2D pool 2x2 (14, 14, 32) 0",
            "MaxPooling2D pool 2x2 (14, 14, 32) 0",
            "Concatenate (14, 14, 64) 0",
            "Reshape (14, 896) 0",
            "LSTM tanh (128,) 524800",
            "Dense linear (1,) 129",
        ],
    ),
    "video": (
        Conv3DLSTMRegressor(),
        (8, 16, 16, 1),
        1,
        [
            "ZeroPadding3D (11, 18, 18, 1) 0",
            "Cropping3D (10, 18, 18, 1) 0",
            "Conv3D relu valid kernel 3x3x3 (8, 16, 16, 32) 896",
            "MaxPooling3D pool 2x2x2 (4, 8, 8, 32) 0",
            "Reshape (4, 2048) 0",
            "LSTM tanh (128,) 1114624",
            "Dense linear (1,) 129",
        ],
    ),
    "LSTM-FCN": (
        LSTMFCNRegressor(),
        (24, 3),
        2,
        [
            "Conv1D linear same kernel 8 (24, 128) 3200",
            "BatchNormalization (24, 128) 512",
            "Activation relu (24, 128) 0",
            "Conv1D linear same kernel 5 (24, 256) 164096",
            "BatchNormalization (24, 256) 1024",
            "Activation relu (24, 256) 0",
            "Conv1D linear same kernel 3 (24, 128) 98432",
            "Permute (3, 24) 0",
            "BatchNormalization (24, 128) 512",
            "LSTM tanh (8,) 1056",
            "Activation relu (24, 128) 0",
            "Dropout (8,) 0",
            "GlobalAveragePooling1D (128,) 0",
            "Concatenate (136,) 0",
            "Dense linear (2,) 274",
        ],
    ),
}


@pytest.mark.parametrize(("estimator", "sample_shape", "n_outputs", "layers"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_network_comes_out_of_the_estimator(estimator, sample_shape, n_outputs, layers):
    rng = np.random.default_rng(0)
    model = clone(estimator).set_params(epochs=1, random_state=0)
    model.fit(rng.normal(size=(4, *sample_shape)), rng.normal(size=(4, n_outputs)))
    trained = [layer for layer in model.model_.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert [describe(layer) for layer in trained] == layers
    assert model.n_parameters_ == sum(int(layer.split()[-1]) for layer in layers)


@pytest.mark.parametrize(("name", "total"), [("S&P 500 lesson", 8993), ("nested subsequences", 10465)])
def test_published_totals_are_those_of_the_table(name, total):
    assert sum(int(layer.split()[-1]) for layer in PUBLISHED[name][3]) == total


# Networks of one's own


def linear(input_shape, n_outputs, *, seed, scale=1.0):
    init = keras.initializers.RandomUniform(-scale, scale, seed=seed)
    layers = [keras.layers.Flatten(), keras.layers.Dense(n_outputs, kernel_initializer=init)]
    return keras.Sequential([keras.Input(input_shape), *layers])


def test_own_builder_gets_shapes_seed_and_parameters(windows):
    seen = []

    def builder(input_shape, n_outputs, *, seed, scale):
        seen.append((input_shape, n_outputs, type(seed), scale))
        return linear(input_shape, n_outputs, seed=seed, scale=scale)

    X, y = windows
    SequenceRegressor(builder, network_params={"scale": 0.5}, epochs=1).fit(X, np.c_[y, y])
    assert seen == [((6, 2), 2, int, 0.5)]


@pytest.mark.parametrize(("shape", "expected"), [((48, 6, 2), (6, 2)), ((48, 3, 2, 2), (3, 2, 2)), ((48, 12), (12, 1))])
def test_own_builder_gets_the_samples_as_they_are(windows, shape, expected):
    X, y = windows
    model = SequenceRegressor(linear, epochs=1).fit(X.reshape(shape), y)
    assert model.input_shape_ == expected


def test_name_of_a_network_equals_its_estimator(windows, fitted):
    X, y = windows
    model = SequenceRegressor("dense", network_params={"dense_units": 4}, epochs=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
