import copy
import inspect
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, check_cv, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_sample_weight_equivalence_on_dense_data,
    parametrize_with_checks,
)

import skhybrid
from skhybrid import (
    CNNClassifier,
    CNNLSTMClassifier,
    Conv2DLSTMClassifier,
    Conv3DLSTMClassifier,
    DenseClassifier,
    GRUClassifier,
    LSTMClassifier,
    LSTMFCNClassifier,
    SequenceClassifier,
    SimpleRNNClassifier,
)
from skhybrid._backend import keras
from skhybrid._training.eligibility import why_not
from tests.helpers import eager_keras, global_state

N = 48
small_dense = partial(DenseClassifier, 4, epochs=2, random_state=0)


# scikit-learn's contract: all samples in one batch, in the order given, as the checks compare fits on the same samples
# in other orders and on repeated samples; and enough training for an accuracy above 0.83. Dropout would draw other
# masks for samples in another order.

full_batch = {"batch_size": 1000, "shuffle": False, "learning_rate": 0.05, "random_state": 0}
CONTRACT = [
    CNNLSTMClassifier(8, units=8, dense_units=8, epochs=20, **full_batch),
    LSTMClassifier(8, dense_units=8, epochs=25, **full_batch),
    GRUClassifier(8, dense_units=8, epochs=20, **full_batch),
    SimpleRNNClassifier(8, dense_units=8, epochs=15, **full_batch),
    CNNClassifier(8, dense_units=8, activation="tanh", epochs=15, **full_batch),
    DenseClassifier(8, activation="tanh", epochs=15, **full_batch),
    LSTMFCNClassifier(4, filters=(8,), kernel_size=3, dropout=0.0, epochs=25, **full_batch),
    Conv2DLSTMClassifier(4, units=8, epochs=25, **full_batch),
    Conv3DLSTMClassifier(4, units=8, epochs=25, **full_batch),
    SequenceClassifier("dense", network_params={"dense_units": 8, "activation": "tanh"}, epochs=15, **full_batch),
]
BATCH_NORMALIZATION = {
    "check_sample_weight_equivalence_on_dense_data": "batch normalisation takes the mean of a batch over its samples, "
    "whatever their weights are, so that a weight of 2 is not the same as the sample twice"
}


def expected_failures(estimator):
    return BATCH_NORMALIZATION if isinstance(estimator, LSTMFCNClassifier) else {}


def name_of(estimator):
    return type(estimator).__name__


over_classes = pytest.mark.parametrize("estimator", CONTRACT, ids=name_of)


def test_contract_holds_every_classifier():
    assert {type(estimator) for estimator in CONTRACT} == {
        getattr(skhybrid, name) for name in skhybrid.__all__ if name.endswith("Classifier") and "Windowed" not in name
    }


@parametrize_with_checks(CONTRACT, expected_failed_checks=expected_failures)
def test_scikit_learn_checks(estimator, check, run_check_of_float32):
    if expected_failures(estimator):
        check(estimator)
    else:
        run_check_of_float32(check, estimator)


@over_classes
def test_scikit_learn_check_beyond_the_list(estimator):
    check_dataframe_column_names_consistency(name_of(estimator), estimator)


@pytest.mark.parametrize("estimator", [e for e in CONTRACT if not expected_failures(e)], ids=name_of)
def test_weights_equal_repeated_rows_but_for_rounding(estimator, monkeypatch):
    """The check that rounding may fail, after so few steps that rounding stays small."""
    compared = []

    def compare(first, second, **options):
        compared.append(first.shape)
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)

    module = inspect.getmodule(check_sample_weight_equivalence_on_dense_data)
    monkeypatch.setattr(module, "assert_allclose_dense_sparse", compare)
    check_sample_weight_equivalence_on_dense_data("", clone(estimator).set_params(epochs=3))
    assert compared == [(15, 3), (15, 3), (15,)]


@over_classes
def test_estimator_says_what_it_is(estimator):
    tags = get_tags(estimator)
    assert is_classifier(estimator)
    assert not is_regressor(estimator)
    assert tags.classifier_tags.multi_class
    assert not tags.target_tags.multi_output
    assert tags.input_tags.three_d_array


@over_classes
def test_constructor_only_stores(estimator):
    parameters = inspect.signature(type(estimator)).parameters
    values = {name: object() for name in parameters}
    assert vars(type(estimator)(**values)) == values


@over_classes
def test_parameters_are_those_of_labels_and_of_the_regressor(estimator):
    own = set(inspect.signature(type(estimator)).parameters)
    twin = set(inspect.signature(getattr(skhybrid, name_of(estimator).replace("Classifier", "Regressor"))).parameters)
    assert own - twin == {"validation", "class_weight"}
    of_windows = {"target_channel", "season_length", "linear_path", "linear_bases", "phase_offsets"}
    of_windows |= {"linear_lengths", "linear_half_life", "linear_squares", "linear_by_phase", "boosting"}
    of_windows |= {"linear_weight", "lead"}
    of_windows |= {"min_samples", "validation_folds"}
    assert twin - own == {"scale_target", "quantiles", "output_activation"} | (of_windows & twin)
    assert (of_windows <= twin) == ("window_norm" in twin)


# Data


@pytest.fixture(scope="module")
def data():
    """Windows (sample, time, feature) and labels of three classes that follow from them, as text."""
    X = np.random.default_rng(0).normal(size=(N, 6, 2))
    return X, np.array(["down", "level", "up"])[np.digitize(X[:, -1, 0], [-0.5, 0.5])]


@pytest.fixture(scope="module")
def fitted(data):
    return small_dense().fit(*data)


@pytest.fixture(scope="module")
def flat(data):
    """The flattened windows, and which of them go up."""
    return data[0].reshape(N, 12), (data[1] == "up").astype(int)


def assert_same(first, second, X):
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


# Labels


LABELS = {
    "text": np.array(["up", "down", "level"]),
    "objects": np.array(["up", "down", "level"], dtype=object),
    "integers": np.array([7, -3, 12]),
    "unsigned": np.array([200, 3, 12], dtype=np.uint8),
    "floats": np.array([2.0, 0.0, 5.0]),
    "booleans": np.array([True, False]),
    "two": np.array(["b", "a"]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_any_type_are_given_back(data, labels):
    y = np.resize(labels, N)
    model = small_dense(epochs=1).fit(data[0], y)
    predicted = model.predict(data[0])
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    assert predicted.dtype == model.classes_.dtype == labels.dtype
    assert set(predicted) <= set(labels)
    assert model.n_outputs_ == len(labels)


@pytest.mark.parametrize(
    "form", [list, pd.Series, lambda y: pd.Series(y, dtype="category"), lambda y: pd.Series(y, dtype="string")]
)
def test_form_of_y_does_not_matter(data, fitted, form):
    X, y = data
    model = small_dense().fit(X, form(y))
    assert model.predict(X).tolist() == fitted.predict(X).tolist()
    assert_same(model, fitted, X)


@pytest.mark.parametrize("labels", [[False, True], [3, 7], [-1.0, 1.0], ["down", "up"]], ids=str)
def test_names_of_labels_do_not_matter(flat, labels):
    X, y = flat
    assert_same(small_dense().fit(X, np.array(labels)[y]), small_dense().fit(X, y), X)


def test_labels_are_learned():
    X = np.random.default_rng(0).normal(size=(90, 6, 1))
    y = np.array(["c", "a", "b"])[np.arange(90) % 3]
    X[:, 2, 0] += 4 * (y == "a") - 4 * (y == "c")
    assert DenseClassifier(8, epochs=30, learning_rate=0.02, random_state=0).fit(X, y).score(X, y) > 0.95


# Probabilities


def test_predictions_are_the_most_probable_labels(data, fitted):
    probabilities = fitted.predict_proba(data[0])
    assert probabilities.shape == (N, 3)
    assert probabilities.dtype == np.float64
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_array_equal(fitted.predict(data[0]), fitted.classes_[probabilities.argmax(axis=1)])
    np.testing.assert_allclose(probabilities, fitted.model_(data[0].astype(np.float32)), rtol=1e-5)


def test_decision_of_many_classes_is_the_logarithm(data, fitted):
    np.testing.assert_allclose(np.exp(fitted.decision_function(data[0])), fitted.predict_proba(data[0]), rtol=1e-12)


def test_decision_of_two_classes_is_the_logarithm_of_odds(flat):
    X, y = flat
    model = small_dense().fit(X, y)
    scores = model.decision_function(X)
    assert scores.shape == (N,)
    np.testing.assert_allclose(1 / (1 + np.exp(-scores)), model.predict_proba(X)[:, 1], rtol=1e-12)
    np.testing.assert_array_equal(scores > 0, model.predict(X) == 1)


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c"]], ids=["two", "three"])
def test_decision_is_finite_where_a_probability_is_zero(labels):
    X = np.repeat(np.eye(len(labels)), 4, axis=0)
    model = DenseClassifier((), epochs=40, learning_rate=0.5, random_state=0).fit(X, np.repeat(labels, 4))
    assert model.predict_proba(1e4 * X).min() == 0
    assert np.isfinite(model.decision_function(1e4 * X)).all()


# Weights of samples and classes


def test_weight_zero_is_no_sample(data, fitted):
    X, y = np.concatenate([data[0], 1e6 * data[0][:5]]), np.concatenate([data[1], data[1][5:10]])
    assert_same(small_dense().fit(X, y, np.repeat([1.0, 0.0], [N, 5])), fitted, data[0])


def test_doubled_weights_change_nothing(data):
    weights = np.random.default_rng(0).uniform(0.1, 2, size=N)
    assert_same(small_dense().fit(*data, weights), small_dense().fit(*data, 2 * weights), data[0])


def test_weight_two_is_the_sample_twice(data):
    X, y = data
    whole = partial(small_dense, batch_size=1000, shuffle=False)
    weighted = whole().fit(X, y, np.repeat([2.0, 1.0], [10, N - 10]))
    repeated = whole().fit(np.concatenate([X, X[:10]]), np.concatenate([y, y[:10]]))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-4)


def test_weights_of_classes_multiply_those_of_samples(data):
    X, y = data
    weights = np.linspace(0.1, 2, N)
    by_class = small_dense(class_weight={"up": 3.0, "down": 0.5}).fit(X, y, weights)
    by_hand = small_dense().fit(X, y, weights * np.select([y == "up", y == "down"], [3.0, 0.5], 1.0))
    assert_same(by_class, by_hand, X)


def test_balanced_classes_are_those_of_scikit_learn(data, fitted):
    X, y = data[0], np.where(data[1] == "level", "up", data[1])
    balanced = small_dense(class_weight="balanced").fit(X, y).predict_proba(X)
    by_hand = small_dense().fit(X, y, compute_sample_weight("balanced", y)).predict_proba(X)
    np.testing.assert_allclose(balanced, by_hand, rtol=1e-5)
    assert np.abs(balanced - small_dense().fit(X, y).predict_proba(X)).max() > 1e-3


def test_balanced_classes_with_weights_equal_repeated_samples(data):
    X, y = data
    whole = partial(small_dense, class_weight="balanced", batch_size=1000, shuffle=False)
    weighted = whole().fit(X, y, np.repeat([2.0, 1.0], [10, N - 10]))
    repeated = whole().fit(np.concatenate([X, X[:10]]), np.concatenate([y, y[:10]]))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-4)


def test_balance_counts_no_sample_that_is_left_out(data):
    """Neither one without a past nor one of weight zero, also where a class has no other."""
    X, y = np.concatenate([data[0][:9], data[0]]), np.concatenate([["down"] * 8, ["other"], data[1]])
    X[:6, :2] = np.nan
    weights = np.repeat([1.0, 0.0, 1.0], [6, 3, N])
    model = small_dense(class_weight="balanced").fit(X, y, weights)
    by_hand = small_dense().fit(X, y, weights * np.r_[np.ones(9), compute_sample_weight("balanced", data[1])])
    np.testing.assert_allclose(model.predict_proba(data[0]), by_hand.predict_proba(data[0]), rtol=1e-5)


def test_class_of_weight_zero_is_left_out(data):
    X, y = data
    without = small_dense(class_weight={"level": 0}).fit(X, y)
    assert_same(without, small_dense().fit(X, y, (y != "level").astype(float)), X)


def test_part_without_a_class_takes_the_weights_of_all(data):
    X, y = data
    weights = {"down": 1.0, "level": 2.0, "up": 3.0}
    rows = y != "level"
    model = small_dense(class_weight=weights).fit(X[rows], y[rows])
    assert model.classes_.tolist() == ["down", "up"]


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [
        ({"upp": 2.0}, r"class_weight must name labels of y, \['down', 'level', 'up'\], but names \['upp'\]; pass"),
        ({"up": -1.0}, r"class_weight must hold one number of at least 0 .* holds the weights \[1, 1, -1.0\]; pass"),
        ({"up": np.inf}, "class_weight must hold one number of at least 0 for each label"),
        ({"up": "much"}, "class_weight must hold one number of at least 0 for each label"),
        ({"up": None}, "class_weight must hold one number of at least 0 for each label"),
        ("balance", "The 'class_weight' parameter of DenseClassifier must be .* Got 'balance'"),
    ],
)
def test_class_weight_refuses(data, class_weight, words):
    with pytest.raises(ValueError, match=words):
        small_dense(class_weight=class_weight).fit(*data)


# Training on


def test_partial_fit_is_one_epoch(data, fitted):
    classes = ["up", "down", "level"]
    model = small_dense(early_stopping=True).partial_fit(*data, classes)
    assert model.n_epochs_ == 1
    assert_same(model.partial_fit(*data), fitted, data[0])
    assert model.history_ == fitted.history_


def test_partial_fit_takes_batches_that_lack_labels(data):
    X, y = data
    model = small_dense(class_weight={"up": 2.0})
    for label in ("up", "down", "level"):
        model.partial_fit(X[y == label], y[y == label], classes=np.unique(y))
    assert model.classes_.tolist() == ["down", "level", "up"]
    assert model.n_epochs_ == 3


def test_partial_fit_weighs_samples(data):
    weights = np.linspace(0.1, 2, N)
    model = small_dense().partial_fit(*data, ["down", "level", "up"], weights).partial_fit(*data, sample_weight=weights)
    assert_same(model, small_dense().fit(*data, weights), data[0])


def test_partial_fit_keeps_classes_without_samples(flat):
    X, y = flat
    model = small_dense().partial_fit(X, y, classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (N, 3)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (None, r"classes must be passed to the first call of partial_fit, .*; pass for example classes=np.unique\(y\)"),
        ([0], r"classes must hold at least 2 classes to train on, but holds 1 class, \[0\]; pass"),
        ([0, 2], r"y must hold labels among the classes \[0, 2\], but holds \[1\]; name all labels in the first call"),
        (["0", "1"], r"y must hold labels among the classes \['0', '1'\], but holds \[0, 1\]; name"),
        (np.array(["0", "1"], dtype=object), r"among the classes \['0', '1'\], but holds \[0, 1\]; name"),
    ],
)
def test_first_partial_fit_refuses(flat, classes, words):
    with pytest.raises(ValueError, match=words):
        small_dense().partial_fit(*flat, classes)


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        (np.resize(["up", "upp"], N), None, r"but holds \['upp'\]; name all labels in the first call of partial_fit"),
        (np.resize([0, 1, 2], N), None, r"among the classes \['down', 'level', 'up'\], but holds \[0, 1, 2\]; name"),
        (None, ["down", "up"], r"classes must be those of the first call, .* but are \['down', 'up'\]; leave them out"),
    ],
)
def test_later_partial_fit_refuses_and_changes_nothing(data, fitted, y, classes, words):
    model = copy.deepcopy(fitted)
    with pytest.raises(ValueError, match=words):
        model.partial_fit(data[0], data[1] if y is None else y, classes)
    assert_same(model, fitted, data[0])


def test_partial_fit_refuses_balance(data):
    with pytest.raises(
        ValueError, match=r"class_weight='balanced' needs all samples at once, but partial_fit .*; pass"
    ):
        small_dense(class_weight="balanced").partial_fit(*data, np.unique(data[1]))


@pytest.mark.parametrize("again", [lambda model: model, lambda model: pickle.loads(pickle.dumps(model))])
def test_warm_start_in_two_parts_equals_one_fit(data, fitted, again):
    model = small_dense(warm_start=True).set_params(epochs=1).fit(*data)
    assert_same(again(model).fit(*data), fitted, data[0])


def test_warm_start_refuses_new_labels(data, fitted):
    model = copy.deepcopy(fitted).set_params(warm_start=True)
    with pytest.raises(
        ValueError, match=r"y must hold labels among the classes .* but holds \['other'\]; .* fit afresh"
    ):
        model.fit(data[0], np.where(data[1] == "up", "other", data[1]))
    assert_same(model, fitted, data[0])


def test_fit_afresh_takes_new_labels(data, flat):
    X, y = flat
    assert_same(small_dense().fit(X, data[1]).fit(X, y), small_dense().fit(X, y), X)


# Early stopping


def held_out(model, X, y, **options):
    """Fit with early stopping, and return the samples that were trained on and those that were held out."""
    model = model.set_params(early_stopping=True, random_state=3, **options)
    (fold,) = model._split(np.arange(len(X)), y, seed=3)
    return fold


def test_stratified_parts_have_equal_shares_of_each_class():
    y = np.repeat(["a", "b", "c"], [60, 30, 10])
    training, validation = held_out(small_dense(), np.zeros((100, 2)), y)
    assert sorted([*training, *validation]) == list(range(100))
    assert [np.sum(y[validation] == label) for label in "abc"] == [6, 3, 1]


def test_stratified_early_stopping_trains_on_one_part(data):
    X, y = data
    model = small_dense(early_stopping=True, validation_fraction=0.25).set_params(epochs=1).fit(X, y)
    ((part, _),) = model._split(np.arange(N), y, model.scikeras_.model__seed)
    assert_same(model, small_dense().set_params(epochs=1).fit(X[part], y[part]), X)


def test_stratified_early_stopping_is_repeatable(data):
    first, second = (small_dense(early_stopping=True, validation_fraction=0.2).fit(*data) for _ in range(2))
    assert_same(first, second, data[0])
    assert first.history_ == second.history_
    assert list(first.history_) == ["loss", "val_loss"]


@pytest.mark.parametrize(("options", "n_training"), [({}, 43), ({"validation_gap": 5}, 38)])
def test_last_part_in_time_validates(data, options, n_training):
    X, y = data
    model = small_dense(early_stopping=True, validation="last", **options).set_params(epochs=1).fit(X, y)
    by_hand = small_dense().set_params(epochs=1).fit(X[:n_training], y[:n_training])
    assert_same(model, by_hand, X)


def test_early_stopping_takes_the_weights_of_the_best_epoch(data):
    X, y = data[0], np.random.default_rng(1).permutation(data[1])
    model = DenseClassifier(32, epochs=60, learning_rate=0.05, early_stopping=True, n_iter_no_change=3, random_state=0)
    losses = model.fit(X, y).history_["val_loss"]
    assert len(losses) == np.argmin(losses) + 1 + 3 < 60
    ((_, rows),) = model._split(np.arange(N), y, model.scikeras_.model__seed)
    probabilities = model.predict_proba(X[rows])[np.arange(len(rows)), np.searchsorted(model.classes_, y[rows])]
    np.testing.assert_allclose(-np.log(probabilities).mean(), min(losses), rtol=1e-5)


@pytest.mark.parametrize(
    ("counts", "options", "words"),
    [
        ([24, 23, 1], {}, "least populated class"),
        (
            [16, 16, 16],
            {"validation_fraction": 0.02},
            "test_size = 1 should be greater or equal to the number of class",
        ),
    ],
)
def test_stratified_early_stopping_with_too_few_samples_is_refused(data, counts, options, words):
    model = small_dense(early_stopping=True, **options)
    with pytest.raises(
        ValueError, match=f"validation='stratified' needs some samples .*{words}.* or validation='last'"
    ):
        model.fit(data[0], np.repeat(["a", "b", "c"], counts))


def test_last_part_of_too_few_samples_is_refused(data):
    with pytest.raises(
        ValueError, match="early_stopping=True needs at least 2 samples to train on and 1 to validate on"
    ):
        small_dense(early_stopping=True, validation="last").fit(data[0][:4], data[1][:4])


def test_training_part_of_one_class_is_refused(data):
    y = np.repeat(["a", "b"], [N - 3, 3])
    with pytest.raises(
        ValueError, match=r"y must hold at least 2 classes to train on, but holds 1 class, \['a'\]; pass"
    ):
        small_dense(early_stopping=True, validation="last").fit(data[0], y)


# All networks, small


TINY = {
    "CNNLSTM": (CNNLSTMClassifier(2, units=2, dense_units=2, dropout=0.2, bidirectional=True, attention=True), (6, 2)),
    "subsequences": (CNNLSTMClassifier(2, kernel_size=2, units=2, dense_units=2), (2, 3, 2)),
    "LSTM": (LSTMClassifier(2, dense_units=2, window_norm="standard"), (6, 2)),
    "GRU": (GRUClassifier(2, dense_units=2), (6, 2)),
    "SimpleRNN": (SimpleRNNClassifier(2, dense_units=2), (6, 2)),
    "CNN": (CNNClassifier(2, dense_units=2), (6, 2)),
    "Dense": (DenseClassifier(2), (12,)),
    "LSTMFCN": (LSTMFCNClassifier(2, filters=(3, 2), kernel_size=(3, 2)), (6, 2)),
    "Conv2DLSTM": (Conv2DLSTMClassifier(2, units=2), (4, 3, 2)),
    "flat images": (Conv2DLSTMClassifier(2, units=2, input_shape=(4, 3, 2)), (24,)),
    "Conv3DLSTM": (Conv3DLSTMClassifier(2, units=2), (4, 3, 2, 1)),
    "Sequence": (SequenceClassifier("cnn_lstm", network_params={"filters": 2, "units": 2}), (6, 2)),
}
over_networks = pytest.mark.parametrize("name", TINY)


def tiny(name, **options):
    model, shape = TINY[name]
    X = np.random.default_rng(0).normal(size=(20, *shape))
    return clone(model).set_params(epochs=2, random_state=0, **options), X, np.resize(["a", "b", "c"], 20)


@pytest.fixture(scope="module")
def fitted_networks():
    models = {}
    for name in TINY:
        model, X, y = tiny(name)
        models[name] = (model.fit(X, y), X)
    return models


def test_tiny_networks_are_of_every_class():
    assert {type(model) for model, _ in TINY.values()} == {type(estimator) for estimator in CONTRACT}


@over_networks
def test_one_seed_gives_one_result(fitted_networks, name):
    model, X, y = tiny(name)
    assert_same(model.fit(X, y), fitted_networks[name][0], X)


@over_networks
def test_pickle_predicts_the_same(fitted_networks, name):
    model, X = fitted_networks[name]
    assert_same(pickle.loads(pickle.dumps(model)), model, X)


@over_networks
def test_nothing_global_changes_and_nothing_is_printed(name, capfd):
    model, X, y = tiny(name)
    before = global_state()
    model.set_params(epochs=1).fit(X, y)
    model.predict(X)
    model.to_keras()
    clone(model)
    pickle.loads(pickle.dumps(model))
    assert global_state() == before
    assert capfd.readouterr() == ("", "")


@over_networks
def test_compiled_engine_equals_keras(name):
    """Without dropout, whose masks the engines draw in their own ways."""
    own = {"dropout": 0.0} if "dropout" in TINY[name][0].get_params() else {}
    compiled, X, y = tiny(name, engine="compiled", **own)
    with_keras, _, _ = tiny(name, engine="keras", **own)
    compiled.fit(X, y)
    with eager_keras():
        with_keras.fit(X, y)
    assert why_not(compiled.model_) == ""
    np.testing.assert_allclose(compiled.predict_proba(X), with_keras.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(compiled.history_["loss"], with_keras.history_["loss"], rtol=1e-4)


@pytest.fixture(scope="module")
def reloaded(fitted_networks, run_python, tmp_path_factory):
    """What Keras alone predicts with the saved models."""
    folder = tmp_path_factory.mktemp("models")
    for name, (model, X) in fitted_networks.items():
        with warnings.catch_warnings():  # Keras' own, with NumPy 2
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.to_keras().save(folder / f"{name}.keras")
        np.save(folder / f"{name}.npy", X)
    code = """
    import pathlib, sys
    import keras
    import numpy as np
    for path in pathlib.Path(sys.argv[1]).glob("*.keras"):
        outputs = keras.saving.load_model(path).predict_on_batch(np.load(path.with_suffix(".npy")))
        np.save(path.with_suffix(".out.npy"), outputs)
    assert "skhybrid" not in sys.modules
    """
    done = run_python(code, folder)
    assert done.returncode == 0, done.stderr
    return {name: np.load(folder / f"{name}.out.npy") for name in fitted_networks}


@over_networks
def test_keras_alone_gives_the_probabilities(fitted_networks, reloaded, name):
    model, X = fitted_networks[name]
    np.testing.assert_allclose(reloaded[name], model.predict_proba(X), rtol=1e-6, atol=1e-6)


# In scikit-learn's tools


def test_search_takes_stratified_folds(flat):
    X, y = flat
    order = np.argsort(y, kind="stable")  # without strata, a fold would hold one class
    assert isinstance(check_cv(2, y, classifier=is_classifier(small_dense())), StratifiedKFold)
    search = GridSearchCV(small_dense(), {"dense_units": [2, 3]}, cv=2, scoring="roc_auc").fit(X[order], y[order])
    explicit = GridSearchCV(small_dense(), {"dense_units": [2, 3]}, cv=StratifiedKFold(2), scoring="roc_auc")
    expected = explicit.fit(X[order], y[order]).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_cross_validated_probabilities_are_those_of_each_fold(data):
    X, y = data
    probabilities = cross_val_predict(small_dense(), X, y, cv=StratifiedKFold(2), method="predict_proba")
    train, test = next(StratifiedKFold(2).split(X, y))
    np.testing.assert_array_equal(probabilities[test], small_dense().fit(X[train], y[train]).predict_proba(X[test]))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated(data, method):
    X, y = data
    probabilities = CalibratedClassifierCV(small_dense(), method=method, cv=2).fit(X, y).predict_proba(X)
    assert probabilities.shape == (N, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_stacked_beside_a_linear_model(flat):
    X, y = flat
    stack = StackingClassifier([("net", small_dense()), ("linear", LogisticRegression())], cv=2).fit(X, y)
    assert stack.stack_method_ == ["predict_proba", "predict_proba"]
    assert stack.score(X, y) > 0.8


def test_vote_is_the_mean_of_probabilities(data):
    X, y = data[0].reshape(N, 12), data[1]
    vote = VotingClassifier([("net", small_dense()), ("linear", LogisticRegression())], voting="soft").fit(X, y)
    expected = (small_dense().fit(X, y).predict_proba(X) + LogisticRegression().fit(X, y).predict_proba(X)) / 2
    np.testing.assert_allclose(vote.predict_proba(X), expected, rtol=1e-12)


def test_one_against_the_rest(data):
    X, y = data[0].reshape(N, 12), data[1]
    model = OneVsRestClassifier(small_dense()).fit(X, y)
    up = small_dense().fit(X, (y == "up").astype(int))
    np.testing.assert_array_equal(model.decision_function(X)[:, 2], up.decision_function(X))


def test_pipeline_with_a_scaler(flat):
    X, y = flat
    pipe = make_pipeline(StandardScaler(), DenseClassifier(8, epochs=30, learning_rate=0.02, random_state=0))
    assert roc_auc_score(y, pipe.fit(X, y).decision_function(X)) > 0.95
    np.testing.assert_allclose(
        roc_auc_score(y, pipe.predict_proba(X)[:, 1]), roc_auc_score(y, pipe.decision_function(X))
    )


# Published networks through the estimators, beside models of Keras written by hand


def image_twin():
    image = keras.Input((28, 28, 1))
    branches = [
        keras.layers.MaxPooling2D(2)(keras.layers.Conv2D(32, size, padding="same", activation="relu")(image))
        for size in (3, 5)
    ]
    rows = keras.layers.Reshape((14, 14 * 64))(keras.layers.Concatenate()(branches))
    return keras.Model(image, keras.layers.Dense(10, activation="softmax")(keras.layers.LSTM(128)(rows)))


def video_twin():
    layers = [
        keras.layers.ZeroPadding3D(((2, 0), (1, 1), (1, 1))),
        keras.layers.Conv3D(32, 3, activation="relu"),
        keras.layers.MaxPooling3D(2),
        keras.layers.Reshape((4, 8 * 8 * 32)),
        keras.layers.LSTM(128),
        keras.layers.Dense(4, activation="softmax"),
    ]
    return keras.Sequential([keras.Input((8, 16, 16, 1)), *layers])


def lstm_fcn_twin():
    series = keras.Input((24, 3))
    memory = keras.layers.Dropout(0.8)(keras.layers.LSTM(8)(keras.layers.Permute((2, 1))(series)))
    x = series
    for filters, size in ((128, 8), (256, 5), (128, 3)):
        x = keras.layers.Conv1D(filters, size, padding="same")(x)
        x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    x = keras.layers.Concatenate()([memory, keras.layers.GlobalAveragePooling1D()(x)])
    return keras.Model(series, keras.layers.Dense(5, activation="softmax")(x))


PUBLISHED = {
    "image fusion": (Conv2DLSTMClassifier(), image_twin, 320 + 832 + 4 * 128 * (14 * 64 + 128 + 1) + 1290),
    "video": (Conv3DLSTMClassifier(), video_twin, 896 + 4 * 128 * (8 * 8 * 32 + 128 + 1) + 516),
    "LSTM-FCN": (
        LSTMFCNClassifier(8, filters=(128, 256, 128), kernel_size=(8, 5, 3)),
        lstm_fcn_twin,
        (8 * 3 + 1) * 128 + (5 * 128 + 1) * 256 + (3 * 256 + 1) * 128 + 4 * 512 + 4 * 8 * (24 + 8 + 1) + 137 * 5,
    ),
}


@pytest.fixture(scope="module", params=PUBLISHED.values(), ids=PUBLISHED)
def published(request):
    """A published network as its estimator trains it, its twin in Keras, and its size by hand."""
    estimator, make_twin, n_parameters = request.param
    twin = make_twin()
    n_classes = twin.output_shape[1]
    X = np.random.default_rng(0).normal(size=(n_classes, *twin.input_shape[1:]))
    return clone(estimator).set_params(epochs=1, random_state=0).fit(X, np.arange(n_classes)), twin, n_parameters, X


def test_published_network_has_the_parameters_of_its_twin(published):
    model, twin, n_parameters, _ = published
    assert model.n_parameters_ == twin.count_params() == n_parameters


def test_published_network_has_the_layers_of_its_twin(published):
    def kinds(network):
        passed = keras.layers.InputLayer | keras.layers.Cropping3D  # the crop takes back a frame of the padding
        return sorted(
            (type(layer).__name__, layer.count_params()) for layer in network.layers if not isinstance(layer, passed)
        )

    assert kinds(published[0].model_) == kinds(published[1])


def test_published_network_predicts_as_its_twin(published):
    model, twin, _, X = published
    twin.set_weights(model.model_.get_weights())
    np.testing.assert_allclose(model.predict_proba(X), twin(X), rtol=1e-4, atol=1e-6)


def test_lstm_fcn_predicts_what_it_learned_from_few_series():
    """The running means have settled: the trained network is no worse than in the last epoch of training."""
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = rng.normal(size=(40, 24, 1))
    X[y == 1, 8:14] += 2
    model = LSTMFCNClassifier(filters=(8, 8, 8), epochs=40, random_state=0).fit(X, y)
    loss = log_loss(y, model.predict_proba(X))
    assert loss < 1.2 * model.history_["loss"][-1]
    assert loss < 0.3


# Images and clips


@pytest.fixture(scope="module")
def images():
    X = np.random.default_rng(0).normal(size=(24, 6, 5, 1))
    return X, (X[:, :3].mean(axis=(1, 2, 3)) > X[:, 3:].mean(axis=(1, 2, 3))).astype(int)


@pytest.fixture(scope="module")
def clips():
    X = np.random.default_rng(0).normal(size=(24, 6, 4, 4, 1))
    return X, np.arange(24) % 2


small_image = partial(Conv2DLSTMClassifier, 2, units=2, epochs=1, random_state=0)
small_clip = partial(Conv3DLSTMClassifier, 2, units=2, epochs=1, random_state=0)


@pytest.mark.parametrize("make", [small_image, small_clip], ids=["images", "clips"])
def test_flat_samples_equal_unflattened_ones(images, clips, make):
    X, y = images if make is small_image else clips
    flat, shape = X.reshape(len(X), -1), X.shape[1:]
    expected = make().fit(X, y).predict_proba(X)
    for input_shape in (shape, list(shape), np.array(shape)):
        model = make(input_shape=input_shape).fit(flat, y)
        assert model.input_shape_ == shape
        np.testing.assert_array_equal(model.predict_proba(flat), expected)
    np.testing.assert_array_equal(make(input_shape=shape).fit(X, y).predict_proba(X), expected)


@pytest.mark.parametrize(("make", "shape"), [(small_image, (12, 1, 1)), (small_clip, (12, 1, 1, 1))])
def test_flat_samples_without_a_shape_are_one_pixel_wide(flat, make, shape):
    X, y = flat
    model = make().fit(X, y)
    assert model.input_shape_ == shape
    np.testing.assert_array_equal(
        model.predict_proba(X), make().fit(X.reshape(N, *shape), y).predict_proba(X.reshape(N, *shape))
    )


@pytest.mark.parametrize(
    ("make", "shape", "words"),
    [
        (small_image, (6, 5), r"X must be 4-D \(sample, height, width, channels\) or 2-D .* shape \(4, 6, 5\); give"),
        (small_image, (2, 6, 5, 1), r"X must be 4-D .* but has shape \(4, 2, 6, 5, 1\)"),
        (small_clip, (6, 5, 1), r"X must be 5-D \(sample, frames, height, width, channels\) or 2-D with input_shape"),
        (small_image, (3, 6, 6), r"X must have its channels last, .* by np.moveaxis\(X, 1, -1\), or pass input_shape"),
        (small_clip, (6, 3, 8, 8), r"X must have its channels last, .* by np.moveaxis\(X, 2, -1\), or pass"),
        (small_clip, (1, 6, 8, 8), r"X must have its channels last, .* by np.moveaxis\(X, 1, -1\), or pass"),
        (partial(small_image, input_shape=(5, 6, 1)), (6, 5, 1), r"samples of input_shape=\(5, 6, 1\), but they have"),
        (partial(small_image, input_shape=(5, 6, 1)), (31,), r"input_shape=\(5, 6, 1\) holds 30 values, .* have 31"),
        (partial(small_image, input_shape=(5, 6)), (30,), r"input_shape must be \(height, width, channels\), each an"),
        (partial(small_image, input_shape=(5, -6, 1)), (30,), r"at least 1, but is \(5, -6, 1\); pass the shape of"),
        (partial(small_image, input_shape=(5, 6.0, 1)), (30,), r"at least 1, but is \(5, 6.0, 1\); pass the shape of"),
        (partial(small_image, input_shape=30), (30,), "The 'input_shape' parameter of Conv2DLSTMClassifier must be"),
        (partial(small_image, pool_size=6), (6, 5, 1), "pool_size=6 needs at least 6 columns, but 5 are left .*; pass"),
        (
            partial(small_clip, pool_size=4),
            (3, 4, 4, 1),
            "pool_size=4 needs at least 4 frames, but 3 are left .*; pass",
        ),
        (small_image, (0, 5, 1), "X must hold at least one step and one feature, but has shape"),
    ],
)
def test_other_shapes_are_refused(make, shape, words):
    with pytest.raises(ValueError, match=words):
        make().fit(np.ones((4, *shape)), [0, 1, 0, 1])


def test_channels_first_are_taken_where_the_user_says_so(images):
    X, y = np.ones((4, 3, 6, 6)), [0, 1, 0, 1]
    assert small_image(input_shape=(3, 6, 6)).fit(X, y).input_shape_ == (3, 6, 6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("make", [small_image, small_clip], ids=["images", "clips"])
def test_unknown_pixels_are_refused(images, clips, make, value):
    X, y = images if make is small_image else clips
    broken = X.copy()
    broken[3, -1] = value
    with pytest.raises(ValueError, match=r"X must hold finite numbers, but holds (NaN|inf) \(first in row 3"):
        make().fit(broken, y)
    with pytest.raises(ValueError, match=r"X must hold finite numbers, but holds (NaN|inf) \(first in row 3"):
        make().fit(X, y).predict(broken)


def test_predict_refuses_frames_of_another_shape(images):
    model = small_image().fit(*images)
    with pytest.raises(ValueError, match=r"X must hold samples of shape \(6, 5, 1\) as in fit, .* shape \(5, 6, 1\)"):
        model.predict(np.ones((2, 5, 6, 1)))


@pytest.mark.parametrize("t", range(1, 6))
def test_pooled_frames_know_nothing_of_later_ones(clips, t):
    X, y = clips
    model = small_clip(kernel_size=4, pool_size=2).fit(X, y).model_
    maps = keras.Model(model.input, model.get_layer("pool_1").output)
    later = X.copy()
    later[:, t:] += 1
    before, after = (np.asarray(maps(a.astype(np.float32))) for a in (X, later))
    n_same = t // 2  # block j holds the frames 2j and 2j + 1
    np.testing.assert_array_equal(after[:, :n_same], before[:, :n_same])
    assert np.abs(after[:, n_same:] - before[:, n_same:]).max(axis=(0, 2, 3, 4)).min() > 1e-3


@pytest.mark.parametrize("t", range(6))
def test_prediction_depends_on_every_frame(clips, t):
    X, y = clips
    model = Conv3DLSTMClassifier(4, units=4, epochs=1, random_state=0).fit(X, y)
    changed = X.copy()
    changed[:, t] += 1
    assert np.abs(model.predict_proba(changed) - model.predict_proba(X)).max() > 1e-5


# Networks of one's own


def linear(input_shape, n_outputs, *, seed, output_activation=None):
    init = keras.initializers.GlorotUniform(seed)
    layers = [keras.layers.Flatten(), keras.layers.Dense(n_outputs, output_activation, kernel_initializer=init)]
    return keras.Sequential([keras.Input(input_shape), *layers])


def without_softmax(input_shape, n_outputs, *, seed):
    return linear(input_shape, n_outputs, seed=seed)


def test_builder_that_takes_an_output_activation_gets_softmax(data):
    X, y = data
    model = SequenceClassifier(linear, epochs=1, random_state=0).fit(X, y)
    assert model.model_.layers[-1].activation is keras.activations.softmax


def test_own_output_activation_goes_before(data):
    X, y = data
    model = SequenceClassifier(linear, network_params={"output_activation": "sigmoid"}, epochs=1).fit(X, y)
    assert model.model_.layers[-1].activation is keras.activations.sigmoid


def test_builder_without_softmax_is_refused(data):
    X, y = data
    model = SequenceClassifier(without_softmax, epochs=1, random_state=0).fit(X, y)
    with pytest.raises(
        ValueError, match=r"network must return the probabilities .* range from -.* end it with a softmax"
    ):
        model.predict_proba(X)


@pytest.mark.parametrize(
    ("network", "params", "shape", "twin"),
    [
        ("dense", {"dense_units": 2}, (6, 2), DenseClassifier(2)),
        ("conv2d_lstm", {"filters": 2, "units": 2}, (4, 3, 2), Conv2DLSTMClassifier(2, units=2)),
        ("conv3d_lstm", {"filters": 2, "units": 2}, (4, 3, 2, 1), Conv3DLSTMClassifier(2, units=2)),
        (
            "time_distributed_cnn_lstm",
            {"filters": 2, "units": 2, "kernel_size": 2, "dense_units": 2},
            (2, 3, 2),
            CNNLSTMClassifier(2, units=2, kernel_size=2, dense_units=2),
        ),
    ],
)
def test_name_of_a_network_equals_its_estimator(network, params, shape, twin):
    X, y = np.random.default_rng(0).normal(size=(12, *shape)), np.arange(12) % 2
    model = SequenceClassifier(network, network_params=params, epochs=1, random_state=0).fit(X, y)
    assert_same(model, clone(twin).set_params(epochs=1, random_state=0).fit(X, y), X)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("conv2d_lstm", r"needs X of shape \(n_samples, height, width, channels\), but X .*; reshape it to images"),
        (
            "conv3d_lstm",
            r"needs X of shape \(n_samples, frames, height, width, channels\), but .*; reshape it to clips",
        ),
        ("time_distributed_cnn_lstm", r"needs X of shape \(n_samples, n_seq, .*; cut the windows with Subsequence"),
    ],
)
def test_network_by_name_refuses_windows(data, network, words):
    with pytest.raises(ValueError, match=words):
        SequenceClassifier(network).fit(*data)


def test_network_by_name_refuses_unknown_pixels(images):
    X, y = images
    X = X.copy()
    X[3, 0] = np.nan  # not the start of a series
    with pytest.raises(ValueError, match=r"X must hold finite numbers, but holds NaN \(first in row 3"):
        SequenceClassifier("conv2d_lstm").fit(X, y)


def test_own_builder_gets_clips_as_they_are(clips):
    assert SequenceClassifier(linear, epochs=1).fit(*clips).input_shape_ == (6, 4, 4, 1)


# Bad input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X, np.full(N, "a")), r"y must hold at least 2 classes to train on, but holds 1 class, \['a'\]"),
        (lambda X, y: (X, y, (y == "up") * 1.0), "y must hold at least 2 classes to train on, but holds 1 class"),
        (lambda X, y: (X, X[:, 0, 0]), "Unknown label type: continuous"),
        (lambda X, y: (X, np.where(y == "up", np.nan, 1.0)), "y must hold finite numbers, but holds NaN"),
        (
            lambda X, y: (X, np.where(y == "up", None, y)),
            "y must hold labels of one type, but holds NoneType, str; pass",
        ),
        (lambda X, y: (X, np.where(y == "up", 1, y.astype(object))), "labels of one type, but holds int, str; pass"),
        (
            lambda X, y: (X, np.c_[y == "up", y == "down"]),
            r"y must hold one label for each sample, but has shape \(48, 2\)",
        ),
        (lambda X, y: (X, None), "requires y to be passed, but the target y is None"),
        (lambda X, y: (X, y[:-1]), "y must have one target per sample of X, but X has 48 samples and y has 47; take"),
        (lambda X, y: (np.full(X.shape, "a"), y), "X must hold numbers, but there is text .*; encode"),
        (lambda X, y: (np.full_like(X, np.nan), y), "X must hold at least one complete window, but all 48 start with"),
        (lambda X, y: (X, y, -np.ones(N)), "sample_weight must hold no negative weight"),
        (lambda X, y: (X, y, np.ones(3)), r"sample_weight must have shape \(48,\)"),
    ],
)
def test_bad_data_are_named(data, change, words):
    with pytest.raises(ValueError, match=words):
        small_dense(class_weight="balanced").fit(*change(*data))


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"])
def test_loss_of_numbered_classes_is_refused(data, loss):
    with pytest.raises(ValueError, match=f"loss must take targets .* but '{loss}' takes .*; pass 'categorical_cross"):
        small_dense(loss=loss).fit(*data)


@pytest.mark.parametrize("loss", ["categorical_focal_crossentropy", keras.losses.CategoricalCrossentropy()])
def test_other_losses_are_taken(data, loss):
    assert np.isfinite(small_dense(loss=loss).fit(*data).history_["loss"]).all()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_unfitted_estimator_says_so(data, method):
    with pytest.raises(NotFittedError, match="This DenseClassifier instance is not fitted yet"):
        getattr(small_dense(), method)(data[0])


def test_failed_fit_leaves_no_network_behind(data, fitted):
    model = copy.deepcopy(fitted)
    with pytest.raises(ValueError, match="at least 2 classes"):
        model.fit(data[0], np.zeros(N))
    with pytest.raises(NotFittedError):
        model.predict(data[0])
