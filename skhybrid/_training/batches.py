"""Batches gathered from the samples when they are needed."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid._training.inputs import map_inputs

PIECE_VALUES = 2**22  # numbers of one piece of the samples, 16 MB


class Batches(keras.utils.PyDataset):
    """Batches gathered from X when they are needed, whatever X is: an array, a view of windows or a memory map.

    Nothing global is read: the order of the rows follows from `seed` and the epoch alone, so that training on from
    epoch 3 sees the batches that an uninterrupted training would have seen.

    Parameters
    ----------
    data : tuple of ndarray
        Inputs, targets and weights of the samples; first axes of equal length. A tuple of arrays in place of the first
        holds several inputs.

    rows : ndarray of int
        The samples to take, in this order unless there is a `seed`.

    batch_size : int
        Samples in a batch; the last one may hold fewer.

    seed : int or None, default=None
        Decides, with the epoch, on the order of the samples.

    epoch : int, default=0
        Number of epochs trained before.

    pack : callable, default=None
        Puts the inputs of a batch into the structure that Keras' loop expects; None leaves them as they are.
    """

    def __init__(self, data, rows, batch_size, *, seed=None, epoch=0, pack: Callable[[Any], Any] | None = None):
        super().__init__()
        self.data = data
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = epoch
        self.order = rows
        self.pack = pack

    def gather(self, order):
        """Return the samples in this order."""
        return tuple(map_inputs(lambda a: as_float32(a[order]), part) for part in self.data)

    def n_at_once(self, size):
        """Return how many groups of `size` samples are gathered at once, to be trained on in one call."""
        n_values = sum(a[0].size for a in keras.tree.flatten(self.data))  # of one sample
        return max(1, PIECE_VALUES // (size * n_values))

    def pieces(self, n_batches=None):
        """Yield the samples of the epoch in pieces of `n_batches`; None takes as many as memory allows."""
        n_rows = (n_batches or self.n_at_once(self.batch_size)) * self.batch_size
        for start in range(0, len(self.order), n_rows):
            yield self.gather(self.order[start : start + n_rows])

    def __len__(self):
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i):
        inputs, *others = self.gather(self.order[i * self.batch_size : (i + 1) * self.batch_size])
        return (self.pack(inputs) if self.pack else inputs, *others)

    def on_epoch_begin(self):  # not on_epoch_end, which Keras calls once more, before the first epoch
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, self.epoch]).permutation(self.rows)
        self.epoch += 1


def as_float32(a: NDArray[Any]) -> NDArray[np.float32]:
    """Return an array as the networks read it; refuse numbers beyond float32."""
    try:
        with np.errstate(over="raise"):
            return np.asarray(a, dtype=np.float32)
    except FloatingPointError:
        raise ValueError(
            "X must hold numbers of at most 3.4e38, as networks compute in float32, but holds larger ones; scale X "
            "before, for example with StandardScaler."
        ) from None
