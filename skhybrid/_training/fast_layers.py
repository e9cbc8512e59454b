"""Keras layers in forms that train faster on a CPU, with the same weights and, but for rounding, the same numbers.

What an operation costs here is mostly its start, and most of all where it wakes a sleeping thread. So these forms use
few operations, and avoid those that are shared out over threads however small they are.
"""

from functools import partial
from itertools import islice, pairwise
from typing import Any

import joblib
import numpy as np

from skhybrid._backend import custom_gradient, keras, tf

# Where the steps of a window times the units exceed it, an LSTM's backward pass in its parts is faster than
# TensorFlow's own; below, nothing is gained for the longer time to build it.
LARGE_LSTM = 2048
STEPS_AT_ONCE = 16  # of a large LSTM on one core: their gradients still are in its cache when products take them
LARGE_CONVOLUTION = 2**17  # products a sample, from which on a convolution is shared out over the cores
MAX_UNFOLDED = 128  # kernel steps times features; wider windows take longer to unfold than is gained
MAX_UNROLLED = 256  # steps; each makes the graph longer, and the time to build it


class FusedLSTM(keras.layers.LSTM):
    """LSTM in one operation of TensorFlow instead of a loop over the steps, where the options allow it."""

    def is_large(self, n_steps: int | None) -> bool:
        """Tell whether windows of `n_steps`, None if not known, are worth a backward pass in parts."""
        return n_steps is not None and n_steps * self.units > LARGE_LSTM and n_steps <= MAX_UNROLLED

    def call(self, sequences, initial_state=None, mask=None, training=False):
        drops = training and (self.dropout or self.recurrent_dropout)
        is_plain = initial_state is None and mask is None and not (self.stateful or self.return_state or drops)
        if not is_plain or sequences.shape[1] is None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        kernel, recurrent_kernel = self.cell.kernel.value, self.cell.recurrent_kernel.value
        if n_more := sequences.shape[2] % 2:
            # TensorFlow warns of an odd number of features, which it computes slowly: one of zeros makes it even.
            sequences = tf.pad(sequences, [[0, 0], [0, 0], [0, n_more]])
            kernel = tf.pad(kernel, [[0, n_more], [0, 0]])
        weights = tf.concat([kernel, recurrent_kernel], 0)
        bias = self.cell.bias.value if self.use_bias else tf.zeros([4 * self.units])
        if not (training and self.is_large(sequences.shape[1])):
            return self._run(_differentiate_at_once, sequences, weights, bias)
        if not has_several_threads():
            return self._run(partial(_differentiate_in_parts, STEPS_AT_ONCE), sequences, weights, bias)
        n_samples = tf.shape(sequences)[0]
        halves = tf.split(sequences, [n_samples - n_samples // 2, n_samples // 2])  # a core for each
        in_parts = partial(_differentiate_in_parts, sequences.shape[1])
        return tf.concat([self._run(in_parts, half, weights, bias) for half in halves], 0)

    def _run(self, differentiate, sequences, weights, bias):
        if self.units % 2:  # it warns of odd units with an odd number of samples as well
            n_samples = tf.shape(sequences)[0]
            sequences = tf.pad(sequences, [[0, n_samples % 2], [0, 0], [0, 0]])
        steps = _to_steps(sequences)
        if self.go_backwards:
            steps = tf.reverse(steps, [0])
        outputs = _lstm(self.return_sequences, differentiate)(steps, weights, bias)
        outputs = _to_sequences(outputs) if self.return_sequences else outputs
        return outputs[:n_samples] if self.units % 2 else outputs


class UnfoldedConv1D(keras.layers.Conv1D):
    """Convolution as one product of unfolded windows, for short series faster than TensorFlow's operation."""

    feeds_lstm = False  # if it does, time is the first axis here as there, and need not be turned between

    def call(self, inputs):
        if (
            self.strides != (1,)
            or self.dilation_rate != (1,)
            or self.groups != 1
            or self.data_format != "channels_last"
            or inputs.shape[1] is None
            or self.kernel_size[0] * inputs.shape[2] > MAX_UNFOLDED
        ):
            return super().call(inputs)
        if self.feeds_lstm:
            return _to_sequences(self._convolve(_to_steps(inputs), 0))
        return self._convolve(inputs, 1)

    def _convolve(self, series, time_axis):
        """Return the outputs for (sample, time, feature), or with time as the first axis."""
        along_time = np.eye(3, dtype=int)[time_axis]
        padded = tf.pad(series, np.outer(along_time, self._padding_rows()))
        n_steps = padded.shape[time_axis] - self.kernel_size[0] + 1
        shape = np.where(along_time, n_steps, -1)
        taps = [tf.slice(padded, i * along_time, shape) for i in range(self.kernel_size[0])]
        unfolded = tf.concat(taps, 2)  # (..., kernel step x feature)
        kernel = tf.reshape(self.kernel, [-1, self.filters])
        outputs = tf.matmul(tf.reshape(unfolded, [-1, kernel.shape[0]]), kernel)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)  # which TensorFlow makes a part of the product
        return self.activation(tf.reshape(outputs, [*shape[:2], self.filters]))

    def _padding_rows(self):
        """Return the numbers of zeros before and after the series."""
        n_more = self.kernel_size[0] - 1
        return {"valid": (0, 0), "causal": (n_more, 0), "same": (n_more // 2, n_more - n_more // 2)}[self.padding]


class FoldedTimeDistributed(keras.layers.TimeDistributed):
    """A layer called once for the parts of all times, instead of once for each time."""

    def call(self, inputs, training=None, mask=None):
        alone = isinstance(self.layer, SAMPLE_BY_SAMPLE)
        if mask is not None or inputs.shape[1] is None or not alone:
            return super().call(inputs, training=training, mask=mask)
        options = {"training": training} if self.layer._call_has_training_arg else {}
        outputs = self.layer.call(tf.reshape(inputs, [-1, *inputs.shape[2:]]), **options)  # (sample x time, ...)
        return tf.reshape(outputs, [-1, inputs.shape[1], *outputs.shape[1:]])


CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)

# Layers that treat each sample as if it were alone.
SAMPLE_BY_SAMPLE = (
    keras.layers.Conv1D,
    keras.layers.MaxPooling1D,
    keras.layers.Flatten,
    keras.layers.Dense,
    keras.layers.Dropout,
)


def fuse(layer: Any) -> Any:
    """Return a copy of a layer without its weights, in its fast form where there is one."""
    copy = type(layer).from_config(layer.get_config())
    _hasten(copy)
    for name in ("layer", "forward_layer", "backward_layer"):  # of TimeDistributed and Bidirectional
        if isinstance(getattr(copy, name, None), keras.layers.Layer):
            _hasten(getattr(copy, name))
    return copy


def let_steps_pass(network: Any) -> None:
    """Have each convolution in front of an LSTM compute with time as the first axis, as the LSTM does."""
    for layer, following in pairwise(network.layers):
        recurrent = getattr(following, "forward_layer", following)
        if (
            isinstance(layer, UnfoldedConv1D)
            and not isinstance(layer.activation, keras.layers.Layer)  # which may look along an axis
            and isinstance(recurrent, FusedLSTM)
            and following.input is layer.output
        ):
            layer.feeds_lstm = True


def has_several_threads() -> bool:
    """Tell whether this process has several cores, and TensorFlow leave to use them."""
    pools = tf.config.threading
    sizes = (pools.get_intra_op_parallelism_threads(), pools.get_inter_op_parallelism_threads())  # 0: as many as cores
    return joblib.cpu_count() > 1 and 1 not in sizes


def has_large_layer(network: Any) -> bool:
    """Tell whether one of a network's layers has work enough to share it out over the cores."""
    return any(
        _is_large(part, layer.input.shape)
        for layer in network.layers
        for part in (layer, getattr(layer, "forward_layer", None))
        if part is not None and not isinstance(layer.input, list)  # with a mask, Keras' loop over the steps runs
    )


def _is_large(layer, input_shape):
    """Tell whether a layer has work enough for several cores."""
    if isinstance(layer, FusedLSTM):
        return layer.is_large(input_shape[1])
    if not isinstance(layer, CONVOLUTIONS) or None in layer.output.shape[1:]:
        return False
    positions = np.prod(layer.output.shape[1:-1])
    return positions * np.prod(layer.kernel.shape) > LARGE_CONVOLUTION


def _hasten(layer):
    """Give a layer the class of its fast form, which differs in `call` alone."""
    gates = (getattr(layer, "activation", None), getattr(layer, "recurrent_activation", None))
    if type(layer) is keras.layers.LSTM and gates == (keras.activations.tanh, keras.activations.sigmoid):
        layer.__class__ = FusedLSTM
    elif type(layer) is keras.layers.Conv1D:
        layer.__class__ = UnfoldedConv1D
    elif type(layer) is keras.layers.TimeDistributed:
        layer.__class__ = FoldedTimeDistributed


def _lstm(return_sequences, differentiate):
    """Return the function from steps, (time, sample, feature), weights and bias to an LSTM's outputs.

    Its gradient is what `differentiate` makes of the arguments and results of TensorFlow's operation, and of the
    gradient of the outputs. The gradient that TensorFlow has registered is wrong: it is that of the operation's first
    version, which takes the gates in another order.
    """

    @custom_gradient
    def lstm(steps, weights, bias):
        arguments = _arguments(steps, weights, bias)
        forward = tf.raw_ops.BlockLSTMV2(**arguments, cell_clip=-1.0)
        return (forward.h if return_sequences else forward.h[-1]), partial(differentiate, arguments, forward)

    return lstm


def _differentiate_at_once(arguments, forward, d_outputs):
    """Return the gradients of steps, weights and bias by one operation."""
    if d_outputs.shape.rank == 2:  # of the last step alone
        d_outputs = tf.pad(tf.expand_dims(d_outputs, 0), [[forward.h.shape[0] - 1, 0], [0, 0], [0, 0]])
    d = tf.raw_ops.BlockLSTMGradV2(
        **arguments,
        **forward._asdict(),
        cs_grad=tf.zeros_like(forward.cs),
        h_grad=d_outputs,
        use_peephole=False,
    )
    return d.x_grad, d.w_grad, d.b_grad


def _differentiate_in_parts(n_at_once, arguments, forward, d_outputs):
    """Return the same gradients, with the products that need not go step by step made for `n_at_once` steps."""
    steps, weights = arguments["x"], _swap_gates(arguments["w"])
    n_steps, _, n_features = steps.shape
    n_samples = tf.shape(steps)[1]
    of_last_step = d_outputs.shape.rank == 2
    d_outputs = [None] * (n_steps - 1) + [d_outputs] if of_last_step else tf.unstack(d_outputs)
    backwards = _backpropagate(forward, weights[n_features:], d_outputs)
    turned = _turn(weights[:n_features])
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


def _arguments(steps, weights, bias):
    """Return the arguments of TensorFlow's operation and of its gradient."""
    start, peephole = tf.zeros([tf.shape(steps)[1], weights.shape[1] // 4]), tf.zeros([weights.shape[1] // 4])
    return {
        "seq_len_max": tf.constant(steps.shape[0], tf.int64),
        "x": steps,
        "cs_prev": start,
        "h_prev": start,
        "w": weights,
        "wci": peephole,
        "wcf": peephole,
        "wco": peephole,
        "b": bias,
    }


def _backpropagate(forward, recurrent_kernel, d_outputs):
    """Yield the gradient before the gates' activations, (sample, 4 units), step by step from the last."""
    n_steps, _, n_units = forward.h.shape
    start, peephole = tf.zeros_like(forward.h[0]), tf.zeros([n_units])
    inputs, bias = start[:, :0], tf.zeros([4 * n_units])
    i, cs, f, o, ci, co = map(tf.unstack, (forward.i, forward.cs, forward.f, forward.o, forward.ci, forward.co))
    turned = _turn(recurrent_kernel)
    d_cell, d_hidden = start, d_outputs[-1]
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


def _turn(matrix):
    """Return a matrix transposed, by a product with the unit matrix.

    TensorFlow would fold a transposition into the products that follow, which it then makes more slowly.
    """
    return tf.matmul(matrix, tf.eye(matrix.shape[0]), transpose_a=True)


def _swap_gates(a):
    """Take the gates from Keras' order (input, forget, candidate, output) to LSTMBlockCellGrad's, or back."""
    first, second, third, fourth = tf.split(a, 4, axis=-1)
    return tf.concat([first, third, second, fourth], -1)


def _to_steps(sequences):
    """Return sequences, (sample, time, feature), as (time, sample, feature); tf.transpose would wake all threads."""
    if hasattr(sequences, "_steps"):
        return sequences._steps
    n_steps, n_features = sequences.shape[1:]
    joined = tf.reshape(sequences, [1, -1, n_features])
    return tf.raw_ops.SpaceToBatchND(input=joined, block_shape=[n_steps], paddings=[[0, 0]])


def _to_sequences(steps):
    """Return steps, (time, sample, feature), as (sample, time, feature), from which `_to_steps` gets them back."""
    n_steps, _, n_features = steps.shape
    joined = tf.raw_ops.BatchToSpaceND(input=steps, block_shape=[n_steps], crops=[[0, 0]])
    sequences = tf.reshape(joined, [-1, n_steps, n_features])
    sequences._steps = steps
    return sequences
