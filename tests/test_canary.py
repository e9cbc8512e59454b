"""Every private name of another package that is used: that it is there, and that there is no other.

A canary that fails says what is gone. What programs are built on may be missing: then networks train in Keras' own loop
(`tests/training/test_private.py`). So may scikit-learn's callbacks: then they see nothing (`tests/test_progress.py`).
"""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn

import skhybrid
from skhybrid import NaiveRegressor
from skhybrid._backend import keras, tf
from skhybrid._progress import CALLBACKS, METHODS
from skhybrid._training._private import (
    BUILT_FOR,
    CACHE_OF_EXCLUDED,
    DECAYS,
    EXCLUDED_VARIABLES,
    LEARNING_RATE,
    METRIC_FUNCTION,
    METRIC_OPTIONS,
    METRICS,
    NAMES,
    PURE_METHODS,
    WEIGHTED_METRICS,
    is_decayed,
    pure_class,
)
from skhybrid._training.eligibility import operations_of
from skhybrid._training.served import OPTIMIZERS
from tests.helpers import Follower

PACKAGE = Path(skhybrid.__file__).parent
TREES = {str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
OF_SCIKIT_LEARN = [
    ("sklearn.base", "_clone_parametrized"),
    ("sklearn.base", "_fit_context"),
    ("sklearn.utils._param_validation", "HasMethods"),
    ("sklearn.utils._param_validation", "Interval"),
    ("sklearn.utils._param_validation", "InvalidParameterError"),
    ("sklearn.utils._param_validation", "StrOptions"),
    ("sklearn.utils._param_validation", "validate_parameter_constraints"),
    ("sklearn.utils.validation", "_check_feature_names_in"),
]
OF_PROGRAMS = [(module, name) for module, names in NAMES.items() for name in names]
VERSIONS = f"scikit-learn {sklearn.__version__}, Keras {keras.__version__}, TensorFlow {tf.__version__}"


def lineage():
    return {cls.__name__: vars(cls) for cls in keras.optimizers.SGD.__mro__}


@pytest.mark.parametrize(("module", "name"), [*OF_SCIKIT_LEARN, *OF_PROGRAMS])
def test_private_name_is_there(module, name):
    where = "_validation.py" if module.startswith("sklearn") else "_training/_private.py"
    assert hasattr(import_module(module), name), f"{module}.{name} is gone from {VERSIONS}; {where} needs another way."


def test_joblib_keeps_its_backend_where_it_is_looked_for():
    backend = getattr(joblib.Parallel(n_jobs=1), "_backend", None)
    assert hasattr(backend, "submit"), (
        f"joblib {joblib.__version__} keeps its backend elsewhere; evaluation/_run.py does not hear of workers of Dask "
        "that died, and a comparison waits for them."
    )


@pytest.mark.parametrize(("owner", "method"), METHODS, ids=lambda name: name)
def test_what_shows_fits_to_callbacks_is_there(owner, method):
    module = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on")
    where = f"sklearn.callback.{owner}.{method} of {VERSIONS}"
    function = getattr(getattr(module, owner, None), method, None)
    assert function is not None, f"{where} is gone; _progress.py needs another way, until then callbacks see nothing."
    missing = METHODS[owner, method] - inspect.signature(function).parameters.keys()
    assert not missing, (
        f"{where} has no {sorted(missing)}; _progress.py needs another way, and shows nothing until then."
    )


def test_callbacks_are_kept_where_they_are_looked_for_and_taken_leave_of():
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from version 1.9 on")
    follower, model = Follower(), NaiveRegressor()
    assert vars(model.set_callbacks(follower)).get(CALLBACKS) == [follower], (
        f"{VERSIONS} keep callbacks elsewhere; _progress.py shows them no epochs."
    )
    model.fit(np.zeros((3, 2)), np.zeros(3))
    assert follower.begun, f"{VERSIONS} do not call callbacks at the beginning of a fit."
    assert not follower.is_open, f"_fit_context of {VERSIONS} does not take leave of callbacks; _progress.py has to."


@pytest.mark.parametrize("name", PURE_METHODS)
def test_update_of_tensors_is_there(name):
    assert name in lineage()["BaseOptimizer"], (
        f"BaseOptimizer.{name} is gone from {VERSIONS}; _training/_private.py needs another way to update tensors."
    )


def test_update_of_variables_is_what_it_was():
    base, in_place = lineage()["BaseOptimizer"], lineage()["TFOptimizer"]
    new = {name for name in in_place if name in base and not name.startswith("__")} - set(PURE_METHODS)
    assert not new, f"TFOptimizer replaces {sorted(new)} in {VERSIONS}; add to PURE_METHODS what updates variables."


@pytest.mark.parametrize("by", ["name", "variable"])
def test_exclusion_from_weight_decay_is_seen(by):
    optimizer, kernel, bias = keras.optimizers.AdamW(), *(keras.Variable(0.0, name=name) for name in ("kernel", "bias"))
    assert is_decayed(optimizer, bias)
    optimizer.exclude_from_weight_decay(**({"var_names": ["bias"]} if by == "name" else {"var_list": [bias]}))
    assert [is_decayed(optimizer, weight) for weight in (kernel, bias)] == [True, False], (
        f"{VERSIONS} do not say by {DECAYS} what weight decay leaves out; programs would let it decay."
    )


def test_weights_of_an_optimizer_are_known():
    weights = [keras.Variable(0.0), keras.Variable(1.0)]
    optimizer = keras.optimizers.SGD()
    optimizer.build(weights)
    kept = getattr(optimizer, BUILT_FOR, None)
    assert kept == weights, f"optimizers keep their weights elsewhere in {VERSIONS}: see BUILT_FOR in _private.py."


def test_what_copies_of_optimizers_read_is_there():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    optimizer = keras.optimizers.AdamW(schedule)
    optimizer.exclude_from_weight_decay(var_list=[keras.Variable(0.0)])
    held = vars(optimizer)
    where = f"is kept elsewhere in {VERSIONS}: see _training/copies.py."
    assert held.get(LEARNING_RATE) is schedule, f"The schedule of an optimizer {where}"
    assert held.get(EXCLUDED_VARIABLES), f"What weight decay leaves out {where}"
    assert CACHE_OF_EXCLUDED in held, f"What an optimizer notes of what weight decay leaves out {where}"


def test_metrics_of_a_model_are_found_with_what_they_average():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[keras.metrics.BinaryAccuracy(threshold=0.3)], weighted_metrics=["mae"])
    whole, outputs = model.metrics[1], keras.KerasTensor((None, 1))
    whole.build(outputs, outputs)
    where = f"kept elsewhere in {VERSIONS}: see _training/_private.py."
    kept = [getattr(getattr(whole, name, [None])[0], "metrics", None) for name in (METRICS, WEIGHTED_METRICS)]
    assert kept == [[metric] for metric in whole.metrics], f"The metrics that a model was compiled with are {where}"
    accuracy = vars(whole.metrics[0])
    assert callable(accuracy.get(METRIC_FUNCTION)), f"The function that a metric averages is {where}"
    assert accuracy.get(METRIC_OPTIONS) == {"threshold": 0.3}, f"The options of that function are {where}"


@pytest.mark.parametrize("cls", sorted(OPTIMIZERS, key=lambda cls: cls.__name__), ids=lambda cls: cls.__name__)
def test_average_of_weights_is_found_by_its_name(cls):
    optimizer = pure_class(cls)(use_ema=True)
    optimizer.build([keras.Variable(np.zeros(3, np.float32), name="weights")])
    named = [v for v in optimizer.variables if v.name.endswith("_average")]
    assert len(named) == 1, f"{cls.__name__} names its moving average otherwise in {VERSIONS}: see _training/rule.py."
    assert named[0] is optimizer._model_variables_moving_average[0]


def test_walk_over_layers_finds_those_of_keras():
    inner = keras.layers.Bidirectional(keras.layers.LSTM(2))
    nested = keras.Sequential([keras.layers.Dense(2), keras.layers.TimeDistributed(keras.layers.Dense(3))])
    output = keras.layers.Dense(1, activation=keras.layers.ReLU())
    model = keras.Sequential([keras.Input((4, 2)), nested, inner, output])
    missed = {layer.name for layer in model._flatten_layers()} - {layer.name for layer in operations_of(model)}
    assert not missed, f"the layers {missed} are kept elsewhere in {VERSIONS}: see _training/eligibility.py."


# No other private name


def private_imports(tree):
    """Yield the private names of other packages that are imported, as (module, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.module.startswith("skhybrid"):
            for alias in node.names:
                if any(part.startswith("_") for part in [*node.module.split("."), alias.name] if part != "__future__"):
                    yield node.module, alias.name


def test_private_imports_are_those_of_the_list():
    found = {pair for name, tree in TREES.items() for pair in private_imports(tree)}
    assert found == set(OF_SCIKIT_LEARN)


def own_private_names():
    """Return the private names that the package itself gives: to functions, classes, attributes and modules."""
    names = {part for path in TREES for part in Path(path).with_suffix("").parts}
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names


OF_NAMED_TUPLES = {"_asdict", "_replace", "_fields"}  # documented, despite the underscore


def test_private_attributes_are_the_packages_own():
    known = own_private_names() | OF_NAMED_TUPLES
    found = {
        f"{path}: {node.attr}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
        if node.attr not in known
    }
    assert found == set(), (
        "private attributes of other packages belong into _training/_private.py, _validation.py or _progress.py"
    )
