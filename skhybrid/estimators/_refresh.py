"""Learning the linear path of a fitted estimator anew, by its choices, beside networks that stay as they are."""

from typing import Any

from skhybrid.estimators._linear_learning import learn_linear_path
from skhybrid.estimators._members import settings_of
from skhybrid.estimators._refusals import check_lengths
from skhybrid.estimators._state import all_or_nothing
from skhybrid.estimators._task import everything


def refresh_linear_path(estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
    """Learn the linear path from samples, and put it into the networks with their gates."""
    before = estimator._linear
    with all_or_nothing(estimator, again=True):
        task = estimator._read_task(X, y, sample_weight, None, True)
        check_lengths(task.samples.n_after)
        linear = learn_linear_path(
            task,
            everything(task.usable),
            estimator._target,
            estimator._reading,
            estimator._linear_layers(),
            estimator._linear_options(task.samples, boosting_folds=0),
            before._replace(trees=None),
        )
        estimator._linear = linear = linear._replace(trees=before.trees)
        estimator.linear_penalty_ = linear.of_folds[0].penalties  # it grows with the number of samples
        for i, (member, gate) in enumerate(zip(estimator.members_, estimator.gate_, strict=True)):
            linear.beside(i, settings_of(estimator, i).linear_weight).set_gate(member.model_, gate)
