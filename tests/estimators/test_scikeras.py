"""The trained network outside of its fit: pickled, copied, built again, and as a model of Keras alone."""

import copy
import io
import pickle
import warnings
from functools import partial

import cloudpickle
import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import CNNLSTMRegressor, DenseRegressor, LSTMRegressor, SequenceRegressor, SlidingWindow
from skhybrid._backend import keras
from skhybrid._training import get_state
from skhybrid.estimators._build import Reading
from skhybrid.estimators._scikeras import build_again, make_wrapper, pack, unpack
from tests.helpers import CountsEpochs, assert_same_predictions, linear_network

N = 44
small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)


# The wrapper


@pytest.fixture
def wrapper():
    options = {"network": linear_network, "parameters": {}, "seed": 3, "reading": Reading((6, 2)), "n_outputs": 1}
    return make_wrapper(options, loss="mae", optimizer="sgd", optimizer__learning_rate=0.25)


def test_wrapper_builds_and_compiles(wrapper):
    model = wrapper.model_
    assert (model.input_shape, model.output_shape) == ((None, 6, 2), (None, 1))
    assert model.compiled
    assert type(model.optimizer) is keras.optimizers.SGD
    assert float(model.optimizer.learning_rate) == 0.25


def test_network_built_again_starts_with_the_same_weights(wrapper):
    first = [w.copy() for w in wrapper.model_.get_weights()]
    wrapper.model_.set_weights([w + 1 for w in first])
    again = build_again(wrapper)
    assert not again.compiled
    for a, b in zip(again.get_weights(), first, strict=True):
        np.testing.assert_array_equal(a, b)


def test_unpacked_wrapper_has_all_that_training_changed(wrapper):
    model = wrapper.model_
    model.train_on_batch(np.ones((4, 6, 2)), np.ones((4, 1)))
    again = unpack(pack(wrapper))
    assert again.model_ is not model
    state, expected = get_state(again.model_), get_state(model)
    assert expected["optimizer"][0] == 1  # the number of steps
    for name in ("variables", "optimizer"):
        for a, b in zip(state[name], expected[name], strict=True):
            np.testing.assert_array_equal(a, b)
    assert again.get_params(deep=False).keys() == wrapper.get_params(deep=False).keys()


# Keras models


@pytest.fixture(scope="module")
def keras_models(data, run_python, tmp_path_factory):
    """Predictions of estimators, and those of Keras alone with the saved models, by shape of X."""
    X, y = data
    folder = tmp_path_factory.mktemp("models")
    hybrid = partial(CNNLSTMRegressor, 3, kernel_size=2, units=3, dense_units=2, dropout=0.2, epochs=1, random_state=0)
    cases = {
        "2-D": (small_dense(n_features=2), X.reshape(N, 12), 50 * y + 7),
        "3-D": (hybrid(bidirectional=True, attention=True), X, y),
        "4-D": (hybrid(), X.reshape(N, 2, 3, 2), y),
        "joined": (small_dense(), X.reshape(N, 2, 3, 2), y),
        "outputs": (small_dense(), X, np.c_[y, 50 * y + 7, y**2]),
    }
    predictions = {}
    for name, (model, windows, targets) in cases.items():
        predictions[name] = model.fit(windows, targets).predict(windows)
        with warnings.catch_warnings():  # Keras' own, with NumPy 2
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.to_keras().save(folder / f"{name}.keras")
        np.save(folder / f"{name}.npy", windows)
    code = """
    import pathlib, sys
    import keras
    import numpy as np
    for path in pathlib.Path(sys.argv[1]).glob("*.keras"):
        outputs = keras.saving.load_model(path).predict(np.load(path.with_suffix(".npy")), verbose=0)
        np.save(path.with_suffix(".out.npy"), outputs)
    assert "skhybrid" not in sys.modules
    """
    done = run_python(code, folder)
    assert done.returncode == 0, done.stderr
    return {name: (predictions[name], np.load(folder / f"{name}.out.npy")) for name in cases}


@pytest.mark.parametrize("name", ["2-D", "3-D", "4-D", "joined", "outputs"])
def test_keras_alone_predicts_the_same(keras_models, name):
    expected, outputs = keras_models[name]
    np.testing.assert_allclose(outputs.reshape(expected.shape), expected, rtol=1e-6, atol=1e-6 * np.std(expected))


def test_keras_model_shares_nothing_with_the_estimator(data, fitted):
    before = fitted.predict(data[0])
    model = fitted.to_keras()
    model.set_weights([w + 1 for w in model.get_weights()])
    np.testing.assert_array_equal(fitted.predict(data[0]), before)


# Pickling


@pytest.fixture(scope="module")
def fitted_lstm(data):
    return LSTMRegressor(3, dense_units=2, dropout=0.3, epochs=2, random_state=0).fit(*data)


def joblib_copy(thing):
    file = io.BytesIO()
    joblib.dump(thing, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "joblib": joblib_copy,
    "cloudpickle": lambda thing: pickle.loads(cloudpickle.dumps(thing)),
    "deepcopy": copy.deepcopy,
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())


@pytest.fixture(scope="module")
def fitted_search(data):
    pipe = make_pipeline(StandardScaler(), SlidingWindow(3), small_dense())
    return GridSearchCV(pipe, {"denseregressor__dense_units": [3]}, cv=KFold(2)).fit(data[0][:, 0], data[1])


@copies
def test_copy_predicts_the_same(data, fitted_lstm, copied):
    assert_same_predictions(copied(fitted_lstm), fitted_lstm, data[0])


@copies
def test_copy_of_a_search_over_a_pipeline_predicts_the_same(data, fitted_search, copied):
    assert_same_predictions(copied(fitted_search), fitted_search, data[0][:, 0])


@pytest.mark.parametrize("name", ["pickle", "deepcopy"])
def test_copy_of_an_unfitted_estimator_can_be_fitted(data, fitted, name):
    assert_same_predictions(COPIES[name](small_dense()).fit(*data), fitted, data[0])


@pytest.fixture(scope="module")
def watched(data):
    """A network of one's own, with callbacks."""
    stop = keras.callbacks.EarlyStopping("val_loss", restore_best_weights=True)
    model = SequenceRegressor(
        linear_network, epochs=2, random_state=0, callbacks=[CountsEpochs(), stop], early_stopping=True
    )
    return model.fit(*data)


@copies
def test_copy_of_ones_own_network_with_callbacks_predicts_the_same(data, watched, copied):
    again = copied(watched)
    assert again.callbacks_[0].epochs == [0, 1]
    assert_same_predictions(again, watched, data[0])


def test_copy_shares_nothing(data, fitted):
    before = fitted.predict(data[0])
    copy.deepcopy(fitted).set_params(warm_start=True).fit(*data)
    np.testing.assert_array_equal(fitted.predict(data[0]), before)


def test_pickle_is_small(fitted):
    assert len(pickle.dumps(fitted)) < 20_000
