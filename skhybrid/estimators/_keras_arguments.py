"""What the user passes on to Keras: loss and optimizer, checked, and copied where a fit changes them."""

import copy

from skhybrid._backend import keras
from skhybrid._training import own_names


def check_loss(loss):
    """Return `loss`, a name that Keras knows or a loss of the user's."""
    try:
        keras.losses.get(loss)
    except ValueError:
        raise ValueError(
            f"loss must be the name of a Keras loss, a keras.losses.Loss or a function, but is {loss!r}; pass for "
            "example 'mse', 'mae' or 'huber'."
        ) from None
    return loss


def check_optimizer(optimizer, learning_rate):
    """Return the class of an optimizer, or a copy of an instance, which belongs to one model only."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if learning_rate is not None:
            raise ValueError(
                f"learning_rate must be None where optimizer is an instance, which brings its own, but is "
                f"{learning_rate!r}; set the rate in the instance, or pass optimizer={type(optimizer).__name__!r}."
            )
        with own_names():
            return copy.deepcopy(optimizer)
    try:
        if isinstance(optimizer, str):
            with own_names():
                return type(keras.optimizers.get(optimizer))
        if not issubclass(optimizer, keras.optimizers.Optimizer):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"optimizer must be the name, the class or an instance of a Keras optimizer, but is {optimizer!r}; pass "
            "for example 'adam', 'sgd' or keras.optimizers.Adam(0.01)."
        ) from None
    return optimizer
