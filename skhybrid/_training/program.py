"""Networks compiled as pure functions: weights, optimizer and dropout state go in and come out as tensors.

A program has no variables of its own to train, so that all fits of one architecture share it, in all threads, and
nothing is traced again for another fold, another seed, another length of data or another batch size.
"""

import json
import random
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import forget_kernels, function_executor_type, keras, own_names, tf, without_values
from skhybrid._training.fast_layers import fuse, has_large_layer, has_several_threads, let_steps_pass

MAX_PROGRAMS = 64  # one holds some MB

_WITHOUT_OPTIMIZER = tf.compat.v1.ConfigProto()
_WITHOUT_OPTIMIZER.graph_options.rewrite_options.disable_meta_optimizer = True

# Optimizers whose rule treats each number alike, so that one flat vector can stand for all weights.
ELEMENTWISE = {
    getattr(keras.optimizers, name)
    for name in ("SGD", "RMSprop", "Adam", "AdamW", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion")
}


class Graph:
    """A function compiled to a graph at its first call, for arrays of any length.

    It runs in the thread that calls it, unless it `is_shared_out`: TensorFlow's usual executor hands operations over to
    other threads, which takes longer than most operations of a small network do. The other cores are there for other
    fits (``n_jobs=2``).

    Unless it `is_optimized`, TensorFlow leaves out its optimizer of graphs: for a small network that is trained, it
    takes longer than it spares.
    """

    def __init__(self, function, *signature, is_shared_out, is_optimized):
        self._function = function
        self._config = b"" if is_optimized else _WITHOUT_OPTIMIZER.SerializeToString()
        self._executor = "" if is_shared_out else "SINGLE_THREADED_EXECUTOR"
        self._graph = tf.function(self._trace, input_signature=signature, autograph=False)
        self._concrete = None

    def __call__(self, *arguments):
        if self._concrete is None:  # kept, as to look for it takes as long as to predict
            with function_executor_type(self._executor):  # whose loops have a form of their own
                self._concrete = self._graph.get_concrete_function()
        if not self._executor:
            return self._concrete(*arguments)
        # TensorFlow would call the function itself in another thread, which takes longer than this operation.
        outputs = tf.raw_ops.StatefulPartitionedCall(
            args=[*tf.nest.flatten(arguments), *self._concrete.captured_inputs],
            Tout=[output.dtype for output in self._concrete.outputs],
            f=self._concrete,
            executor_type=self._executor,
            config_proto=self._config,
        )
        return tf.nest.pack_sequence_as(self._concrete.structured_outputs, outputs)

    def _trace(self, *arguments):
        global _n_builds
        with _LOCK:
            _n_builds += 1
        return self._function(*arguments)


class Program:
    """Training, evaluation and prediction of one architecture with one loss and one optimizer.

    Parameters
    ----------
    model : keras.Model
        A compiled model of the architecture. The program copies what it needs, not its weights.
    """

    def __init__(self, model):
        uncompiled = keras.Model(model.inputs, model.outputs)  # or its copy would be compiled as well
        with _python_random_kept(), without_values():
            self.network = keras.models.clone_model(uncompiled, clone_function=fuse)
        let_steps_pass(self.network)
        is_large = has_large_layer(self.network)
        self.shapes = [tuple(v.shape) for v in model.trainable_variables]
        self.sizes = [int(np.prod(shape)) for shape in self.shapes]
        self.loss = _loss_object(model.loss)
        self.optimizer = _make_pure(model.optimizer, sum(self.sizes))
        self.first_slots = [v.numpy() for v in self.optimizer.variables]
        self.rate_slot = _position(self.optimizer._learning_rate, self.optimizer.variables)
        averages = self.optimizer._model_variables_moving_average if self.optimizer.use_ema else [None]
        self.average_slot = _position(averages[0], self.optimizer.variables)

        weights = tf.TensorSpec([sum(self.sizes)])
        slots, state = ([_spec(v) for v in vs] for vs in (self.first_slots, _state_variables(model)))
        X, y = (tf.TensorSpec((None, *shape[1:])) for shape in (model.input_shape, model.output_shape))
        w, size = tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)
        graph = partial(Graph, is_shared_out=is_large and has_several_threads())
        self.train = graph(self._train, weights, slots, state, X, y, w, size, size, is_optimized=is_large)
        self.evaluate = graph(self._evaluate, weights, state, X, y, w, is_optimized=is_large)
        # To predict, the model's variables are read where they are: to hand them over takes longer than to predict.
        handles = [tf.TensorSpec([], tf.resource)] * len(_all_variables(model))
        self.forward = graph(self._forward, handles, X, is_optimized=True)

    def _train(self, weights, slots, state, X, y, w, batch_size, epoch_size):
        """Train on consecutive batches of consecutive epochs, of `epoch_size` rows each.

        Return weights, slots, state and the sum of the rows' losses in each epoch.
        """
        n_rows = tf.shape(X)[0]
        n_epochs = n_rows // epoch_size

        def step(start, totals, weights, slots, state):
            epoch = start // epoch_size
            stop = tf.minimum(start + batch_size, (epoch + 1) * epoch_size)
            rows = tf.reshape(start, [1]), tf.reshape(stop, [1]), [1]  # once; X[start:stop] makes them for each array
            batch = [tf.strided_slice(a, *rows) for a in (X, y, w)]
            parts = self._split(weights)
            with tf.GradientTape() as tape:
                tape.watch(parts)
                loss, state = self._loss(parts, state, *batch, training=True)
            gradients = tape.gradient(loss, parts, unconnected_gradients="zero")
            gradient = tf.concat([_reshape(g, (size,)) for g, size in zip(gradients, self.sizes, strict=True)], 0)
            (weights,), slots = self.optimizer.stateless_apply(slots, [gradient], [weights])
            total = loss * tf.cast(stop - start, tf.float32)
            return stop, totals + tf.one_hot(epoch, n_epochs) * total, weights, list(slots), list(state)

        first = [tf.constant(0), tf.zeros([n_epochs]), weights, slots, state]
        _, totals, weights, slots, state = tf.while_loop(lambda start, *_: start < n_rows, step, first)
        return weights, slots, state, totals

    def _evaluate(self, weights, state, X, y, w):
        """Return the sum of the rows' losses."""
        loss, _ = self._loss(self._split(weights), state, X, y, w, training=False)
        return loss * tf.cast(tf.shape(X)[0], tf.float32)

    def _forward(self, handles, X):
        values = []
        for handle, variable in zip(handles, _all_variables(self.network), strict=True):
            value = tf.raw_ops.ReadVariableOp(resource=handle, dtype=variable.dtype)
            value.set_shape(variable.shape)
            values.append(value)
        n_weights = len(self.shapes)
        return self.network.stateless_call(values[:n_weights], values[n_weights:], X, training=False)[0]

    def _loss(self, parts, state, X, y, w, *, training):
        """Return the loss of a batch, as Keras reduces it, and the new state."""
        outputs, state, penalties = self.network.stateless_call(parts, state, X, training=training, return_losses=True)
        return tf.add_n([self.loss(y, outputs, sample_weight=w), *map(tf.convert_to_tensor, penalties)]), state

    def _split(self, weights):
        """Return the weights as the network's layers have them."""
        return [_reshape(part, shape) for part, shape in zip(tf.split(weights, self.sizes), self.shapes, strict=True)]


def program_of(model: Any) -> Program | None:
    """Return the program of a compiled model, or None where only Keras' own loops are right."""
    if model not in _PROGRAM_OF:
        _PROGRAM_OF[model] = None if why_not(model) else _find_or_build(model)
    return _PROGRAM_OF[model]


def _find_or_build(model):
    """Return the program of the model's architecture, loss and optimizer."""
    key = (_describe(model), _describe_loss(model.loss), _describe_optimizer(model.optimizer), has_several_threads())
    with _LOCK:
        if key not in _PROGRAMS:
            with own_names():
                _PROGRAMS[key] = Program(model)
        _PROGRAMS.move_to_end(key)
        if len(_PROGRAMS) > MAX_PROGRAMS:
            while len(_PROGRAMS) > MAX_PROGRAMS // 2:  # many at once, as the others' kernels are made again
                _PROGRAMS.popitem(last=False)
            forget_kernels()
        return _PROGRAMS[key]


class TrainingState:
    """The numbers of a model while a program trains it: weights, the optimizer's slots, other state.

    Parameters
    ----------
    model : keras.Model
        A compiled model.

    program : Program
        Its program.
    """

    def __init__(self, model, program):
        self.model, self.program = model, program
        self.slots = _SLOTS_OF.get(model, program.first_slots)
        self.read_model()

    def read_model(self):
        """Take weights, state and learning rate from the model, where callbacks may have changed them."""
        self.weights = np.concatenate([v.numpy().ravel() for v in self.model.trainable_variables])
        self.state = [v.numpy() for v in self.model.non_trainable_variables]
        if self.program.rate_slot is not None:
            self.slots = list(self.slots)
            self.slots[self.program.rate_slot] = self.model.optimizer.learning_rate.numpy()

    def train(self, X, y, w, batch_size, epoch_size):
        """Train on consecutive batches of consecutive epochs; return the sum of the rows' losses in each epoch."""
        self.weights, self.slots, self.state, totals = self.program.train(
            self.weights, self.slots, self.state, X, y, w, np.int32(batch_size), np.int32(epoch_size)
        )
        return totals.numpy().astype(float)

    def evaluate(self, X, y, w):
        """Return the sum of the rows' losses."""
        return float(self.program.evaluate(self.weights, self.state, X, y, w))

    def write_model(self):
        """Put the weights and all other state into the model."""
        parts = np.split(np.asarray(self.weights), np.cumsum(self.program.sizes)[:-1])
        weights = [part.reshape(shape) for part, shape in zip(parts, self.program.shapes, strict=True)]
        for variable, value in zip(_all_variables(self.model), [*weights, *self.state], strict=True):
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)
        _SLOTS_OF[self.model] = [np.asarray(slot) for slot in self.slots]

    def finish(self):
        """Put the moving average of the weights into the model, as Keras does, where the optimizer keeps one."""
        if self.program.average_slot is not None:
            self.read_model()
            self.weights = self.slots[self.program.average_slot]
            self.write_model()


def predict(model: Any, program: Program, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the model's outputs for X."""
    if model not in _HANDLES_OF:
        _HANDLES_OF[model] = [variable.handle for variable in _all_variables(model)]
    return program.forward(_HANDLES_OF[model], tf.constant(X)).numpy()


def get_slots(model: Any) -> list[NDArray[Any]] | None:
    """Return the optimizer's state after a program has trained the model, None before."""
    return _SLOTS_OF.get(model)


def set_slots(model: Any, slots: list[NDArray[Any]] | None) -> None:
    """Put back what `get_slots` gave; with None, the next training starts with the optimizer's first state."""
    if slots is None:
        _SLOTS_OF.pop(model, None)
    else:
        _SLOTS_OF[model] = slots


def clear_caches() -> None:
    """Forget all compiled programs."""
    with _LOCK:
        _PROGRAMS.clear()
        forget_kernels()


def count_builds() -> int:
    """Return how many graphs have been compiled in this process: to train, to evaluate or to predict."""
    return _n_builds


def why_not(model: Any) -> str:
    """Return why a program would not give the same results as Keras' own loops, or "" where it does."""
    layers = list(model._flatten_layers())  # the model is the first
    own = [layer for layer in layers if not type(layer).__module__.startswith("keras.")]
    own += [layer for layer in layers[1:] if any(map(_is_foreign, vars(layer).values()))]
    if own:
        return f"{own[0].name!r} has Python code of its own"
    if adapted := [layer for layer in layers if hasattr(layer, "adapt")]:
        return f"{adapted[0].name!r} may hold what it learned of data elsewhere, which a copy of it would lack"
    if not model.compiled:
        return "it has no loss and no optimizer"
    if not len(model.inputs) == len(model.outputs) == 1:
        return "it has more than one input or output"
    if not _is_elementwise(model.optimizer):
        return f"the optimizer {type(model.optimizer).__name__}, or an option of it, does not treat each number alone"
    if keras.backend.backend() != "tensorflow":
        return f"Keras runs on {keras.backend.backend()!r}, not on 'tensorflow'"
    if tf.config.list_physical_devices("GPU"):
        return "there is a GPU"
    return ""


# What is kept for a model as long as it lives: its program, None where there is none, where its variables are, and the
# optimizer's state.
_PROGRAM_OF: WeakKeyDictionary[Any, Program | None] = WeakKeyDictionary()
_HANDLES_OF: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
_SLOTS_OF: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
_PROGRAMS: OrderedDict[Any, Program] = OrderedDict()
_LOCK = threading.Lock()
_n_builds = 0


def _all_variables(model):
    """Return the weights to train, and then all other state."""
    return [*model.trainable_variables, *_state_variables(model)]


def _state_variables(model):
    """Return what training changes beside the weights: moving statistics, dropout's generators."""
    return model.non_trainable_variables


def _reshape(a, shape):
    return a if a.shape == shape else tf.reshape(a, shape)


def _spec(value):
    return tf.TensorSpec(value.shape, value.dtype)


def _position(item, items):
    return next((i for i, other in enumerate(items) if other is item), None)


@contextmanager
def _python_random_kept() -> Iterator[None]:
    """Leave Python's random numbers as they were: copying a layer, Keras draws seeds from them that nothing uses."""
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)


class _FunctionLoss(keras.losses.Loss):
    """A loss function, reduced as Keras reduces it."""

    def __init__(self, function):
        super().__init__(name="loss")
        self.call = function


def _loss_object(loss):
    loss = keras.losses.get(loss)
    return loss if isinstance(loss, keras.losses.Loss) else _FunctionLoss(loss)


def _describe_loss(loss):
    """Return what tells a loss from others: a name, a function or an instance of the user's."""
    if isinstance(loss, keras.losses.Loss) and type(loss).__module__.startswith("keras."):
        return type(loss), str({**loss.get_config(), "name": None})
    return loss


def _make_pure(optimizer, n_weights):
    """Return the optimizer's rule for one flat vector, with Keras' pure update instead of TensorFlow's in place."""
    lineage = {cls.__name__: cls for cls in type(optimizer).__mro__}
    base, in_place = lineage["BaseOptimizer"], vars(lineage["TFOptimizer"])
    pure = {name: getattr(base, name) for name in in_place if hasattr(base, name) and not name.startswith("__")}
    rule_class: Any = type(f"Pure{type(optimizer).__name__}", (type(optimizer),), pure)
    rule = rule_class.from_config(optimizer.get_config())
    rule.build([keras.Variable(np.zeros(n_weights, np.float32), name="weights")])
    return rule


def _is_elementwise(optimizer):
    config = optimizer.get_config()
    wholes = ("clipnorm", "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps")
    excludes = getattr(optimizer, "_exclude_from_weight_decay_names", None) or getattr(
        optimizer, "_exclude_from_weight_decay", None
    )
    return type(optimizer) in ELEMENTWISE and not excludes and not any(config.get(name) for name in wholes)


def _is_foreign(value):
    """Tell whether a layer's attribute is a function or object of the user's, of which a name says too little."""
    return callable(value) and not str(getattr(value, "__module__", "")).startswith("keras")


def _describe_optimizer(optimizer):
    config = {**optimizer.get_config(), "name": None}
    if isinstance(config["learning_rate"], float):  # a value that goes in, not a part of the program
        config["learning_rate"] = None
    return type(optimizer), str(config)


def _describe(model):
    """Return the architecture as text, without what differs between two builds of it: seeds and counted names."""
    text = re.sub(r'"seed": \d+', '"seed": 0', json.dumps(model.get_config()))
    for i, name in enumerate(layer.name for layer in model._flatten_layers()):
        if re.search(r"_\d+$", name):
            text = text.replace(f'"{name}"', f'"#{i}"')
    return text
