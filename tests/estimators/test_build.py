"""The Keras model of an estimator: from the network's builder to the compiled model."""

import pickle

import numpy as np
import pytest

from skhybrid import SequenceRegressor
from skhybrid._backend import keras
from skhybrid.estimators._build import Reading, build_network, find_builder, takes_parameter
from skhybrid.estimators._samples import read_sequences
from skhybrid.networks import NETWORKS, dense
from tests.helpers import linear_network

SHAPE = (6, 2)
linear = {"network": linear_network, "parameters": {}, "seed": 3, "reading": Reading(SHAPE)}


def test_model_is_that_of_the_builder():
    X = np.random.default_rng(0).normal(size=(5, *SHAPE)).astype(np.float32)
    model = build_network(network="dense", parameters={"dense_units": 3}, seed=3, reading=Reading(SHAPE), n_outputs=2)
    expected = dense(SHAPE, 2, seed=3, dense_units=3)
    assert not model.compiled
    np.testing.assert_array_equal(model.predict_on_batch(X), expected.predict_on_batch(X))


def test_model_is_compiled_with_what_scikeras_makes():
    model = build_network({"n_features_in_": 1}, {"loss": "mae", "optimizer": "sgd"}, **linear, n_outputs=1)
    assert model.compiled
    assert (model.loss, type(model.optimizer)) == ("mae", keras.optimizers.SGD)


@pytest.mark.parametrize("network", ["dense", linear_network])  # a functional model, and a Sequential
def test_network_has_an_output_for_each_quantile_of_each_target(network):
    model = build_network(**{**linear, "network": network}, n_outputs=2, quantiles=(0.1, 0.5, 0.9))
    assert model.output_shape == (None, 6)
    assert model.get_layer("flat_quantiles").output is model.output
    outputs = model.predict_on_batch(np.ones((1, *SHAPE))).reshape(2, 3)
    assert (np.diff(outputs) > 0).all()


def test_network_reads_windows_relative_to_themselves():
    X = np.random.default_rng(0).normal(size=(5, *SHAPE)).astype(np.float32)
    norm = read_sequences(X).learn_norm("last", np.arange(5))
    model = build_network(**{**linear, "reading": Reading(SHAPE, norm)}, n_outputs=1)
    plain = build_network(**linear, n_outputs=1)
    differences = (X - X[:, -1:]) / norm.channel_scale
    np.testing.assert_allclose(model.predict_on_batch(X), plain.predict_on_batch(differences), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "builder"), [("dense", dense), ("lstm", NETWORKS["lstm"]), (linear_network, linear_network)]
)
def test_builder_is_found(network, builder):
    assert find_builder(network) is builder


@pytest.mark.parametrize(
    ("network", "name", "takes"),
    [
        ("lstm", "masked", True),
        ("dense", "masked", False),
        ("lstm", "cell", True),
        (linear_network, "seed", True),
        (linear_network, "units", False),
    ],
)
def test_parameters_of_a_builder_are_known(network, name, takes):
    assert takes_parameter(network, name) == takes


# What a builder must not return


def compiled_builder(input_shape, n_outputs, *, seed):
    model = linear_network(input_shape, n_outputs, seed=seed)
    model.compile("adam", "mse")
    return model


def no_model_builder(input_shape, n_outputs, *, seed):
    return "a model"


def per_step_builder(input_shape, n_outputs, *, seed):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(n_outputs)])


def open_builder(input_shape, n_outputs, *, seed):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(n_outputs)])


def builder_with_a_layer_as_activation(input_shape, n_outputs, *, seed):
    keras.utils.set_random_seed(seed)
    bend = keras.layers.PReLU(alpha_initializer="ones")
    layers = keras.layers.Conv1D(3, 2, activation=bend), keras.layers.Flatten(), keras.layers.Dense(n_outputs)
    return keras.Sequential([keras.Input(input_shape), *layers])


def test_layers_that_wait_for_a_call_make_their_weights_at_once(data):
    """Keras makes them in training, where a copy of the network would miss them."""
    model = SequenceRegressor(builder_with_a_layer_as_activation, epochs=2, random_state=0).fit(*data)
    assert model.engine_ == "compiled"
    alpha = next(weight for weight in model.model_.weights if weight.name == "alpha")
    assert np.abs(alpha.numpy() - 1).max() > 1e-4  # it was trained
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(data[0]), model.predict(data[0]))


BAD_BUILDERS = [
    (
        SequenceRegressor(compiled_builder),
        r"network must return a model that is not compiled, .*; leave out compile\(\)",
    ),
    (SequenceRegressor(no_model_builder), "network must return a Keras model .* but returned 'a model'; end it with"),
    (SequenceRegressor(per_step_builder), r"output shape \(None, 1\), .* but returned .* shape \(None, 6, 1\); end it"),
    (SequenceRegressor(open_builder), r"network must return a Keras model with an Input .* but returned <Sequential"),
]


@pytest.mark.parametrize(("model", "words"), BAD_BUILDERS, ids=["compiled", "no model", "per step", "no input"])
def test_model_that_cannot_serve_is_refused(data, model, words):
    with pytest.raises(ValueError, match=words):
        model.fit(*data)
