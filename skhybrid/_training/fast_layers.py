"""Keras' layers in forms that train faster on a CPU, with the same weights and, to rounding, the same numbers."""

from itertools import pairwise
from typing import Any

import numpy as np

from skhybrid._backend import keras, tf
from skhybrid._training.fast_recurrence import FusedLSTM, to_sequences, to_steps
from skhybrid._training.fast_unrolled import Unrolled, UnrolledGRU, UnrolledSimpleRNN

LARGE_CONVOLUTION = 2**17  # products a sample, from which on a convolution is shared out over the cores
MAX_UNFOLDED = 128  # kernel steps times features; wider windows take longer to unfold than is gained


@keras.saving.register_keras_serializable("skhybrid")  # so that layers around it can be copied
class UnfoldedConv1D(keras.layers.Conv1D):
    """Convolution as one product of unfolded windows, for short series faster than TensorFlow's operation."""

    feeds_recurrence = False  # if it does, time is the first axis here as there, and need not be turned between

    def call(self, inputs):
        if not self._is_unfolded(inputs.shape):
            return super().call(inputs)
        if self.strides != (1,):
            segments = self._cut(inputs)
            unfolded = to_steps(segments) if self.feeds_recurrence else segments
        else:
            unfolded = self._unfold(to_steps(inputs), 0) if self.feeds_recurrence else self._unfold(inputs, 1)
        outputs = self._multiply(unfolded)
        return to_sequences(outputs) if self.feeds_recurrence else outputs

    def _is_unfolded(self, shape):
        """Return whether inputs of a shape are unfolded, as is faster; not where strides overlap."""
        if self.groups != 1 or self.data_format != "channels_last" or shape[1] is None:
            return False
        if self.strides == (1,):
            return self.kernel_size[0] * shape[2] <= MAX_UNFOLDED
        return self.strides == self.kernel_size and self.padding != "same"  # which Keras pads by the stride

    def _cut(self, series):
        """Return (sample, time, feature) as segments side by side, (sample, segment, kernel step x feature)."""
        padded = tf.pad(series, [[0, 0], self._padding_rows(), [0, 0]])
        n_segments, n_features = padded.shape[1] // self.kernel_size[0], series.shape[2]
        segments = padded[:, : n_segments * self.kernel_size[0]]
        return tf.reshape(segments, [-1, n_segments, self.kernel_size[0] * n_features])

    def _unfold(self, series, time_axis):
        """Return the steps that each output sees, (..., kernel step x feature), with this axis of time."""
        along_time = np.eye(3, dtype=int)[time_axis]
        padding = self._padding_rows()
        shape = np.where(along_time, series.shape[time_axis] + sum(padding) - self._n_more(), -1)
        padded = tf.pad(series, np.outer(along_time, padding))
        starts = range(0, self._n_more() + 1, self.dilation_rate[0])
        return tf.concat([tf.slice(padded, start * along_time, shape) for start in starts], 2)

    def _multiply(self, unfolded):
        kernel = tf.reshape(self.kernel, [-1, self.filters])
        outputs = tf.matmul(tf.reshape(unfolded, [-1, kernel.shape[0]]), kernel)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)  # which TensorFlow makes a part of the product
        shape = [-1 if size is None else size for size in unfolded.shape[:2]]
        return self.activation(tf.reshape(outputs, [*shape, self.filters]))

    def _n_more(self):
        """Return the number of steps that an output sees before its last one."""
        return (self.kernel_size[0] - 1) * self.dilation_rate[0]

    def _padding_rows(self):
        """Return the numbers of zeros before and after the series."""
        n_more = self._n_more()
        return {"valid": (0, 0), "causal": (n_more, 0), "same": (n_more // 2, n_more - n_more // 2)}[self.padding]


@keras.saving.register_keras_serializable("skhybrid")
class FoldedTimeDistributed(keras.layers.TimeDistributed):
    """A layer called once for the parts of all times, instead of once for each time."""

    def call(self, inputs, training=None, mask=None):
        alone = isinstance(self.layer, SAMPLE_BY_SAMPLE)
        if mask is not None or inputs.shape[1] is None or not alone:
            return super().call(inputs, training=training, mask=mask)
        outputs = self.layer.call(tf.reshape(inputs, [-1, *inputs.shape[2:]]))  # (sample x time, ...)
        return tf.reshape(outputs, [-1, inputs.shape[1], *outputs.shape[1:]])


CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
FAST_FORMS: dict[type, type] = {
    keras.layers.LSTM: FusedLSTM,
    keras.layers.GRU: UnrolledGRU,
    keras.layers.SimpleRNN: UnrolledSimpleRNN,
    keras.layers.Conv1D: UnfoldedConv1D,
    keras.layers.TimeDistributed: FoldedTimeDistributed,
}

# What their options must be.
_TANH, _SIGMOID = keras.activations.tanh, keras.activations.sigmoid
OPTIONS: dict[type, dict[str, Any]] = {
    keras.layers.LSTM: {"activation": _TANH, "recurrent_activation": _SIGMOID},
    keras.layers.GRU: {"activation": _TANH, "recurrent_activation": _SIGMOID, "reset_after": True},
    keras.layers.SimpleRNN: {"activation": _TANH},
}

# Layers that treat each sample as if it were alone, and draw nothing, as Keras draws for each time anew.
SAMPLE_BY_SAMPLE = (
    keras.layers.ZeroPadding1D,
    keras.layers.Cropping1D,
    keras.layers.Conv1D,
    keras.layers.MaxPooling1D,
    keras.layers.Flatten,
    keras.layers.Dense,
)


def fuse(layer: Any) -> Any:
    """Return a copy of a layer without its weights, in its fast form where there is one."""
    config = layer.get_config()
    for part, name in (("layer", "layer"), ("layer", "forward_layer"), ("backward_layer", "backward_layer")):
        inner = getattr(layer, name, None)  # of TimeDistributed and Bidirectional
        if isinstance(inner, keras.layers.Layer) and config.get(part):
            config[part] = {**config[part], **_class_entries(_fast_class(inner))}
    return _fast_class(layer).from_config(config)


def let_steps_pass(network: Any) -> None:
    """Have each convolution that precedes a recurrence compute with time as the first axis, as that does."""
    for layer, following in pairwise(network.layers):
        recurrent = getattr(following, "forward_layer", following)
        if (
            isinstance(layer, UnfoldedConv1D)
            and not isinstance(layer.activation, keras.layers.Layer)  # which may look along an axis
            and isinstance(recurrent, FusedLSTM | Unrolled)
            and following.input is layer.output
        ):
            layer.feeds_recurrence = True


def has_large_layer(network: Any) -> bool:
    """Return whether one of a network's layers has work enough to share it out over the cores."""
    return any(
        _is_large(part, layer.input.shape)
        for layer in network.layers
        for part in (layer, getattr(layer, "forward_layer", None))
        # Several inputs are a mask, with which Keras' loop runs, or states that a decoder starts its one step from.
        if part is not None and hasattr(layer.input, "shape")
    )


def _is_large(layer, input_shape):
    """Return whether a layer has work enough for several cores."""
    if isinstance(layer, FusedLSTM | Unrolled):
        return layer.is_large(input_shape[1])
    if not isinstance(layer, CONVOLUTIONS) or None in layer.output.shape[1:]:
        return False
    positions = np.prod(layer.output.shape[1:-1])
    return positions * np.prod(layer.kernel.shape) > LARGE_CONVOLUTION


def _fast_class(layer):
    """Return the class of a layer's fast form, which differs in `call` alone, or else its own."""
    needed = OPTIONS.get(type(layer), {})
    if any(getattr(layer, name) != value for name, value in needed.items()):
        return type(layer)
    return FAST_FORMS.get(type(layer), type(layer))


def _class_entries(cls):
    """Return what names a class in the configuration of a layer around it."""
    name = keras.saving.get_registered_name(cls)
    return {"module": cls.__module__, "class_name": cls.__name__, "registered_name": name} if ">" in name else {}
