"""Keras' LSTM in a form that trains faster on a CPU, with the same weights and, to rounding, the same numbers.

What an operation costs here is mostly its start, and most of all where it wakes a sleeping thread. So it uses few
operations, and avoids those that are shared out over threads however small they are.
"""

from functools import partial
from itertools import islice
from typing import Any

import joblib

from skhybrid._backend import keras, tf
from skhybrid._training._private import custom_gradient

# Where the steps of a window times the units exceed it, an LSTM's backward pass in its parts is faster than
# TensorFlow's own; below, nothing is gained for the longer time to build it.
LARGE_RECURRENCE = 2048
STEPS_AT_ONCE = 16  # of a large LSTM on one core: their gradients still are in its cache when products take them
MAX_UNROLLED = 256  # steps; each makes the graph longer, and the time to build it


@keras.saving.register_keras_serializable("skhybrid")  # so that layers around it can be copied
class FusedLSTM(keras.layers.LSTM):
    """LSTM in one operation of TensorFlow instead of a loop over the steps, where the options allow it."""

    def is_large(self, n_steps: int | None) -> bool:
        """Return whether windows of `n_steps`, None if not known, are worth a backward pass in parts."""
        return n_steps is not None and n_steps * self.units > LARGE_RECURRENCE and n_steps <= MAX_UNROLLED

    def call(self, sequences, initial_state=None, mask=None, training=False):
        drops = self.dropout or self.recurrent_dropout  # Keras draws what to drop, in training or not
        if mask is not None or self.stateful or drops or sequences.shape[1] is None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        kernel, recurrent_kernel = self.cell.kernel.value, self.cell.recurrent_kernel.value
        if n_more := sequences.shape[2] % 2:
            # TensorFlow warns of an odd number of features, which it computes slowly: one of zeros makes it even.
            sequences = tf.pad(sequences, [[0, 0], [0, 0], [0, n_more]])
            kernel = tf.pad(kernel, [[0, n_more], [0, 0]])
        weights = tf.concat([kernel, recurrent_kernel], 0)
        bias = self.cell.bias.value if self.use_bias else tf.zeros([4 * self.units])
        start = () if initial_state is None else tuple(initial_state)
        in_parts = training and self.is_large(sequences.shape[1]) and not start
        outputs = (self._run_in_parts if in_parts else self._run)(sequences, weights, bias, *start)
        if not self.return_state:
            return outputs
        outputs, cell = outputs[:, :-1], outputs[:, -1]
        hidden = outputs[:, -1]
        return (outputs if self.return_sequences else hidden), hidden, cell

    def _run_in_parts(self, sequences, weights, bias):
        """Return the outputs by an operation whose gradient is computed in parts."""
        if not has_several_threads():
            in_parts = partial(_differentiate_in_parts, STEPS_AT_ONCE)
            return self._run(sequences, weights, bias, differentiate=in_parts)
        in_parts = partial(_differentiate_in_parts, sequences.shape[1])
        halves = [self._run(half, weights, bias, differentiate=in_parts) for half in split_samples(sequences)]
        return tf.concat(halves, 0)

    def _run(self, sequences, weights, bias, *start, differentiate=None):
        """Return the outputs of all steps, (sample, time, unit), or of the last; with them, the last cell's state."""
        if self.units % 2:  # it warns of odd units with an odd number of samples as well
            n_samples = tf.shape(sequences)[0]
            sequences = tf.pad(sequences, [[0, n_samples % 2], [0, 0], [0, 0]])
            start = tuple(tf.pad(state, [[0, n_samples % 2], [0, 0]]) for state in start)
        steps = to_steps(sequences)
        if self.go_backwards:
            steps = tf.reverse(steps, [0])
        lstm = _lstm(self.return_sequences, self.return_state, differentiate or _differentiate_at_once)
        outputs = lstm(steps, weights, bias, *start)
        outputs = to_sequences(outputs) if self.return_sequences or self.return_state else outputs
        return outputs[:n_samples] if self.units % 2 else outputs


def has_several_threads() -> bool:
    """Return whether this process has several cores, and TensorFlow leave to use them."""
    pools = tf.config.threading
    sizes = (pools.get_intra_op_parallelism_threads(), pools.get_inter_op_parallelism_threads())  # 0: as many as cores
    return joblib.cpu_count() > 1 and 1 not in sizes


def split_samples(sequences: Any) -> list[Any]:
    """Return two halves of the samples, one for each of two cores."""
    n_samples = tf.shape(sequences)[0]
    return tf.split(sequences, [n_samples - n_samples // 2, n_samples // 2])


def to_steps(sequences: Any) -> Any:
    """Return sequences, (sample, time, feature), as (time, sample, feature); tf.transpose would wake all threads."""
    if hasattr(sequences, "_steps"):
        return sequences._steps
    n_steps, n_features = sequences.shape[1:]
    joined = tf.reshape(sequences, [1, -1, n_features])
    return tf.raw_ops.SpaceToBatchND(input=joined, block_shape=[n_steps], paddings=[[0, 0]])


def to_sequences(steps: Any) -> Any:
    """Return steps, (time, sample, feature), as (sample, time, feature), from which `to_steps` gets them back."""
    n_steps, _, n_features = steps.shape
    joined = tf.raw_ops.BatchToSpaceND(input=steps, block_shape=[n_steps], crops=[[0, 0]])
    sequences = tf.reshape(joined, [-1, n_steps, n_features])
    # Kept on the tensor itself, as Keras keeps its masks: nothing else lives as long as a tensor of a graph.
    sequences._steps = steps
    return sequences


def _lstm(return_sequences, return_state, differentiate):
    """Return the function from steps, (time, sample, feature), weights, bias and first states to an LSTM's outputs.

    With `return_state`, the last state of the cell is one more step after them. The gradient is what `differentiate`
    makes of the arguments and results of TensorFlow's operation, and of the gradients of outputs and last state. The
    gradient that TensorFlow has registered is wrong: it is that of the operation's first version, which takes the gates
    in another order.
    """

    @custom_gradient
    def lstm(steps, weights, bias, *start):
        arguments = _arguments(steps, weights, bias, start)
        forward = tf.raw_ops.BlockLSTMV2(**arguments, cell_clip=-1.0)

        def gradient(d):
            d_outputs, d_cell = d, None
            if return_state:
                d_outputs, d_cell = (d[:-1] if return_sequences else d[0]), d[-1]
            return differentiate(arguments, forward, d_outputs, d_cell)[: 3 + len(start)]

        if return_state:
            return tf.concat([forward.h if return_sequences else forward.h[-1:], forward.cs[-1:]], 0), gradient
        return (forward.h if return_sequences else forward.h[-1]), gradient

    return lstm


def _differentiate_at_once(arguments, forward, d_outputs, d_cell):
    """Return the gradients of steps, weights, bias and first states by one operation."""
    before = [[forward.h.shape[0] - 1, 0], [0, 0], [0, 0]]
    if d_outputs.shape.rank == 2:  # of the last step alone
        d_outputs = tf.pad(tf.expand_dims(d_outputs, 0), before)
    d = tf.raw_ops.BlockLSTMGradV2(
        **arguments,
        **forward._asdict(),
        cs_grad=tf.zeros_like(forward.cs) if d_cell is None else tf.pad(tf.expand_dims(d_cell, 0), before),
        h_grad=d_outputs,
        use_peephole=False,
    )
    return d.x_grad, d.w_grad, d.b_grad, d.h_prev_grad, d.cs_prev_grad


def _differentiate_in_parts(n_at_once, arguments, forward, d_outputs, d_cell):
    """Return the same gradients, except those of first states, with the products made for `n_at_once` steps."""
    steps, weights = arguments["x"], _swap_gates(arguments["w"])
    n_steps, _, n_features = steps.shape
    n_samples = tf.shape(steps)[1]
    of_last_step = d_outputs.shape.rank == 2
    d_outputs = [None] * (n_steps - 1) + [d_outputs] if of_last_step else tf.unstack(d_outputs)
    backwards = _backpropagate(forward, weights[n_features:], d_outputs, d_cell)
    turned = turn(weights[:n_features])
    parts: list[tuple[Any, ...]] = []
    for start in reversed(range(0, n_steps, n_at_once)):
        stop = min(start + n_at_once, n_steps)
        with tf.control_dependencies(parts[-1] if parts else []):  # earlier steps wait for the products of later ones
            d_gates = list(islice(backwards, stop - start))
        d_gates = tf.dynamic_stitch(list(reversed(range(stop - start))), d_gates)  # as concat, which wakes all threads
        of_part = steps[start:stop], forward.h[max(start - 1, 0) : stop - 1], d_gates
        inputs, hidden, d_gates = (tf.reshape(a, [-1, a.shape[2]]) for a in of_part)  # (time x sample, ...)
        d_steps = tf.matmul(d_gates, turned)
        d_kernel = tf.matmul(inputs, d_gates, transpose_a=True)
        d_recurrent_kernel = tf.matmul(hidden, d_gates if start else d_gates[n_samples:], transpose_a=True)
        sums = d_kernel, d_recurrent_kernel, tf.raw_ops.BiasAddGrad(out_backprop=d_gates)
        if parts:
            sums = tuple(map(tf.add, sums, parts[-1][1:]))
        parts.append((d_steps, *sums))
    d_kernel, d_recurrent_kernel, d_bias = parts[-1][1:]
    d_weights = tf.concat([d_kernel, d_recurrent_kernel], 0)
    d_steps = tf.reshape(tf.concat([part[0] for part in parts[::-1]], 0), tf.shape(steps))
    return d_steps, _swap_gates(d_weights), _swap_gates(d_bias)


def _arguments(steps, weights, bias, start):
    """Return the arguments of TensorFlow's operation and of its gradient; without first states, they are zeros."""
    n_units = weights.shape[1] // 4
    hidden, cell = start or [tf.zeros([tf.shape(steps)[1], n_units])] * 2
    peephole = tf.zeros([n_units])
    return {
        "seq_len_max": tf.constant(steps.shape[0], tf.int64),
        "x": steps,
        "cs_prev": cell,
        "h_prev": hidden,
        "w": weights,
        "wci": peephole,
        "wcf": peephole,
        "wco": peephole,
        "b": bias,
    }


def _backpropagate(forward, recurrent_kernel, d_outputs, d_cell):
    """Yield the gradient before the gates' activations, (sample, 4 units), step by step from the last."""
    n_steps, _, n_units = forward.h.shape
    start, peephole = tf.zeros_like(forward.h[0]), tf.zeros([n_units])
    inputs, bias = start[:, :0], tf.zeros([4 * n_units])
    i, cs, f, o, ci, co = map(tf.unstack, (forward.i, forward.cs, forward.f, forward.o, forward.ci, forward.co))
    turned = turn(recurrent_kernel)
    d_cell, d_hidden = start if d_cell is None else d_cell, d_outputs[-1]
    for t in reversed(range(n_steps)):
        step = tf.raw_ops.LSTMBlockCellGrad(
            x=inputs,  # inputs, output, weights and bias are asked for, but not used
            cs_prev=cs[t - 1] if t else start,
            h_prev=start,
            w=recurrent_kernel,
            wci=peephole,
            wcf=peephole,
            wco=peephole,
            b=bias,
            i=i[t],
            cs=cs[t],
            f=f[t],
            o=o[t],
            ci=ci[t],
            co=co[t],
            cs_grad=d_cell,
            h_grad=d_hidden,
            use_peephole=False,
        )
        yield step.dicfo
        if t:
            d_cell, d_hidden = step.cs_prev_grad, tf.matmul(step.dicfo, turned)
            if d_outputs[t - 1] is not None:
                d_hidden += d_outputs[t - 1]


def turn(matrix):
    """Return a matrix transposed, by a product with the unit matrix.

    TensorFlow would fold a transposition into the products that follow, which it then makes more slowly.
    """
    return tf.matmul(matrix, tf.eye(matrix.shape[0]), transpose_a=True)


def _swap_gates(a):
    """Take the gates from Keras' order (input, forget, candidate, output) to LSTMBlockCellGrad's, or back."""
    first, second, third, fourth = tf.split(a, 4, axis=-1)
    return tf.concat([first, third, second, fourth], -1)
