"""Metadata of a fit, as weights, on their way to the estimator inside."""

from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

WEIGHTS = "sample_weight"


def find_routing(owner: Any) -> MetadataRouter:
    """Return what an estimator asks for, and where the estimator inside it gets what that one asks for."""
    mapping = MethodMapping().add(caller="fit", callee="fit").add(caller="partial_fit", callee="partial_fit")
    return MetadataRouter(owner=owner).add_self_request(owner).add(estimator=owner.estimator, method_mapping=mapping)


def route(owner: Any, method: str, sample_weight: Any, metadata: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the weights for the estimator inside, and what else is for it.

    Weights that do not reach it are refused: among others, those by which an ensemble draws rows.
    """
    given = metadata if sample_weight is None else {WEIGHTS: sample_weight, **metadata}
    if get_config()["enable_metadata_routing"]:
        routed = dict(process_routing(owner, method, **given).estimator[method]) if given else {}
        is_asked_for, way = WEIGHTS in routed, f"call set_{method}_request(sample_weight=True) on it"
    elif metadata:
        raise ValueError(
            f"{method} must be given X, y and sample_weight alone while metadata is not routed, but was given "
            f"{sorted(metadata)}; call sklearn.set_config(enable_metadata_routing=True) before."
        )
    else:
        routed, is_asked_for, way = (
            dict(given),
            _takes_weights(getattr(owner.estimator, method)),
            "pass an estimator that does",
        )
    if sample_weight is not None and not is_asked_for:
        raise ValueError(
            f"sample_weight needs an estimator whose {method} takes it, but {type(owner.estimator).__name__} does not "
            f"(an ensemble that draws rows, as bagging, draws them by their weights); {way}, or pass no weights."
        )
    return routed.pop(WEIGHTS, None), routed


def cut_to(rows: Any, metadata: dict[str, Any], n_rows: int) -> dict[str, Any]:
    """Return metadata of which what has one value for each of `n_rows` rows is cut to some of them."""
    return {name: _take(value, rows) if _counts(value) == n_rows else value for name, value in metadata.items()}


def _takes_weights(method):
    parameters = signature(method).parameters.values()
    return any(p.name == WEIGHTS or p.kind is Parameter.VAR_KEYWORD for p in parameters)


def _counts(value):
    """Return the number of values in an array, a table or a list; None of anything else."""
    return len(value) if np.ndim(value) > 0 and not isinstance(value, dict) else None


def _take(value, rows):
    return value.iloc[rows] if hasattr(value, "iloc") else np.asarray(value)[rows]
