"""How an estimator with networks is cloned, copied and pickled."""

from typing import Any, Self

from skhybrid._validation import clone_parametrized
from skhybrid.estimators._bases import BaseEstimator
from skhybrid.estimators._callbacks import pack_callbacks
from skhybrid.estimators._scikeras import pack, unpack


class Copied(BaseEstimator):
    """What becomes of callbacks and networks in a clone, a copy and a pickle."""

    callbacks: Any
    members_: list[Any]

    def __sklearn_clone__(self):
        """Clone as scikit-learn does, which copies what callbacks report to as well: it is to stay the caller's."""
        bare = object.__new__(type(self))
        vars(bare).update(vars(self), callbacks=None)
        cloned = clone_parametrized(bare)
        cloned.callbacks = list(self.callbacks) if isinstance(self.callbacks, list) else self.callbacks
        return cloned

    def __copy__(self) -> Self:
        """Share all there is, the networks too: so scikit-learn's callbacks are shown one that is being trained."""
        shallow = object.__new__(type(self))
        vars(shallow).update(vars(self))
        return shallow

    def __getstate__(self):
        state = dict(super().__getstate__())
        for name in {"callbacks", "callbacks_"} & state.keys():
            state[name] = pack_callbacks(state[name])
        if "members_" in state:
            state["members_"] = [pack(member) for member in state["members_"]]
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "members_" in state:
            self.members_ = [unpack(member) for member in state["members_"]]
