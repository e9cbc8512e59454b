"""Windows cut into shorter subsequences, the input of time-distributed convolutions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from skhybrid._progress import Followed, follow_fit
from skhybrid._validation import (
    as_windows,
    check_array,
    check_is_fitted,
    check_positive_int,
    check_sample_shape,
    fit_context,
    positive_int,
    validate_data,
)
from skhybrid.series.carrier import carried_as, values_of

__all__ = ["SubsequenceReshaper", "split_subsequences"]


def split_subsequences(X: ArrayLike, n_seq: int) -> NDArray[Any]:
    """Cut each window into `n_seq` subsequences of equal length, in the order of time.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_steps, n_features)
        Windows, oldest step first.

    n_seq : int
        Number of subsequences of a window; it must divide `n_steps`.

    Returns
    -------
    ndarray of shape (n_samples, n_seq, n_steps // n_seq, n_features)
        The subsequences, oldest first. The result is a view of `X` where `X` is an array.

    Raises
    ------
    ValueError
        If `X` is not 3-D, or `n_seq` does not divide `n_steps`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import split_subsequences
    >>> X = np.arange(6).reshape(1, 6, 1)
    >>> split_subsequences(X, 3)[0, :, :, 0]
    array([[0, 1],
           [2, 3],
           [4, 5]])
    """
    n_seq = check_positive_int(n_seq, "n_seq")
    windows = np.asarray(X)
    if windows.ndim != 3:
        raise ValueError(
            f"X must be 3-D (sample, time, feature), but has shape {windows.shape}; "
            "make windows first, for example with SlidingWindow."
        )
    n_samples, n_steps, n_features = windows.shape
    if n_steps % n_seq:
        raise ValueError(
            f"n_seq={n_seq} does not divide the n_steps={n_steps} steps of a window; "
            f"pass one of its divisors {', '.join(map(str, _divisors(n_steps)))}."
        )
    return windows.reshape(n_samples, n_seq, n_steps // n_seq, n_features)  # (sample, sequence, time, feature)


def _divisors(n: int) -> list[int]:
    return [k for k in range(1, n + 1) if n % k == 0]


class SubsequenceReshaper(TransformerMixin, Followed, BaseEstimator):
    """Cut windows into subsequences, so that a network convolves each one and recurs over them.

    The windows keep their values and their order; nothing is learned from them. It comes after
    :class:`SlidingWindow` in a pipeline. Of :class:`Windows` it cuts the windows, and passes on what is known ahead.
    Because its output has four dimensions, it has no
    `get_feature_names_out`, and `set_output` has no effect.

    Parameters
    ----------
    n_seq : int, default=4
        Number of subsequences of a window. It must divide the number of steps.

    n_features : int, default=1
        Number of features of one step in a 2-D `X`. Not used for a 3-D `X`, which shows them itself.

    Attributes
    ----------
    n_features_in_ : int
        `X.shape[1]` in `fit`: the number of steps of a 3-D `X`, the number of columns of a 2-D one.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns in `fit`, where `X` is a DataFrame with string names.

    sample_shape_ : tuple of int
        Shape of one sample as `fit` received it; `inverse_transform` returns to it.

    output_shape_ : tuple of int
        Shape of one sample after `transform`: (n_seq, n_steps // n_seq, n_features).

    See Also
    --------
    split_subsequences : The same for one array.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SubsequenceReshaper
    >>> X = np.arange(24.0).reshape(2, 12, 1)
    >>> reshaper = SubsequenceReshaper(n_seq=4)
    >>> X_sub = reshaper.fit_transform(X)
    >>> X_sub.shape
    (2, 4, 3, 1)
    >>> np.array_equal(reshaper.inverse_transform(X_sub), X)
    True
    """

    _parameter_constraints = {"n_seq": [positive_int], "n_features": [positive_int]}

    def __init__(self, n_seq=4, *, n_features=1):
        self.n_seq = n_seq
        self.n_features = n_features

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check that the windows can be cut, and keep their shape.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features) or (n_samples, n_steps * n_features)
            Windows; in a 2-D `X` the oldest step comes first, and the features of one step stand side by side.
            NaN is let through.

        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted reshaper.

        Raises
        ------
        ValueError
            If `n_seq` does not divide the number of steps, or `n_features` the number of columns of a 2-D `X`.
        """
        with follow_fit(self, X):
            X = validate_data(self, values_of(X), allow_nd=True, ensure_all_finite="allow-nan")
            windows = as_windows(X, self.n_features) if X.ndim == 2 else X
            self.output_shape_ = split_subsequences(windows[:1], self.n_seq).shape[1:]
            self.sample_shape_ = X.shape[1:]
        return self

    def transform(self, X):
        """Cut the windows into subsequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features) or (n_samples, n_steps * n_features)
            Windows of the shape that `fit` received.

        Returns
        -------
        ndarray of shape (n_samples, n_seq, n_steps // n_seq, n_features)
            The subsequences, a view of `X` where it is an array.

        Raises
        ------
        ValueError
            If `X` has other steps or features than in `fit`.
        """
        check_is_fitted(self)
        check_sample_shape(X, self.sample_shape_)
        windows = validate_data(self, values_of(X), reset=False, allow_nd=True, ensure_all_finite="allow-nan")
        return carried_as(X, windows.reshape(len(windows), *self.output_shape_))  # (sample, sequence, time, feature)

    def inverse_transform(self, X):
        """Join the subsequences to the windows that `transform` cut.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_seq, n_steps // n_seq, n_features)
            Subsequences.

        Returns
        -------
        ndarray of shape (n_samples, n_steps, n_features) or (n_samples, n_steps * n_features)
            Windows, with as many dimensions as `X` had in `fit`.

        Raises
        ------
        ValueError
            If `X` does not have the shape that `transform` returns.
        """
        check_is_fitted(self)
        subsequences = check_array(values_of(X), allow_nd=True, ensure_all_finite="allow-nan")
        if subsequences.shape[1:] != self.output_shape_:
            raise ValueError(
                f"X must hold samples of shape {self.output_shape_} as transform returns them, "
                f"but they have shape {subsequences.shape[1:]}; pass the output of transform."
            )
        return carried_as(X, subsequences.reshape(len(subsequences), *self.sample_shape_))

    def set_output(self, *, transform=None):
        """Do nothing: the output has four dimensions and stays an array.

        It is there because a `Pipeline` calls `set_output` of all its steps.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : object
            The reshaper, unchanged.
        """
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
