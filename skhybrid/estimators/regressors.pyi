# Made by `python -m tests.stubs` of the module of this name: what editors show of it.
from collections.abc import Callable
from typing import Any

from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._regressor import NetworkRegressor, WindowRegressor

class CNNLSTMRegressor(WindowRegressor, architectures.CNNLSTM):
    """CNN-LSTM hybrid: a convolution finds short patterns, an LSTM after it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> Dense. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import CNNLSTMRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> model = CNNLSTMRegressor(filters=4, units=4, epochs=2, random_state=0).fit(X[:70], y[:70])
    >>> model.predict(X[70:]).shape
    (18,)
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class LSTMRegressor(WindowRegressor, architectures.LSTM):
    """Long short-term memory: LSTM -> Dense -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import LSTMRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> LSTMRegressor(units=4, epochs=2, random_state=0).fit(X, y).n_parameters_
    193
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class GRURegressor(WindowRegressor, architectures.GRU):
    """Gated recurrent unit: GRU -> Dense -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import GRURegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> GRURegressor(units=4, epochs=2, random_state=0).fit(X, y).n_epochs_
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class SimpleRNNRegressor(WindowRegressor, architectures.SimpleRNN):
    """Plain recurrent network, without gates: SimpleRNN -> Dense -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import SimpleRNNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> SimpleRNNRegressor(units=4, epochs=2, random_state=0).fit(X, y).input_shape_
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class CNNRegressor(WindowRegressor, architectures.CNN):
    """Convolutional network: Conv1D -> MaxPooling1D -> Flatten -> Dense -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import CNNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> CNNRegressor(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class DenseRegressor(WindowRegressor, architectures.Dense):
    """Fully connected network on the flattened window: Flatten -> Dense -> ... -> Dense.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import DenseRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> DenseRegressor(dense_units=8, epochs=2, random_state=0).fit(X, y).n_parameters_
    113
    """

    def __init__(
        self,
        dense_units: int | tuple[int, ...] = (128, 64),
        *,
        activation: str | Callable[..., Any] | None = 'relu',
        dropout: float = 0.0,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class LSTMFCNRegressor(WindowRegressor, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for forecasts.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> Dense.

    Parameters
    ----------
    units : int or tuple of int, default=8
        Units of the LSTM; a tuple stacks LSTMs. The authors choose among 8, 64 and 128.

    filters : int or tuple of int, default=(128, 256, 128)
        Feature maps of the convolutions, one entry for each.

    kernel_size : int or tuple of int, default=(8, 5, 3)
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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    quite the same as the sample twice. It predicts with running means, which lag behind weights that still move:
    ``learning_rate_schedule="cosine"`` lets them settle.

    References
    ----------
    F. Karim, S. Majumdar, H. Darabi, S. Chen (2018). LSTM fully convolutional networks for time series
    classification. IEEE Access 6, 1662-1669.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMFCNRegressor, make_windows
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> LSTMFCNRegressor(filters=(8, 8, 8), epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    def __init__(
        self,
        units: int | tuple[int, ...] = 8,
        *,
        filters: int | tuple[int, ...] = (128, 256, 128),
        kernel_size: int | tuple[int, ...] = (8, 5, 3),
        dropout: float = 0.8,
        dimension_shuffle: bool = True,
        norm_momentum: float = 0.9,
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class LSTNetRegressor(WindowRegressor, architectures.LSTNet):
    """LSTNet, for several series at once: a convolution and two recurrences, beside a linear path.

    Conv1D over all series -> GRU, beside a GRU from season to season -> Dense; to it is added a linear map of the
    newest steps of each series, the same for all.

    Parameters
    ----------
    filters : int, default=100
        Feature maps of the convolution, each over all series.

    kernel_size : int, default=6
        Steps a filter sees at once. There is no padding: `n_steps - kernel_size + 1` steps are left.

    activation : str, callable or None, default="relu"
        Activation of the convolution, by its Keras name.

    units : int, default=100
        Units of the recurrence over all steps.

    skip : int or None, default=24
        Steps of a season. A second recurrence reads the newest whole seasons that the convolution leaves, each phase
        of the season on its own, from one season to the next. None leaves it out.

    skip_units : int, default=5
        Units of the second recurrence, of which there are outputs for each phase. The authors choose 5 or 10.

    highway : int or None, default=24
        Newest steps that the linear path reads, of each series for its own outputs, with the same weights for all.
        None leaves it out.

    target_channels : sequence of int or None, default=None
        The features that the outputs continue, by position, in the order of the outputs. None is all.

    dropout : float, default=0.2
        Share of values set to 0 in training after the convolution and each recurrence.

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    y holds the coming values of the series, series by series: with 7 series one step ahead, 7 columns. It is scaled
    inside, each column by the rows trained on; scale the series in X in the same manner, with
    ``PerStepTransformer(StandardScaler())`` before the network in a pipeline, as one linear map serves all of them.

    References
    ----------
    G. Lai, W.-C. Chang, Y. Yang, H. Liu (2018). Modeling long- and short-term temporal patterns with deep neural
    networks. SIGIR.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTNetRegressor, sliding_windows
    >>> hour = np.arange(200)
    >>> series = np.column_stack([np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6)])
    >>> X, y = sliding_windows(series, 36)[:-1], series[36:]
    >>> LSTNetRegressor(8, units=8, skip=12, highway=12, epochs=2, random_state=0).fit(X, y).predict(X[:3]).shape
    (3, 2)
    """

    def __init__(
        self,
        filters: int = 100,
        *,
        kernel_size: int = 6,
        activation: str | Callable[..., Any] | None = 'relu',
        units: int = 100,
        skip: int | None = 24,
        skip_units: int = 5,
        highway: int | None = 24,
        target_channels: Any = None,
        dropout: float = 0.2,
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...

class Conv2DLSTMRegressor(NetworkRegressor, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for numbers from images.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

    Attributes
    ----------
    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import Conv2DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> Conv2DLSTMRegressor(filters=4, units=4, epochs=2, random_state=0).fit(X, X.mean(axis=(1, 2, 3))).n_outputs_
    1
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
    ) -> None: ...

class Conv3DLSTMRegressor(NetworkRegressor, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for numbers from clips.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

    Attributes
    ----------
    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> from skhybrid import Conv3DLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(16, 6, 8, 8, 1))
    >>> y = X[:, -1].mean(axis=(1, 2, 3))
    >>> Conv3DLSTMRegressor(filters=4, units=4, epochs=1, random_state=0).fit(X, y).n_outputs_
    1
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
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
    ) -> None: ...

class SequenceRegressor(WindowRegressor, architectures.Sequence):
    """Any network: one of this package's by name, or one of your own.

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

    loss : str, callable or keras.losses.Loss, default="mse"
        Loss to minimise, in the scale of `scale_target`; "quantile" for forecasts of `quantiles`. Beside a linear
        path in closed form, samples held out choose penalties, numbers of trees and the shares of networks and trees
        by absolute errors with "mae" and "quantile", by squared ones with other losses.

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

    scale_target : bool, default=True
        Whether the network sees y with mean 0 and standard deviation 1 (of the training samples). Predictions are in
        the units of y either way. Not used where windows are normalised.

    quantiles : tuple of float, default=None
        Levels of the quantiles that `predict_quantiles` gives, rising, with 0.5 among them, where
        ``loss="quantile"``; one network forecasts them all, and they never cross. `predict` gives the median.

    output_activation : str or callable, default=None
        Activation of the network's output by its Keras name, for what has bounds: "softplus" or "exponential" for
        what is positive. y is then scaled without being centred. Not with `quantiles`, normalised windows or a linear
        path, which would lie outside of the bounds.

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

    target_channel : int, default=0
        The feature whose future y is, for `window_norm`.

    season_length : int, default=None
        Number of steps of a season, for ``window_norm="seasonal"`` and the base "seasonal".

    lead : int, default=0
        Number of steps between the end of a window and the first target, where y holds steps lead + 1, lead + 2, ...
        ahead: the season of a target is counted on by so many.

    linear_path : {"trained", "ridge"}, default=None
        A linear map from all that the network reads to its outputs, beside the network, which then learns what a
        linear model leaves. "trained" trains it with the network. "ridge" is closed-form ridge regression on the
        window as the network reads it, on samples trained on alone; samples held out (by `validation_fraction` and
        `validation_gap`, or `X_val`) choose its penalty, and by early stopping the epoch, and a gate between 0 and 1
        for each segment of the decoder that the network's part is multiplied by: the share that is best on them,
        shrunk by how unsure it is, and 0 where it is within a standard error of 0 (``best_epoch_ = 0``). Without
        early stopping they choose the penalty alone, and all samples are trained on.

    linear_bases : sequence of {"last", "mean", "raw", "smoothed", "seasonal"} or "auto", default=None
        Naive forecasts that ridge regressions are relative to, one each, mixed by the samples held out: the last
        value, the window's mean, the mean of y, exponential smoothing of the window with or without a trend and a
        season (Holt and Winters, with the parameters that the samples held out choose), and the value a season
        before. A large penalty leads back to them. They need ``window_norm="last"`` or "seasonal". "auto" takes all
        that the window holds, but for its mean. None takes one regression, relative to what `window_norm` says.

    linear_lengths : int, default=1
        Number of window lengths that ridge regressions read, mixed as well: the whole window, its newest half,
        quarter, ... For each there is one regression relative to each base.

    linear_half_life : float, default=None
        Share of the samples after which, counted back from the newest, a sample weighs half as much in further ridge
        regressions, one for each of the others, mixed with them; None for none.

    linear_squares : bool, default=False
        Whether the ridge regressions read the squares of the numbers known ahead as well, of those that take more
        than two values: demand is high where it is cold, and where it is hot. They are left out where they take less
        than a hundredth off the error on the samples held out.

    linear_by_phase : bool, default=False
        Whether what the ridge regressions leave is learned by further ones, one for each phase of the shortest season
        that X counts ahead (`seasons` of :class:`Windows`), from the window of the target, the phases of the other
        seasons, and, where a decoder does not part it by segments, what is known ahead. There are at most 48: phases
        of longer seasons are taken together. They are left out where they do not help on the samples held out, and
        where X counts no season (``phase_penalty_`` is infinite then).

    linear_weight : float, default=1.0
        What the forecast of a linear path in closed form is multiplied by, from 0 to 1, while a network is trained
        beside it: with 1 the network learns what the path leaves, with 0 the targets themselves. Either way the gate
        is the share, in the forecast, of what the two have become together; the rest is the path's.

    boosting : bool, default=False
        Whether boosted trees, beside the network, learn what a linear path in closed form leaves: scikit-learn's
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor`, one for all coming steps, that reads the past at the
        phase of the step, newest values, means, and what is known of the step. They need early stopping: the samples
        it holds out choose the number of trees, and the shares of network and trees that are added, together. At most
        a million rows of one sample and step are learned from. `model_` does not hold them, and `to_keras` refuses
        them.

    min_samples : int, default=0
        Number of samples below which neither a network is trained nor trees are grown beside a linear path in closed
        form, which forecasts alone then (``best_epoch_ = 0``, and `engine_` says why). Not with quantiles, which it
        does not forecast.

    validation_folds : int, default=1
        Number of parts, each `validation_fraction` of the samples, that are held out one after the other from the
        newest back, each from what is learned of the samples before it. All choose what a linear path in closed form
        is made of. With early stopping (which needs `refit` then) the i-th network stops by the i-th part, and the
        gate is chosen by the parts of all networks together.

    phase_offsets : bool, default=False
        Whether to learn an offset for each phase of the seasons that X counts ahead (`seasons` of :class:`Windows`),
        subtracted from the window of the target before the network and added to its outputs after it, as in CycleNet
        (Lin et al. 2024). All are 0 at first. They need ``window_norm="last"`` or "seasonal", and y that holds the
        steps in order.

    Attributes
    ----------
    linear_penalty_ : ndarray of shape (n_regressions,)
        With ``linear_path="ridge"``, the penalty of each ridge regression, as scikit-learn's `Ridge` has it: for each
        set of weights and number of steps, the longest first, those of all bases. Infinite for a naive forecast
        alone.

    linear_share_ : ndarray of shape (n_regressions,)
        Share of each ridge regression in the linear path.

    phase_penalty_ : float
        With ``linear_path="ridge"``, the penalty of the regressions by phase, in units of the mean square of a
        feature, summed over the samples of a phase. Infinite where there are none.

    gate_ : ndarray of shape (n_estimators, n_outputs)
        What the part of each network is multiplied by before the linear path in closed form is added, which
        `linear_weight` lessens by as much of its own.

    boosting_share_ : ndarray of shape (n_outputs,)
        With ``linear_path="ridge"``, the share of what boosted trees say that is added; 0 where there are none.

    model_ : keras.Model
        The trained network. It maps samples to targets in the scale of `scale_target`; see `to_keras`.

    n_outputs_ : int
        Number of targets.

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
    >>> import keras
    >>> import numpy as np
    >>> from skhybrid import SequenceRegressor, make_windows
    >>> def linear(input_shape, n_outputs, *, seed):
    ...     glorot = keras.initializers.GlorotUniform(seed)
    ...     dense = keras.layers.Dense(n_outputs, kernel_initializer=glorot)
    ...     return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), dense])
    >>> X, y = make_windows(np.sin(np.arange(100) / 3), window_length=12)
    >>> SequenceRegressor(linear, epochs=2, random_state=0).fit(X, y).n_parameters_
    13
    """

    def __init__(
        self,
        network: Any = 'cnn_lstm',
        *,
        network_params: dict[str, Any] | None = None,
        loss: Any = 'mse',
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
        scale_target: bool = True,
        quantiles: tuple[float, ...] | None = None,
        output_activation: Any = None,
        n_features: int = 1,
        window_norm: str | None = None,
        norm_channels: Any = None,
        last_steps: int | None = None,
        target_channel: int = 0,
        season_length: int | None = None,
        lead: int = 0,
        linear_path: str | None = None,
        linear_bases: Any = None,
        linear_lengths: int = 1,
        linear_half_life: float | None = None,
        linear_squares: bool = False,
        linear_by_phase: bool = False,
        linear_weight: float = 1.0,
        boosting: bool = False,
        min_samples: int = 0,
        validation_folds: int = 1,
        phase_offsets: bool = False,
    ) -> None: ...
