"""What scikit-learn's callbacks see of a fit, since its version 1.9; all that is private about them is here.

A fit is a task, which may have others inside: the networks of an estimator and their epochs, or the fit of an estimator
inside another. Where scikit-learn has no callbacks, or has changed what is used of them here, estimators have no
`set_callbacks`, and nothing else is different.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from threading import RLock
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

# What is used of scikit-learn's callbacks: methods of classes in `sklearn.callback` and their parameters; attributes.
MAKE_ROOT = "_init_callback_context"
METHODS = {
    ("CallbackSupportMixin", "set_callbacks"): {"callbacks"},
    ("CallbackSupportMixin", MAKE_ROOT): {"task_name", "max_subtasks", "sequential_subtasks"},
    ("CallbackContext", "subcontext"): {"task_name", "task_id", "max_subtasks"},
    ("CallbackContext", "call_on_fit_task_begin"): {"estimator", "X", "y", "metadata"},
    ("CallbackContext", "call_on_fit_task_end"): {"estimator", "X", "y", "metadata", "reconstruction_attributes"},
    ("CallbackContext", "propagate_callback_context"): {"sub_estimator"},
}
CALLBACKS = "_skl_callbacks"


def find_support() -> type | None:
    """Return the class that gives estimators callbacks, or None where it is missing or not as it is known here."""
    try:
        module = import_module("sklearn.callback")
        for (owner, method), parameters in METHODS.items():
            if not parameters <= inspect.signature(getattr(getattr(module, owner), method)).parameters.keys():
                return None
    except (ImportError, AttributeError):
        return None
    return module.CallbackSupportMixin if hasattr(module, "with_callbacks") else None


_SUPPORT = find_support()


class Followed(_SUPPORT or object):  # type: ignore[misc]
    """Mixin of estimators whose fit scikit-learn's callbacks can follow."""

    if _SUPPORT:

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set scikit-learn's callbacks, which follow a fit; there from scikit-learn 1.9 on.

            They see the whole of a search over pipelines, fold by fold, down to the epochs of each network, whichever
            processes these are trained in. One that asks to stop at the end of an epoch ends the training of that
            network; other networks and other folds go on, and a wish to stop elsewhere is not granted.

            Parameters
            ----------
            *callbacks : callback instances
                For example `sklearn.callback.ProgressBar`, which is set on the outermost estimator and shows one level
                of estimators inside it (all of them with ``max_propagation_depth=None``), or `ScoringMonitor`, which
                is set on the estimator that it scores. Those set before are removed.

            Returns
            -------
            self : object
                The estimator.

            Notes
            -----
            A network is scored after each epoch, each of several by itself, and any estimator at the end of a fit that
            was given y without missing values. The fitted estimator that a callback is shown shares its networks with
            the one that is trained; to keep it, take a ``copy.deepcopy``. Keras' callbacks are a parameter of the
            networks, `callbacks`.

            Examples
            --------
            The scores of each epoch, on the samples trained on, are kept. Before `fit`,
            ``search.set_callbacks(ProgressBar(max_propagation_depth=None))`` would draw bars in the terminal as well.

            >>> import numpy as np
            >>> from sklearn.callback import ScoringMonitor
            >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
            >>> from sklearn.pipeline import make_pipeline
            >>> from sklearn.preprocessing import StandardScaler
            >>> from skhybrid import DenseRegressor
            >>> X = np.random.default_rng(0).normal(size=(40, 6))
            >>> monitor = ScoringMonitor(scoring="r2")
            >>> network = DenseRegressor(2, epochs=3, random_state=0).set_callbacks(monitor)
            >>> grid = {"denseregressor__batch_size": [8, 16]}
            >>> search = GridSearchCV(make_pipeline(StandardScaler(), network), grid, cv=TimeSeriesSplit(2))
            >>> search = search.fit(X, X[:, -1])
            >>> scores = monitor.get_logs().data_as_pandas
            >>> scores["task_name"].value_counts().to_dict()  # 3 epochs of 2 * 2 fits and of the refit, and the results
            {'epoch': 15, 'fit': 5}
            """
            return super().set_callbacks(*callbacks)


@dataclass(frozen=True)
class Progress:
    """A task of a fit, as scikit-learn's callbacks see it; nobody sees one without a context.

    Attributes
    ----------
    context : sklearn.callback.CallbackContext or None
        What scikit-learn knows of the task.
    estimator : estimator object or None
        Whose fit it is.
    data : dict
        What callbacks are shown: X, y and metadata.
    lock : RLock
        Has networks that are trained in threads report one at a time: a callback in a process of its own sends all it
        is shown through one connection.
    """

    context: Any = None
    estimator: Any = None
    data: dict[str, Any] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock)

    @property
    def is_watched(self) -> bool:
        """Whether there are callbacks to show something to."""
        return self.context is not None and bool(getattr(self.estimator, CALLBACKS, ()))

    def begin(self, name: str, place: int | None = None, n_parts: int = 0) -> "Progress":
        """Begin a task inside of this one, at a place where they are not in order, with some tasks inside of it."""
        with self.lock:
            context = self.context.subcontext(task_name=name, task_id=place, max_subtasks=n_parts)
            context.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        return replace(self, context=context)

    def end(self, fitted: dict[str, Any] | Callable[[], dict[str, Any] | None] | None = None) -> bool:
        """End the task; return whether a callback asks to stop.

        `fitted` are the attributes that the estimator would have, beside those it has, if its fit had ended here, or
        returns them where they are asked for; with None, there is nothing to score.
        """
        with self.lock:
            return self.context.call_on_fit_task_end(
                estimator=self.estimator, **self.data, reconstruction_attributes=fitted
            )

    @contextmanager
    def part(self, name: str, n_parts: int = 0) -> Iterator["Progress"]:
        """Show a task inside of this one, from its beginning to its end."""
        if self.context is None:
            yield self
            return
        part = self.begin(name, n_parts=n_parts)
        yield part
        part.end()

    def inside(self, inner: Any) -> AbstractContextManager[None]:
        """Show the fit of an estimator inside of this one."""
        return nullcontext() if self.context is None else self._show_inside(inner)

    @contextmanager
    def _show_inside(self, inner):
        task = self.context.subcontext(task_name="fit-estimator")
        with task.propagate_callback_context(inner):
            task.call_on_fit_task_begin(estimator=self.estimator, **self.data)
            yield
            task.call_on_fit_task_end(estimator=self.estimator, **self.data)


UNSEEN = Progress()  # that of a fit that no callback follows


@contextmanager
def follow_fit(
    estimator: Any, X: Any, y: Any = None, sample_weight: Any = None, *, n_parts: int = 0, in_order: bool = True
) -> Iterator[Progress]:
    """Show a fit to scikit-learn's callbacks, from its beginning to its end.

    It stands around whatever puts back attributes after an error, or scikit-learn could not take leave of callbacks.

    Parameters
    ----------
    estimator : Followed
        Whose `fit` it is, which `fit_context` decorates.
    X, y, sample_weight : array-like or None
        Its data, which callbacks may score.
    n_parts : int, default=0
        Number of tasks inside of it, at most.
    in_order : bool, default=True
        Whether one begins when another has ended.

    Yields
    ------
    progress : Progress
        Shows the tasks inside of it.
    """
    if _SUPPORT is None:
        yield UNSEEN
        return
    context = getattr(estimator, MAKE_ROOT)(max_subtasks=n_parts, sequential_subtasks=in_order)
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    progress = Progress(context, estimator, {"X": X, "y": y, "metadata": metadata})
    context.call_on_fit_task_begin(estimator=estimator, **progress.data)
    yield progress
    progress.end(lambda: {} if _is_known(y) else None)


def show_work(
    estimator: Any, X: Any, y: Any, name: str, n_parts: int, work: Callable[[Progress], list[Any]]
) -> list[Any]:
    """Show to an estimator's callbacks what fits copies of it, and return what that makes.

    Parameters
    ----------
    estimator : Followed
        Whose method does it; it is not fitted itself.
    X, y : array-like or None
        Its data.
    name : str
        What it is called.
    n_parts : int
        Number of tasks inside of it.
    work : callable
        Does it, and shows these tasks to the progress that it is given.
    """
    if _SUPPORT is None or not getattr(estimator, CALLBACKS, ()):
        return work(UNSEEN)

    def do_shown(estimator):
        context = getattr(estimator, MAKE_ROOT)(task_name=name, max_subtasks=n_parts)
        progress = Progress(context, estimator, {"X": X, "y": y, "metadata": None})
        context.call_on_fit_task_begin(estimator=estimator, **progress.data)
        made = work(progress)
        progress.end()
        return made

    return import_module("sklearn.callback").with_callbacks(do_shown)(estimator)


def clone_unfollowed(estimator: Any) -> Any:
    """Return a clone without the callbacks of scikit-learn's that an estimator, not one inside of it, has."""
    return take_callbacks(clone(estimator), None)


def take_callbacks(estimator: Any, other: Any) -> Any:
    """Give an estimator the callbacks of scikit-learn's that another one has, and no more."""
    if hasattr(estimator, "set_callbacks"):
        estimator.set_callbacks(*getattr(other, CALLBACKS, ()))
    return estimator


def _is_known(y):
    """Return whether there are targets to score, none of them missing."""
    return y is not None and not np.any(np.asarray(pd.isna(y)))
