"""The bases of the classifiers: networks whose outputs are probabilities of classes."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split

from skhybrid._validation import StrOptions, check_training_data, fit_context
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._bases import ClassifierMixin
from skhybrid.estimators._parameters import part
from skhybrid.estimators._refusals import check_partial
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._targets import Labels, check_labels, check_weighted_labels, learn_labels, weigh_by_class
from skhybrid.estimators._task import Fold, read_held_out
from skhybrid.estimators._window_options import WindowOptions


@part
class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Base of the classifiers: labels as the network sees them, and what its probabilities say of them.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        Loss to minimise, of class probabilities and targets that are 1 for the sample's class and 0 for others.

    validation : {"stratified", "last"}
        Which part early stopping holds out: a random part with the same share of each class, or the last part in time,
        as it has to be where samples are windows of one series, which overlap. None is "last" inside of a
        :class:`WindowedClassifier`, and "stratified" elsewhere.

    class_weight : dict or "balanced"
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
    """

    loss: Any = "categorical_crossentropy"
    validation: str | None = None
    class_weight: dict[Any, float] | str | None = None

    _parameter_constraints = {
        "validation": [StrOptions({"stratified", "last"}), None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @property
    def _output_activation(self) -> str:
        return "softmax"

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples: windows (n_samples, n_steps, n_features) or (n_samples, n_steps * n_features), windows of
            subsequences (n_samples, n_seq, n_steps, n_features), images or clips, as the network takes them. Windows
            without a complete past, which start with NaN in all features, are left out. NaN in all features at the end
            says that the sequence is over.

        y : array-like of shape (n_samples,)
            Labels: numbers, text or booleans, of two classes or more.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: 2 counts as the same sample twice, 0 as no sample.

        X_val, y_val, sample_weight_val : array-like, default=None
            Samples to hold out in the place of a part of X, their labels and weights. None of them may be in X; as far
            as samples tell, that is checked.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        again = self.warm_start and hasattr(self, "members_")
        held_out = read_held_out(X_val, y_val, sample_weight_val)
        return self._fit(
            X,
            y,
            sample_weight,
            again=again,
            epochs=self.epochs,
            early_stopping=self.early_stopping,
            held_out=held_out,
        )

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one more epoch, without early stopping, at the learning rate that `fit` begins with.

        The first call builds the network. Later ones apply or refuse parameters set since, as a
        warm start does; a call that fails leaves the estimator as it was.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples, as in `fit`.

        y : array-like of shape (n_samples,)
            Labels, all of them among `classes`.

        classes : array-like of shape (n_classes,), default=None
            All labels that later calls may bring. The first call needs them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The estimator.
        """
        check_partial(self)
        again = hasattr(self, "members_")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all samples at once, but partial_fit sees a part of them; pass the "
                "weights as {label: weight}, or call fit."
            )
        if not again and classes is None:
            raise ValueError(
                "classes must be passed to the first call of partial_fit, as it cannot know the labels of later calls, "
                "but is None; pass for example classes=np.unique(y)."
            )
        if again and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes must be those of the first call, {self.classes_.tolist()}, but are "
                f"{np.unique(classes).tolist()}; leave them out, or start with a new estimator."
            )
        return self._fit(X, y, sample_weight, again=again, epochs=1, early_stopping=False, classes=classes)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the label of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`. Where a window starts with NaN in all features, its first known step is
            repeated.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The most probable labels.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        return self._outputs(X)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithms of the probabilities, or of two classes' odds.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample)
            Samples of the shape seen in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes, ``log(p / (1 - p))`` of the second one, which is positive where `predict` gives it; of more,
            ``log(p)`` of each. A probability that is 0 in float32 counts as the smallest number above 0.
        """
        scores = np.log(np.maximum(self.predict_proba(X), np.finfo(np.float32).smallest_subnormal))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def _check_training_data(self, X, y, *, reset):
        X, y = check_training_data(self, X, y, reset=reset, labels=True)
        check_labels(y)
        if not reset and hasattr(self, "classes_"):  # which samples held out from a first fit precede
            check_weighted_labels(self.class_weight, self.classes_)
        return X, y

    def _check_held_out(self, y, y_val):
        labels = np.unique(self.classes_ if hasattr(self, "classes_") else y).tolist()
        if unseen := sorted(set(np.unique(y_val).tolist()) - set(labels), key=str):
            raise ValueError(
                f"y_val must hold labels of y, {labels}, but holds {unseen}; train on samples of them as well, or "
                "leave them out."
            )

    def _weigh(self, y, weights):
        return weigh_by_class(y, weights, self.class_weight)

    def _split(self, rows, y, seed):
        if self.validation == "last":
            return super()._split(rows, y, seed)
        try:
            training, validation = train_test_split(
                rows, test_size=self.validation_fraction, stratify=y[rows], random_state=seed
            )
        except ValueError as error:
            raise ValueError(
                f"early_stopping=True with validation='stratified' needs some samples of each class in both parts, but "
                f"of {len(rows)} samples with validation_fraction={self.validation_fraction} that is not possible "
                f"({error}); pass more samples, a larger validation_fraction or validation='last'."
            ) from None
        return [Fold(np.sort(training), np.sort(validation))]

    def _learn_target(self, y, samples: Samples, rows, weights, classes) -> Labels:
        labels = learn_labels(y, rows, classes, self.class_weight)
        self.classes_: NDArray[Any] = labels.classes
        return labels

    def _make_loss(self) -> Any:
        if isinstance(self.loss, str) and self.loss.lower().startswith("sparse"):
            raise ValueError(
                f"loss must take targets that are 1 for the sample's class and 0 for others, but {self.loss!r} takes "
                "numbers of classes; pass 'categorical_crossentropy', which says the same."
            )
        return super()._make_loss()


@part
class WindowClassifier(WindowOptions, NetworkClassifier):
    """Base of the classifiers of windows."""
