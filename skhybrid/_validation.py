"""Validation shared by the whole package; the only file that uses scikit-learn's private validation."""

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _clone_parametrized as clone_parametrized
from sklearn.base import _fit_context
from sklearn.utils import check_array
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_feature_names_in as check_feature_names
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data as _validate_data

from skhybrid._input import (
    LONGEST_MESSAGE,
    check_finite,
    check_readable,
    count_unknown,
    cut,
    fill_unknown,
    name_feature,
    naming_columns,
    short,
)

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "as_before_on_error",
    "as_frames",
    "as_windows",
    "check_input",
    "check_training_data",
    "check_array",
    "check_feature_names",
    "check_finite",
    "check_horizon",
    "check_is_fitted",
    "check_parameters",
    "check_positive_int",
    "check_readable",
    "check_rows",
    "check_sample_shape",
    "check_seasons",
    "check_weights",
    "clone_parametrized",
    "count_unknown",
    "cut",
    "fill_unknown",
    "fit_context",
    "fraction",
    "function_of_scorer",
    "name_feature",
    "naming_columns",
    "non_negative_int",
    "positive_int",
    "positive_real",
    "share",
    "short",
    "validate_data",
    "warn",
]

F = TypeVar("F", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[F], F]:
    """Return scikit-learn's decorator of `fit`, which checks the parameters, with its type; its messages are cut."""

    def decorate(fit):
        checked = _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)(fit)

        @wraps(fit)
        def fit_with_short_words(*args, **kwargs):
            try:
                return checked(*args, **kwargs)
            except ValueError as error:
                if len(str(error)) <= LONGEST_MESSAGE or type(error) not in (ValueError, InvalidParameterError):
                    raise
                raise type(error)(cut(" ".join(str(error).split()))) from None

        return fit_with_short_words

    return decorate


def check_parameters(estimator: Any) -> None:
    """Refuse parameters that are not as `_parameter_constraints` say, as `fit_context` does."""
    constraints, parameters = estimator._parameter_constraints, estimator.get_params(deep=False)
    validate_parameter_constraints(constraints, parameters, caller_name=type(estimator).__name__)


@contextmanager
def as_before_on_error(*estimators: Any) -> Iterator[None]:
    """Put back the attributes of estimators where what is done to them fails or is interrupted."""
    before = [dict(vars(estimator)) for estimator in estimators]
    try:
        yield
    except BaseException:  # Ctrl-C among them
        for estimator, attributes in zip(estimators, before, strict=True):
            vars(estimator).clear()
            vars(estimator).update(attributes)
        raise


def warn(message: str) -> None:
    """Warn the caller of this package, or of scikit-learn, which may have called it."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("skhybrid.", "sklearn.")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)


def function_of_scorer(scorer: Any) -> tuple[Any, dict[str, Any]]:
    """Return the function that a scorer of scikit-learn calls, and its options; None for scorers of other make."""
    return getattr(scorer, "_score_func", None), getattr(scorer, "_kwargs", {})


# Entries of `_parameter_constraints`.
positive_int = Interval(Integral, 1, None, closed="left")
non_negative_int = Interval(Integral, 0, None, closed="left")
positive_real = Interval(Real, 0, None, closed="neither")
fraction = Interval(Real, 0, 1, closed="neither")
share = Interval(Real, 0, 1, closed="both")


def check_positive_int(value: Any, name: str) -> int:
    """Return `value` as an int of at least 1, or say which parameter is not one."""
    if _is_positive_int(value):
        return int(value)
    raise ValueError(f"{name} must be an integer of at least 1, but is {value!r}; pass for example {name}=12.")


def check_rows(a: ArrayLike, name: str = "X") -> NDArray[Any]:
    """Return `a` as a numeric array of rows in time, (n_rows, n_features); 1-D becomes one feature."""
    check_readable(a, name)
    rows = np.asarray(a)
    dtypes = getattr(a, "dtypes", None)  # of a DataFrame one for each column; numbers and flags together make objects
    if rows.dtype == object and dtypes is not None and all(dtype.kind in "biuf" for dtype in np.atleast_1d(dtypes)):
        rows = a.to_numpy(dtype=np.float64, na_value=np.nan)  # type: ignore[union-attr]
    if rows.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold numbers, but has dtype {rows.dtype}; encode text and dates as numbers, "
            "or leave their columns out."
        )
    if rows.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be 1-D (time,) or 2-D (time, feature), but has shape {rows.shape}; "
            "reshape it so that each row is one time step."
        )
    if rows.size == 0:
        raise ValueError(f"{name} must hold at least one row, but has shape {rows.shape}; pass a longer series.")
    return rows.reshape(len(rows), -1)


def check_horizon(horizon: int | Iterable[int]) -> list[int]:
    """Return the horizons as a list of distinct positive ints."""
    horizons = list(horizon) if isinstance(horizon, Iterable) else [horizon]
    valid = all(map(_is_positive_int, horizons))
    if not horizons or not valid or len(set(horizons)) < len(horizons):
        raise ValueError(
            f"horizon must be an integer of at least 1, or several different ones, but is {horizon!r}; pass for "
            "example horizon=1 or horizon=range(1, 25)."
        )
    return [int(h) for h in horizons]


def check_seasons(seasons: Iterable[int]) -> tuple[int, ...]:
    """Return the lengths of seasons as distinct ints of at least 2."""
    lengths = list(seasons) if isinstance(seasons, Iterable) else None
    if lengths is None or not all(map(_is_positive_int, lengths)) or len({1, *lengths}) <= len(lengths):
        raise ValueError(
            f"seasons must hold different lengths, each an integer of at least 2, but is {seasons!r}; pass for example "
            "seasons=(24, 168), or () for none."
        )
    return tuple(map(int, lengths))


def as_windows(X: NDArray[Any], n_features: int) -> NDArray[Any]:
    """Return `X` as (sample, time, feature): flattened 2-D windows unfolded, 4-D subsequences joined."""
    if X.ndim == 2 and X.shape[1] % n_features:
        raise ValueError(
            f"n_features={n_features} does not divide the {X.shape[1]} columns of X; "
            "pass the number of features that one step of the flattened windows has."
        )
    if X.ndim == 2:
        return X.reshape(len(X), -1, n_features)
    if X.ndim == 4:
        return X.reshape(len(X), -1, X.shape[3])
    if X.ndim == 3:
        return X
    raise ValueError(
        "X must be 2-D (flattened windows), 3-D (sample, time, feature) or 4-D (subsequences), "
        f"but has samples of shape {X.shape[1:]}; reshape it to windows."
    )


def as_frames(X: NDArray[Any], axes: tuple[str, ...], input_shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Return `X` as images or clips with these axes, channels last; flat 2-D rows are folded into `input_shape`.

    Without `input_shape`, the columns of a 2-D `X` are the first axis, and the other axes have size 1.
    """
    named = f"({', '.join(axes)})"
    shape = input_shape
    if shape is not None and (len(shape) != len(axes) or not all(_is_positive_int(n) for n in shape)):
        raise ValueError(
            f"input_shape must be {named}, each an integer of at least 1, but is {input_shape!r}; pass the shape of "
            "one sample."
        )
    if X.ndim == 2:
        shape = (X.shape[1], *[1] * (len(axes) - 1)) if shape is None else shape
        if np.prod(shape) != X.shape[1]:
            raise ValueError(
                f"input_shape={tuple(shape)} holds {np.prod(shape)} values, but the flat rows of X have {X.shape[1]}; "
                f"pass the {named} that X was flattened from."
            )
        return X.reshape(len(X), *shape)
    if X.ndim != 1 + len(axes):
        raise ValueError(
            f"X must be {1 + len(axes)}-D (sample, {', '.join(axes)}) or 2-D with input_shape, but has shape "
            f"{X.shape}; give images without channels a last axis of size 1, as X[..., None]."
        )
    if shape is None and X.shape[-1] > 4 and min(X.shape[1:-2]) in (1, 3):
        axis = 1 + int(np.argmin(X.shape[1:-2]))
        raise ValueError(
            f"X must have its channels last, as (sample, {', '.join(axes)}), but with shape {X.shape} seems to have "
            f"them first; move them by np.moveaxis(X, {axis}, -1), or pass input_shape={X.shape[1:]} if it is right."
        )
    if shape is not None and X.shape[1:] != tuple(shape):
        raise ValueError(
            f"X must hold samples of input_shape={tuple(shape)}, but they have shape {X.shape[1:]}; pass one that "
            "fits, or None."
        )
    return X


def check_sample_shape(X: ArrayLike, sample_shape: tuple[int, ...]) -> None:
    """Refuse `X` whose samples have another shape than in fit; two 2-D shapes are left to `validate_data`."""
    shape = (X if hasattr(X, "shape") else np.asarray(X)).shape[1:]
    if shape and shape != sample_shape and len(shape) * len(sample_shape) > 1:
        raise ValueError(
            f"X must hold samples of shape {sample_shape} as in fit, but they have shape {shape}; "
            "pass windows with the steps and features that fit received, or fit again."
        )


def check_input(estimator: Any, X: ArrayLike, *, reset: bool, allow_nd: bool = True) -> NDArray[Any]:
    """Return X as an array of floats (not checked for NaN and inf)."""
    check_readable(X, "X")
    _check_lengths(X)
    if not reset and _is_as_in_fit(estimator, X, allow_nd):
        return X  # type: ignore[return-value]  # it is an array
    return _validate(estimator, X, reset=reset, allow_nd=allow_nd)


def check_training_data(
    estimator: Any, X: ArrayLike, y: ArrayLike, *, reset: bool, allow_nd: bool = True, labels: bool = False
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return X as an array of floats (not checked for NaN and inf), and y with it.

    y holds numbers, in one column or several, unless it holds `labels`.
    """
    check_readable(X, "X")
    if y is not None:
        check_readable(y, "y")
    _check_lengths(X, y)
    values = np.asarray(y)
    if labels:
        _check_one_label(values)
        return _validate(estimator, X, y, reset=reset, allow_nd=allow_nd)
    if values.dtype.kind in "US":
        raise ValueError(f"y must hold numbers, but holds text ({short(np.ravel(y)[0])}, ...); encode text as numbers.")
    _check_no_nan(values)
    return _validate(estimator, X, y, reset=reset, allow_nd=allow_nd, multi_output=True, y_numeric=True)


def _check_no_nan(y):
    """Refuse targets that are NaN, and say where; scikit-learn refuses inf."""
    if y.dtype.kind == "f" and np.isnan(y).any():
        check_finite(y, "y", way_out="leave these samples out, or give them weight 0 in a WindowedRegressor")


def _check_one_label(y):
    """Refuse labels that are NaN, or several for a sample."""
    _check_no_nan(y)
    if y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"y must hold one label for each sample, but has shape {y.shape}; pass y.argmax(axis=1) for one-hot y."
        )


def validate_data(estimator: Any, X: Any, *y: Any, **options: Any) -> Any:
    """Return X, or X and y, as scikit-learn checks them, after what is no array is refused."""
    if not options.get("skip_check_array"):  # which may hold times
        check_readable(X, "X")
    return _validate_data(estimator, X, *y, **options)


def _validate(estimator, *data, y_numeric=False, **options):
    """Return X, or X and y, as scikit-learn checks them."""
    try:
        return _validate_data(
            estimator,
            *data,
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            **({"y_numeric": True} if y_numeric else {}),
            **options,
        )
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        names = "X and y" if y_numeric else "X"
        raise ValueError(
            f"{names} must hold numbers, but there is text ({cut(str(error), 100)}); "
            "encode text as numbers, or leave its columns out."
        ) from None


def check_weights(sample_weight: ArrayLike | None, n_samples: int) -> NDArray[np.float64]:
    """Return the weights of the samples, at least one of them positive; None counts each sample once."""
    if sample_weight is None:
        return np.ones(n_samples)
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"sample_weight must hold numbers, one per sample of X, but is {short(sample_weight)}; pass "
            "positive numbers."
        ) from None
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight must have shape ({n_samples},), one weight per sample of X, but has shape "
            f"{weights.shape}; pass one weight for each sample."
        )
    check_finite(weights, "sample_weight")
    if weights.min() < 0 or weights.max() == 0:
        raise ValueError(
            "sample_weight must hold no negative weight and not only zeros, but holds weights from "
            f"{weights.min():g} to {weights.max():g}; pass positive weights for the samples to train on."
        )
    return weights


def _is_positive_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _is_as_in_fit(estimator: Any, X: Any, allow_nd: bool) -> bool:
    """Return fast whether scikit-learn's checks would find nothing in X: to predict one window, they take long."""
    return (
        type(X) is np.ndarray
        and X.dtype in (np.float32, np.float64)
        and (X.ndim == 2 or (X.ndim > 2 and allow_nd))
        and X.shape[1] == estimator.n_features_in_
        and not hasattr(estimator, "feature_names_in_")
    )


def _check_lengths(X: Any, y: Any = None) -> None:
    """Raise where X is empty or has another number of samples than y."""
    if not hasattr(X, "shape") or len(X.shape) == 0:
        return
    if X.shape[0] == 0:
        raise ValueError(f"X must hold at least one sample, but has shape {tuple(X.shape)}; pass more rows.")
    if len(X.shape) > 2 and 0 in X.shape:
        raise ValueError(
            f"X must hold at least one step and one feature, but has shape {tuple(X.shape)}; pass longer windows."
        )
    n_targets = len(y) if np.ndim(y) else None
    if n_targets is not None and n_targets != X.shape[0]:
        raise ValueError(
            f"y must have one target per sample of X, but X has {X.shape[0]} samples and y has {n_targets}; "
            "take both from the same rows."
        )
