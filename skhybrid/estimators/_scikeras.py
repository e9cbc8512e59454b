"""The bridge between scikit-learn and Keras: a SciKeras wrapper that runs on the engine.

The estimators own a SciKeras wrapper instead of inheriting from it: SciKeras' classes carry tags of an older
scikit-learn, with which no subclass can meet today's estimator contract.
"""

import copy
import inspect
from collections import defaultdict
from typing import Any

from skhybrid._backend import BaseWrapper, keras, own_names, rebuild
from skhybrid._training import loops as _engine
from skhybrid.estimators._quantiles import spread_quantiles
from skhybrid.estimators._window_norm import normalise_input
from skhybrid.networks import NETWORKS


class Wrapper(BaseWrapper):
    """SciKeras' wrapper, trained and asked through the engine."""

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
            self.y_dtype_, self.y_ndim_, self.target_type_ = y.dtype, y.ndim, "continuous-multioutput"
        return X, y

    def _fit_keras_model(self, X, y, sample_weight, warm_start, epochs, initial_epoch, *, weights, rows, **options):
        history = _engine.train(
            self.model_,
            (X, y, weights),
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


def build_network(
    meta, *, network, parameters, seed, input_shape, n_outputs, quantiles=(), window_norm=None, channel_scale=None
):
    """Build the Keras model: normalisation of the window, network, and quantiles where they are asked for.

    Parameters
    ----------
    meta : dict
        What SciKeras knows of the data; not used.

    network, parameters, seed
        Name or builder of the network, its parameters and seed.

    input_shape : tuple of int
        Shape of one sample.

    n_outputs : int
        Number of values to predict for each sample.

    quantiles : tuple of float, default=()
        Levels of the quantiles to predict of each value; () for none.

    window_norm : str or None, default=None
        How a window is expressed relative to itself.

    channel_scale : ndarray of shape (n_features,) or None, default=None
        What each feature of a normalised window is divided by.

    Returns
    -------
    model : keras.Model
        Uncompiled.
    """
    n_values = n_outputs * max(1, len(quantiles))
    model = find_builder(network)(input_shape, n_values, seed=seed, **parameters)
    _check_model(model, n_values)
    if window_norm is not None:
        inputs = keras.Input(input_shape, name="window")
        model = keras.Model(inputs, rebuild(model, normalise_input(inputs, window_norm)), name=model.name)
        model.get_layer("channel_scale").set_weights([1 / channel_scale])
    if quantiles:
        outputs = spread_quantiles(model.output, n_outputs, quantiles)
        model = keras.Model(model.input, outputs, name=model.name)
    return model


def find_builder(network):
    """Return the builder of a network that is given by name, or as a builder."""
    return NETWORKS[network] if isinstance(network, str) else network


def takes_parameter(network, name):
    """Tell whether a network's builder has a parameter of this name."""
    return name in inspect.signature(find_builder(network)).parameters


def _check_model(model, n_values):
    """Refuse what is not an uncompiled Keras model with the right number of outputs."""
    if not isinstance(model, keras.Model) or not model.built or model.output_shape != (None, n_values):
        what = f"one with output shape {model.output_shape}" if getattr(model, "built", False) else repr(model)
        raise ValueError(
            f"network must return a Keras model with an Input and output shape (None, {n_values}), one column per "
            f"target, but returned {what}; end it with Dense({n_values}) on 2-D features."
        )
    if model.compiled:
        raise ValueError(
            "network must return a model that is not compiled, but returned a compiled one; leave out compile(), and "
            "pass loss, optimizer and learning_rate to the estimator."
        )


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
            return optimizer.from_config(optimizer.get_config())
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
