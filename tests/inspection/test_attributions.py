import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    CNNRegressor,
    DenseRegressor,
    SlidingWindow,
    make_windows,
    saliency,
    saliency_table,
)
from tests.helpers import make_noise_windows

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


# saliency


@pytest.fixture(scope="module")
def linear():
    X, y = make_noise_windows(n_features=2)
    return DenseRegressor((), epochs=1, random_state=0).fit(X, np.column_stack([y, 100 * y + 7]))


@pytest.mark.parametrize("output", [0, 1])
def test_saliency_of_a_linear_network_is_weight_times_distance(linear, output):
    X, _ = make_noise_windows(n_features=2)
    zero = np.zeros((1, 12, 2))
    weights = [
        (linear.predict(zero + step) - linear.predict(zero))[0, output] for step in np.eye(24).reshape(24, 1, 12, 2)
    ]
    attributions = saliency(linear, X, output=output, n_points=1)
    expected = np.reshape(weights, (12, 2)) * (X - X.mean(axis=0))
    np.testing.assert_allclose(attributions, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("baseline", [0.5, [0.5, 0.5], np.full((12, 2), 0.5)], ids=["number", "features", "window"])
def test_saliency_reads_its_baseline(linear, baseline):
    X, _ = make_noise_windows(n_features=2)
    sums = saliency(linear, X, baseline=baseline, n_points=1).sum(axis=(1, 2))
    difference = linear.predict(X) - linear.predict(np.full_like(X, 0.5))
    np.testing.assert_allclose(sums, difference[:, 0], atol=1e-5)


def test_saliency_adds_up_to_the_difference_in_units_of_y(rows):
    X, y = rows
    pipe = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(6),
        CNNLSTMRegressor(8, units=4, epochs=5, learning_rate=0.01, random_state=0),
    )
    pipe.fit(X[:70], 1000 * y[:70])
    windows = pipe[:-1].transform(X[70:])
    difference = pipe.predict(X[70:]) - pipe[-1].predict(windows.mean(axis=0, keepdims=True))
    attributions = saliency(pipe, X[70:])
    assert attributions.shape == (20, 6, 2)
    assert np.ptp(difference) > 50
    np.testing.assert_allclose(attributions.sum(axis=(1, 2)), difference, atol=0.01 * np.ptp(difference))
    errors = [np.abs(saliency(pipe, X[70:], n_points=n).sum(axis=(1, 2)) - difference).max() for n in (2, 128)]
    assert errors[1] < errors[0] / 4


def test_saliency_of_values_that_play_no_part_is_zero():
    X, y = make_noise_windows()
    model = CNNRegressor(2, kernel_size=2, pool_size=1, dense_units=(), epochs=1, random_state=0).fit(X, y)
    kernel, bias = model.model_.get_layer("output").get_weights()
    kernel[:-2] = 0  # only the last step's maps, which see two steps
    model.model_.get_layer("output").set_weights([kernel, bias])
    attributions = saliency(model, X)
    assert (attributions[:, :-2] == 0).all()
    assert (attributions[:, -2:] != 0).any()


def test_saliency_of_quantiles_is_that_of_the_median():
    X, y = make_noise_windows()
    model = DenseRegressor((), loss="quantile", quantiles=(0.2, 0.5, 0.9), epochs=1, random_state=0).fit(X, y)
    difference = model.predict(X) - model.predict(np.zeros_like(X))
    np.testing.assert_allclose(saliency(model, X, baseline=0, n_points=1).sum(axis=(1, 2)), difference, atol=1e-5)


def test_saliency_of_a_class_is_that_of_its_probability():
    X, y = make_noise_windows()
    model = CNNLSTMClassifier(2, **TINY).fit(X, np.where(y > 0, "up", "down"))
    difference = model.predict_proba(X) - model.predict_proba(np.zeros_like(X))
    attributions = saliency(model, X, baseline=0, output=1).sum(axis=(1, 2))
    np.testing.assert_allclose(attributions, difference[:, 1], atol=0.02 * np.ptp(difference))


@pytest.mark.parametrize("shape", [(64, 12), (64, 3, 4, 1)], ids=["flattened", "subsequences"])
def test_saliency_joins_the_window(shape):
    X, y = make_noise_windows()
    model = CNNLSTMRegressor(2, **TINY).fit(X.reshape(shape), y)
    attributions = saliency(model, X.reshape(shape), baseline=0)
    assert attributions.shape == (64, 12, 1)
    difference = model.predict(X.reshape(shape)) - model.predict(np.zeros(shape))
    np.testing.assert_allclose(attributions.sum(axis=(1, 2)), difference, atol=0.02 * np.ptp(difference))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"output": 2}, "output=2 must be the position of one of the network's 2 outputs, 0 to 1"),
        ({"output": -1}, "output=-1 must be"),
        ({"n_points": 0}, "n_points must be an integer of at least 1, but is 0"),
        ({"baseline": [1, 2, 3]}, r"baseline must be a number or fit windows of shape \(12, 2\).* shape \(3,\)"),
        ({"baseline": np.zeros((64, 12, 2))}, r"baseline must be .* has shape \(64, 12, 2\)"),
    ],
)
def test_saliency_refuses(linear, options, words):
    with pytest.raises(ValueError, match=words):
        saliency(linear, make_noise_windows(n_features=2)[0], **options)


def test_saliency_of_one_window_needs_a_baseline(linear):
    X, _ = make_noise_windows(n_features=2)
    with pytest.raises(ValueError, match=r"baseline=None .* X holds 1 window, which is its own mean"):
        saliency(linear, X[:1])
    assert saliency(linear, X[:1], baseline=0).shape == (1, 12, 2)


# saliency_table


def test_saliency_table_by_hand():
    table = saliency_table([[[1.0, 0.0], [4.0, -2.0]], [[-3.0, 0.0], [2.0, 0.0]]])
    assert table.to_dict() == {"feature 0": {1: 2.0, 0: 3.0}, "feature 1": {1: 0.0, 0: 1.0}}
    assert table.sum(axis=1).to_dict() == {1: 2.0, 0: 4.0}
    assert table.index.name == "lag"


def test_saliency_table_refuses():
    with pytest.raises(ValueError, match=r"attributions must have shape .* has shape \(2, 3\)"):
        saliency_table(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"feature_names must hold one name for each of the 1 features.*\['a', 'b'\]"):
        saliency_table(np.zeros((2, 3, 1)), ["a", "b"])


def test_make_windows_and_inspection_agree_on_the_newest_step():
    X, y = make_windows(np.arange(30.0), window_length=4)
    model = DenseRegressor((), epochs=1, random_state=0).fit(X, y)
    weights = np.zeros((4, 1))
    weights[-1] = 1  # the network repeats the last value
    model.model_.get_layer("output").set_weights([weights, np.zeros(1)])
    table = saliency_table(saliency(model, X))
    assert table["feature 0"].idxmax() == 0
    assert (table.loc[[3, 2, 1]] == 0).all(axis=None)
