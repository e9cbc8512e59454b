"""The architectures: which network, which of its parameters, and how X is read for it."""

import inspect
import re
from functools import partial

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skhybrid import CNNLSTMClassifier, CNNLSTMRegressor, DenseRegressor, SequenceRegressor
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
    "LSTNet": ["lstnet"],
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


@pytest.mark.parametrize(
    ("shape", "season", "expected"),
    [
        ((24, 1), 6, 6),
        ((24, 1), 8, 8),
        ((24, 1), 9, 3),  # fewer than three seasons
        ((24, 1), None, 3),
        ((25, 1), None, 4),
        ((5, 1), None, 1),
        ((1, 1), 6, 1),
        ((3, 24, 1), 6, 6),  # of a subsequence
        ((3, 17, 1), 6, 3),
    ],
    ids=str,
)
def test_kernel_is_a_season_or_an_eighth_of_the_window(shape, season, expected):
    _, parameters = CNNLSTMRegressor(kernel_size="auto", season_length=season)._network(shape)
    assert parameters["kernel_size"] == expected
    assert CNNLSTMRegressor(kernel_size=2, season_length=season)._network(shape)[1]["kernel_size"] == 2


def kernel_lengths(model):
    return [member.model_.get_layer("conv_1").kernel.shape[0] for member in model.members_]


hybrid = partial(CNNLSTMRegressor, 2, kernel_size="auto", units=2, dense_units=(), epochs=1, random_state=0)


@pytest.fixture(scope="module")
def long_windows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, 24, 1)), rng.normal(size=N)


@pytest.mark.parametrize(
    ("options", "expected", "of_networks"),
    [
        ({"season_length": 5}, 5, [5]),
        ({"season_length": 5, "last_steps": 14}, 2, [2]),
        ({"n_estimators": 2, "season_length": 5, "member_params": [{}, {"last_steps": 9}]}, 5, [5, 2]),
        ({"n_estimators": 2, "member_params": [{"kernel_size": 4}, {}]}, 3, [4, 3]),
        ({"kernel_size": 7}, 7, [7]),
    ],
    ids=str,
)
def test_kernel_is_found_for_what_the_network_reads(long_windows, options, expected, of_networks):
    model = hybrid(**options).fit(*long_windows)
    assert model.kernel_size_ == expected
    assert kernel_lengths(model) == of_networks
    assert model.get_params()["kernel_size"] == options.get("kernel_size", "auto")
    model.set_params(kernel_size=1, season_length=2, last_steps=3)  # which a further fit would read
    assert model.kernel_size_ == expected


def test_classifier_has_kernels_of_an_eighth(long_windows):
    model = CNNLSTMClassifier(2, kernel_size="auto", strides=None, units=2, epochs=1, random_state=0)
    assert not hasattr(model, "kernel_size_")
    model.fit(long_windows[0], long_windows[1] > 0)
    assert model.kernel_size_ == kernel_lengths(model)[0] == 3


def test_kernel_size_is_searched(long_windows):
    search = GridSearchCV(hybrid(), {"kernel_size": ["auto", 2]}, cv=TimeSeriesSplit(2), error_score="raise")
    search.fit(*long_windows)
    assert search.best_estimator_.kernel_size_ == {"auto": 3, 2: 2}[search.best_params_["kernel_size"]]


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
