"""A transformer of rows, applied to each step of windows."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from skhybrid._progress import Followed, follow_fit
from skhybrid._validation import (
    HasMethods,
    check_array,
    check_feature_names,
    check_is_fitted,
    check_sample_shape,
    fit_context,
    validate_data,
)
from skhybrid.series.carrier import carried_as, values_of

__all__ = ["PerStepTransformer"]


def _rows(X):
    """Return the steps of all windows as rows, (n_rows, n_features)."""
    return X.reshape(-1, X.shape[-1])


def _apply_per_step(function, X):
    """Apply `function`, which maps rows to rows, to the last axis of `X`."""
    rows = function(_rows(X))
    rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)  # dense
    return rows.reshape(*X.shape[:-1], rows.shape[1])


def _current_transformer(estimator):
    """Return the fitted inner transformer, or before fit the one that will be cloned."""
    template = StandardScaler() if estimator.transformer is None else estimator.transformer
    return getattr(estimator, "transformer_", template)


def _can_invert(estimator):
    return hasattr(_current_transformer(estimator), "inverse_transform")


def _names_columns(estimator):
    is_2d = len(getattr(estimator, "sample_shape_", (1,))) == 1
    return is_2d and hasattr(_current_transformer(estimator), "get_feature_names_out")


class PerStepTransformer(TransformerMixin, Followed, BaseEstimator):
    """Apply a transformer of rows to each step of the windows.

    All steps of all windows are rows for the inner transformer, so one scaler with one mean and deviation for
    each feature serves all of them. Rows with NaN reach it as they are; most scalers leave NaN out of their
    statistics, other transformers refuse it. Of :class:`Windows` it transforms the windows, and passes on what is
    known ahead.

    Parameters
    ----------
    transformer : transformer or None, default=None
        Any scikit-learn transformer of 2-D arrays that needs no y; a clone of it is fitted. It may change the
        number of features. None means :class:`sklearn.preprocessing.StandardScaler`.

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone. Its `n_features_in_` is the number of features of one step.

    n_features_in_ : int
        `X.shape[1]` in `fit`: the number of steps of 3-D windows, of subsequences of 4-D ones, of columns of a
        2-D `X`.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns in `fit`, where `X` is a DataFrame with string names.

    sample_shape_ : tuple of int
        Shape of one sample in `fit`, checked in `transform`.

    Notes
    -----
    A 2-D `X` holds plain rows here, not flattened windows: each of its columns is a feature of its own. With
    it `get_feature_names_out` and `set_output` work as those of the inner transformer; with windows there are
    no column names, and `set_output` has no effect.

    In overlapping windows the first and last rows of a series occur less often than the others, so the
    statistics differ a little from those of a scaler before :class:`SlidingWindow`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import PerStepTransformer
    >>> X = np.array([[[0.0], [2.0]], [[2.0], [4.0]]])  # 2 windows, 2 steps, 1 feature
    >>> scaler = PerStepTransformer().fit(X)
    >>> scaler.transformer_.mean_
    array([2.])
    >>> scaler.transform(X)[:, :, 0]
    array([[-1.41421356,  0.        ],
           [ 0.        ,  1.41421356]])
    """

    _parameter_constraints = {"transformer": [HasMethods(["fit", "transform"]), None]}

    def __init__(self, transformer=None):
        self.transformer = transformer

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Fit a clone of the transformer to the steps of all windows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_features)
            Windows, subsequences or plain rows.

        y : None
            Ignored: it has one value for each window, not for each step.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the inner transformer needs y.
        """
        with follow_fit(self, X):
            X = validate_data(self, values_of(X), allow_nd=True, ensure_all_finite="allow-nan")
            self.transformer_ = StandardScaler() if self.transformer is None else clone(self.transformer)
            if get_tags(self.transformer_).target_tags.required:
                raise ValueError(
                    f"transformer={self.transformer!r} needs y, which has no value for each step; "
                    "pass a transformer that learns from X alone."
                )
            self.transformer_.fit(_rows(X))
            self.sample_shape_ = X.shape[1:]
        return self

    def transform(self, X):
        """Transform each step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_features)
            Windows, subsequences or rows, of the shape that `fit` received.

        Returns
        -------
        ndarray of shape (..., n_features_out)
            The transformed steps; all axes but the last are those of `X`.

        Raises
        ------
        ValueError
            If `X` has other steps or features than in `fit`.
        """
        check_is_fitted(self)
        check_sample_shape(X, self.sample_shape_)
        windows = validate_data(self, values_of(X), reset=False, allow_nd=True, ensure_all_finite="allow-nan")
        return carried_as(X, _apply_per_step(self.transformer_.transform, windows))

    @available_if(_can_invert)
    def inverse_transform(self, X):
        """Undo the transformation of each step; available where the inner transformer can.

        Parameters
        ----------
        X : array-like of shape (..., n_features_out)
            Transformed windows, subsequences or rows.

        Returns
        -------
        ndarray of shape (..., n_features)
            The steps in the units that `fit` received.
        """
        check_is_fitted(self)
        windows = check_array(values_of(X), allow_nd=True, ensure_all_finite="allow-nan")
        return carried_as(X, _apply_per_step(self.transformer_.inverse_transform, windows))

    @available_if(_names_columns)
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns for a 2-D `X`, as the inner transformer names them.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; None means the names that `fit` saw, or x0, x1, ...

        Returns
        -------
        ndarray of str
            One name for each column of the output.
        """
        check_is_fitted(self)
        return self.transformer_.get_feature_names_out(check_feature_names(self, input_features))

    def set_output(self, *, transform=None):
        """Choose the container of the output for a 2-D `X`; windows stay arrays.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of the output; None leaves it as it is.

        Returns
        -------
        self : object
            The transformer.
        """
        return super().set_output(transform=transform) if _names_columns(self) else self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(_current_transformer(self))
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.three_d_array = True
        if inner.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = inner.transformer_tags.preserves_dtype
        return tags
