"""Networks compiled as pure functions: weights, optimizer and dropout state go in and come out as tensors.

A program has no variables of its own to train, so that all fits of one architecture share it, in all threads, and
nothing is traced again for another fold, another seed, another length of data or another batch size.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from skhybrid._backend import keras, tf
from skhybrid._training._private import executor_type, without_values
from skhybrid._training.description import OF_VARIABLES
from skhybrid._training.eligibility import NotServedError, averages_rows
from skhybrid._training.fast_layers import fuse, has_large_layer, let_steps_pass
from skhybrid._training.fast_recurrence import has_several_threads
from skhybrid._training.inputs import specs_of
from skhybrid._training.metrics import Metrics
from skhybrid._training.rule import Rule

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
        self._concrete: Any = None

    def trace(self):
        """Compile the function, unless it is."""
        if self._concrete is None:  # kept, as to look for it takes as long as to predict
            with executor_type(self._executor):  # whose loops have a form of their own
                self._concrete = self._graph.get_concrete_function()

    def __call__(self, *arguments):
        self.trace()
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
    """Training, evaluation and prediction of one architecture with one loss, one optimizer and the same metrics.

    Parameters
    ----------
    model : keras.Model
        A compiled model of the architecture. The program copies what it needs, not its weights.

    Raises
    ------
    NotServedError
        If a copy of the model has other variables.
    """

    def __init__(self, model):
        uncompiled = keras.Model(model.inputs, model.outputs)  # or its copy would be compiled as well
        with _python_random_kept(), without_values():
            self.network = keras.models.clone_model(uncompiled, clone_function=fuse)
        let_steps_pass(self.network)
        self.trained = _copy_flags(model.variables, self.network.variables)
        self.loss, self.metrics = _loss_object(model.loss), Metrics(model)
        self.averages_rows = averages_rows(self.loss) and not self.metrics.n_sums  # whichever batches there are
        weights, state = self.divide(model.variables)
        self.rule = Rule(model.optimizer, weights, self.divide(self.network.variables)[0])

        is_large = has_large_layer(self.network)
        X, y = specs_of(model), tf.TensorSpec((None, *model.output_shape[1:]))
        w, size = tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)
        packed, slots = self.rule.weight_specs, self.rule.slot_specs
        state = [tf.TensorSpec(v.shape, v.dtype) for v in state]
        graph = partial(Graph, is_shared_out=is_large and has_several_threads())
        self.train = graph(self._train, packed, slots, state, X, y, w, size, size, is_optimized=is_large)
        self.evaluate = graph(self._evaluate, packed, state, X, y, w, is_optimized=is_large)
        # To predict, the model's variables are read where they are: to hand them over takes longer than to predict.
        handles = [tf.TensorSpec([], tf.resource)] * len(model.variables)
        self.forward = graph(self._forward, handles, X, is_optimized=True)

    def divide(self, variables):
        """Return those of the model's variables, or of their values, that are trained, and the others."""
        pairs = [*zip(variables, self.trained, strict=True)]
        return [v for v, trained in pairs if trained], [v for v, trained in pairs if not trained]

    def _train(self, packed, slots, state, X, y, w, batch_size, epoch_size):
        """Train on consecutive batches of consecutive epochs, of `epoch_size` rows each.

        Return weights, slots, state and, of each epoch, the sum of the rows' losses and those of the metrics.
        """
        n_rows = tf.shape(y)[0]
        n_epochs = n_rows // epoch_size

        def step(start, totals, packed, slots, state):
            epoch = start // epoch_size
            stop = tf.minimum(start + batch_size, (epoch + 1) * epoch_size)
            rows = tf.reshape(start, [1]), tf.reshape(stop, [1]), [1]  # once; X[start:stop] makes them for each array
            X_batch, y_batch, w_batch = tf.nest.map_structure(lambda a: tf.strided_slice(a, *rows), (X, y, w))
            parts = self.rule.parts(packed)
            with tf.GradientTape() as tape:
                tape.watch(parts)
                loss, outputs, state = self._loss(parts, state, X_batch, y_batch, w_batch, training=True)
                scaled = self.rule.optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, parts)
            self._check_gradients(gradients)
            packed, slots = self.rule.apply(slots, gradients, packed)
            sums = [loss * tf.cast(stop - start, tf.float32), *self.metrics.sum(y_batch, outputs, w_batch)]
            in_epoch = tf.one_hot(epoch, n_epochs)
            totals = [total + in_epoch * each for total, each in zip(totals, sums, strict=True)]
            return stop, totals, list(packed), list(slots), list(state)

        zeros = [tf.zeros([n_epochs])] * (1 + self.metrics.n_sums)
        first = [tf.constant(0), zeros, packed, slots, state]
        _, totals, packed, slots, state = tf.while_loop(lambda start, *_: start < n_rows, step, first)
        return packed, slots, state, totals

    def _evaluate(self, packed, state, X, y, w):
        """Return sums as of training, and the new state: some layers draw, though they drop nothing here."""
        loss, outputs, state = self._loss(self.rule.parts(packed), state, X, y, w, training=False)
        return [loss * tf.cast(tf.shape(y)[0], tf.float32), *self.metrics.sum(y, outputs, w)], list(state)

    def _forward(self, handles, X):
        values = []
        for handle, variable in zip(handles, self.network.variables, strict=True):
            value = tf.raw_ops.ReadVariableOp(resource=handle, dtype=variable.dtype)
            value.set_shape(variable.shape)
            values.append(value)
        return self.network.stateless_call(*self.divide(values), X, training=False)[0]

    def _loss(self, parts, state, X, y, w, *, training):
        """Return the loss of a batch, as Keras reduces it, the outputs and the new state."""
        outputs, state, penalties = self.network.stateless_call(parts, state, X, training=training, return_losses=True)
        loss = tf.add_n([self.loss(y, outputs, sample_weight=w), *map(tf.convert_to_tensor, penalties)])
        return loss, outputs, state

    def _check_gradients(self, gradients):
        """Refuse weights that no gradient reaches, which Keras leaves as they are, and says so; and sparse gradients.

        Keras' optimizers square the parts of a sparse gradient before they add those of one row up, so that all but SGD
        and Lion move a weight otherwise than by a dense one.
        """
        for gradient, weight in zip(gradients, self.divide(self.network.variables)[0], strict=True):
            if gradient is None:
                raise NotServedError(f"no gradient reaches {weight.path!r}")
            if isinstance(gradient, tf.IndexedSlices):
                raise NotServedError(f"{weight.path!r} has sparse gradients")


def _copy_flags(variables, copies):
    """Have a network's copy train the same variables in the same bounds; return which."""
    if [(v.shape, v.dtype) for v in variables] != [(v.shape, v.dtype) for v in copies]:
        raise NotServedError("a copy of it has other variables")
    for variable, copy in zip(variables, copies, strict=True):
        for name in OF_VARIABLES:
            setattr(copy, name, getattr(variable, name))
    return [variable.trainable for variable in variables]


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
        self.call = self.fn = function  # named as in Keras' own losses


def _loss_object(loss):
    loss = keras.losses.get(loss)
    return loss if isinstance(loss, keras.losses.Loss) else _FunctionLoss(loss)
