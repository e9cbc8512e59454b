"""What all estimators share: repeatable fits, training on, right about time, and errors that say what to do."""

import copy
import pickle
import sys
import tracemalloc
from functools import partial

import cloudpickle
import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    DenseRegressor,
    LSTMRegressor,
    SequenceRegressor,
    SlidingWindow,
    WindowedRegressor,
)
from skhybrid._backend import keras
from tests import helpers
from tests.helpers import WatchesBatches, altered, assert_same_predictions, global_state, linear_network

N = 44
small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)
dropped_lstm = partial(LSTMRegressor, 3, dense_units=2, dropout=0.3, epochs=2, random_state=0)


@pytest.fixture(scope="module")
def fitted_lstm(data):
    return dropped_lstm().fit(*data)


# Repeatable


def test_one_seed_gives_one_result(data, fitted_lstm):
    assert_same_predictions(dropped_lstm().fit(*data), fitted_lstm, data[0])


def test_another_seed_gives_another_result(data, fitted):
    other = small_dense(random_state=1).fit(*data)
    assert np.abs(other.predict(data[0]) - fitted.predict(data[0])).max() > 1e-3


def test_order_of_samples_is_drawn_unless_told_otherwise(data, fitted):
    in_order = small_dense(shuffle=False).fit(*data)
    assert np.abs(in_order.predict(data[0]) - fitted.predict(data[0])).max() > 1e-5


def test_no_seed_gives_another_result_each_time(data):
    first, second = (small_dense(random_state=None).fit(*data).predict(data[0]) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_random_state_instance_goes_on(data):
    random_state = np.random.RandomState(5)
    first, second = (small_dense(random_state=random_state).fit(*data).predict(data[0]) for _ in range(2))
    again = small_dense(random_state=np.random.RandomState(5)).fit(*data).predict(data[0])
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(first, again)


def test_fit_after_a_fit_on_other_data_is_fresh(data, fitted):
    X, y = data
    model = small_dense().fit(X[:, :4], 100 * y)
    assert_same_predictions(model.fit(X, y), fitted, X)
    assert model.n_epochs_ == 2


@pytest.fixture
def no_workers_left():
    yield
    get_reusable_executor().shutdown()


@pytest.fixture(scope="module")
def search_of_two(data):
    X, y = data
    grid = {"dense_units": [2, 3]}
    return GridSearchCV(small_dense(dropout=0.2), grid, cv=KFold(2)).fit(X, y)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_search_on_two_workers_equals_one(data, search_of_two, backend, no_workers_left):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        parallel = GridSearchCV(search_of_two.estimator, search_of_two.param_grid, cv=KFold(2)).fit(*data)
    for split in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(parallel.cv_results_[split], search_of_two.cv_results_[split])
    assert_same_predictions(parallel, search_of_two, data[0])


def test_cross_validated_predictions_are_those_of_each_fold(data):
    X, y = data
    predictions = cross_val_predict(small_dense(), X, y, cv=KFold(2))
    np.testing.assert_array_equal(predictions[:22], small_dense().fit(X[22:], y[22:]).predict(X[:22]))


@pytest.mark.parametrize(
    "model",
    [
        CNNLSTMRegressor(2, units=2, dense_units=2, dropout=0.2, bidirectional=True, attention=True, epochs=1),
        SequenceRegressor("simple_rnn", network_params={"units": 2, "dense_units": 2}, epochs=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_nothing_global_changes(data, model):
    before = global_state()
    model.set_params(random_state=0).fit(*data)
    model.predict(data[0])
    model.to_keras()
    pickle.loads(pickle.dumps(model))
    assert global_state() == before


ELSEWHERE = """
import pickle, random, sys
import numpy as np
from skhybrid import DenseRegressor, LSTMRegressor
from skhybrid._backend import keras, tf

def draws():
    keras_draw = keras.random.uniform(())
    return [np.random.rand(), random.random(), float(tf.random.uniform(())), float(keras_draw)]

with open(sys.argv[1], "rb") as file:
    X, y, models = pickle.load(file)
found = {"loaded": {name: model.predict(X) for name, model in models.items()}}
keras.utils.set_random_seed(3)
found["draws"] = draws()
keras.utils.set_random_seed(3)
lstm = LSTMRegressor(3, dense_units=2, dropout=0.3, epochs=2, random_state=0).fit(X, y)
found["fitted"] = lstm.predict(X)
found["draws after a fit"] = draws()
with open(sys.argv[2], "wb") as file:
    pickle.dump(found, file)
"""


@pytest.fixture(scope="module")
def elsewhere(data, fitted, fitted_lstm, run_python, tmp_path_factory):
    """What a new process predicts, in which the user has set all global seeds."""
    X, y = data
    folder = tmp_path_factory.mktemp("elsewhere")

    def local(input_shape, n_outputs, *, seed):
        return linear_network(input_shape, n_outputs, seed=seed)

    modules = sys.modules[__name__], helpers  # which the new process can't import
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    own = SequenceRegressor(local, epochs=1, random_state=0).fit(X, y)
    models = {"dense": fitted, "lstm": fitted_lstm, "own": own}
    (folder / "in").write_bytes(cloudpickle.dumps((X, y, models)))
    for module in modules:
        cloudpickle.unregister_pickle_by_value(module)
    done = run_python(ELSEWHERE, folder / "in", folder / "out")
    assert (done.returncode, done.stderr) == (0, "")
    return {**pickle.loads((folder / "out").read_bytes()), "models": models}


def test_new_process_gives_the_same_fit_whatever_the_global_seeds(data, elsewhere, fitted_lstm):
    np.testing.assert_array_equal(elsewhere["fitted"], fitted_lstm.predict(data[0]))


def test_fit_draws_nothing_from_global_generators(elsewhere):
    assert elsewhere["draws after a fit"] == elsewhere["draws"]


@pytest.mark.parametrize("name", ["dense", "lstm", "own"])
def test_new_process_loads_a_pickle(data, elsewhere, name):
    np.testing.assert_array_equal(elsewhere["loaded"][name], elsewhere["models"][name].predict(data[0]))


# Training on


@pytest.mark.parametrize(
    ("optimizer", "again"),
    [("adam", lambda model: pickle.loads(pickle.dumps(model))), (keras.optimizers.SGD(0.05, 0.9), lambda model: model)],
    ids=["Adam pickled", "SGD instance"],
)
def test_warm_start_in_two_parts_equals_one_fit(data, optimizer, again):
    parts = small_dense(dropout=0.2, warm_start=True, optimizer=optimizer).set_params(epochs=1).fit(*data)
    whole = small_dense(dropout=0.2, optimizer=optimizer).fit(*data)
    parts = again(parts).fit(*data)
    assert_same_predictions(parts, whole, data[0])
    assert parts.history_ == whole.history_
    assert parts.n_epochs_ == whole.n_epochs_ == 2


def test_partial_fit_is_one_epoch(data, fitted):
    model = small_dense(early_stopping=True).partial_fit(*data)
    assert model.n_epochs_ == 1
    assert list(model.history_) == ["loss"]
    assert_same_predictions(model.partial_fit(*data), fitted, data[0])
    assert len(model.history_["loss"]) == model.n_epochs_ == 2


def test_partial_fit_keeps_the_scale_of_its_first_call(data):
    X, y = data
    scaled = small_dense().partial_fit(X, y).partial_fit(X[:20], 5 * y[:20] + 3)
    by_hand = small_dense(scale_target=False)
    z, later = ((targets - y.mean()) / y.std() for targets in (y, 5 * y[:20] + 3))
    by_hand.partial_fit(X, z).partial_fit(X[:20], later)
    np.testing.assert_allclose(scaled.predict(X), by_hand.predict(X) * y.std() + y.mean(), rtol=1e-5, atol=1e-6)


def test_fit_without_warm_start_forgets_partial_fit(data, fitted):
    assert_same_predictions(small_dense().partial_fit(*data).fit(*data), fitted, data[0])


# Right about time


@pytest.mark.parametrize(
    ("n_outputs", "options", "n_training"),
    [
        (1, {}, 40),  # of 44 rows the last 4 validate
        (3, {}, 38),  # 2 rows in between have targets in the last part
        (1, {"validation_gap": 5}, 35),
        (3, {"validation_gap": 0}, 40),
        (1, {"validation_fraction": 0.25}, 33),
    ],
)
def test_early_stopping_trains_on_the_first_part_in_time(data, n_outputs, options, n_training):
    X, y = data[0], np.stack([np.roll(data[1], -h) for h in range(n_outputs)], axis=1)
    held_out = small_dense(early_stopping=True, **options).set_params(epochs=1).fit(X, y)
    first_part = small_dense().set_params(epochs=1).fit(X[:n_training], y[:n_training])
    assert_same_predictions(
        held_out, first_part, X
    )  # also: neither X nor y of later rows matter, not even to the scale of y


@pytest.fixture(scope="module")
def stopped(data):
    """A network that is too large and too fast for 44 samples of noise."""
    X, y = data[0], np.random.default_rng(1).normal(size=N)
    model = DenseRegressor(32, epochs=60, learning_rate=0.05, early_stopping=True, n_iter_no_change=3, random_state=0)
    return model.fit(X, y), X, y


def test_early_stopping_stops_after_patience(stopped):
    losses = stopped[0].history_["val_loss"]
    assert len(losses) == stopped[0].n_epochs_ < 60
    assert len(losses) == np.argmin(losses) + 1 + 3


def test_early_stopping_takes_the_weights_of_the_best_epoch(stopped):
    model, X, y = stopped
    errors = (model.predict(X[-4:]) - y[-4:]) / np.std(y[:40])
    np.testing.assert_allclose(np.mean(errors**2), min(model.history_["val_loss"]), rtol=1e-5)


def test_validation_targets_decide_only_when_to_stop(stopped):
    model, X, y = stopped
    other = DenseRegressor(**model.get_params()).fit(X, np.r_[y[:40], y[40:] + 10])
    n = min(other.n_epochs_, model.n_epochs_)
    assert other.history_["loss"][:n] == model.history_["loss"][:n]
    assert other.history_["val_loss"][:n] != model.history_["val_loss"][:n]


# What trained


class OwnDense(keras.layers.Dense):
    """A layer of the user's."""


def own_network(input_shape, n_outputs, *, seed):
    layer = OwnDense(n_outputs, kernel_initializer=keras.initializers.GlorotUniform(seed), name="mine")
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), layer])


ASKED_FOR = "keras: engine='keras' asks for it"


def test_program_trains_by_default(fitted):
    assert fitted.engine_ == "compiled"


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (small_dense(engine="keras"), "engine='keras' asks for it"),
        (small_dense(optimizer="nadam"), "programs do not serve the optimizer Nadam"),
        (SequenceRegressor(own_network, epochs=1), "'mine' has Python code of its own"),
        (small_dense(callbacks=WatchesBatches()), "the callback WatchesBatches wants to see each batch"),
    ],
    ids=["asked for", "optimizer", "layer", "callback"],
)
def test_keras_trains_for_a_reason(data, model, reason):
    assert model.fit(*data).engine_ == f"keras: {reason}"


@pytest.mark.parametrize(("engine", "expected"), [("auto", "compiled"), ("keras", ASKED_FOR)])
def test_best_estimator_of_a_search_knows_what_trained_it(data, engine, expected):
    search = GridSearchCV(small_dense(epochs=1), {"engine": [engine]}, cv=KFold(2)).fit(*data)
    assert search.best_estimator_.engine_ == expected


@pytest.mark.parametrize(("engine", "expected"), [("auto", "compiled"), ("keras", ASKED_FOR)])
def test_estimator_of_a_windowed_regressor_knows_what_trained_it(engine, expected):
    series = np.random.default_rng(0).normal(size=30)
    model = WindowedRegressor(small_dense(engine=engine), window_length=4).fit(series[:, None], series)
    assert model.estimator_.engine_ == expected


def test_copy_knows_what_trained_it(data, fitted):
    by_keras = small_dense(engine="keras").fit(*data)
    assert [pickle.loads(pickle.dumps(model)).engine_ for model in (fitted, by_keras)] == ["compiled", ASKED_FOR]


def test_warm_start_says_what_trained_last(data):
    model = small_dense(warm_start=True).fit(*data)
    trained_by = [model.engine_]
    for engine in ("keras", "auto"):
        trained_by.append(model.set_params(engine=engine).fit(*data).engine_)
    assert trained_by == ["compiled", ASKED_FOR, "compiled"]


def test_refused_engine_leaves_what_trained_before(data, fitted):
    model = copy.deepcopy(fitted).set_params(engine="compiled", warm_start=True, callbacks=WatchesBatches())
    with pytest.raises(ValueError, match="WatchesBatches wants to see each batch"):
        model.fit(*data)
    assert model.engine_ == "compiled"


def test_compiled_engine_that_cannot_serve_is_refused(data):
    with pytest.raises(
        ValueError,
        match=r"engine='compiled' needs .* but programs do not serve the optimizer Nadam; pass engine='auto'",
    ):
        small_dense(engine="compiled", optimizer="nadam").fit(*data)


# Memory


def test_view_of_windows_is_never_copied_whole():
    series = np.random.default_rng(0).normal(size=(60_000, 1))
    X = SlidingWindow(200).fit_transform(series)  # 96 MB if copied
    y, weights = series[:, 0], np.zeros(len(series))
    weights[1000:1064] = 1
    tracemalloc.start()
    model = DenseRegressor((), epochs=1, random_state=0).fit(X, y, weights)
    model.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6


def test_fits_give_no_new_names(data):
    """TensorFlow keeps what it made for each name that a variable ever had."""
    models = [small_dense(random_state=seed).fit(*data) for seed in (0, 1)]
    names, others = ([v.path for v in model.model_.variables + model.model_.optimizer.variables] for model in models)
    assert names == others


# Bad input


BAD_PARAMETERS = [
    (
        CNNLSTMRegressor(kernel_size=9, padding="valid"),
        "kernel_size=9 with padding='valid' needs at least 9 steps, but the windows have 6; pass",
    ),
    (CNNLSTMRegressor(pool_size=9), "pool_size=9 needs at least 9 steps, but 6 are left behind conv_1; pass"),
    (CNNRegressor(padding="full"), "padding must be 'causal', 'same' or 'valid', but is 'full'; pass"),
    (
        CNNRegressor(activation="step"),
        "activation must be an activation that Keras knows, but is 'step'; pass for example",
    ),
    (CNNRegressor((2, 2), kernel_size=(3,)), r"kernel_size=\(3,\) must have one entry for each of the 2 convolutions"),
    (LSTMRegressor(units=0), "units must be an integer of at least 1 or a tuple of them, but is 0; pass for example"),
    (LSTMRegressor(dropout=1.0), "dropout must be a number of at least 0 and below 1, but is 1.0; pass for example"),
    (DenseRegressor(epochs=0), "epochs must be at least 1 without linear_path='ridge', .*, but is 0; pass for example"),
    (
        DenseRegressor(epochs=-1),
        r"The 'epochs' parameter of DenseRegressor must be an int in the range \[0, inf\). Got -1",
    ),
    (DenseRegressor(learning_rate=0.0), "The 'learning_rate' parameter of DenseRegressor must be a float in the range"),
    (
        DenseRegressor(callbacks=keras.callbacks.Callback),
        "The 'callbacks' parameter of DenseRegressor must be an instance of",
    ),
    (SequenceRegressor("lstn"), "The 'network' parameter of SequenceRegressor must be a str among .* Got 'lstn'"),
]


@pytest.mark.parametrize(
    ("model", "words"), BAD_PARAMETERS, ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_bad_parameter_is_named(data, model, words):
    with pytest.raises(ValueError, match=words):
        model.fit(*data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda X, y: (altered(X, (3, 4), np.nan), y),
            r"X must hold finite numbers \(but for .*\), but 1 windows hold NaN .* window 3; fill",
        ),
        (
            lambda X, y: (altered(X, (3, 0, 0), np.inf), y),
            "1 windows hold inf elsewhere, the first of them window 3; fill",
        ),
        (lambda X, y: (altered(altered(X, (3, 0), np.inf), (4, 0), -np.inf), y), "2 windows hold inf elsewhere"),
        (
            lambda X, y: (altered(X.reshape(N, 12), (3, 0), np.nan), y),
            r"X must hold finite numbers, but holds NaN \(first in row 3",
        ),
        (
            lambda X, y: (np.full_like(X, np.nan), y),
            "X must hold at least one complete window, but all 44 start with NaN .*; pass",
        ),
        (lambda X, y: (X, altered(y, 3, np.nan)), r"y must hold finite numbers, but holds NaN \(first in row 3"),
        (lambda X, y: (X, altered(y, 3, np.inf)), "Input y contains infinity"),
        (lambda X, y: (X, y[:-1]), "y must have one target per sample of X, but X has 44 samples and y has 43; take"),
        (lambda X, y: (X, np.ones((N, 2, 2))), "Found array with dim 3, while dim <= 2 is required"),
        (lambda X, y: (X, y.astype(str)), "y must hold numbers, but holds text .*; encode"),
        (lambda X, y: (X, None), "requires y to be passed, but the target y is None"),
        (lambda X, y: (np.full(X.shape, "a"), y), "X and y must hold numbers, but there is text .*; encode"),
        (lambda X, y: (X[:0], y[:0]), r"X must hold at least one sample, but has shape \(0, 6, 2\); pass more rows"),
        (
            lambda X, y: (X[:, :0], y),
            r"X must hold at least one step and one feature, but has shape \(44, 0, 2\); pass",
        ),
        (lambda X, y: (X[:, 0, 0], y), "Expected 2D array, got 1D array instead"),
        (lambda X, y: (X[:, None, None], y), r"X must be 2-D .* but has samples of shape \(1, 1, 6, 2\); reshape"),
        (
            lambda X, y: (X.reshape(N, 12), y, np.ones(N - 1)),
            r"sample_weight must have shape \(44,\), .* \(43,\); pass",
        ),
        (lambda X, y: (X, y, -np.ones(N)), "sample_weight must hold no negative weight .* from -1 to -1; pass"),
        (lambda X, y: (X, y, np.zeros(N)), "sample_weight must hold no negative weight and not only zeros"),
        (lambda X, y: (X, y, altered(np.ones(N), 5, np.nan)), r"sample_weight must hold finite numbers, .* in row 5"),
    ],
)
def test_bad_data_are_named(data, change, words):
    with pytest.raises(ValueError, match=words):
        small_dense().fit(*change(*data))


@pytest.mark.parametrize("shape", [(5, 2), (6, 1), (12,), (6,), (3, 2, 2)])
@pytest.mark.parametrize("form", [np.ones, lambda shape: np.ones(shape).tolist()], ids=["array", "list"])
def test_predict_refuses_samples_of_another_shape(fitted, shape, form):
    with pytest.raises(
        ValueError, match=r"X must hold samples of shape \(6, 2\) as in fit, but they have shape .*; pass"
    ):
        fitted.predict(form((3, *shape)))


@pytest.fixture(scope="module")
def fitted_flat(data):
    return small_dense().fit(data[0].reshape(N, 12), data[1])


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((3, 11), "X has 11 features, but DenseRegressor is expecting 12"),
        ((3, 6, 2), r"samples of shape \(12,\) as in fit"),
    ],
)
def test_predict_refuses_another_number_of_columns(fitted_flat, shape, words):
    with pytest.raises(ValueError, match=words):
        fitted_flat.predict(np.ones(shape))


@pytest.mark.parametrize("shape", [(2, 2, 3), (3, 2, 2, 1), (3, 6, 2), (3, 2)])
def test_predict_refuses_other_subsequences(data, shape):
    model = SequenceRegressor(linear_network, epochs=1)
    model.members_, model.sample_shape_ = [None], (2, 3, 2)  # as after a fit
    with pytest.raises(ValueError, match=r"X must hold samples of shape \(2, 3, 2\) as in fit"):
        model.predict(np.ones((4, *shape)))


def test_predict_refuses_inf(data, fitted):
    with pytest.raises(ValueError, match="1 windows hold inf elsewhere"):
        fitted.predict(altered(data[0], (3, 0, 0), np.inf))


@pytest.mark.parametrize("method", [lambda model, X: model.predict(X), lambda model, X: model.to_keras()])
def test_unfitted_estimator_says_so(data, method):
    with pytest.raises(NotFittedError, match="This DenseRegressor instance is not fitted yet"):
        method(small_dense(), data[0])


def test_warm_start_refuses_other_windows(data, fitted):
    with pytest.raises(
        ValueError, match=r"X must hold samples of shape \(6, 2\) as in fit, but they have shape \(5, 2\)"
    ):
        copy.deepcopy(fitted).set_params(warm_start=True).fit(data[0][:, 1:], data[1])


@pytest.fixture(scope="module")
def diverged(data):
    """A fitted estimator that was fitted again, with a learning rate at which training diverges."""
    model = small_dense(optimizer="sgd").fit(*data)
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        model.set_params(learning_rate=1e30, epochs=4).fit(*data)
    return model, str(refusal.value)


def test_diverging_training_is_an_error(diverged):
    assert diverged[1].startswith("Training must end with a finite loss, but the loss is nan after 4 epochs; scale X")
    assert diverged[1].endswith("or pass a smaller learning_rate.")


def test_failed_fit_leaves_no_network_behind(data, diverged):
    with pytest.raises(NotFittedError):
        diverged[0].predict(data[0])
