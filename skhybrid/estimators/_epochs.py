"""The epochs of an estimator's networks, as scikit-learn's callbacks see them."""

from contextlib import AbstractContextManager
from typing import Any

from skhybrid._backend import BaseWrapper, keras
from skhybrid._progress import Progress, follow_fit
from skhybrid._training import keeps_to_weights


def follow_networks(
    estimator: Any, X: Any, y: Any, sample_weight: Any, epochs: int
) -> AbstractContextManager[Progress]:
    """Show a fit to scikit-learn's callbacks: inside of it are the epochs, or the trainings where there are several."""
    n_trainings = _count_trainings(estimator)
    parts = {"n_parts": epochs} if n_trainings == 1 else {"n_parts": n_trainings, "in_order": False}
    return follow_fit(estimator, X, y, sample_weight, **parts)


def show_epochs(
    progress: Progress,
    members: list[BaseWrapper],
    lessons: list[Any],
    callbacks: list[list[Any]],
    *,
    again: bool = False,
) -> list[list[Any]]:
    """Return the callbacks of each network, and where somebody watches, one that shows its epochs.

    Parameters
    ----------
    progress : Progress
        The fit.
    members : list of BaseWrapper
        The networks.
    lessons : list of Lesson
        What each is trained on.
    callbacks : list of list
        The callbacks of each.
    again : bool, default=False
        Whether these are the networks that are trained on all samples, after others.

    Returns
    -------
    callbacks : list of list
        The same, or one more for each network.
    """
    if not progress.is_watched:
        return callbacks
    shown = []
    for i, (member, lesson, of_one) in enumerate(zip(members, lessons, callbacks, strict=True)):
        part = ("refit" if again else "network", i + again * len(members), lesson.n_epochs)
        is_alone = _count_trainings(progress.estimator) == 1
        shown.append([*of_one, ShowsEpochs(progress, member, None if is_alone else part)])
    return shown


@keeps_to_weights
class ShowsEpochs(keras.callbacks.Callback):
    """Shows the epochs of a training to scikit-learn's callbacks, and stops where one of them asks to.

    Parameters
    ----------
    progress : Progress
        The fit.
    member : BaseWrapper
        The network that is trained.
    part : tuple or None
        Name, place and number of epochs of the training among others of the fit; None where there are no others.
    """

    def __init__(self, progress: Progress, member: BaseWrapper, part: tuple[str, int, int] | None) -> None:
        super().__init__()
        self.progress, self.member, self.part = progress, member, part

    def on_train_begin(self, logs: Any = None) -> None:
        self.training = self.progress if self.part is None else self.progress.begin(*self.part)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.of_epoch = self.training.begin("epoch")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.of_epoch.end({"members_": [self.member]}):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        if self.part is not None:
            self.training.end()


def _count_trainings(estimator):
    return estimator.n_estimators * (2 if estimator.refit else 1)
