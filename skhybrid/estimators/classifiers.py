"""Classifiers: the regressors' networks for labels."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets

from skhybrid._validation import StrOptions, check_data, fit_context
from skhybrid.estimators import _architectures as architectures
from skhybrid.estimators._base import NetworkEstimator, estimator
from skhybrid.estimators._parameters import document_classifier


@estimator
class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Base of the classifiers: labels as the network sees them, and what its probabilities say of them."""

    loss: Any = "categorical_crossentropy"
    validation: str = "stratified"
    class_weight: dict | str | None = None

    _parameter_constraints = {
        "validation": [StrOptions({"stratified", "last"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }
    _output_activation = "softmax"

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
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

        Returns
        -------
        self : object
            The fitted estimator.
        """
        again = self.warm_start and hasattr(self, "scikeras_")
        return self._fit(X, y, sample_weight, again=again, epochs=self.epochs, early_stopping=self.early_stopping)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, without early stopping.

        The first call builds the network.

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
        again = hasattr(self, "scikeras_")
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

    def predict(self, X):
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

    def predict_proba(self, X):
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
        outputs, _ = self._outputs(X)
        sums = outputs.sum(axis=1, keepdims=True)
        if outputs.min() < 0 or np.abs(sums - 1).max() > 1e-3:  # a network of the user's
            raise ValueError(
                "network must return the probabilities of the classes, but its outputs range from "
                f"{outputs.min():.3g} to {outputs.max():.3g} and sum to {sums.min():.3g} to {sums.max():.3g}; end it "
                "with a softmax."
            )
        return outputs / sums  # as float64, to the last digit

    def decision_function(self, X):
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

    def _check(self, X, y="no_validation", *, reset):
        if isinstance(y, str):
            return check_data(self, X, reset=reset)
        X, y = check_data(self, X, y, reset=reset, labels=True)
        check_labels(y)
        return X, y

    def _weigh(self, y, weights):
        if self.class_weight is None:
            return weights
        classes, which = np.unique(y, return_inverse=True)
        if isinstance(self.class_weight, dict):
            by_class = check_class_weights([self.class_weight.get(label, 1) for label in classes.tolist()])
        else:  # balanced
            totals = np.bincount(which, weights)
            by_class = np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)
        return weights * by_class[which]

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
        return np.sort(training), np.sort(validation)

    def _learn_target(self, y, samples, rows, weights, classes=None):
        """Learn the labels."""
        self.classes_ = np.unique(y if classes is None else classes)
        name, found = ("y", np.unique(y[rows])) if classes is None else ("classes", self.classes_)
        if len(found) < 2:
            raise ValueError(
                f"{name} must hold at least 2 classes to train on, but holds {len(found)} class, {found.tolist()}; "
                "pass other classes as well."
            )
        check_weighted_labels(self.class_weight, self.classes_)

    def _back(self):
        """Return the options of what stands behind the network: the number of its outputs."""
        return {"n_outputs": len(self.classes_)}

    def _encode(self, y, samples):
        """Return the targets as the network sees them, 1 for the sample's class and 0 for others."""
        unseen = set(np.unique(y).tolist()) - set(self.classes_.tolist())
        if unseen:
            raise ValueError(
                f"y must hold labels among the classes {self.classes_.tolist()}, but holds {sorted(unseen)}; name all "
                "labels in the first call of partial_fit (classes=), or fit afresh."
            )
        return np.eye(len(self.classes_), dtype=np.float32)[np.searchsorted(self.classes_, y)]

    def _make_loss(self):
        if isinstance(self.loss, str) and self.loss.lower().startswith("sparse"):
            raise ValueError(
                f"loss must take targets that are 1 for the sample's class and 0 for others, but {self.loss!r} takes "
                "numbers of classes; pass 'categorical_crossentropy', which says the same."
            )
        return super()._make_loss()

    def _export(self, outputs, steps):
        """Return the network's outputs, which are probabilities."""
        return outputs


@estimator
class WindowClassifier(NetworkClassifier):
    """Base of the classifiers of windows."""

    n_features: int = 1
    window_norm: str | None = None


def check_labels(y):
    """Refuse targets that are no labels."""
    try:
        np.unique(y)
    except TypeError:
        kinds = ", ".join(sorted({type(label).__name__ for label in y}))
        raise ValueError(f"y must hold labels of one type, but holds {kinds}; pass for example all as text.") from None
    check_classification_targets(y)


def check_class_weights(weights):
    """Return the weights of classes as an array, none of them negative."""
    try:
        by_class = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        by_class = np.array([np.nan])
    if not (np.isfinite(by_class) & (by_class >= 0)).all():
        raise ValueError(
            f"class_weight must hold one number of at least 0 for each label, but holds the weights {weights}; pass "
            "for example {label: 2.0}."
        )
    return by_class


def check_weighted_labels(class_weight, classes):
    """Refuse weights of labels that there are not, unless all that there are have one: a part may lack a class."""
    if not isinstance(class_weight, dict):
        return
    unknown = class_weight.keys() - set(classes.tolist())
    unweighted = set(classes.tolist()) - class_weight.keys()
    if unknown and unweighted:
        raise ValueError(
            f"class_weight must name labels of y, {classes.tolist()}, but names {sorted(unknown, key=str)}; pass "
            "weights of labels that y holds."
        )


@document_classifier
@estimator
class CNNLSTMClassifier(WindowClassifier, architectures.CNNLSTM):
    """CNN-LSTM hybrid for labels: a convolution finds short patterns, an LSTM behind it carries the memory.

    Conv1D [-> MaxPooling1D] -> LSTM -> Dense -> softmax. For windows of subsequences (4-D X, see
    :class:`SubsequenceReshaper`) it is TimeDistributed(Conv1D [-> MaxPooling1D] -> Flatten) -> LSTM -> Dense ->
    softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    T. N. Sainath, O. Vinyals, A. Senior, H. Sak (2015). Convolutional, long short-term memory, fully connected deep
    neural networks. ICASSP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNLSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = CNNLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (60, 2)
    """


@document_classifier
@estimator
class LSTMClassifier(WindowClassifier, architectures.LSTM):
    """Long short-term memory for labels: LSTM -> Dense -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMClassifier(units=4, epochs=2, random_state=0).fit(X, y).classes_
    array(['down', 'up'], dtype='<U4')
    """


@document_classifier
@estimator
class GRUClassifier(WindowClassifier, architectures.GRU):
    """Gated recurrent unit for labels: GRU -> Dense -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    K. Cho et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine
    translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import GRUClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> GRUClassifier(units=4, epochs=2, random_state=0).fit(X, y).n_epochs_
    2
    """


@document_classifier
@estimator
class SimpleRNNClassifier(WindowClassifier, architectures.SimpleRNN):
    """Plain recurrent network for labels, without gates: SimpleRNN -> Dense -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    J. L. Elman (1990). Finding structure in time. Cognitive Science 14(2), 179-211.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SimpleRNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> SimpleRNNClassifier(units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (12, 1)
    """


@document_classifier
@estimator
class CNNClassifier(WindowClassifier, architectures.CNN):
    """Convolutional network for labels: Conv1D -> MaxPooling1D -> Flatten -> Dense -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import CNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> CNNClassifier(filters=4, epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """


@document_classifier
@estimator
class DenseClassifier(WindowClassifier, architectures.Dense):
    """Fully connected network for labels, on the flattened window: Flatten -> Dense -> ... -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import DenseClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> DenseClassifier(dense_units=8, epochs=40, learning_rate=0.01, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """


@document_classifier
@estimator
class LSTMFCNClassifier(WindowClassifier, architectures.LSTMFCN):
    """An LSTM beside a fully convolutional branch, for labels.

    LSTM -> Dropout beside (Conv1D -> BatchNormalization -> relu) three times -> mean over time; both -> softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    Batch normalisation takes the mean of a batch over its samples, whatever their weights are: a sample of weight 2 is
    not quite the sample twice.

    Notes
    -----
    Batch normalisation takes its means over the samples of a batch whatever their weights are: a weight of 2 is not
    quite the same as the sample twice. It predicts with running means, which need some hundred batches to settle.

    References
    ----------
    F. Karim, S. Majumdar, H. Darabi, S. Chen (2018). LSTM fully convolutional networks for time series
    classification. IEEE Access 6, 1662-1669.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import LSTMFCNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> LSTMFCNClassifier(filters=(8, 8, 8), epochs=2, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """


@document_classifier
@estimator
class Conv2DLSTMClassifier(NetworkClassifier, architectures.Conv2DLSTM):
    """Branches of Conv2D -> MaxPooling2D side by side, whose maps an LSTM reads row by row, for labels of images.

    One branch for each of `kernel_sizes`; the maps are concatenated along the channels. The convolutions pad with zeros
    on all sides: rows are no time.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import Conv2DLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 8, 8, 1))
    >>> y = X[:, :, :4].mean(axis=(1, 2, 3)) > X[:, :, 4:].mean(axis=(1, 2, 3))
    >>> Conv2DLSTMClassifier(filters=4, units=4, epochs=2, random_state=0).fit(X, y).input_shape_
    (8, 8, 1)
    """


@document_classifier
@estimator
class Conv3DLSTMClassifier(NetworkClassifier, architectures.Conv3DLSTM):
    """Conv3D -> MaxPooling3D, whose frames an LSTM reads, for labels of clips.

    The convolution is padded on the left of the time axis: a feature at frame t is made of frames up to t.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> from skhybrid import Conv3DLSTMClassifier, make_moving_shapes
    >>> X, y = make_moving_shapes(16, size=8, n_frames=6, random_state=0)
    >>> Conv3DLSTMClassifier(filters=4, units=4, epochs=1, random_state=0).fit(X, y).input_shape_
    (6, 8, 8, 1)
    """


@document_classifier
@estimator
class SequenceClassifier(WindowClassifier, architectures.Sequence):
    """Any network for labels: one of this package's by name, or one of your own.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SequenceClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 12, 1))
    >>> y = np.where(X[:, -1, 0] > 0, "up", "down")
    >>> model = SequenceClassifier("gru", network_params={"units": 4}, epochs=2, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (60,)
    """
