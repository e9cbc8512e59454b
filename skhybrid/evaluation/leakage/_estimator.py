"""What an estimator brings along: its random states, its parameters, and parts that were fitted before the split."""

from numbers import Integral

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skhybrid.evaluation.leakage.report import Leak


def make_seeded(estimator, random_state):
    """Return a clone in which every random state is an integer."""
    loose = [
        name
        for name, value in nested_parameters(estimator).items()
        if name.split("__")[-1] == "random_state" and not isinstance(value, Integral)
    ]
    seeded = clone(estimator)
    seeded.set_params(**dict.fromkeys(loose, random_state))
    return seeded


def nested_parameters(estimator):
    """Return the nested parameters, except those inside of frozen parts, which cannot be set."""
    parameters = estimator.get_params(deep=True)
    frozen = [f"{name}__" for name, value in parameters.items() if isinstance(value, FrozenEstimator)]
    frozen += ["estimator__"] if isinstance(estimator, FrozenEstimator) else []
    return {name: value for name, value in parameters.items() if not name.startswith(tuple(frozen))}


def find_prefitted(estimator):
    """Yield the parts of the estimator that were fitted before the split."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    frozen = [str(part) for part in parts if isinstance(part, FrozenEstimator)]
    if frozen:
        yield Leak(
            "prefitted",
            f"{frozen[0]} was fitted before the split, on test rows as well unless it comes from other data; pass it "
            "without FrozenEstimator, so that it is fitted in each fold.",
        )
