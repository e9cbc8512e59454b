"""Keras' GRU and SimpleRNN in forms that train faster on a CPU, with the same weights and, to rounding, equal numbers.

TensorFlow has no operation for them as it has for the LSTM. So the steps are laid out one after another, without a
loop, in as few operations as they need; what does not wait for the step before is computed for all steps at once.
"""

from collections.abc import Callable
from typing import Any

from skhybrid._backend import keras, tf
from skhybrid._training._private import custom_gradient
from skhybrid._training.fast_recurrence import (
    LARGE_RECURRENCE,
    MAX_UNROLLED,
    has_several_threads,
    split_samples,
    to_sequences,
    to_steps,
    turn,
)


class Unrolled(keras.layers.RNN):
    """A recurrence whose steps are laid out one after another, where the options allow it."""

    units: int
    use_bias: bool
    dropout: float
    recurrent_dropout: float
    _run_steps: Callable[..., Any]

    def is_large(self, n_steps: int | None) -> bool:
        """Return whether windows of `n_steps`, None if not known, are worth a core for each half of the samples."""
        return n_steps is not None and n_steps * self.units > LARGE_RECURRENCE and n_steps <= MAX_UNROLLED

    def call(self, sequences, initial_state=None, mask=None, training=False):
        drops = self.dropout or self.recurrent_dropout  # Keras draws what to drop, in training or not
        n_steps = sequences.shape[1]
        if mask is not None or self.stateful or drops or n_steps is None or n_steps > MAX_UNROLLED:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        start = [] if initial_state is None else tf.nest.flatten(initial_state)
        if training and self.is_large(n_steps) and has_several_threads() and not start:
            outputs = tf.concat([self._run(half) for half in split_samples(sequences)], 0)
        else:
            outputs = self._run(sequences, *start)
        if not self.return_state:
            return outputs
        return outputs, outputs[:, -1] if self.return_sequences else outputs

    def _run(self, sequences, start=None):
        """Return the outputs of all steps, (sample, time, unit), or of the last."""
        steps = to_steps(sequences)
        if self.go_backwards:
            steps = tf.reverse(steps, [0])
        if start is None:
            start = tf.zeros([tf.shape(steps)[1], self.units])
        kernel, recurrent_kernel = self.cell.kernel.value, self.cell.recurrent_kernel.value
        bias = self.cell.bias.value if self.use_bias else tf.zeros([2, kernel.shape[1]])
        recurrence = _recurrence(self._run_steps, self.return_sequences)
        outputs = recurrence(steps, kernel, recurrent_kernel, tf.reshape(bias, [-1, kernel.shape[1]]), start)
        return to_sequences(outputs) if self.return_sequences else outputs


@keras.saving.register_keras_serializable("skhybrid")  # so that layers around it can be copied
class UnrolledGRU(Unrolled, keras.layers.GRU):
    """GRU with its reset gate after the product, as Keras has it."""

    @staticmethod
    def _run_steps(inputs, recurrent_kernel, bias, start):
        """Return the outputs, and the function that differentiates them; see `_recurrence`."""
        n_steps, n_units = inputs.shape[0], recurrent_kernel.shape[0]
        of_gates, of_candidate = (tf.unstack(part) for part in tf.split(inputs, [2 * n_units, n_units], 2))
        hidden, kept = start, []
        for t in range(n_steps):
            products = tf.nn.bias_add(tf.matmul(hidden, recurrent_kernel), bias)
            for_gates, for_candidate = tf.split(products, [2 * n_units, n_units], 1)
            update, reset = tf.split(tf.sigmoid(of_gates[t] + for_gates), 2, 1)
            candidate = tf.tanh(of_candidate[t] + reset * for_candidate)
            before, hidden = hidden, candidate + update * (hidden - candidate)
            kept.append((hidden, before, update, reset, candidate, for_candidate))

        def differentiate(d_outputs):
            update = [step[2] for step in kept]
            factors, of_candidate = _gru_factors(*map(tf.stack, zip(*(step[1:] for step in kept), strict=True)))
            factors, turned = tf.unstack(factors), turn(recurrent_kernel)

            def step_back(t, d):
                d_products = factors[t] * tf.concat([d, d, d], 1)
                return d_products, tf.matmul(d_products, turned) + update[t] * d

            d_hidden, d_products, d_start = _go_back(step_back, d_outputs)
            d_candidate = tf.reshape(of_candidate, [-1, n_units]) * tf.concat(d_hidden, 0)
            d_products = tf.concat(d_products, 0)
            return tf.concat([d_products[:, : 2 * n_units], d_candidate], 1), d_products, d_start

        return [step[0] for step in kept], differentiate


@keras.saving.register_keras_serializable("skhybrid")
class UnrolledSimpleRNN(Unrolled, keras.layers.SimpleRNN):
    """SimpleRNN with tanh."""

    @staticmethod
    def _run_steps(inputs, recurrent_kernel, bias, start):
        """Return the outputs, and the function that differentiates them; see `_recurrence`."""
        outputs = [start]
        for step in tf.unstack(inputs):
            outputs.append(tf.tanh(step + tf.matmul(outputs[-1], recurrent_kernel)))

        def differentiate(d_outputs):
            slopes, turned = tf.unstack(1 - tf.square(tf.stack(outputs[1:]))), turn(recurrent_kernel)

            def step_back(t, d):
                d_products = slopes[t] * d
                return d_products, tf.matmul(d_products, turned)

            _, d_products, d_start = _go_back(step_back, d_outputs)
            d_products = tf.concat(d_products, 0)
            return d_products, d_products, d_start

        return outputs[1:], differentiate


def _recurrence(run_steps: Callable[..., Any], return_sequences: bool) -> Callable[..., Any]:
    """Return the function from steps, (time, sample, feature), weights, biases and first state to the outputs.

    `run_steps` is called with the products of inputs and kernel, (time, sample, ...), the recurrent kernel, the bias of
    its products and the first state. It returns the outputs, a list with one for each step, and a function from their
    gradients, None for zeros, to those of both products, (time x sample, ...), and of the first state.
    """

    @custom_gradient
    def recurrence(steps, kernel, recurrent_kernel, bias, start):
        n_steps, _, n_features = steps.shape
        flat = tf.reshape(steps, [-1, n_features])  # (time x sample, feature)
        inputs = tf.nn.bias_add(tf.matmul(flat, kernel), bias[0])
        outputs, differentiate = run_steps(
            tf.reshape(inputs, [n_steps, -1, kernel.shape[1]]), recurrent_kernel, bias[-1], start
        )

        def gradient(d):
            d_outputs = tf.unstack(d) if return_sequences else [None] * (n_steps - 1) + [d]
            d_inputs, d_products, d_start = differentiate(d_outputs)
            before = tf.concat([start, *outputs[:-1]], 0)
            d_kernel = tf.matmul(flat, d_inputs, transpose_a=True)
            d_recurrent_kernel = tf.matmul(before, d_products, transpose_a=True)
            sums = [tf.raw_ops.BiasAddGrad(out_backprop=each) for each in (d_inputs, d_products)]
            d_steps = tf.reshape(tf.matmul(d_inputs, kernel, transpose_b=True), tf.shape(steps))
            return d_steps, d_kernel, d_recurrent_kernel, tf.stack(sums[: bias.shape[0]]), d_start

        return tf.stack(outputs) if return_sequences else outputs[-1], gradient

    return recurrence


def _gru_factors(before, update, reset, candidate, for_candidate):
    """Return what gradients of the outputs are multiplied by, (time, sample, ...): for products and for candidates."""
    rest = 1 - update
    of_candidate = rest * (1 - tf.square(candidate))
    of_update = (before - candidate) * update * rest
    of_product = of_candidate * reset
    return tf.concat([of_update, of_product * for_candidate * (1 - reset), of_product], 2), of_candidate


def _go_back(step_back, d_outputs):
    """Return the gradients of outputs and of products, lists with one for each step, and that of the first state."""
    d, d_hidden, d_products = d_outputs[-1], [], []
    for t in reversed(range(len(d_outputs))):
        d_hidden.append(d)
        of_products, d = step_back(t, d)
        d_products.append(of_products)
        if t and d_outputs[t - 1] is not None:
            d += d_outputs[t - 1]
    return d_hidden[::-1], d_products[::-1], d
