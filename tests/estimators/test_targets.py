"""What outputs mean: from y to the network and back, for values and for labels."""

import copy
from functools import partial

import numpy as np
import pytest

from skhybrid import DenseRegressor, SequenceRegressor
from skhybrid.estimators._samples import read_sequences
from skhybrid.estimators._targets import (
    Labels,
    Values,
    check_class_weights,
    check_labels,
    check_weighted_labels,
    learn_labels,
    learn_values,
    weigh_by_class,
)

N = 44
small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)
plain = {"scaled": True, "levels": (), "norm": None, "channel": 0}


# Values


@pytest.fixture(scope="module")
def samples():
    """Four samples of 3 steps and 2 features, whose first feature ends in 3, 5, 5 and 7."""
    first = [[1, 2, 3], [3, 4, 5], [9, 7, 5], [6, 8, 7]]
    return read_sequences(np.stack([first, np.full((4, 3), 10)], axis=2).astype(float))


def test_scale_is_learned_of_the_weighted_training_samples(samples):
    y = np.array([1.0, 5, 5, 99])
    values = learn_values(y, samples, np.array([0, 1, 2]), np.array([2.0, 1, 1, 1]), **plain)
    assert values.is_1d
    assert (values.mean.tolist(), values.scale.tolist()) == ([3], [2])


def test_scale_of_a_constant_is_one(samples):
    y = np.c_[np.full(4, 1e6), [1.0, 3, 1, 3]]
    values = learn_values(y, samples, np.arange(4), np.ones(4), **plain)
    assert not values.is_1d
    assert (values.mean.tolist(), values.scale.tolist()) == ([1e6, 2], [1, 1])


def test_target_that_is_not_scaled_stays(samples):
    values = learn_values(np.array([1.0, 5, 5, 99]), samples, np.arange(4), np.ones(4), **{**plain, "scaled": False})
    assert (values.mean.tolist(), values.scale.tolist()) == ([0], [1])


def test_size_of_changes_is_one_for_all_horizons(samples):
    y = np.array([[4.0, 6], [6, 8], [4, 2], [99, 99]])  # 1 and 3 from the last step
    norm = samples.learn_norm("last", np.arange(3))
    values = learn_values(y, samples, np.arange(3), np.ones(4), **{**plain, "norm": norm})
    assert values.mean.tolist() == [0, 0]
    np.testing.assert_allclose(values.scale, np.sqrt([5, 5]))  # of the mean of 1 and 9


def test_target_without_any_change_keeps_a_size_of_one(samples):
    norm = samples.learn_norm("last", np.arange(4))
    values = learn_values(np.array([3.0, 5, 5, 7]), samples, np.arange(4), np.ones(4), **{**plain, "norm": norm})
    assert values.scale.tolist() == [1]


def test_channel_that_is_not_there_is_refused(samples):
    norm = samples.learn_norm("last", np.arange(4))
    with pytest.raises(ValueError, match="target_channel=2 must be one of the 2 features of a step"):
        learn_values(np.ones(4), samples, np.arange(4), np.ones(4), **{**plain, "norm": norm, "channel": 2})


def test_values_are_scaled_for_the_network(samples):
    values = Values(False, np.array([1.0, 10]), np.array([2.0, 5]))
    y = np.array([[1.0, 10], [3, 15], [5, 0], [7, 20]])
    np.testing.assert_array_equal(values.encode(y, samples), [[0, 0], [1, 1], [2, -2], [3, 2]])


def test_values_stand_once_for_each_quantile(samples):
    values = Values(False, np.zeros(2), np.ones(2), levels=(0.1, 0.5, 0.9))
    y = np.array([[1.0, 2]] * 4)
    np.testing.assert_array_equal(values.encode(y, samples), [[1, 1, 1, 2, 2, 2]] * 4)


def test_outputs_mean_values_in_the_units_of_y(samples):
    outputs = np.array([[0.0], [1], [2], [-1]])
    values = Values(True, np.array([1.0]), np.array([2.0]))
    np.testing.assert_array_equal(values.decode(outputs, samples.values), [[1], [3], [5], [-1]])


@pytest.mark.parametrize("levels", [(), (0.1, 0.5)], ids=["values", "quantiles"])
@pytest.mark.parametrize("name", [None, "last", "relative", "standard"])
@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3)], ids=str)
def test_what_is_encoded_is_decoded(samples, shape, name, levels):
    y = np.random.default_rng(0).uniform(2, 9, shape)
    norm = samples.learn_norm(name, np.arange(4))
    values = learn_values(y, samples, np.arange(4), np.ones(4), **{**plain, "levels": levels, "norm": norm})
    decoded = values.decode(values.encode(y, samples), samples.values)
    assert decoded.shape == (*shape, max(1, len(levels)))
    for k in range(decoded.shape[-1]):
        np.testing.assert_allclose(decoded[..., k], y, rtol=1e-6)


@pytest.mark.parametrize(
    ("is_1d", "shape", "needed"),
    [(True, (4, 1), r"\(n_samples\)"), (False, (4,), r"\(n_samples, 2\)"), (False, (4, 3), r"\(n_samples, 2\)")],
)
def test_targets_of_another_shape_are_refused(samples, is_1d, shape, needed):
    values = Values(is_1d, np.zeros(2), np.ones(2))
    with pytest.raises(ValueError, match=f"y must have shape {needed} as in the first fit, but has shape"):
        values.encode(np.ones(shape), samples)


# Labels


@pytest.fixture
def labels():
    return Labels(np.array(["a", "b", "c"]))


def test_labels_are_one_for_their_class(labels, samples):
    assert labels.n_outputs == 3
    encoded = labels.encode(np.array(["b", "a", "c", "b"]), samples)
    np.testing.assert_array_equal(encoded, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(labels.decode(encoded.astype(float), samples.values), encoded)


def test_unseen_labels_are_refused(labels, samples):
    with pytest.raises(ValueError, match=r"among the classes \['a', 'b', 'c'\], but holds \['d', 'e'\]; name all"):
        labels.encode(np.array(["a", "e", "d", "d"]), samples)


def test_probabilities_are_made_to_sum_to_one(labels, samples):
    probabilities = labels.decode(np.array([[0.5, 0.25, 0.2502]]), samples.values)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize(
    ("outputs", "words"),
    [([[0.5, 0.6, 0.1]], "range from 0.1 to 0.6 and sum to 1.2 to 1.2"), ([[-0.5, 0.5, 1]], "range from -0.5 to 1")],
)
def test_outputs_that_are_no_probabilities_are_refused(labels, samples, outputs, words):
    with pytest.raises(ValueError, match=f"must return the probabilities .*{words}.*; end it with a softmax"):
        labels.decode(np.array(outputs), samples.values)


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [([3, 1, 3, 7], None, [1, 3, 7]), (["b", "a", "b", "a"], None, ["a", "b"]), ([1, 1, 1, 1], [5, 1], [1, 5])],
)
def test_labels_are_those_of_y_or_those_given(y, classes, expected):
    assert learn_labels(np.array(y), np.arange(3), classes, None).classes.tolist() == expected


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        ([1, 1, 1, 2], None, r"y must hold at least 2 classes .* 1 class, \[1\]"),
        ([1, 2, 1, 2], [2, 2], r"classes must hold .* \[2\]"),
    ],
    ids=["training samples", "given"],
)
def test_one_class_is_refused(y, classes, words):
    with pytest.raises(ValueError, match=words):
        learn_labels(np.array(y), np.arange(3), classes, None)


def test_labels_of_several_types_are_refused():
    with pytest.raises(ValueError, match="labels of one type, but holds int, str; pass"):
        check_labels(np.array(["a", 1], dtype=object))


def test_numbers_of_a_regression_are_no_labels():
    with pytest.raises(ValueError, match="Unknown label type"):
        check_labels(np.array([0.5, 1.5, 2.25]))


# Weights of classes


@pytest.mark.parametrize(
    ("class_weight", "expected"),
    [
        (None, [1, 1, 1, 3]),
        ({"b": 2.0}, [1, 1, 1, 6]),
        ({"a": 0, "b": 1}, [0, 0, 0, 3]),
        ("balanced", [1 / 3, 1 / 3, 1 / 3, 1]),  # each class weighs 1 in all
    ],
    ids=str,
)
def test_weights_are_multiplied_by_those_of_classes(class_weight, expected):
    weights = weigh_by_class(np.array(["a", "a", "a", "b"]), np.array([1.0, 1, 1, 3]), class_weight)
    np.testing.assert_allclose(weights, expected)


def test_balance_leaves_out_a_class_without_weight():
    weights = weigh_by_class(np.array([0, 0, 1]), np.array([2.0, 2, 0]), "balanced")
    np.testing.assert_array_equal(weights, [0.5, 0.5, 0])


@pytest.mark.parametrize("weights", [[1, -1], [np.inf, 1], ["heavy", 1], [None, [1]]], ids=str)
def test_weights_that_are_no_numbers_of_at_least_zero_are_refused(weights):
    with pytest.raises(ValueError, match="class_weight must hold one number of at least 0 for each label"):
        check_class_weights(weights)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"a": 1}, {"a": 1, "b": 1, "z": 1}], ids=str)
def test_weights_of_other_labels_are_taken_where_all_have_one(class_weight):
    check_weighted_labels(class_weight, np.array(["a", "b"]))


def test_weights_of_other_labels_are_refused_where_one_has_none():
    with pytest.raises(ValueError, match=r"labels of y, \['a', 'b'\], but names \['z'\]; pass"):
        check_weighted_labels({"a": 1, "z": 1}, np.array(["a", "b"]))


# Through the estimators


def test_scale_of_y_is_undone(data, fitted):
    X, y = data
    model = small_dense().fit(X, 1000 * y + 7)
    np.testing.assert_allclose(model.predict(X), 1000 * fitted.predict(X) + 7, rtol=1e-5, atol=1e-2)


def test_columns_of_y_are_scaled_one_by_one(data):
    X, y = data
    Y = np.c_[y, 3 * y - 2]
    model, scaled = small_dense().fit(X, Y), small_dense(scale_target=False).fit(X, (Y - Y.mean(0)) / Y.std(0))
    np.testing.assert_allclose(model.predict(X), scaled.predict(X) * Y.std(0) + Y.mean(0), rtol=1e-5, atol=1e-6)


def test_unscaled_target_is_seen_as_it_is(data):
    X, y = data
    model = small_dense(scale_target=False, batch_size=N).set_params(epochs=1).fit(X, y)
    start = SequenceRegressor("dense", network_params={"dense_units": 4}, random_state=0)
    start.set_params(epochs=1, learning_rate=1e-12, scale_target=False).fit(X, y)
    np.testing.assert_allclose(model.history_["loss"], [np.mean((start.predict(X) - y) ** 2)], rtol=1e-5)


def test_constant_y_is_predicted_in_its_units(data):
    X = data[0]
    model = small_dense().fit(X, np.full(N, 1e6))
    np.testing.assert_allclose(model.predict(X), 1e6, atol=10)


@pytest.mark.parametrize("y_shape", [(N, 1), (N, 2)])
def test_partial_fit_refuses_other_targets(data, fitted, y_shape):
    with pytest.raises(
        ValueError, match=r"y must have shape \(n_samples\) as in the first fit, but has shape \(44, .*; pass"
    ):
        copy.deepcopy(fitted).partial_fit(data[0], np.ones(y_shape))
