"""What all estimators share: their training options, and the way from samples and targets to a trained network."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skhybrid._backend import keras
from skhybrid._validation import (
    StrOptions,
    check_is_fitted,
    check_sample_shape,
    check_weights,
    fraction,
    non_negative_int,
    positive_int,
    positive_real,
)
from skhybrid.estimators._scikeras import (
    Wrapper,
    build_network,
    check_loss,
    check_optimizer,
    copy_callbacks,
    takes_parameter,
)
from skhybrid.estimators._window_norm import check_positive

# The constructors only store, which is what a dataclass writes: each parameter stands once, where it belongs.
estimator = dataclass(eq=False, repr=False, kw_only=True)


@estimator
class NetworkEstimator(BaseEstimator):
    """Base of all estimators: from samples and targets to a trained Keras model, and back.

    An architecture (of `_architectures`) says which network it trains and how it reads X; a subclass here, what the
    network's outputs mean.
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

    _output_activation: ClassVar[str | None] = None

    def __init_subclass__(cls, **options):
        """Gather the parameters' constraints of all parts."""
        super().__init_subclass__(**options)
        parts = [vars(base).get("_parameter_constraints", {}) for base in reversed(cls.__mro__)]
        cls._parameter_constraints = {name: rule for part in parts for name, rule in part.items()}

    @property
    def model_(self):
        """The trained Keras model."""
        return self.scikeras_.model_

    def to_keras(self):
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
        network = self.scikeras_._build_keras_model()  # Keras' clone_model would draw seeds where a layer loses its own
        network.set_weights(self.model_.get_weights())
        inputs = keras.Input(self.sample_shape_, name="sample")
        steps = keras.layers.Reshape(self.input_shape_, name="steps")(inputs)
        return keras.Model(inputs, self._export(network(steps), steps), name=network.name)

    def read_samples(self, X):
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
        samples = self._read(self._check(X, reset=False))
        n_before, n_after = self._count_unknown(samples)
        self._check_lengths(n_after)
        self._check_masks(self.scikeras_, n_after)
        samples = self._fill(samples, n_before)
        check_positive(samples.reshape(len(samples), -1, samples.shape[-1])[:, -1], self.scikeras_.model__window_norm)
        return samples

    def _fit(self, X, y, sample_weight, *, again, epochs, early_stopping, **known):
        if again:
            check_sample_shape(X, self.sample_shape_)
        else:
            self.__dict__.pop("scikeras_", None)  # or a fit that fails would leave the old network with new scales
        X, y = self._check(X, y, reset=not again)
        weights = check_weights(sample_weight, len(X))
        samples = self._read(X)
        n_before, n_after = self._count_unknown(samples)
        weights = self._weigh(y, np.where(n_before == 0, weights, 0))
        self._check_lengths(n_after)
        rows = self._usable_rows(n_before, weights)
        seed = self.scikeras_.model__seed if again else self._draw_seed()
        validation_rows = None
        if early_stopping:
            rows, validation_rows = self._split(rows, y, seed)
        if again:
            scikeras = self.scikeras_
        else:
            scikeras = self._begin(X, y, samples, rows, weights, seed=seed, masked=bool(n_after.any()), **known)
        self._check_masks(scikeras, n_after)
        self.callbacks_ = copy_callbacks(self.callbacks)
        scikeras.fit(
            samples,
            self._encode(y, samples),
            epochs=epochs,
            initial_epoch=scikeras.current_epoch,
            weights=weights / weights[rows].mean(),  # Keras divides by the number of rows, not by their weights
            rows=rows,
            validation_rows=validation_rows,
            batch_size=self.batch_size,
            seed=seed if self.shuffle else None,
            callbacks=[*self.callbacks_, *self._stopping(early_stopping)],
            verbose=self.verbose,
            engine=self.engine,
        )
        return self._keep(scikeras)

    def _begin(self, X, y, samples, rows, weights, *, seed, masked, **known):
        """Learn the shapes and scales of a first fit; return a fresh SciKeras wrapper."""
        self.sample_shape_: tuple[int, ...] = X.shape[1:]
        self.input_shape_: tuple[int, ...] = samples.shape[1:]
        self._learn_target(y, samples, rows, weights, **known)
        options = {**self._front(samples, rows), **self._back()}
        return self._make_scikeras(seed, masked=masked, **options)

    def _outputs(self, X):
        """Return the network's outputs for X, (n_samples, n_values), and X as the network's samples."""
        samples = self.read_samples(X)
        return self.scikeras_.predict(samples, engine=self.engine).astype(np.float64), samples

    def _draw_seed(self):
        """Draw the seed of first weights, order of samples and dropout.

        SciKeras' own `random_state` would change the random state of the whole process.
        """
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _weigh(self, y, weights):
        """Return the weights of the samples in training."""
        return weights

    def _usable_rows(self, n_before, weights):
        """Return the samples to train on: those with a complete past and a weight."""
        rows = np.flatnonzero((n_before == 0) & (weights > 0))
        if len(rows) == 0:
            raise ValueError(
                f"X must hold at least one complete window, but all {len(weights)} start with NaN (or have weight "
                "zero); pass a smaller window_length or more rows."
            )
        return rows

    def _split(self, rows, y, seed):
        """Split the samples in time: the last part validates, and a gap keeps its targets out of training."""
        gap = np.size(y[0]) - 1 if self.validation_gap is None else self.validation_gap
        n_validation = round(self.validation_fraction * len(rows))
        n_training = len(rows) - n_validation - gap
        if n_training < 2 or n_validation < 1:
            raise ValueError(
                f"early_stopping=True needs at least 2 samples to train on and 1 to validate on, but of {len(rows)} "
                f"samples validation_fraction={self.validation_fraction} and a gap of {gap} leave {max(n_training, 0)} "
                f"and {n_validation}; pass more samples, another validation_fraction or a smaller validation_gap."
            )
        return rows[:n_training], rows[len(rows) - n_validation :]

    def _make_scikeras(self, seed, *, masked, **options):
        """Return a fresh SciKeras wrapper of the network."""
        network, parameters = self._network(self.input_shape_)
        for name, value in {"masked": masked or None, "output_activation": self._output_activation}.items():
            if value is not None and takes_parameter(network, name):
                parameters = {name: value, **parameters}  # the user's own goes before
        options |= {"network": network, "parameters": parameters, "seed": seed, "input_shape": self.input_shape_}
        rate = {} if self.learning_rate is None else {"optimizer__learning_rate": self.learning_rate}
        return Wrapper(
            model=build_network,
            loss=self._make_loss(),
            optimizer=check_optimizer(self.optimizer, self.learning_rate),
            warm_start=True,  # whether to start afresh is decided here
            random_state=None,
            **{f"model__{name}": value for name, value in options.items()},
            **rate,
        )

    def _make_loss(self):
        return check_loss(self.loss)

    def _check_lengths(self, n_after):
        """Refuse sequences that end early where each window is expressed relative to itself."""
        if n_after.any() and self.window_norm is not None:
            raise ValueError(
                f"window_norm needs sequences of one length, but {np.count_nonzero(n_after)} samples of X end early "
                "(in NaN); pass window_norm=None."
            )

    def _check_masks(self, scikeras, n_after):
        """Refuse sequences that end early where the network does not leave out what follows their end."""
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
        self.n_outputs_ = scikeras.model__n_outputs
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "scikeras_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
