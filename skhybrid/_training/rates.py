"""A learning rate of its own for each epoch."""

from collections.abc import Callable

from skhybrid._backend import keras


class RateOfEpoch(keras.callbacks.Callback):
    """Sets the learning rate at the start of each epoch, and notes it in the history.

    As `keras.callbacks.LearningRateScheduler`, which NumPy 2 warns of.

    Parameters
    ----------
    rate_of : callable
        Returns the learning rate of an epoch, counted from 0.
    """

    def __init__(self, rate_of: Callable[[int], float]) -> None:
        super().__init__()
        self.rate_of = rate_of

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = self.rate_of(epoch)

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = self.rate_of(epoch)
