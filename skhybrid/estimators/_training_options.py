"""How a network is trained: the parameters that all estimators share."""

from numbers import Integral
from typing import Any

from skhybrid._backend import keras
from skhybrid._validation import StrOptions, fraction, non_negative_int, positive_int, positive_real
from skhybrid.estimators._parameters import part


@part
class TrainingOptions:
    """How a network is trained, and what of it is kept.

    Parameters
    ----------
    optimizer : str, type or keras.optimizers.Optimizer
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs, and
        take the weights of the best epoch.

    validation_fraction : float
        Share of the samples to hold out for early stopping.

    validation_gap : int
        Number of samples to leave out before the last part, where that is held out, so that no training target lies in
        the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int
        Number of epochs without a better validation loss after which to stop.

    refit : bool
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds, as
        a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as
        `on_predict_begin` are never called.

    warm_start : bool
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters set
        in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`; those
        that it is made of are refused. A training that fails or is interrupted leaves the network as it was before.

    random_state : int, RandomState instance or None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each time.

    verbose : int
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    Attributes
    ----------
    scikeras_ : scikeras.wrappers.BaseWrapper
        The SciKeras wrapper that built and owns the network; of several networks, the first.

    members_ : list of scikeras.wrappers.BaseWrapper
        The wrappers of all networks.

    history_ : dict of str to list of float
        Loss ("loss", and "val_loss" with early stopping) and metrics per epoch, of several networks their mean over
        those that were trained for so many epochs; with `learning_rate_schedule`, "learning_rate" as well.

    histories_ : list of dict
        The same of each network.

    refit_history_ : dict of str to list of float
        The same of the training on all samples, with `refit`.

    best_epoch_ : int
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that no
        epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

    best_epochs_ : list of int
        The same of each network.

    n_epochs_ : int
        Number of epochs trained.

    n_parameters_ : int
        Number of the networks' parameters.

    engine_ : str
        What trained last: "compiled" for a program, or "keras: " and the reason for Keras' own loop.

    input_shape_ : tuple of int
        Shape of one input of the network, such as (n_steps, n_features) or (n_seq, n_steps, n_features).

    ahead_shape_ : tuple of int or None
        Shape of what is known ahead of one sample, (n_steps_ahead, n_inputs), where X is :class:`Windows`.

    sample_shape_ : tuple of int
        Shape of one sample as `fit` received it, ``X.shape[1:]``.

    n_features_in_ : int
        ``X.shape[1]`` seen in `fit`.

    feature_names_in_ : ndarray of str
        Names of the columns of X, if X was a DataFrame with string names.

    callbacks_ : list of keras.callbacks.Callback
        The copies of `callbacks` that the last fit used.
    """

    loss: Any = None
    optimizer: Any = "adam"
    learning_rate: Any = None
    learning_rate_schedule: str | None = None
    metrics: Any = None
    epochs: int = 100
    batch_size: int = 32
    shuffle: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    validation_gap: int | None = None
    n_iter_no_change: int = 10
    refit: bool = False
    half_life: float | None = None
    n_estimators: int = 1
    member_params: list[dict[str, Any]] | None = None
    n_jobs: int | None = None
    callbacks: Any = None
    warm_start: bool = False
    random_state: Any = None
    verbose: Any = 0
    engine: str = "auto"

    _parameter_constraints = {
        "loss": [str, callable],
        "optimizer": [str, type, keras.optimizers.Optimizer],
        "learning_rate": [positive_real, keras.optimizers.schedules.LearningRateSchedule, None],
        "learning_rate_schedule": [StrOptions({"cosine", "exponential"}), None],
        "metrics": [str, keras.metrics.Metric, list, tuple, None],
        "epochs": [non_negative_int],
        "batch_size": [positive_int],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [fraction],
        "validation_gap": [non_negative_int, None],
        "n_iter_no_change": [positive_int],
        "refit": ["boolean"],
        "half_life": [positive_real, None],
        "n_estimators": [positive_int],
        "member_params": [list, tuple, None],
        "n_jobs": [Integral, None],
        "callbacks": [keras.callbacks.Callback, list, tuple, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "engine": [StrOptions({"auto", "compiled", "keras"})],
    }
