"""The bridge between scikit-learn and Keras: a SciKeras wrapper that runs on the engine, and the estimators' base.

The estimators own a SciKeras wrapper instead of inheriting from it: SciKeras' classes carry tags of an older
scikit-learn, with which no subclass can meet today's estimator contract.
"""

import copy
from collections import defaultdict
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skhybrid import _engine
from skhybrid._checks import (
    StrOptions,
    as_windows,
    check_data,
    check_finite,
    check_is_fitted,
    check_sample_shape,
    check_weights,
    count_unknown,
    fill_unknown,
    fit_context,
    fraction,
    non_negative_int,
    positive_int,
    positive_real,
)
from skhybrid._quiet import KerasRegressor, keras, own_names
from skhybrid.networks import NETWORKS


class Wrapper(KerasRegressor):
    """SciKeras' regressor, trained and asked through the engine."""

    model_: Any
    history_: dict[str, list[float]]

    def _build_keras_model(self):
        with own_names():
            return super()._build_keras_model()

    def _ensure_compiled_model(self):
        with own_names():
            super()._ensure_compiled_model()

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        # The estimator has checked the data; SciKeras' own checks would refuse windows without a past, and copy.
        if reset:
            self.X_shape_, self.X_dtype_, self.n_features_in_ = X.shape, X.dtype, X.shape[1]
            self.y_dtype_, self.y_ndim_, self.target_type_ = y.dtype, y.ndim, self._type_of_target(y)
        return X, y

    def _fit_keras_model(self, X, y, sample_weight, warm_start, epochs, initial_epoch, *, weights, rows, **options):
        history = _engine.train(
            self.model_,
            (X, y.reshape(len(y), -1), weights),
            rows,
            epochs=initial_epoch + epochs,
            initial_epoch=initial_epoch,
            **options,
        )
        if initial_epoch == 0:
            self.history_ = defaultdict(list)
        for name, values in history.items():
            self.history_[name] += values

    def _predict_raw(self, X, *, engine="auto"):
        return _engine.predict(self.model_, X, engine=engine)

    def __getstate__(self):
        # The builder and its arguments are parameters, so what training changed is all there is to keep: smaller
        # and faster than a saved Keras model, and right for any layer that a builder may use.
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = _engine.get_state(state["model_"])
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if self.initialized_:
            trained = self.model_
            self.model_ = self._build_keras_model()
            self._ensure_compiled_model()
            _engine.set_state(self.model_, trained)


def build_network(meta, *, network, parameters, seed):
    """Build the Keras model for the shapes that SciKeras has seen in `fit`."""
    builder = NETWORKS[network] if isinstance(network, str) else network
    n_outputs = meta["n_outputs_"]
    model = builder(meta["X_shape_"][1:], n_outputs, seed=seed, **parameters)
    if not isinstance(model, keras.Model) or not model.built or model.output_shape != (None, n_outputs):
        what = f"one with output shape {model.output_shape}" if getattr(model, "built", False) else repr(model)
        raise ValueError(
            f"network must return a Keras model with an Input and output shape (None, {n_outputs}), one column per "
            f"target, but returned {what}; end it with Dense({n_outputs}) on 2-D features."
        )
    if model.compiled:
        raise ValueError(
            "network must return a model that is not compiled, but returned a compiled one; leave out compile(), and "
            "pass loss, optimizer and learning_rate to the estimator."
        )
    return model


class SequenceEstimator(BaseEstimator):
    """Base of all estimators: from windows and targets to a trained Keras model, and back.

    A subclass says in `_network` which network it trains, and with which parameters.
    """

    sample_shape_: tuple[int, ...]
    input_shape_: tuple[int, ...]
    scikeras_: Wrapper

    _parameter_constraints: dict[str, list[Any]] = {
        "n_features": [positive_int],
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
        "scale_target": ["boolean"],
        "callbacks": [keras.callbacks.Callback, list, tuple, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "engine": [StrOptions({"auto", "compiled", "keras"})],
    }

    def __init__(
        self,
        *,
        n_features,
        loss,
        optimizer,
        learning_rate,
        epochs,
        batch_size,
        shuffle,
        early_stopping,
        validation_fraction,
        validation_gap,
        n_iter_no_change,
        scale_target,
        callbacks,
        warm_start,
        random_state,
        verbose,
        engine,
    ):
        self.n_features = n_features
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation_gap = validation_gap
        self.n_iter_no_change = n_iter_no_change
        self.scale_target = scale_target
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.engine = engine

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_steps * n_features)
            Windows, in time order. Those without a complete past, which start with NaN in all features (3-D or 4-D X
            only), are left out.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: 2 counts as the same sample twice, 0 as no sample.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        again = self.warm_start and hasattr(self, "scikeras_")
        return self._fit(X, y, sample_weight, again=again, epochs=self.epochs, early_stopping=self.early_stopping)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, without early stopping.

        The first call builds the network and fixes the scaling of y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_steps * n_features)
            Windows, in time order.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._fit(X, y, sample_weight, again=hasattr(self, "scikeras_"), epochs=1, early_stopping=False)

    def predict(self, X):
        """Predict the target of each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_steps * n_features)
            Windows of the shape seen in `fit`. Where a window starts with NaN in all features (3-D or 4-D X only),
            its first known step is repeated.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, in the shape of the y seen in `fit`.
        """
        check_is_fitted(self)
        check_sample_shape(X, self.sample_shape_)
        windows = self._read(check_data(self, X, reset=False))
        windows = fill_unknown(windows, count_unknown(windows))
        scaled = self.scikeras_.predict(windows.reshape(len(windows), *self.input_shape_), engine=self.engine)
        return scaled.astype(np.float64) * self._target_scale + self._target_mean

    @property
    def model_(self):
        """The trained Keras model."""
        return self.scikeras_.model_

    def to_keras(self):
        """Return one Keras model from the windows that `fit` received to predictions in the units of y.

        Returns
        -------
        model : keras.Model
            Maps (n_samples, *shape of a window) to (n_samples, n_outputs). It shares nothing with the estimator, and
            is made of Keras' own layers, so that Keras alone can save and load it.
        """
        check_is_fitted(self)
        network = self.scikeras_._build_keras_model()  # Keras' clone_model would draw seeds where a layer loses its own
        network.set_weights(self.model_.get_weights())
        inputs = keras.Input(self.sample_shape_, name="window")
        outputs = network(keras.layers.Reshape(self.input_shape_, name="steps")(inputs))
        scale, mean = (np.ravel(a).tolist() for a in (self._target_scale, self._target_mean))
        return keras.Model(inputs, keras.layers.Rescaling(scale, mean, name="unscale")(outputs), name=network.name)

    def _pick(self, *names):
        return {name: getattr(self, name) for name in names}

    def _network(self, input_shape):
        """Return the network for inputs of this shape, by name or as a builder, and its parameters."""
        raise NotImplementedError

    def _fit(self, X, y, sample_weight, *, again, epochs, early_stopping):
        if again:
            check_sample_shape(X, self.sample_shape_)
        else:
            self.__dict__.pop("scikeras_", None)  # or a fit that fails would leave the old network with new scales
        X, y = check_data(self, X, y, reset=not again)
        if again:
            self._check_target_shape(y)
        weights = check_weights(sample_weight, len(X))
        windows = self._read(X)
        rows = self._complete_rows(windows, weights)
        validation_rows = None
        if early_stopping:
            rows, validation_rows = self._split(rows, n_outputs=1 if y.ndim == 1 else y.shape[1])
        if again:
            scikeras = self.scikeras_
        else:
            self.sample_shape_ = X.shape[1:]
            self.input_shape_ = self._input_shape(X, windows)
            self._scale_target(y[rows], weights[rows])
            scikeras = self._make_scikeras()
        self.callbacks_ = copy_callbacks(self.callbacks)
        scikeras.fit(
            windows.reshape(len(windows), *self.input_shape_),
            (y - self._target_mean) / self._target_scale,
            epochs=epochs,
            initial_epoch=scikeras.current_epoch,
            weights=weights / weights[rows].mean(),  # Keras divides by the number of rows, not by their weights
            rows=rows,
            validation_rows=validation_rows,
            batch_size=self.batch_size,
            seed=scikeras.model__seed if self.shuffle else None,
            callbacks=[*self.callbacks_, *self._stopping(early_stopping)],
            verbose=self.verbose,
            engine=self.engine,
        )
        return self._keep(scikeras)

    def _check_target_shape(self, y):
        """Refuse targets of another shape than those the network was built for."""
        if y.shape[1:] != self._target_mean.shape:
            needed = ", ".join(["n_samples", *map(str, self._target_mean.shape)])
            raise ValueError(
                f"y must have shape ({needed}) as in the first fit, but has shape {y.shape}; pass the same targets, "
                "or fit afresh."
            )

    def _read(self, X):
        """Return X as windows, (sample, time, feature)."""
        if X.ndim == 2:  # a table: NaN there is a missing value, not a step before the series began
            check_finite(X, "X")
        return as_windows(X, self.n_features)

    def _complete_rows(self, windows, weights):
        """Return the samples to train on: those with a complete past and a weight."""
        complete = count_unknown(windows) == 0
        rows = np.flatnonzero(complete & (weights > 0))
        if len(rows) == 0:
            raise ValueError(
                f"X must hold at least one complete window, but all {len(windows)} start with NaN (or have weight "
                "zero); pass a smaller window_length or more rows."
            )
        return rows

    def _split(self, rows, n_outputs):
        """Split the samples in time: the last part validates, and a gap keeps its targets out of training."""
        gap = n_outputs - 1 if self.validation_gap is None else self.validation_gap
        n_validation = round(self.validation_fraction * len(rows))
        n_training = len(rows) - n_validation - gap
        if n_training < 2 or n_validation < 1:
            raise ValueError(
                f"early_stopping=True needs at least 2 samples to train on and 1 to validate on, but of {len(rows)} "
                f"samples validation_fraction={self.validation_fraction} and a gap of {gap} leave {max(n_training, 0)} "
                f"and {n_validation}; pass more samples, another validation_fraction or a smaller validation_gap."
            )
        return rows[:n_training], rows[len(rows) - n_validation :]

    def _input_shape(self, X, windows):
        """Return the shape of the network's input."""
        return windows.shape[1:]

    def _scale_target(self, y, weights):
        """Learn the scale in which the network sees y."""
        self._target_mean, self._target_scale = np.zeros(y.shape[1:]), np.ones(y.shape[1:])
        if self.scale_target:
            self._target_mean = np.average(y, axis=0, weights=weights)
            deviation = np.sqrt(np.average((y - self._target_mean) ** 2, axis=0, weights=weights))
            constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(self._target_mean)
            self._target_scale = np.where(constant, 1.0, deviation)

    def _make_scikeras(self):
        """Return a fresh SciKeras wrapper of the network, seeded outside SciKeras.

        SciKeras' own `random_state` would change the random state of the whole process.
        """
        network, parameters = self._network(self.input_shape_)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        options = {} if self.learning_rate is None else {"optimizer__learning_rate": self.learning_rate}
        return Wrapper(
            model=build_network,
            model__network=network,
            model__parameters=parameters,
            model__seed=seed,
            loss=check_loss(self.loss),
            optimizer=check_optimizer(self.optimizer, self.learning_rate),
            warm_start=True,  # whether to start afresh is decided here
            random_state=None,
            **options,
        )

    def _stopping(self, early_stopping):
        if not early_stopping:
            return []
        patience = self.n_iter_no_change
        return [keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)]

    def _keep(self, scikeras):
        """Store what training gave."""
        loss = scikeras.history_["loss"][-1]
        if not np.isfinite(loss):
            self.__dict__.pop("scikeras_", None)
            raise ValueError(
                f"Training must end with a finite loss, but the loss is {loss} after {scikeras.current_epoch} epochs; "
                "scale X (for example with StandardScaler) or pass a smaller learning_rate."
            )
        self.scikeras_ = scikeras
        self.history_ = dict(scikeras.history_)
        self.n_epochs_ = scikeras.current_epoch
        self.n_parameters_ = self.model_.count_params()
        self.n_outputs_ = scikeras.n_outputs_
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "scikeras_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


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
    """Return `optimizer` by name or class, or a copy of an instance, which belongs to one model only."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        if learning_rate is not None:
            raise ValueError(
                f"learning_rate must be None where optimizer is an instance, which brings its own, but is "
                f"{learning_rate!r}; set the rate in the instance, or pass optimizer={type(optimizer).__name__!r}."
            )
        with own_names():
            return optimizer.from_config(optimizer.get_config())
    try:
        if isinstance(optimizer, str):
            with own_names():
                keras.optimizers.get(optimizer)
        elif not issubclass(optimizer, keras.optimizers.Optimizer):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"optimizer must be the name, the class or an instance of a Keras optimizer, but is {optimizer!r}; pass "
            "for example 'adam', 'sgd' or keras.optimizers.Adam(0.01)."
        ) from None
    return optimizer


def copy_callbacks(callbacks):
    """Return copies of the callbacks, so that no fit sees the state of another."""
    if isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    for callback in callbacks or ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"callbacks must hold instances of keras.callbacks.Callback, but holds {callback!r}; pass instances."
            )
    return [copy.deepcopy(callback) for callback in callbacks or ()]
