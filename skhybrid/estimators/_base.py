"""What all estimators share: their training options, and the way from samples and targets to a trained network."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from skhybrid._backend import BaseWrapper, keras
from skhybrid._training import hand_over, predict, train
from skhybrid._validation import (
    StrOptions,
    check_input,
    check_is_fitted,
    check_sample_shape,
    fraction,
    non_negative_int,
    positive_int,
    positive_real,
)
from skhybrid.estimators._architectures import Architecture
from skhybrid.estimators._bases import BaseEstimator
from skhybrid.estimators._build import takes_parameter
from skhybrid.estimators._keras_arguments import check_loss, check_optimizer, copy_callbacks
from skhybrid.estimators._parameters import part
from skhybrid.estimators._samples import Samples, find_usable, split_in_time
from skhybrid.estimators._scikeras import build_again, make_wrapper, pack, unpack
from skhybrid.estimators._targets import Labels, Values


@part
class NetworkEstimator(Architecture, BaseEstimator):
    """Base of all estimators: from samples and targets to a trained Keras model, and back.

    An architecture (of `_architectures`) holds which network is trained and how X is read; a subclass here, what the
    network's outputs mean.

    Parameters
    ----------
    optimizer : str, type or keras.optimizers.Optimizer
        Keras optimizer by name or class, or an instance, of which each fit takes a copy.

    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        Learning rate; None takes the optimizer's own. Must be None if `optimizer` is an instance.

    epochs : int
        Number of passes over the training samples.

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

    callbacks : keras.callbacks.Callback or list of them
        Keras callbacks. Each fit works on copies, which are found in `callbacks_` afterwards.

    warm_start : bool
        Whether `fit` trains the fitted network on for `epochs` more epochs, instead of starting afresh.

    random_state : int, RandomState instance or None
        Decides on the first weights, the order of the samples and dropout. An int gives the same predictions each time.

    verbose : int
        0 for silence, 1 for a progress bar, 2 for a line per epoch.

    engine : {"auto", "compiled", "keras"}
        What trains and predicts: "compiled" programs, which all fits of one architecture share, Keras' own loops
        ("keras"), or programs wherever they return the results of Keras ("auto"), which depends on network, optimizer
        and callbacks only. "compiled" is an error where they do not. `engine_` holds what it was.

    Attributes
    ----------
    scikeras_ : scikeras.wrappers.BaseWrapper
        The SciKeras wrapper that built and owns `model_`.

    history_ : dict of str to list of float
        Loss ("loss", and "val_loss" with early stopping) per epoch.

    n_epochs_ : int
        Number of epochs trained.

    n_parameters_ : int
        Number of the network's parameters.

    engine_ : str
        What trained last: "compiled" for a program, or "keras: " and the reason for Keras' own loop.

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

    loss: Any = None
    optimizer: Any = "adam"
    learning_rate: Any = None
    epochs: int = 100
    batch_size: int = 32
    shuffle: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    validation_gap: int | None = None
    n_iter_no_change: int = 10
    callbacks: Any = None
    warm_start: bool = False
    random_state: Any = None
    verbose: Any = 0
    engine: str = "auto"

    _parameter_constraints = {
        "loss": [str, callable],
        "optimizer": [str, type, keras.optimizers.Optimizer],
        "learning_rate": [positive_real, keras.optimizers.schedules.LearningRateSchedule, None],
        "epochs": [positive_int],
        "batch_size": [positive_int],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [fraction],
        "validation_gap": [non_negative_int, None],
        "n_iter_no_change": [positive_int],
        "callbacks": [keras.callbacks.Callback, list, tuple, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "engine": [StrOptions({"auto", "compiled", "keras"})],
    }

    _output_activation = ""  # of the network's last layer; "" for the network's own

    @property
    def model_(self) -> Any:
        """The trained Keras model."""
        hand_over(self.scikeras_.model_)  # so that its optimizer is as training has left it
        return self.scikeras_.model_

    def to_keras(self) -> Any:
        """Return one Keras model from the samples that `fit` received to predictions, all scaling inside.

        Returns
        -------
        model : keras.Model
            Maps (n_samples, *shape of a sample) to what `predict` (of classifiers: `predict_proba`) gives, always with
            an axis for the outputs, and one for the quantiles where there are any. It shares nothing with the
            estimator, and is made of Keras' own layers, so that Keras alone can save and load it. It computes in
            float32, which keeps seven digits of the predictions' level.
        """
        check_is_fitted(self)
        network = build_again(self.scikeras_)  # Keras' clone_model would draw seeds where a layer loses its own
        network.set_weights(self.scikeras_.model_.get_weights())
        inputs = keras.Input(self.sample_shape_, name="sample")
        steps = keras.layers.Reshape(self.input_shape_, name="steps")(inputs)
        return keras.Model(inputs, self._target.export(network(steps), steps), name=network.name)

    def read_samples(self, X: ArrayLike) -> NDArray[Any]:
        """Return X as the network reads it in `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`.

        Returns
        -------
        samples : ndarray of shape (n_samples, *input_shape_)
            The samples, checked; where a window starts with NaN in all features, its first known step is repeated.
        """
        check_is_fitted(self)
        check_sample_shape(X, self.sample_shape_)
        samples = self._read(check_input(self, X, reset=False))
        self._check_ends(self.scikeras_, samples.n_after)
        values = samples.fill()
        if self._norm is not None:
            self._norm.check_last(samples._replace(values=values).windows)
        return values

    def _fit(self, X, y, sample_weight, *, again, epochs, early_stopping, classes=None):
        """Train the network, from its first weights or `again`, from those it has."""
        if again:
            check_sample_shape(X, self.sample_shape_)
        else:
            self.__dict__.pop("scikeras_", None)  # or a fit that fails would leave the old network with new scales
        X, y = self._check_training_data(X, y, reset=not again)
        samples = self._read(X)
        weights = self._weigh(y, samples.weigh(sample_weight))
        rows, validation_rows = find_usable(weights), None
        seed = self.scikeras_.model__seed if again else self._draw_seed()
        if early_stopping:
            rows, validation_rows = self._split(rows, y, seed)
        if again:
            scikeras, before = self.scikeras_, self.history_
        else:
            self._learn(X, y, samples, rows, weights, classes)
            scikeras, before = self._make_scikeras(seed, is_masked=bool(samples.n_after.any())), {}
        self._check_ends(scikeras, samples.n_after)
        self.callbacks_: list[Any] = copy_callbacks(self.callbacks)
        n_before = len(before.get("loss", ()))
        training = train(
            scikeras.model_,
            # Keras divides by the number of rows, not by their weights.
            (samples.values, self._target.encode(y, samples), weights / weights[rows].mean()),
            rows,
            validation_rows,
            epochs=n_before + epochs,
            initial_epoch=n_before,
            batch_size=self.batch_size,
            seed=seed if self.shuffle else None,
            callbacks=[*self.callbacks_, *self._stopping(early_stopping)],
            verbose=self.verbose,
            engine=self.engine,
        )
        return self._keep(scikeras, training, before)

    def _learn(self, X, y, samples: Samples, rows, weights, classes) -> None:
        """Learn shapes and scales from the samples of a first fit, and of their values from `rows` alone."""
        self.sample_shape_: tuple[int, ...] = X.shape[1:]
        self.input_shape_: tuple[int, ...] = samples.values.shape[1:]
        self._norm = self._learn_norm(samples, rows)
        self._target = self._learn_target(y, samples, rows, weights, classes)

    def _outputs(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return what the network's outputs for X mean."""
        values = self.read_samples(X)
        outputs = predict(self.scikeras_.model_, values, engine=self.engine).astype(np.float64)
        return self._target.decode(outputs, values)

    def _check_training_data(self, X, y, *, reset):
        """Return X and y checked; they are the first, or must be like those of the first fit."""
        raise NotImplementedError

    def _learn_target(self, y, samples: Samples, rows, weights, classes) -> Values | Labels:
        """Return what the network's outputs are to mean, learned of the targets."""
        raise NotImplementedError

    def _weigh(self, y, weights):
        """Return the weights of the samples in training."""
        return weights

    def _split(self, rows, y, seed):
        """Return the samples to train on and those to validate on."""
        gap = np.size(y[0]) - 1 if self.validation_gap is None else self.validation_gap
        return split_in_time(rows, self.validation_fraction, gap)

    def _draw_seed(self) -> int:
        """Draw the seed of first weights, order of samples and dropout."""
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _make_loss(self) -> Any:
        """Return the loss as Keras takes it."""
        return check_loss(self.loss)

    def _make_scikeras(self, seed: int, *, is_masked: bool) -> BaseWrapper:
        """Return a fresh SciKeras wrapper, with the network built and compiled."""
        network, parameters = self._network(self.input_shape_)
        given = {"masked": is_masked, "output_activation": self._output_activation}
        options = {
            "network": network,
            # The user's own go before what is given here.
            "parameters": {**{k: v for k, v in given.items() if v and takes_parameter(network, k)}, **parameters},
            "seed": seed,
            "input_shape": self.input_shape_,
            "n_outputs": self._target.n_outputs,
            "quantiles": self._target.levels,
            "norm": self._norm,
        }
        rate = {} if self.learning_rate is None else {"optimizer__learning_rate": self.learning_rate}
        optimizer = check_optimizer(self.optimizer, self.learning_rate)
        return make_wrapper(options, loss=self._make_loss(), optimizer=optimizer, **rate)

    def _check_ends(self, scikeras: BaseWrapper, n_after: NDArray[np.intp]) -> None:
        """Refuse sequences that end early where windows are normalised, or where the network would read on."""
        if self._norm is not None:
            self._norm.check_complete(n_after)
        if not n_after.any() or scikeras.model__parameters.get("masked"):
            return
        network = scikeras.model__network
        if takes_parameter(network, "masked"):
            raise ValueError(
                f"X must hold sequences of one length, as in fit, but {np.count_nonzero(n_after)} end early (in NaN); "
                "fit on sequences of unequal length as well."
            )
        raise ValueError(
            f"X must hold sequences of one length for the network {network!r}, but {np.count_nonzero(n_after)} end "
            "early (in NaN); take a recurrent network or a hybrid, or fill the steps behind their ends."
        )

    def _stopping(self, early_stopping: bool) -> list[Any]:
        if not early_stopping:
            return []
        patience = self.n_iter_no_change
        return [keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)]

    def _keep(self, scikeras, training, before):
        """Store what training left, with the losses of the epochs `before`."""
        history = {name: [*before.get(name, []), *values] for name, values in training.history.items()}
        loss, n_epochs = history["loss"][-1], len(history["loss"])
        if not np.isfinite(loss):
            self.__dict__.pop("scikeras_", None)
            raise ValueError(
                f"Training must end with a finite loss, but the loss is {loss} after {n_epochs} epochs; "
                "scale X (for example with StandardScaler) or pass a smaller learning_rate."
            )
        self.scikeras_ = scikeras
        self.history_: dict[str, list[float]] = {**before, **history}
        self.n_epochs_: int = n_epochs
        self.n_parameters_: int = scikeras.model_.count_params()
        self.n_outputs_: int = self._target.n_outputs
        self.engine_: str = training.engine
        return self

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "scikeras_" in state:
            state["scikeras_"] = pack(state["scikeras_"])
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "scikeras_" in state:
            self.scikeras_ = unpack(state["scikeras_"])

    def __sklearn_is_fitted__(self):
        return hasattr(self, "scikeras_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
