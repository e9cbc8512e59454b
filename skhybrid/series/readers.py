"""What estimators read: windows or only tables, and whether NaN among them."""

from typing import Any

from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.linear_model import RANSACRegressor
from sklearn.multiclass import OneVsOneClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import get_tags

from skhybrid._nested import look_inside

# Meta-estimators that take tables alone, whatever is inside.
READ_TABLES = (
    BaggingClassifier,
    BaggingRegressor,
    ClassifierChain,
    OneVsOneClassifier,
    OutputCodeClassifier,
    RANSACRegressor,
    RegressorChain,
    SelfTrainingClassifier,
)


def takes_nan(estimator: Any) -> bool:
    """Return whether an estimator takes tables with NaN; of a pipeline, each step up to one that fills NaN."""
    steps, members, final = look_inside(estimator)
    if steps:
        takes = [takes_nan(step) for step in steps]
        fills = [type(step).__module__.startswith("sklearn.impute") for step in steps]
        return all(takes[: fills.index(True) + 1 if any(fills) else None])
    if not get_tags(estimator).input_tags.allow_nan and not isinstance(estimator, TransformedTargetRegressor):
        return False  # TransformedTargetRegressor hands X on, but has not the tag
    return all(map(takes_nan, [*members, *final]))


def takes_windows(estimator: Any) -> bool:
    """Return whether an estimator takes windows, (n_samples, n_steps, n_features), or only tables."""
    if isinstance(estimator, READ_TABLES):
        return False
    readers = look_inside(estimator).readers
    return all(map(takes_windows, readers)) if readers else get_tags(estimator).input_tags.three_d_array


def networks_on_tables(estimator: Any) -> list[Any]:
    """Return the networks inside an estimator that its flattened windows reach as they are.

    They take windows, and rows of a table as flattened ones with as many features in a step as `n_features` says.
    """
    steps, members, final = look_inside(estimator)
    if steps:
        keeps_columns = all(step == "passthrough" or isinstance(step, OneToOneFeatureMixin) for step in steps[:-1])
        return networks_on_tables(steps[-1]) if keeps_columns else []
    if members or final:
        return [network for member in members for network in networks_on_tables(member)]
    is_network = get_tags(estimator).input_tags.three_d_array and "n_features" in estimator.get_params(deep=False)
    return [estimator] if is_network else []
