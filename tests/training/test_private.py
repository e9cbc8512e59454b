"""What is private to Keras and TensorFlow: that it is there, and what happens where it is not."""

import builtins
import sys
from functools import partial

import numpy as np
import pytest
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python.eager import context

from skhybrid import DenseClassifier, DenseRegressor
from skhybrid._backend import keras, tf
from skhybrid._training._private import (
    custom_gradient,
    find_missing,
    forget_kernels,
    own_names,
    without_values,
)


def test_nothing_is_missing():
    assert find_missing() == ""


# Where something is missing


def forbid(monkeypatch, module):
    """Have the import of a module fail, as where a version lacks it."""
    for name in list(sys.modules):
        if f"{name}.".startswith(f"{module}."):
            monkeypatch.setitem(sys.modules, name, None)


def forbid_statements(monkeypatch, module):
    """The same, by the function that import statements call."""
    real = builtins.__import__

    def importing(name, *args, **kwargs):
        if f"{name}.".startswith(f"{module}."):
            raise ImportError(f"no {name} here")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importing)


LACKS = {
    "global state": lambda m: forbid(m, "keras.src.backend.common.global_state"),
    "global state by statement": lambda m: forbid_statements(m, "keras.src.backend.common.global_state"),
    "recording": lambda m: forbid(m, "tensorflow.python.eager.record"),
    "eager by statement": lambda m: forbid_statements(m, "tensorflow.python.eager"),
    "executor": lambda m: m.delattr(context, "function_executor_type"),
    "pure update": lambda m: m.delattr(BaseOptimizer, "_backend_update_step"),
    "pure apply": lambda m: m.delattr(BaseOptimizer, "stateless_apply"),
}


@pytest.fixture(params=LACKS.values(), ids=LACKS)
def lacking(request, monkeypatch):
    """Something that programs need is gone."""
    request.param(monkeypatch)


@pytest.fixture(scope="module")
def windows():
    return 5 + np.random.default_rng(0).normal(size=(30, 6, 2))


OPTIONS = [{"window_norm": "last"}, {"early_stopping": True, "optimizer": "adamw"}]
# The smallest network: each fit has Keras trace its loop anew, which is all of the time that it takes. No other test
# has it, so that no program of it waits in the cache.
small_dense = partial(DenseRegressor, (), epochs=2, random_state=0)


@pytest.fixture(scope="module", params=OPTIONS, ids=str)
def options(request):
    return request.param


@pytest.fixture(scope="module")
def expected(windows, options):
    """Predictions of a network that Keras trained with nothing missing."""
    return small_dense(**options, engine="keras").fit(windows, windows[:, -1, 0]).predict(windows)


def test_network_trains_in_keras_loop_and_says_why(windows, options, expected, lacking):
    model = small_dense(**options).fit(windows, windows[:, -1, 0])
    assert model.engine_.startswith("keras: this version of Keras or TensorFlow lacks ")
    np.testing.assert_array_equal(model.predict(windows), expected)


@pytest.mark.usefixtures("lacking")
def test_compiled_engine_is_refused_with_the_reason(windows):
    with pytest.raises(ValueError, match=r"engine='compiled' needs .* but this version of Keras or TensorFlow lacks"):
        DenseClassifier((), epochs=1, engine="compiled").fit(windows, windows[:, -1, 0] > 5)


def test_package_imports_and_trains_without_private_modules(run_python):
    code = """
    import builtins, sys
    import tensorflow, keras
    for name in list(sys.modules):
        if name.startswith(("tensorflow.python.eager", "keras.src.backend.common.global_state")):
            sys.modules[name] = None
    import numpy as np
    from skhybrid import GRURegressor
    X = np.random.default_rng(0).normal(size=(30, 6, 1))
    model = GRURegressor(2, epochs=1, random_state=0).fit(X, X[:, -1, 0])
    print(model.predict(X).shape, model.engine_)
    """
    done = run_python(code)
    assert done.stdout.startswith("(30,) keras: this version of Keras or TensorFlow lacks "), done.stderr


def test_kernels_are_forgotten_without_a_context(monkeypatch):
    monkeypatch.delattr(context, "context")
    forget_kernels()


# What is made of it


def test_own_names_start_afresh_and_leave_the_users_count():
    name = keras.layers.ZeroPadding1D().name  # which no network here uses
    with own_names():
        assert [keras.layers.ZeroPadding1D().name for _ in range(2)] == ["zero_padding1d", "zero_padding1d_1"]
    following = keras.layers.ZeroPadding1D().name
    assert following != name
    assert following.startswith("zero_padding1d_")


def test_variables_without_values_stay_so():
    layer = keras.layers.Dense(2)
    with without_values():
        layer.build((None, 3))
    with keras.StatelessScope():
        pass  # at its end, Keras fills the variables that it knows to wait for a value
    assert layer.kernel.shape == (3, 2)
    assert layer.kernel._value is None


def test_custom_gradient_is_taken_in_a_graph():
    @custom_gradient
    def product(a, b):
        return a * b, lambda d_output: (10 * d_output, 100 * d_output)

    @tf.function
    def differentiate(a, b):
        with tf.GradientTape() as tape:
            tape.watch((a, b))
            output = 2 * product(a, b)
        return output, *tape.gradient(output, (a, b))

    assert [float(value) for value in differentiate(tf.constant(3.0), tf.constant(4.0))] == [24, 20, 200]
