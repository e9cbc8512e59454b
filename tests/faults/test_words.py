"""Kind 5: crashes, waits and words."""

import multiprocessing
import os
import queue
import signal
import threading
import time
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.neighbors import KNeighborsRegressor

from skhybrid import (
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    Conv2DLSTMRegressor,
    DenseClassifier,
    DenseRegressor,
    FeatureMapDisplay,
    ForecastDisplay,
    LSTMFCNClassifier,
    LSTMFCNRegressor,
    LSTMRegressor,
    RollingFeatures,
    SaliencyDisplay,
    SequenceRegressor,
    SlidingWindow,
    WindowedRegressor,
    check_leakage,
    compare_models,
    feature_maps,
    filters,
    make_supervised,
    make_windows,
    saliency,
)
from skhybrid.datasets import read_series

W = np.random.default_rng(0).normal(size=(64, 6, 2))
y = 10 * W[:, -1, 0] + W[:, 0, 1]
ROWS = W[:, 0]


def outcome(call):
    """Return what a call returns, or the error that it raises, as text."""
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def dense(kind=DenseRegressor, **options):
    return kind(dense_units=4, epochs=1, random_state=0, **options)


@pytest.mark.fault("5")
@pytest.mark.parametrize("kind", [Conv2DLSTMRegressor, LSTMFCNRegressor])
def test_quantiles_of_networks_that_concatenate(kind):
    X = W[..., None] if kind is Conv2DLSTMRegressor else W
    model = kind(epochs=1, random_state=0, loss="quantile", quantiles=(0.1, 0.5, 0.9))
    found = outcome(lambda: model.fit(X, y).predict_quantiles(X))
    assert not isinstance(found, str), found
    assert found.shape == (64, 3)


@pytest.mark.fault("5")
def test_quantiles_of_a_network_whose_layers_are_called_as_operations():
    def build(input_shape, n_outputs, *, seed):
        x = inputs = keras.Input(input_shape)
        x = keras.layers.Flatten()(x)
        x = keras.layers.Add(name="add")([keras.layers.Dense(n_outputs)(x), keras.layers.Dense(n_outputs)(x)])
        x = keras.layers.Concatenate(name="concatenate")([x, x])
        return keras.Model(inputs, keras.layers.Dense(n_outputs)(x))

    model = SequenceRegressor(build, epochs=1, random_state=0, loss="quantile", quantiles=(0.1, 0.5, 0.9))
    assert not isinstance(found := outcome(lambda: model.fit(W, y)), str), found


@pytest.fixture
def interruptible():
    """Have an interrupt raised, also where the tests run behind a shell and would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.fault("5")
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("network", [LSTMRegressor(32), DenseRegressor(4, engine="keras")], ids=["programs", "keras"])
def test_ctrl_c_is_seen_within_a_second(network):
    X = np.random.default_rng(0).normal(size=(2000, 24, 1)).astype(np.float32)
    model = clone(network).set_params(epochs=1, warm_start=True, random_state=0).fit(X, X[:, -1, 0])
    before, sent = model.predict(X[:9]), []

    def interrupt():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.0, interrupt)
    timer.start()
    model.set_params(epochs=10_000)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, X[:, -1, 0])
    assert time.perf_counter() - sent[0] < 1
    assert np.array_equal(model.predict(X[:9]), before)
    model.set_params(epochs=1).fit(X, X[:, -1, 0])
    whole = clone(network).set_params(epochs=2, random_state=0).fit(X, X[:, -1, 0])
    np.testing.assert_allclose(model.predict(X[:9]), whole.predict(X[:9]), atol=1e-5)


def fit_in_child(results):
    results.put(str(outcome(lambda: dense(engine="keras").fit(W, y))))


@pytest.mark.fault("5")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are not forked there")
def test_keras_loop_refuses_forked_processes():
    dense().fit(W, y)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=fit_in_child, args=(results,))
    child.start()
    try:
        words = results.get(timeout=20)
    except queue.Empty:
        words = "it hangs"
    finally:
        child.kill()
        child.join()
    assert "start processes with 'spawn'" in words


@pytest.mark.fault("5")
def test_rolling_features_take_no_longer_than_pandas_by_much():
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    start = time.perf_counter()
    RollingFeatures((720,)).fit_transform(rows)
    assert time.perf_counter() - start < 0.3


@pytest.mark.fault("5")
@pytest.mark.parametrize("rate", [np.float32(0.01), 1])
def test_learning_rates_are_numbers(rate):
    model = outcome(lambda: dense(learning_rate=rate).fit(W, y))
    assert not isinstance(model, str), model
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(float(rate))


class LikePolars:
    """A column as polars' are: it has a shape, but is no array."""

    def __init__(self, values):
        self.values, self.shape, self.dtype = values, values.shape, "Float64"

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        if not isinstance(rows, int | slice):
            raise TypeError(f"cannot select elements using key of type {type(rows).__name__!r}")
        return self.values[rows]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


@pytest.mark.fault("5")
def test_targets_of_polars_are_taken():
    options = {"cv": TimeSeriesSplit(3), "baseline": "mean"}
    found = outcome(lambda: compare_models({"mean": DummyRegressor()}, ROWS, LikePolars(y), **options))
    assert not isinstance(found, str), found
    expected = compare_models({"mean": DummyRegressor()}, ROWS, y, **options)
    pd.testing.assert_series_equal(found.table["rmse"], expected.table["rmse"])
    assert str(outcome(lambda: check_leakage(Ridge(), ROWS, LikePolars(y), cv=TimeSeriesSplit(3)))) == str(
        check_leakage(Ridge(), ROWS, y, cv=TimeSeriesSplit(3))
    )


LABELS = (y > 0).astype(int)
TIMES = pd.DataFrame({"when": pd.date_range("2024", periods=64), "load": y})
MASKED = np.ma.masked_less(ROWS, -1)
NAN = np.where(np.arange(64) == 7, np.nan, y)
TEXT = np.array(["x" * 1000] * 64)
BUILT = keras.Sequential([keras.Input((6, 2)), keras.layers.Flatten(), keras.layers.Dense(1)])
REFUSED = {
    "class weights": (
        lambda: dense(DenseClassifier, class_weight={0: 0, 1: 0}).fit(W, LABELS),
        "class_weight must lea",
    ),
    "unequal": (lambda: dense().fit([W[0], W[1][:3]], y[:2]), "X must hold samples of equal shape"),
    "unequal rows": (lambda: SlidingWindow(2).fit([[1, 2], [3]]), "X must hold samples of equal shape"),
    "times": (lambda: dense().fit(TIMES, y), "X must hold numbers, but column 'when' of X holds times"),
    "times in windows": (lambda: WindowedRegressor(Ridge(), 3).fit(TIMES, y), "column 'when' of X holds times"),
    "text": (
        lambda: make_windows(TIMES.assign(when="a"), target="load", window_length=3),
        "data must hold numbers, but",
    ),
    "targets": (lambda: make_supervised(TIMES, target=["load", "when"]), "target must name one column of data"),
    "no X": (lambda: dense().fit(None, y), "X must hold samples, but is None"),
    "no rows": (lambda: make_windows(None, window_length=3), "data must hold samples, but is None"),
    "sparse": (lambda: dense().fit(sparse.csr_matrix(ROWS), y), "X must be dense, but is sparse"),
    "sparse y": (lambda: dense().fit(W, sparse.csr_matrix(y[:, None])), "y must be dense, but is sparse"),
    "sparse rows": (
        lambda: make_windows(sparse.csr_matrix(ROWS), window_length=3),
        "data must be dense, but is sparse",
    ),
    "masked": (lambda: dense().fit(MASKED, y), "X must hold all of its values"),
    "masked rows": (lambda: SlidingWindow(2).fit(MASKED), "X must hold all of its values"),
    "complex": (lambda: dense().fit(W + 1j, y), "X must hold real numbers"),
    "NaN in y": (lambda: dense().fit(W, NAN), "y must hold finite numbers, but holds NaN (first in row 7"),
    "text as weights": (lambda: dense().fit(W, y, sample_weight=TEXT), "sample_weight must hold numbers"),
    "one-hot": (lambda: dense(DenseClassifier).fit(W, np.eye(2)[LABELS]), "y must hold one label for each sample"),
    "built network": (lambda: SequenceRegressor(BUILT).fit(W, y), "network must be a function that builds a model"),
    "large X": (lambda: dense().fit(W, y).predict(W * 1e39), "X must hold numbers of at most 3.4e38"),
    "long parameter": (lambda: SlidingWindow("x" * 9999).fit(ROWS), "The 'window_length' parameter of SlidingWindow"),
    "long name": (lambda: make_supervised(TIMES, target="x" * 9999), "target must name columns of data"),
}


@pytest.mark.fault("5")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(case):
    call, words = REFUSED[case]
    found = str(outcome(call))
    assert words in found
    assert len(found) < 600
    assert "; " in found or case.startswith("long")


@pytest.mark.fault("5")
def test_windows_with_time_last_are_warned_of():
    X = np.random.default_rng(0).normal(size=(20, 1, 48))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LSTMRegressor(2, epochs=1, random_state=0).fit(X, X[:, 0, 0])
    assert any("np.swapaxes(X, 1, 2)" in str(warning.message) for warning in caught)


@pytest.mark.fault("5")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_huge_targets_are_scaled():
    expected = dense().fit(W, y).predict(W)
    np.testing.assert_allclose(dense().fit(W, y * 1e300).predict(W), expected * 1e300, rtol=1e-4)


TABLE = "Zeit,load,temp\n2024-01-01,1.5,2\n2024-01-02,2.5,3\n"
FILES = {
    "separator": (TABLE.replace(",", ";"), {"time": "Zeit"}, "pass read_csv_kwargs={'sep': ';'}"),
    "long": ("Zeit,load\n" + "x" * 100_000 + ",1\n", {"time": "Zeit"}, "are no times, first 'xxx"),
    "names": (TABLE, {"columns": ["a"]}, "columns names ['a'], but the file has the columns ['load', 'temp']"),
    "thousands": ('Zeit,load\n2024-01-01,"1,234"\n2024-01-02,"2,345"\n', {}, "read_csv_kwargs= such as {'thousands'"),
    "chunks": (TABLE, {"read_csv_kwargs": {"chunksize": 1}}, "read_csv_kwargs must leave the file whole"),
    "no header": ("2024-01-01,1\n2024-01-02,2\n", {}, "read_csv_kwargs={'header': None}"),
    "empty": ("", {}, "must hold a header and rows, but is empty"),
}


@pytest.mark.fault("5")
@pytest.mark.parametrize("case", FILES)
def test_files_that_cannot_be_read(case, tmp_path):
    text, options, words = FILES[case]
    path = tmp_path / "file.csv"
    path.write_text(text)
    found = str(outcome(lambda: read_series(path, **options))).replace(str(path), "the file")
    assert found.startswith("ValueError: ")
    assert words in found
    assert len(found) < 600


@pytest.mark.fault("5")
def test_encodings_are_named(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(TABLE.replace("load", "Größe").encode("latin-1"))
    assert "{'encoding': 'latin-1'}" in str(outcome(lambda: read_series(path)))
    assert "Größe" in read_series(path, read_csv_kwargs={"encoding": "latin-1"})


@pytest.mark.fault("5")
@pytest.mark.parametrize("options", [{"columns": "load"}, {"time": 0, "columns": ["load"]}])
def test_one_column_and_positions_are_taken(tmp_path, options):
    path = tmp_path / "file.csv"
    path.write_text(TABLE)
    found = outcome(lambda: read_series(path, **options))
    assert not isinstance(found, str), found
    assert list(found) == ["load"]


@pytest.mark.fault("5")
def test_many_columns_are_read_in_time(tmp_path):
    n, path = 2000, tmp_path / "file.csv"
    rows = [f"2024-01-0{day}" + ",1" * n for day in (1, 2, 3)]
    path.write_text("\n".join([",".join(["time", *(f"c{i}" for i in range(n))]), *rows]))
    start = time.process_time()
    read_series(path)
    assert time.process_time() - start < 1


@pytest.fixture(scope="module")
def comparison():
    models = {"a|b": DummyRegressor(), "c_d*\n<e>": Ridge()}
    index = pd.date_range("2024", periods=64, freq="h", name="hour")
    rows = pd.DataFrame(ROWS, index, columns=["a", "b"])
    return compare_models(models, rows, pd.Series(y, index, name="load"), cv=TimeSeriesSplit(3), baseline="a|b")


@pytest.mark.fault("5")
def test_names_are_escaped(comparison):
    lines = comparison.to_markdown().splitlines()
    assert any(line.startswith(r"| c\_d\* \<e\> |") for line in lines)
    assert all(line.startswith("|") for line in lines[:4])


@pytest.mark.fault("5")
def test_old_page_stays_until_the_new_one_is_whole(comparison, tmp_path):
    resource = pytest.importorskip("resource", reason="there the size of files cannot be limited")
    path = tmp_path / "page.html"
    comparison.to_html(path)
    old, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, hard))  # as on a disk that is full
    try:
        found = outcome(lambda: comparison.to_html(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(found).startswith("OSError")
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.fault("5")
def test_page_can_be_read_on_a_phone(comparison, tmp_path):
    comparison.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'name="viewport"' in page
    assert "white-space: nowrap" in page
    assert "overflow-x: auto" in page


@pytest.mark.fault("5")
def test_one_section_of_notes():
    assert LSTMFCNClassifier.__doc__.count("Notes\n") == 1


ENDS_EARLY = W.copy()
ENDS_EARLY[3, 4:] = np.nan


@pytest.mark.fault("5")
def test_windows_that_end_early_are_looked_into():
    model = CNNLSTMRegressor(4, units=4, dense_units=4, epochs=1, random_state=0).fit(ENDS_EARLY, y)
    maps = outcome(lambda: feature_maps(model, ENDS_EARLY))
    assert not isinstance(maps, str), maps
    found = saliency(model, ENDS_EARLY, baseline=0)
    assert (found[3, 4:] == 0).all()
    assert np.isfinite(found).all()
    zeros = np.where(np.isnan(ENDS_EARLY), np.nan, 0)
    difference = model.predict(ENDS_EARLY) - model.predict(zeros)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), difference, atol=0.05)


@pytest.mark.fault("5")
@pytest.mark.parametrize("display", [FeatureMapDisplay, SaliencyDisplay])
def test_windows_that_end_early_are_drawn(display):
    model = CNNLSTMRegressor(4, units=4, dense_units=4, epochs=1, random_state=0).fit(ENDS_EARLY, y)
    options = {} if display is FeatureMapDisplay else {"baseline": 0}
    drawn = outcome(lambda: display.from_estimator(model, ENDS_EARLY, **options))
    assert not isinstance(drawn, str), drawn


@pytest.mark.fault("5")
def test_filters_with_their_bias():
    model = CNNLSTMRegressor(4, units=4, dense_units=4, epochs=1, random_state=0).fit(W, y)
    found = outcome(lambda: filters(model, return_bias=True))
    assert not isinstance(found, str), found
    np.testing.assert_array_equal(found[1], model.model_.get_layer("conv_1").bias)


@pytest.mark.fault("5")
def test_saliency_of_a_classifier_names_the_class():
    model = CNNLSTMClassifier(4, units=4, dense_units=4, epochs=1, random_state=0).fit(W, np.where(y > 0, "up", "down"))
    display = SaliencyDisplay.from_estimator(model, W, output=1)
    assert display.ax_.get_ylabel() == "mean |attribution| (probability of up)"


@pytest.mark.fault("5")
def test_relative_windows_leave_flags_alone():
    X = np.stack([np.abs(W[..., 0]) + 5, (W[..., 1] > 0).astype(float)], axis=-1)
    options = {"epochs": 1, "random_state": 0, "window_norm": "relative"}
    words = str(outcome(lambda: DenseRegressor(4, **options).fit(X, X[:, -1, 0])))
    assert "leave such features out of norm_channels" in words
    assert not isinstance(outcome(lambda: DenseRegressor(4, **options, norm_channels=[0]).fit(X, X[:, -1, 0])), str)
    rows = pd.DataFrame({"load": np.abs(ROWS[:, 0]) + 5, "open": (ROWS[:, 1] > 0).astype(float)})
    named = outcome(lambda: DenseRegressor(4, **options, norm_channels=["load"]))
    assert not isinstance(outcome(lambda: WindowedRegressor(named, 3).fit(rows, rows["load"])), str)


@pytest.mark.fault("5")
def test_forecasts_are_drawn_with_their_times(comparison):
    display = outcome(lambda: ForecastDisplay.from_comparison(comparison, rows=slice(-10, None)))
    assert not isinstance(display, str), display
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("hour", "load")
    assert len(display.lines_[0].get_xdata()) == 10


@pytest.mark.fault("5")
def test_which_loop_trained_is_told():
    assert outcome(lambda: dense(engine="keras").fit(W, y).engine_) == "keras: engine='keras' asks for it"


@pytest.mark.fault("5")
def test_hooks_of_validation_run_whichever_loop_is_asked_for():
    seen = []

    class Sees(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            seen.append("test")

    dense(callbacks=[Sees()], early_stopping=True).fit(W, y)
    assert seen == ["test"]


@pytest.mark.fault("5")
def test_hooks_of_predict_never_run_and_the_docstring_says_so():
    seen = []

    class Sees(keras.callbacks.Callback):
        def on_predict_begin(self, logs=None):
            seen.append("predict")

    model = dense(callbacks=[Sees()]).fit(W, y)
    model.predict(W)
    assert seen == []
    assert "`on_predict_begin`" in type(model).__doc__


@pytest.mark.fault("5")
def test_exported_models_were_called():
    model = dense().fit(W, y).to_keras()
    assert "never called" not in str(outcome(lambda: model.export("model.onnx", format="onnx", verbose=False)))


@pytest.mark.fault("5")
def test_bagging_around_windows_leaves_them_their_past():
    words = str(outcome(lambda: BaggingRegressor(WindowedRegressor(KNeighborsRegressor(), 3), 2).fit(ROWS, y)))
    assert "sample_weight needs an estimator whose fit takes it, but KNeighborsRegressor does not" in words
    bag = BaggingRegressor(WindowedRegressor(Ridge(), 3), 1, random_state=0).fit(ROWS, y)
    counts = np.bincount(bag.estimators_samples_[0], minlength=len(ROWS))
    alone = WindowedRegressor(Ridge(), 3).fit(ROWS, y, sample_weight=counts)
    np.testing.assert_allclose(bag.predict(ROWS), alone.predict(ROWS))


@pytest.mark.fault("5")
def test_windows_are_a_metadata_router():
    weights = np.linspace(1, 2, len(ROWS))
    with config_context(enable_metadata_routing=True):
        model = WindowedRegressor(Ridge().set_fit_request(sample_weight="w"), 3)
        routed = outcome(lambda: model.fit(ROWS, y, w=weights).predict(ROWS))
    assert not isinstance(routed, str), routed
    np.testing.assert_allclose(routed, WindowedRegressor(Ridge(), 3).fit(ROWS, y, sample_weight=weights).predict(ROWS))
