"""What a model measures beside its loss."""

from typing import Any

from skhybrid._backend import tf
from skhybrid._training._private import compiled_metrics, function_of_metric
from skhybrid._training.description import describe
from skhybrid._training.eligibility import find_metrics


class Metrics:
    """The metrics that a model was compiled with, as functions of tensors: sums over its batches, and what they mean.

    Parameters
    ----------
    model : keras.Model
        A compiled model whose metrics programs serve. They are read, not changed.
    """

    def __init__(self, model):
        self._whole = find_metrics(model)
        self.n_sums = len(self._whole.variables) if self._whole else 0

    def sum(self, y: Any, outputs: Any, w: Any) -> list[Any]:
        """Return what a batch of targets, outputs and weights adds to the sums."""
        if not self.n_sums:
            return []
        return self._whole.stateless_update_state([tf.zeros([])] * self.n_sums, y, outputs, sample_weight=w)

    def read(self, sums: Any) -> dict[str, float]:
        """Return the metrics of all batches in the sums, by the names that Keras gives them."""
        if not self.n_sums:
            return {}
        values = self._whole.stateless_result([tf.constant(each, tf.float32) for each in sums])
        return {name: float(value) for name, value in values.items()}


def describe_metrics(model: Any) -> Any:
    """Return a hashable description of a model's metrics, which is equal for another's only if both measure the same.

    Their names do not count.

    Raises
    ------
    NotServedError
        If one may read what cannot be seen in it.
    """
    return describe(
        [
            (type(metric), is_weighted, function_of_metric(metric))
            for metric, is_weighted in compiled_metrics(find_metrics(model))
        ]
    )
