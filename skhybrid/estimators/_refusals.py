"""What does not go together: parameters, samples and networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import BaseWrapper, keras
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._build import takes_parameter
from skhybrid.estimators._keras_arguments import check_schedule
from skhybrid.estimators._samples import Ahead, describe_ahead
from skhybrid.estimators._task import HeldOut


def check_options(estimator: Any, early_stopping: bool, held_out: HeldOut | None) -> None:
    """Refuse parameters of training that do not go together."""
    check_schedule(estimator.learning_rate_schedule, estimator.optimizer, estimator.learning_rate)
    is_linear = getattr(estimator, "linear_path", None) == "ridge"
    if estimator.refit and estimator.warm_start:
        raise ValueError(
            "refit must be False with warm_start=True, which trains the fitted network on where refit trains a fresh "
            "one, but is True; pass one of them."
        )
    if estimator.refit and not early_stopping:
        raise ValueError(
            "refit=True needs early_stopping=True, which finds the number of epochs, but it is False; pass both, or "
            "neither."
        )
    if getattr(estimator, "boosting", False) and estimator.epochs and not early_stopping:
        raise ValueError(
            "boosting must be False without early_stopping=True, which holds out the samples that choose how much of "
            "the trees is added, but is True; pass both, or neither."
        )
    n_folds = getattr(estimator, "validation_folds", 1)
    if n_folds > 1 and (held_out is not None or not (estimator.refit or (is_linear and not early_stopping))):
        obstacle, way_out = "with X_val", "leave X_val out"
        if held_out is None:
            obstacle, way_out = (
                "without a training on all samples afterwards",
                "pass early_stopping=True and refit=True",
            )
        raise ValueError(
            f"validation_folds must be 1 {obstacle}, but is {n_folds}; {way_out}, or pass validation_folds=1."
        )
    if held_out is not None and not (early_stopping or is_linear):
        raise ValueError(
            "X_val needs early_stopping=True or linear_path='ridge', for which its samples are held out, but neither "
            "is set; pass one of them, or leave X_val out."
        )
    if estimator.epochs == 0 and not is_linear:
        raise ValueError(
            "epochs must be at least 1 without linear_path='ridge', which is learned without epochs, but is 0; pass "
            "for example epochs=100."
        )


def check_partial(estimator: Any) -> None:
    """Refuse what needs a training to its end, or samples held out."""
    for name in ("refit", "boosting"):
        if value := getattr(estimator, name, False):
            raise ValueError(
                f"{name}={value!r} needs a whole training, but partial_fit is one epoch of it; call fit, or leave it "
                "out."
            )


def check_exported(estimator: Any) -> None:
    """Refuse to leave trees out of a Keras model."""
    if np.any(getattr(estimator, "boosting_share_", 0)):
        raise ValueError(
            "to_keras needs an estimator without boosted trees, which are no layers of Keras, but this one adds what "
            "they say (boosting_share_); fit with boosting=False."
        )


def check_ahead(ahead: Ahead | None, shape: tuple[int, ...] | None, scale: AheadScale | None) -> None:
    """Refuse inputs known ahead of another kind than in fit."""
    found = (None, ()) if ahead is None else (ahead.shape, ahead.seasons)
    needed = (shape, () if scale is None else scale.seasons)
    if found != needed:
        raise ValueError(
            f"X must carry ahead what it carried in fit, {describe_ahead(*needed)}, but carries "
            f"{describe_ahead(*found)}; make it with the same known_future and seasons, or fit again."
        )


def check_lengths(n_after: NDArray[np.intp]) -> None:
    """Refuse sequences that end early where a linear path reads them."""
    if n_early := np.count_nonzero(n_after):
        raise ValueError(
            f"linear_path needs sequences of equal length, but {n_early} samples of X end early (in NaN); pass "
            "linear_path=None."
        )


def check_ends(scikeras: BaseWrapper, n_after: NDArray[np.intp]) -> None:
    """Refuse sequences that end early where windows are normalised, or where the network would read on."""
    n_early = np.count_nonzero(n_after)
    if n_early == 0:
        return
    if scikeras.model__reading.norm is not None:
        scikeras.model__reading.norm.check_complete(n_after)
    if scikeras.model__linear is not None:
        check_lengths(n_after)
    if scikeras.model__parameters.get("masked"):
        return
    network = scikeras.model__network
    if takes_parameter(network, "masked"):
        raise ValueError(
            f"X must hold sequences of one length, as in fit, but {n_early} end early (in NaN); fit on sequences of "
            "unequal length as well."
        )
    raise ValueError(
        f"X must hold sequences of one length for the network {network!r}, but {n_early} end early (in NaN); take a "
        "recurrent network or a hybrid, or fill the steps behind their ends."
    )


# Losses that read the targets in their own units, or up to a factor, so that nothing may be subtracted from them.
OF_VALUES = ("mean_squared_logarithmic_error", "binary_crossentropy", "binary_focal_crossentropy", "kl_divergence")
OF_SHARES = ("mean_absolute_percentage_error", "poisson")


def check_loss(estimator: Any, y: NDArray[Any]) -> NDArray[Any]:
    """Return targets; refuse a loss that reads others than the network is given: centred, scaled or negative ones."""
    name = _name_of_loss(estimator.loss)
    if name not in (*OF_VALUES, *OF_SHARES):
        return y
    is_moved = getattr(estimator, "window_norm", None) or getattr(estimator, "phase_offsets", False)
    is_centred = estimator.scale_target and estimator.output_activation is None
    if is_moved or is_centred or (name in OF_VALUES and estimator.scale_target):
        raise ValueError(
            f"loss={estimator.loss!r} needs targets as they are, and not {'moved' if is_moved else 'scaled'}; pass "
            "scale_target=False and window_norm=None, and output_activation='softplus' or 'exponential' for what "
            "is never negative."
        )
    is_own = not callable(getattr(estimator, "network", ""))  # one of the user's may end as it should
    if name == "poisson" and estimator.output_activation is None and is_own:
        raise ValueError(
            f"loss={estimator.loss!r} needs predictions above 0, but output_activation is None; pass "
            "output_activation='softplus' or 'exponential'."
        )
    if name != "mean_absolute_percentage_error" and y.min() < 0:
        raise ValueError(
            f"loss={estimator.loss!r} needs targets that are not negative, but y holds {y.min():.4g}; pass another "
            "loss."
        )
    return y


def _name_of_loss(loss):
    """Return the name of Keras' function for a loss, "" for others."""
    try:
        loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    except ValueError:  # "quantile", or one that is refused elsewhere
        return ""
    function = getattr(loss, "fn", loss)
    name = getattr(function, "__name__", "")
    return name if getattr(keras.losses, name, None) is function else ""
