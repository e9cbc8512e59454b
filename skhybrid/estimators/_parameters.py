"""What the docstrings of all networks share."""

import inspect
import textwrap

PARAMETERS = {
    "filters": (
        "int or tuple of int",
        "Number of filters, that is of feature maps, of the convolution; a tuple stacks convolutions.",
    ),
    "kernel_size": (
        "int or tuple of int",
        "Number of steps that a filter sees at once; a tuple gives each convolution its own.",
    ),
    "pool_size": (
        "int or tuple of int",
        "Number of steps of which max pooling keeps the largest value, behind each convolution; 1 for no pooling.",
    ),
    "padding": (
        '{"causal", "valid", "same"}',
        """"causal": a feature at step t is made of steps up to t, and all steps are kept. "valid" leaves out the
first ``kernel_size - 1`` steps, which have no full kernel. "same" keeps all steps and centres the kernel.""",
    ),
    "activation": ("str or callable", "Keras activation of the convolutions and of the hidden dense layers."),
    "units": (
        "int or tuple of int",
        "Number of units of the recurrent layer; a tuple stacks layers.",
    ),
    "dense_units": (
        "int or tuple of int",
        "Number of units of the hidden dense layers in front of the output; a tuple stacks layers, ``()`` for none.",
    ),
    "dropout": (
        "float",
        "Share of each layer's outputs that is left out in training; the masks follow from `random_state`.",
    ),
    "bidirectional": (
        "bool",
        "Whether to read each sample backwards as well. Inside a window that ends at t this looks at nothing later "
        "than t.",
    ),
    "attention": (
        "bool",
        "Whether to weigh the recurrence's outputs of all steps, instead of taking the last one.",
    ),
    "input_shape": (
        "tuple of int",
        """Shape of one sample, to read a 2-D X whose rows are flattened samples, last axis fastest. None reads the
columns of a 2-D X as the first axis, and takes the shape of other X as it is.""",
    ),
    "optimizer": (
        "str, type or keras.optimizers.Optimizer",
        "Keras optimizer by name or class, or an instance, of which each fit takes a copy.",
    ),
    "learning_rate": (
        "float or keras.optimizers.schedules.LearningRateSchedule",
        "Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.",
    ),
    "epochs": ("int", "Number of passes over the training samples."),
    "batch_size": ("int", "Number of samples in a batch; the last batch of an epoch may hold fewer."),
    "shuffle": (
        "bool",
        "Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.",
    ),
    "early_stopping": (
        "bool",
        """Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change`
epochs, and take the weights of the best epoch.""",
    ),
    "validation_fraction": ("float", "Share of the samples to hold out for early stopping."),
    "validation_gap": (
        "int",
        """Number of samples to leave out in front of the last part, where that is held out, so that no training
target lies in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ...,
n_outputs steps ahead.""",
    ),
    "n_iter_no_change": ("int", "Number of epochs without a better validation loss after which to stop."),
    "callbacks": (
        "keras.callbacks.Callback or list of them",
        "Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards.",
    ),
    "warm_start": (
        "bool",
        "Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh.",
    ),
    "random_state": (
        "int, RandomState instance or None",
        "Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each "
        "time.",
    ),
    "verbose": ("int", "0 for silence, 1 for a progress bar, 2 for a line per epoch."),
    "engine": (
        '{"auto", "compiled", "keras"}',
        """What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
("keras"), or programs wherever they give the results of Keras ("auto"), which depends on network,
optimizer and callbacks only. "compiled" is an error where they do not.""",
    ),
    "n_features": (
        "int",
        """Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened
windows, oldest step first, the features of one step side by side.""",
    ),
    "window_norm": (
        '{"last", "relative", "standard"}',
        """How each window is expressed relative to itself inside the network: "last" subtracts the last step,
"relative" subtracts it and divides by it, "standard" subtracts the window's mean and divides by its
standard deviation, each feature by its own. The network sees float32: of a series whose moves are below a
millionth of its level, nothing is left. None leaves windows as they are.""",
    ),
}
REGRESSION = {
    "loss": (
        "str, callable or keras.losses.Loss",
        'Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`.',
    ),
    "scale_target": (
        "bool",
        """Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are
in the units of y either way. Not used with `window_norm`.""",
    ),
    "quantiles": (
        "tuple of float",
        """Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.""",
    ),
    "window_norm": (
        '{"last", "relative", "standard"}',
        """How each window is expressed relative to itself inside the network, and its prediction turned back: "last"
subtracts the last step, "relative" subtracts it and divides by it, "standard" subtracts the window's mean
and divides by its standard deviation, each feature by its own. It lets a network follow a level that it
never saw in training. It needs y in the units of `target_channel`, without a scaler before it. The network
sees float32: of a series whose moves are below a millionth of its level, nothing is left. None leaves windows
as they are.""",
    ),
    "target_channel": ("int", "The feature whose future y is, for `window_norm`."),
}
CLASSIFICATION = {
    "loss": (
        "str, callable or keras.losses.Loss",
        "Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.",
    ),
    "validation": (
        '{"stratified", "last"}',
        """Which part early stopping holds out: a random part with the same share of each class, or the last part in
time, as it has to be where samples are windows of one series, which overlap.""",
    ),
    "class_weight": (
        'dict or "balanced"',
        """Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of
its frequency. They multiply `sample_weight`.""",
    ),
}

_ATTRIBUTES = """model_ : keras.Model
    The trained network. {outputs}; see `to_keras`.

scikeras_ : scikeras.wrappers.BaseWrapper
    The SciKeras wrapper that owns `model_`.

history_ : dict of str to list of float
    Loss ("loss", and "val_loss" with early stopping) per epoch.

n_epochs_ : int
    Number of epochs trained.

n_parameters_ : int
    Number of the network's parameters.

n_outputs_ : int
    Number of {counted}.

input_shape_ : tuple of int
    Shape of one input of the network, such as (n_steps, n_features) or (n_seq, n_steps, n_features).

sample_shape_ : tuple of int
    Shape of one sample as `fit` received it, ``X.shape[1:]``.

n_features_in_ : int
    ``X.shape[1]`` seen in `fit`.

feature_names_in_ : ndarray of str
    Names of the columns of X, if X was a DataFrame with string names.

callbacks_ : list of keras.callbacks.Callback
    The copies of `callbacks` that the last fit used.
"""
REGRESSOR_ATTRIBUTES = _ATTRIBUTES.format(
    outputs="It maps samples to targets in the scale of `scale_target`", counted="targets"
)
CLASSIFIER_ATTRIBUTES = """classes_ : ndarray of shape (n_classes,)
    The labels, sorted.

""" + _ATTRIBUTES.format(outputs="It maps samples to class probabilities", counted="classes")


def document_regressor(cls):
    """Fill the docstring of a regressor."""
    return _document(cls, REGRESSION, REGRESSOR_ATTRIBUTES)


def document_classifier(cls):
    """Fill the docstring of a classifier."""
    return _document(cls, CLASSIFICATION, CLASSIFIER_ATTRIBUTES)


def _document(cls, of_task, attributes):
    """Fill the placeholders of a docstring; what an architecture says of its parameters goes before all else."""
    descriptions = {**PARAMETERS, **of_task, **cls._descriptions}
    parameters = inspect.signature(cls).parameters
    entries = [_entry(name, p.default, *descriptions[name]) for name, p in parameters.items()]
    for name, text in (("parameters", "\n\n".join(entries)), ("attributes", attributes.strip())):
        cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", text.replace("\n", "\n    "))
    cls.__doc__ = "\n".join(line.rstrip() for line in cls.__doc__.split("\n"))
    return cls


def _entry(name, default, kind, text):
    """Return what the section Parameters says of one."""
    lines = textwrap.wrap(" ".join(text.split()), 110)
    shown = f'"{default}"' if isinstance(default, str) else repr(default)
    return "\n    ".join([f"{name} : {kind}, default={shown}", *lines])
