# Made by `python -m tests.stubs` of the module of this name: what editors show of it.
from collections.abc import Callable
from typing import Any

from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._classifier import NetworkClassifier, WindowClassifier

class CNNLSTMClassifier(WindowClassifier, architectures.CNNLSTM):
    """CNN-LSTM hybrid for labels: a convolution finds short patterns, an LSTM after it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> softmax. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense ->
    softmax.

    Parameters
    ----------
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions, `()` leaves them out (a plain LSTM).

    kernel_size : int, tuple of int or "auto", default=3
        Steps a filter sees at once; a tuple gives one for each convolution. "auto" is a season, where there is a
        `season_length` and windows hold three seasons or more, and else an eighth of the window, rounded up.

    pool_size : int or tuple of int, default=1
        Steps whose largest value MaxPooling1D keeps, after each convolution; a tuple gives one for each. With 1, or
        where one step is left, there is no pooling.

    padding : {"causal", "same", "valid"}, default="causal"
        "causal" keeps all steps, and no feature map sees later steps; "same" keeps all steps and sees both sides;
        "valid", the default of Keras, leaves the first `kernel_size - 1` steps without a feature of their own.

    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.

    units : int or tuple of int, default=32
        Units of the recurrence; a tuple stacks recurrences.

    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.

    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions, each recurrence and each hidden dense layer.

    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last one.

    strides : int, tuple of int or None, default=1
        Steps from one output of a convolution to the next, counted from the newest step of the window; a tuple gives
        one for each convolution. None is `kernel_size`: the window is cut into segments, and the LSTM reads one
        vector for each.

    cell : {"lstm", "gru", "simple_rnn"}, default="lstm"
        Kind of recurrence.

    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers that
        all segments share.

    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter. None
        is the `kernel_size` of the first convolution; without convolutions, 24.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of convolutions, recurrences and dense layers, by its Keras name or
        as an instance; "l2" adds 0.01 times the sum of their squares.

    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    kernel_size_ : int or tuple of int
        The length of the kernels, where `kernel_size` is "auto" as it was found.

    References
    ----------
    T. N. Sainath, O. Vinyals, A. Senior, H. Sak (2015). Convolutional, long short-term memory, fully connected deep
    neural networks. ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = CNNLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (60, 2)
    """

    def __init__(
        self,
        filters: int | tuple[int, ...] = 32,
        *,
        kernel_size: int | tuple[int, ...] | str = 3,
        pool_size: int | tuple[int, ...] = 1,
        padding: str = 'causal',
        activation: str | Callable[..., Any] | None = 'relu',
        units: int | tuple[int, ...] = 32,
        dense_units: int | tuple[int, ...] = 16,
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        strides: int | tuple[int, ...] | None = 1,
        cell: str = 'lstm',
        decoder: str = 'dense',
        segment_length: int | None = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class LSTMClassifier(WindowClassifier, architectures.LSTM):
    """Long short-term memory for labels: LSTM -> Dense -> softmax.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Units of the recurrence; a tuple stacks recurrences.

    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.

    activation : str, callable or None, default="relu"
        Activation of the hidden dense layers, by its Keras name; the recurrence keeps its own (tanh).

    dropout : float, default=0.0
        Share of values set to 0 in training after each recurrence and each hidden dense layer.

    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last one.

    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers that
        all segments share.

    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter. None
        is 24.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of recurrences and dense layers, by its Keras name or as an
        instance; "l2" adds 0.01 times the sum of their squares.

    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    References
    ----------
    S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMClassifier(units=4, epochs=2, random_state=0).fit(X, y).classes_
    array(['down', 'up'], dtype='<U4')
    """

    def __init__(
        self,
        units: int | tuple[int, ...] = 32,
        *,
        dense_units: int | tuple[int, ...] = 16,
        activation: str | Callable[..., Any] | None = 'relu',
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        decoder: str = 'dense',
        segment_length: int | None = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class GRUClassifier(WindowClassifier, architectures.GRU):
    """Gated recurrent unit for labels: GRU -> Dense -> softmax.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Units of the recurrence; a tuple stacks recurrences.

    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.

    activation : str, callable or None, default="relu"
        Activation of the hidden dense layers, by its Keras name; the recurrence keeps its own (tanh).

    dropout : float, default=0.0
        Share of values set to 0 in training after each recurrence and each hidden dense layer.

    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last one.

    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers that
        all segments share.

    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter. None
        is 24.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of recurrences and dense layers, by its Keras name or as an
        instance; "l2" adds 0.01 times the sum of their squares.

    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    References
    ----------
    K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine
    translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> GRUClassifier(units=4, epochs=2, random_state=0).fit(X, y).n_epochs_
    2
    """

    def __init__(
        self,
        units: int | tuple[int, ...] = 32,
        *,
        dense_units: int | tuple[int, ...] = 16,
        activation: str | Callable[..., Any] | None = 'relu',
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        decoder: str = 'dense',
        segment_length: int | None = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class SimpleRNNClassifier(WindowClassifier, architectures.SimpleRNN):
    """Plain recurrent network for labels, without gates: SimpleRNN -> Dense -> softmax.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Units of the recurrence; a tuple stacks recurrences.

    dense_units : int or tuple of int, default=16
        Units of the hidden dense layers; `()` for none.

    activation : str, callable or None, default="relu"
        Activation of the hidden dense layers, by its Keras name; the recurrence keeps its own (tanh).

    dropout : float, default=0.0
        Share of values set to 0 in training after each recurrence and each hidden dense layer.

    bidirectional : bool, default=False
        Read the window in both directions; the recurrence's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last recurrence through a learned weighted mean over time, instead of its last one.

    decoder : {"dense", "segments"}, default="dense"
        What makes the outputs of the last recurrence's state: "dense", the dense layers, all of them at once;
        "segments", one step of a recurrence for each segment of the steps that are forecast, with dense layers that
        all segments share.

    segment_length : int or None, default=None
        Steps in each segment of the decoder, at most as many as are forecast; the last segment may be shorter. None
        is 24.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of recurrences and dense layers, by its Keras name or as an
        instance; "l2" adds 0.01 times the sum of their squares.

    recurrent_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the weights by which recurrences read their own last outputs.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases of all these layers.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    References
    ----------
    J. L. Elman (1990). Finding structure in time. Cognitive Science 14(2), 179-211.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SimpleRNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> SimpleRNNClassifier(units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (12, 1)
    """

    def __init__(
        self,
        units: int | tuple[int, ...] = 32,
        *,
        dense_units: int | tuple[int, ...] = 16,
        activation: str | Callable[..., Any] | None = 'relu',
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        decoder: str = 'dense',
        segment_length: int | None = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class CNNClassifier(WindowClassifier, architectures.CNN):
    """Convolutional network for labels: Conv1D -> MaxPooling1D -> Flatten -> Dense -> softmax.

    Parameters
    ----------
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions.

    kernel_size : int or tuple of int, default=3
        Steps a filter sees at once; a tuple gives one for each convolution.

    pool_size : int or tuple of int, default=2
        Steps whose largest value MaxPooling1D keeps, after each convolution; a tuple gives one for each. With 1, or
        where one step is left, there is no pooling.

    padding : {"causal", "same", "valid"}, default="causal"
        "causal" keeps all steps, and no feature map sees later steps; "same" keeps all steps and sees both sides;
        "valid", the default of Keras, leaves the first `kernel_size - 1` steps without a feature of their own.

    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.

    dense_units : int or tuple of int, default=32
        Units of the hidden dense layers; `()` for none.

    dropout : float, default=0.0
        Share of values set to 0 in training after the convolutions and each hidden dense layer.

    strides : int, tuple of int or None, default=1
        Steps from one output of a convolution to the next, counted from the newest step of the window; a tuple gives
        one for each convolution. None is `kernel_size`: the window is cut into segments.

    dilations : int or tuple of int, default=1
        Steps from one step that a filter sees to the next; a tuple gives one for each convolution.

    residual : bool, default=False
        Make each entry of `filters` a residual block of a temporal convolutional network: two convolutions, whose
        outputs are added to the block's input. Nothing is pooled then, and the dense layers read the last step alone.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of convolutions and dense layers, by its Keras name or as an
        instance; "l2" adds 0.01 times the sum of their squares.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for the biases.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> CNNClassifier(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        filters: int | tuple[int, ...] = 32,
        *,
        kernel_size: int | tuple[int, ...] = 3,
        pool_size: int | tuple[int, ...] = 2,
        padding: str = 'causal',
        activation: str | Callable[..., Any] | None = 'relu',
        dense_units: int | tuple[int, ...] = 32,
        dropout: float = 0.0,
        strides: int | tuple[int, ...] | None = 1,
        dilations: int | tuple[int, ...] = 1,
        residual: bool = False,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class DenseClassifier(WindowClassifier, architectures.Dense):
    """Fully connected network for labels, on the flattened window: Flatten -> Dense -> ... -> softmax.

    Parameters
    ----------
    dense_units : int or tuple of int, default=(128, 64)
        Units of the hidden layers; `()` for none, which is a linear model.

    activation : str, callable or None, default="relu"
        Activation of the hidden layers, by its Keras name.

    dropout : float, default=0.0
        Share of values set to 0 in training after each hidden layer.

    kernel_regularizer : str, keras.regularizers.Regularizer or None, default=None
        What is added to the loss for the weights of the dense layers, by its Keras name or as an instance; "l2" adds
        0.01 times the sum of their squares.

    bias_regularizer : str, keras.regularizers.Regularizer or None, default=None
        The same for their biases.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> DenseClassifier(dense_units=8, epochs=40, learning_rate=0.01, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        dense_units: int | tuple[int, ...] = (128, 64),
        *,
        activation: str | Callable[..., Any] | None = 'relu',
        dropout: float = 0.0,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class LSTMFCNClassifier(WindowClassifier, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for labels.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> softmax.

    Parameters
    ----------
    units : int or tuple of int, default=128
        Units of the LSTM; a tuple stacks LSTMs. The authors choose among 8, 64 and 128.

    filters : int or tuple of int, default=(64, 128, 64)
        Feature maps of the convolutions, one entry for each.

    kernel_size : int or tuple of int, default=(16, 10, 6)
        Steps a filter sees at once; a tuple gives one for each convolution.

    dropout : float, default=0.8
        Share of values set to 0 in training after each LSTM. The convolutions have none.

    dimension_shuffle : bool, default=True
        Show the LSTM the window transposed, as published: its time steps are the features, and what it sees of one is
        the feature's whole course. With one feature that is a single step. False lets it read the window step by
        step.

    norm_momentum : float, default=0.9
        Share of the running means of batch normalisation that a batch leaves; the rest is the batch's. Keras calls it
        `momentum`, and has 0.99.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default="cosine"
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=8
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Notes
    -----
    Batch normalisation takes its means over the samples of a batch whatever their weights are: a weight of 2 is not
    quite the same as the sample twice. It predicts with running means, which must settle: hence `norm_momentum`, small
    batches and a learning rate that falls to 0. Without these three, as in Keras' defaults, 100 epochs on few series
    leave a network that predicts far worse than it has learned. On the training part of GunPoint, 50 series, the
    cross-entropy of what was trained on is 0.04 in the last epoch and 3.10 as predicted, as a mean over 5 folds, and
    0.58 of the labels held out are right; with the defaults it is 0.02, 0.01 and 1.00
    (``examples/benchmarks/lstm_fcn.py --validate``, where more sets are). An epoch reads each series once: `epochs` is
    for sets of some dozens to some hundred series, and larger ones need fewer.

    The sizes are not those that were published [1]_, which :func:`~skhybrid.networks.lstm_fcn` has: kernels twice as
    long, half the maps and 128 units were chosen by cross-validation on the training parts of five sets. On ArrowHead's
    36 series 0.84 of the labels held out are right, with the published sizes 0.79; on the others the two differ by at
    most 0.005. The authors train for 2000 epochs on batches of 128, and have 0.90 on the test part of ArrowHead, of
    which the defaults find 0.87.

    References
    ----------
    .. [1] F. Karim, S. Majumdar, H. Darabi, S. Chen (2018). LSTM fully convolutional networks for time series
       classification. IEEE Access 6, 1662-1669.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMFCNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMFCNClassifier(filters=(8, 8, 8), epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        units: int | tuple[int, ...] = 128,
        *,
        filters: int | tuple[int, ...] = (64, 128, 64),
        kernel_size: int | tuple[int, ...] = (16, 10, 6),
        dropout: float = 0.8,
        dimension_shuffle: bool = True,
        norm_momentum: float = 0.9,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = 'cosine',
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 8,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...

class Conv2DLSTMClassifier(NetworkClassifier, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for labels of images.

    One branch for each of `kernel_sizes`; the maps are concatenated along the channels. The convolutions pad with zeros
    on all sides: rows are no time.

    Parameters
    ----------
    filters : int or tuple of int, default=32
        Feature maps of the convolution in each branch; a tuple stacks convolutions, each with its pooling.

    kernel_sizes : int or tuple of int, default=(3, 5)
        Height and width, in pixels, of the kernels; one branch for each.

    pool_size : int or tuple of int, default=2
        Height and width, in pixels, of the blocks whose largest value MaxPooling2D keeps, after each convolution; a
        tuple gives one for each. With 1 there is no pooling, nor along an axis with one pixel left.

    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.

    units : int or tuple of int, default=128
        Units of the LSTM; a tuple stacks LSTMs.

    dense_units : int or tuple of int, default=()
        Units of the hidden dense layers; `()` for none.

    dropout : float, default=0.0
        Share of values set to 0 in training in the fused rows, after each LSTM and after each hidden dense layer.

    bidirectional : bool, default=False
        Read the rows in both directions; the LSTM's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over the rows, instead of its last one.

    input_shape : tuple of int, default=None
        Shape of one image, (height, width, channels), to read a 2-D X whose rows are flattened images, last axis
        fastest. None reads the columns of a 2-D X as the first axis, and takes the shape of other X as it is.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv2DLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> y = X[:, :, :4].mean(axis=(1, 2, 3)) > X[:, :, 4:].mean(axis=(1, 2, 3))
    >>> Conv2DLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (8, 8, 1)
    """

    def __init__(
        self,
        filters: int | tuple[int, ...] = 32,
        *,
        kernel_sizes: int | tuple[int, ...] = (3, 5),
        pool_size: int | tuple[int, ...] = 2,
        activation: str | Callable[..., Any] | None = 'relu',
        units: int | tuple[int, ...] = 128,
        dense_units: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        input_shape: tuple[int, ...] | None = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None: ...

class Conv3DLSTMClassifier(NetworkClassifier, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for labels of clips.

    The convolution is padded on the left of the time axis: a feature at frame t is made of frames up to t.

    Parameters
    ----------
    filters : int or tuple of int, default=32
        Feature maps of the convolution; a tuple stacks convolutions, each with its pooling.

    kernel_size : int or tuple of int, default=3
        Frames, and height and width in pixels, that a filter sees at once; a tuple gives one for each convolution.

    pool_size : int or tuple of int, default=2
        Frames, and height and width in pixels, of the blocks whose largest value MaxPooling3D keeps, after each
        convolution; a tuple gives one for each. With 1 there is no pooling, nor along an axis with one frame or pixel
        left.

    activation : str, callable or None, default="relu"
        Activation of the convolutions and of the hidden dense layers, by its Keras name.

    units : int or tuple of int, default=128
        Units of the LSTM; a tuple stacks LSTMs.

    dense_units : int or tuple of int, default=()
        Units of the hidden dense layers; `()` for none.

    dropout : float, default=0.0
        Share of values set to 0 in training in the flattened frames, after each LSTM and after each hidden dense
        layer.

    bidirectional : bool, default=False
        Read the frames in both directions; the LSTM's outputs are twice as many.

    attention : bool, default=False
        Read all outputs of the last LSTM through a learned weighted mean over the frames, instead of its last one.

    input_shape : tuple of int, default=None
        Shape of one clip, (frames, height, width, channels), to read a 2-D X whose rows are flattened clips, last
        axis fastest. None reads the columns of a 2-D X as the first axis, and takes the shape of other X as it is.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Examples
    --------
    >>> from skhybrid import Conv3DLSTMClassifier, make_moving_shapes
    >>> X, y = make_moving_shapes(16, size=8, n_frames=6, random_state=0)
    >>> Conv3DLSTMClassifier(filters=4, units=4, epochs=1, random_state=0).fit(X, y).input_shape_
    (6, 8, 8, 1)
    """

    def __init__(
        self,
        filters: int | tuple[int, ...] = 32,
        *,
        kernel_size: int | tuple[int, ...] = 3,
        pool_size: int | tuple[int, ...] = 2,
        activation: str | Callable[..., Any] | None = 'relu',
        units: int | tuple[int, ...] = 128,
        dense_units: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        bidirectional: bool = False,
        attention: bool = False,
        input_shape: tuple[int, ...] | None = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None: ...

class SequenceClassifier(WindowClassifier, architectures.Sequence):
    """Any network for labels: one of this package's by name, or one of your own.

    Parameters
    ----------
    network : str or callable, default="cnn_lstm"
        A name of ``skhybrid.networks.NETWORKS``, or a function ``(input_shape, n_outputs, *, seed,
        **network_params)`` that returns an uncompiled Keras model, for a classifier one whose outputs are the
        probabilities of the classes (end it with a softmax). `input_shape` is the shape of one window, (n_steps,
        n_features), or where X has more axes, of one sample of X. Give `seed` to the initializers and dropout layers,
        so that `random_state` decides on them. Pickling a fitted estimator pickles the function: define it in a
        module.

    network_params : dict, default=None
        Further arguments of the network.

    loss : str, callable or keras.losses.Loss, default="categorical_crossentropy"
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=None
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    learning_rate_schedule : {"cosine", "exponential"}, default=None
        How the learning rate falls over the planned `epochs`, from epoch to epoch: by half a cosine to 0, or by equal
        factors to a hundredth. None leaves it as it is, as `partial_fit` always does.

    metrics : str, keras.metrics.Metric or list of them, default=None
        Keras metrics to follow in `history_` beside the loss. Where they can be, metrics of values are in the units
        of y; else they are in the scale that the network sees, and their names start with "scaled_".

    epochs : int, default=100
        Number of passes over the training samples; 0 leaves the linear path alone, where there is one in closed form.

    batch_size : int, default=32
        Number of samples in a batch; the last batch of an epoch may hold fewer.

    shuffle : bool, default=True
        Whether to draw a new order of the samples for each epoch. The order of steps in a sample is never touched.

    early_stopping : bool, default=False
        Whether to hold out a part of the samples, stop when its loss has not fallen for `n_iter_no_change` epochs,
        and take the weights of the best epoch.

    validation_fraction : float, default=0.1
        Share of the samples to hold out for early stopping.

    validation_gap : int, default=None
        Number of samples to leave out before the last part, where that is held out, so that no training target lies
        in the held out time; None takes the number of outputs minus 1, which fits targets 1, 2, ..., n_outputs steps
        ahead.

    n_iter_no_change : int, default=10
        Number of epochs without a better validation loss after which to stop.

    refit : bool, default=False
        Whether, after early stopping, a fresh network from the same seed is trained on all samples, those held out
        among them, for `best_epoch_` epochs of the same learning rates. The samples held out, often the most telling,
        are then not lost. Callbacks see the first training only.

    half_life : float, default=None
        Share of the training samples after which, counted back from the newest, a sample weighs half as much; None
        weighs all alike.

    n_estimators : int, default=1
        Number of networks, from different seeds, whose mean is predicted. Each has its own best epoch.

    member_params : list of dict, default=None
        What else the networks differ in, for example ``[{}, {"last_steps": 48}]``: parameters of the network,
        `last_steps`, `half_life` and `linear_weight`. They are given out in turn; None for seeds alone.

    n_jobs : int, default=None
        Number of networks trained at a time, each in a thread; None for one.

    callbacks : keras.callbacks.Callback or list of them, default=None
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards; what a callback holds,
        as a list or a study to report to, is not copied: it is the caller's, in `cross_val_score` as well. A fit in
        another process cannot report to it, and warns. They follow training alone: hooks such as `on_predict_begin`
        are never called.

    warm_start : bool, default=False
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh. Parameters
        set in between are applied where the network can go on with them, as `loss`, `learning_rate` and `batch_size`;
        those that it is made of are refused. A training that fails or is interrupted leaves the network as it was
        before.

    random_state : int, RandomState instance or None, default=None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each
        time.

    verbose : int, default=0
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}, default="auto"
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, loss,
        optimizer and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was, and why.

    validation : {"stratified", "last"}, default=None
        Which part early stopping holds out: a random part with the same share of each class, or the last part in
        time, as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced", default=None
        Weights of the classes, as {label: weight}, 1 where not given; "balanced" weighs each by the inverse of its
        frequency. They multiply `sample_weight`.

    n_features : int, default=1
        Number of features of one step, to read a 2-D X of shape (n_samples, n_steps * n_features): flattened windows,
        oldest step first, the features of one step side by side.

    window_norm : {"last", "relative", "standard"}, default=None
        How each window is expressed relative to itself inside the network: "last" subtracts the last step, "relative"
        subtracts it and divides by it, "standard" subtracts the window's mean and divides by its standard deviation,
        each feature by its own. It lets a network follow a level that it never saw in training. None leaves windows
        as they are.

    norm_channels : sequence of int, default=None
        The features that `window_norm` treats, by position; others, as flags, are left alone. None treats all. Inside
        of a :class:`WindowedRegressor`, names of its columns as well.

    last_steps : int, default=None
        Number of the window's newest steps that the network reads; None for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    model_ : keras.Model
        The trained network. It maps samples to class probabilities; see `to_keras`.

    n_outputs_ : int
        Number of classes.

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
        Number of epochs after which the weights were kept; without early stopping, that of all epochs. 0 means that
        no epoch beat the linear path alone, which is what is left then. Of several networks, their largest.

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

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SequenceClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = SequenceClassifier("gru", network_params={"units": 4}, epochs=2, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (60,)
    """

    def __init__(
        self,
        network: Any = 'cnn_lstm',
        *,
        network_params: dict[str, Any] | None = None,
        loss: Any = 'categorical_crossentropy',
        optimizer: Any = 'adam',
        learning_rate: Any = None,
        learning_rate_schedule: str | None = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        validation_gap: int | None = None,
        n_iter_no_change: int = 10,
        refit: bool = False,
        half_life: float | None = None,
        n_estimators: int = 1,
        member_params: list[dict[str, Any]] | None = None,
        n_jobs: int | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        engine: str = 'auto',
        validation: str | None = None,
        class_weight: dict[Any, float] | str | None = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
    ) -> None: ...
