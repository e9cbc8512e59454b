"""scikit-learn's base classes, as type checkers should see them.

scikit-learn brings no types. A class with a base of unknown type may have any constructor, so that no wrong parameter
would be found.
"""

from typing import TYPE_CHECKING, Any, Self

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin"]

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    class BaseEstimator:
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def get_metadata_routing(self) -> Any: ...
        def set_callbacks(self, *callbacks: Any) -> Self: ...  # with scikit-learn 1.9 and later
        def __sklearn_tags__(self) -> Any: ...
        def __getstate__(self) -> dict[str, Any]: ...
        def __setstate__(self, state: dict[str, Any]) -> None: ...

    class RegressorMixin:
        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...
        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...
        def __sklearn_tags__(self) -> Any: ...

else:
    from sklearn import base
    from sklearn.base import ClassifierMixin, RegressorMixin

    from skhybrid._progress import Followed

    class BaseEstimator(Followed, base.BaseEstimator):
        """Base of estimators whose fit scikit-learn's callbacks can follow."""
