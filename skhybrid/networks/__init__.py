"""Builders of uncompiled Keras models: `(input_shape, n_outputs, *, seed, ...) -> keras.Model`.

They are pure: the same arguments give the same first weights, bit for bit, and no global seed is read or
changed. `NETWORKS` maps the names users pick to the builders.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from skhybrid.networks.convolutional import cnn
from skhybrid.networks.dense import dense
from skhybrid.networks.hybrid import cnn_lstm, time_distributed_cnn_lstm
from skhybrid.networks.image import conv2d_lstm
from skhybrid.networks.lstm_fcn import lstm_fcn
from skhybrid.networks.lstnet import lstnet
from skhybrid.networks.recurrent import recurrent
from skhybrid.networks.video import conv3d_lstm

NETWORKS: dict[str, Callable[..., Any]] = {
    "cnn_lstm": cnn_lstm,
    "time_distributed_cnn_lstm": time_distributed_cnn_lstm,
    "recurrent": recurrent,
    "lstm": partial(recurrent, cell="lstm"),
    "gru": partial(recurrent, cell="gru"),
    "simple_rnn": partial(recurrent, cell="simple_rnn"),
    "cnn": cnn,
    "dense": dense,
    "conv2d_lstm": conv2d_lstm,
    "conv3d_lstm": conv3d_lstm,
    "lstm_fcn": lstm_fcn,
    "lstnet": lstnet,
}

__all__ = [
    "NETWORKS",
    "cnn",
    "cnn_lstm",
    "conv2d_lstm",
    "conv3d_lstm",
    "dense",
    "lstm_fcn",
    "lstnet",
    "recurrent",
    "time_distributed_cnn_lstm",
]
