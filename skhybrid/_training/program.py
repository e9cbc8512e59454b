"""Networks compiled as pure functions: weights, optimizer and dropout state go in and come out as tensors.

A program has no variables of its own to train, so that all fits of one architecture share it, in all threads, and
nothing is traced again for another fold, another seed, another length of data or another batch size.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from skhybrid._backend import keras, tf
from skhybrid._training._private import executor_type, pure_class, without_values
from skhybrid._training.fast_layers import fuse, has_large_layer, let_steps_pass
from skhybrid._training.fast_recurrence import has_several_threads
from skhybrid._training.state import all_variables

_WITHOUT_OPTIMIZER = tf.compat.v1.ConfigProto()
_WITHOUT_OPTIMIZER.graph_options.rewrite_options.disable_meta_optimizer = True

_LOCK = threading.Lock()
_n_builds = 0


def count_builds() -> int:
    """Return how many graphs have been compiled in this process: to train, to evaluate or to predict."""
    return _n_builds


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
            with executor_type(self._executor):  # whose loops have a form of their own
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
        rate, keeps_average = self.optimizer.learning_rate, self.optimizer.use_ema
        self.rate_slot = _position(self.optimizer.variables, lambda v: v is rate)
        self.average_slot = _position(self.optimizer.variables, lambda v: keeps_average and v.name.endswith("_average"))

        weights = tf.TensorSpec([sum(self.sizes)])
        slots, state = ([_spec(v) for v in vs] for vs in (self.first_slots, model.non_trainable_variables))
        X, y = (tf.TensorSpec((None, *shape[1:])) for shape in (model.input_shape, model.output_shape))
        w, size = tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)
        graph = partial(Graph, is_shared_out=is_large and has_several_threads())
        self.train = graph(self._train, weights, slots, state, X, y, w, size, size, is_optimized=is_large)
        self.evaluate = graph(self._evaluate, weights, state, X, y, w, is_optimized=is_large)
        # To predict, the model's variables are read where they are: to hand them over takes longer than to predict.
        handles = [tf.TensorSpec([], tf.resource)] * len(all_variables(model))
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
        for handle, variable in zip(handles, all_variables(self.network), strict=True):
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


def _make_pure(optimizer, n_weights):
    """Return the optimizer's rule for one flat vector, with Keras' pure update instead of TensorFlow's in place."""
    rule = pure_class(type(optimizer)).from_config(optimizer.get_config())
    rule.build([keras.Variable(np.zeros(n_weights, np.float32), name="weights")])
    return rule


def _reshape(a, shape):
    return a if a.shape == shape else tf.reshape(a, shape)


def _spec(value):
    return tf.TensorSpec(value.shape, value.dtype)


def _position(items, is_it):
    return next((i for i, item in enumerate(items) if is_it(item)), None)


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
