"""What the docstrings of all networks share."""

_TRAINING = """n_features : int, default=1
    Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
    oldest step first, the features of one step side by side.

loss : str, callable or keras.losses.Loss, default="mse"
    Loss to minimise, in the scale of `scale_target`.

optimizer : str, type or keras.optimizers.Optimizer, default="adam"
    Keras optimizer by name or class, or an instance, of which each fit takes a copy.

learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
    Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

epochs : int, default=100
    Number of passes over the training samples.

batch_size : int, default=32
    Number of samples in a batch; the last batch of an epoch may hold fewer.

shuffle : bool, default=True
    Whether to draw a new order of the samples for each epoch. The order of steps in a window is never touched.

early_stopping : bool, default=False
    Whether to hold out the last part in time, stop when its loss has not fallen for `n_iter_no_change` epochs, and
    take the weights of the best epoch.

validation_fraction : float, default=0.1
    Share of the samples to hold out for early stopping.

validation_gap : int, default=None
    Number of samples to leave out between the two parts, so that no training target lies in the held out time; None
    takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps ahead.

n_iter_no_change : int, default=10
    Number of epochs without a better validation loss after which to stop.

scale_target : bool, default=True
    Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in the
    units of y either way.

callbacks : keras.callbacks.Callback or list of them, default=None
    Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards.

warm_start : bool, default=False
    Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh.

random_state : int, RandomState instance or None, default=None
    Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each time.

verbose : int, default=0
    0 for silence, 1 for a progress bar, 2 for a line per epoch.

engine : {"auto", "compiled", "keras"}, default="auto"
    What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops ("keras"),
    or programs wherever they give the results of Keras ("auto"), which depends on network, optimizer and callbacks
    only. "compiled" is an error where they do not.
"""

_ATTRIBUTES = """model_ : keras.Model
    The trained network. It maps windows to targets in the scale of `scale_target`; see `to_keras`.

scikeras_ : scikeras.wrappers.KerasRegressor
    The SciKeras wrapper that owns `model_`.

history_ : dict of str to list of float
    Loss ("loss", and "val_loss" with early stopping) per epoch.

n_epochs_ : int
    Number of epochs trained.

n_parameters_ : int
    Number of the network's parameters.

n_outputs_ : int
    Number of targets.

input_shape_ : tuple of int
    Shape of one input of the network, (n_steps, n_features) or (n_seq, n_steps, n_features).

sample_shape_ : tuple of int
    Shape of one sample as `fit` received it, ``X.shape[1:]``.

n_features_in_ : int
    ``X.shape[1]`` seen in `fit`.

feature_names_in_ : ndarray of str
    Names of the columns of X, if X was a DataFrame with string names.

callbacks_ : list of keras.callbacks.Callback
    The copies of `callbacks` that the last fit used.
"""


def document(**parts):
    """Return a decorator that fills the placeholders of a class's docstring, such as ``{training}``."""
    parts = {**parts, "training": _TRAINING, "attributes": _ATTRIBUTES}

    def fill(cls):
        for name, text in parts.items():
            cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", text.strip().replace("\n", "\n    ") + "\n")
        cls.__doc__ = "\n".join(line.rstrip() for line in cls.__doc__.replace("\n\n\n", "\n\n").split("\n"))
        return cls

    return fill
