"""The architectures: which network, which of its parameters, and how X is read for it."""

import inspect
import re

import numpy as np
import pytest

from skhybrid import DenseRegressor, SequenceRegressor
from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators import _window_options
from skhybrid.estimators._parameters import network_parameters, part
from skhybrid.networks import NETWORKS
from tests.helpers import linear_network

N = 44


# Parameters


# The networks of each architecture. CNNLSTM has one for plain windows and one for subsequences.
NAMES = {
    "CNNLSTM": ["cnn_lstm", "time_distributed_cnn_lstm"],
    "LSTM": ["lstm"],
    "GRU": ["gru"],
    "SimpleRNN": ["simple_rnn"],
    "CNN": ["cnn"],
    "Dense": ["dense"],
    "LSTMFCN": ["lstm_fcn"],
    "Conv2DLSTM": ["conv2d_lstm"],
    "Conv3DLSTM": ["conv3d_lstm"],
}
# What the builders get from elsewhere: of data, seed and task.
GIVEN = {"input_shape", "n_outputs", "seed", "output_activation", "masked", "future_shape", "outputs_per_step"}


@pytest.mark.parametrize(("name", "network"), [(name, network) for name, found in NAMES.items() for network in found])
def test_parameters_are_those_of_the_builder(name, network):
    parameters = inspect.signature(NETWORKS[network]).parameters
    given = GIVEN | getattr(NETWORKS[network], "keywords", {}).keys()  # and by its name, such as "gru"
    expected = {name: p.default for name, p in parameters.items() if name not in given}
    assert network_parameters(getattr(architectures, name)()) == expected


def test_every_architecture_with_a_network_is_among_them():
    found = {name for name, cls in vars(architectures).items() if getattr(cls, "_network_name", "")}
    assert found | {"CNNLSTM"} == set(NAMES)


@pytest.mark.parametrize(("name", "network"), [(name, found[0]) for name, found in NAMES.items()])
def test_network_is_named_with_its_parameters(name, network):
    architecture = getattr(architectures, name)(5)
    found, parameters = architecture._network((6, 2))
    assert found == network
    first = next(iter(parameters))
    assert parameters == {**network_parameters(getattr(architectures, name)()), first: 5}


def test_hybrid_on_subsequences_is_another_network():
    hybrid = architectures.CNNLSTM(5)
    assert hybrid._network((3, 2, 1)) == ("time_distributed_cnn_lstm", network_parameters(hybrid))


@pytest.mark.parametrize("params", [None, {}, {"units": 3}], ids=str)
def test_network_of_any_name_gets_a_copy_of_its_parameters(params):
    network, parameters = architectures.Sequence("gru", network_params=params)._network((6, 2))
    assert (network, parameters) == ("gru", params or {})
    assert parameters is not params


# Axes of X


@pytest.mark.parametrize(
    ("architecture", "n_axes", "keeps"),
    [
        (architectures.Dense(), 4, False),
        (architectures.CNNLSTM(), 3, False),
        (architectures.CNNLSTM(), 4, True),
        (architectures.Sequence("cnn_lstm"), 4, False),
        (architectures.Sequence("time_distributed_cnn_lstm"), 4, True),
        (architectures.Sequence("conv2d_lstm"), 4, True),
        (architectures.Sequence("conv3d_lstm"), 5, True),
        (architectures.Sequence(linear_network), 2, False),
        (architectures.Sequence(linear_network), 3, False),
        (architectures.Sequence(linear_network), 4, True),
        (architectures.Sequence(linear_network), 5, True),
    ],
)
def test_axes_are_kept_where_the_network_takes_them(architecture, n_axes, keeps):
    assert architecture._keeps_axes(np.zeros((2,) * n_axes)) == keeps


@pytest.mark.parametrize(
    ("network", "n_axes", "words"),
    [
        ("time_distributed_cnn_lstm", 3, "needs X of shape (n_samples, n_seq, n_steps, n_features), but X has shape"),
        ("conv2d_lstm", 3, "needs X of shape (n_samples, height, width, channels), but X has shape (2, 2, 2); reshape"),
        ("conv3d_lstm", 4, "(n_samples, frames, height, width, channels), but X has shape (2, 2, 2, 2); reshape it to"),
    ],
)
def test_network_by_name_refuses_other_axes(network, n_axes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        architectures.Sequence(network)._keeps_axes(np.zeros((2,) * n_axes))


@pytest.mark.parametrize(("network", "is_refused"), [("conv2d_lstm", True), ("time_distributed_cnn_lstm", False)])
def test_pixels_must_be_known_and_steps_need_not(network, is_refused):
    X = np.zeros((2, 3, 3, 1))
    X[0, 0] = np.nan
    sequence = architectures.Sequence(network)
    if is_refused:
        with pytest.raises(ValueError, match="X must hold finite numbers"):
            sequence._keeps_axes(X)
    else:
        assert sequence._keeps_axes(X)


@part
class OnWindows(_window_options.WindowOptions, architectures.CNNLSTM):
    """Windows for a hybrid, without an estimator around it."""


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 12), (4, 6, 2)), ((4, 6, 2), (4, 6, 2)), ((4, 3, 2, 2), (4, 3, 2, 2))], ids=str
)
def test_windows_are_read_in_each_form(shape, expected):
    X = np.arange(48.0).reshape(shape)
    np.testing.assert_array_equal(OnWindows(n_features=2)._read(X).values, X.reshape(expected))


def test_table_with_missing_values_is_refused_and_windows_without_a_past_are_not():
    X = np.array([[np.nan, np.nan, 1, 2], [1, 2, 3, 4]])
    with pytest.raises(ValueError, match="X must hold finite numbers"):
        OnWindows()._read(X)
    assert OnWindows()._read(X[:, :, None]).n_before.tolist() == [2, 0]


# Through the estimators


def test_windows_without_subsequences_are_refused(data):
    words = r"needs X of shape \(n_samples, n_seq, .*; cut the windows with"
    with pytest.raises(ValueError, match=words):
        SequenceRegressor("time_distributed_cnn_lstm").fit(*data)


def test_features_that_do_not_divide_are_named(data):
    with pytest.raises(ValueError, match="n_features=5 does not divide the 12 columns of X; pass"):
        DenseRegressor(n_features=5).fit(data[0].reshape(N, 12), data[1])
