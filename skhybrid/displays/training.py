"""The loss of each epoch."""

import numpy as np

from skhybrid.displays._axes import BLUE, ORANGE, make_axes
from skhybrid.inspection import reach_network


class TrainingDisplay:
    """Loss per epoch, on the training samples and on those held out, and the epoch whose weights were kept.

    Parameters
    ----------
    history : dict of str to list of float
        The losses of all epochs, by the names that Keras gives them: "loss", and "val_loss" with early stopping.

    loss_name : str, default="loss"
        What to write at the axis.

    best_epochs : sequence of int, default=None
        The epochs, from 1, whose weights were kept, one for each network; 0 where those of none were, and the linear
        path is left alone. None takes the epoch of the smallest loss on the samples held out.

    Attributes
    ----------
    best_epoch_ : int or None
        The epoch, from 1, whose weights were kept, of several networks the last; None where no samples were held out.

    ax_ : matplotlib Axes
        The axes.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from skhybrid import TrainingDisplay
    >>> display = TrainingDisplay({"loss": [0.9, 0.5, 0.3, 0.2], "val_loss": [1.0, 0.6, 0.7, 0.8]}).plot()
    >>> display.best_epoch_
    2
    """

    def __init__(self, history, *, loss_name="loss", best_epochs=None):
        self.history = history
        self.loss_name = loss_name
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw how a network was trained.

        Parameters
        ----------
        estimator : estimator object
            A fitted network, or a pipeline, search or :class:`WindowedRegressor` around one.

        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : TrainingDisplay
            The display.
        """
        network, _ = reach_network(estimator)
        loss = getattr(network, "loss", None)
        loss_name = f"loss ({loss})" if isinstance(loss, str) else "loss"
        return cls(network.history_, loss_name=loss_name, best_epochs=network.best_epochs_).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        display : TrainingDisplay
            The display.
        """
        self.ax_ = ax = make_axes(ax, "TrainingDisplay", (7, 4))
        self.figure_ = ax.figure
        epochs = np.arange(1, len(self.history["loss"]) + 1)
        ax.plot(epochs, self.history["loss"], color=BLUE, label="training")
        held_out = self.history.get("val_loss")
        self.best_epoch_ = None
        if held_out:
            ax.plot(epochs, held_out, color=ORANGE, linestyle="--", label="held out")
            self._mark_best(held_out)
        ax.set(xlabel="epoch", ylabel=self.loss_name)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        return self

    def _mark_best(self, held_out):
        """Mark the epochs whose weights were kept."""
        best = sorted(set(self.best_epochs or [int(np.argmin(held_out)) + 1]))
        self.best_epoch_ = best[-1]
        which = f"epoch {best[-1]}" if len(best) == 1 else f"epochs {best[0]} to {best[-1]}"
        text = f"weights kept: {which} of {len(held_out)}" if best[-1] else "no weights kept: the linear path is better"
        for epoch in filter(None, best):
            self.ax_.axvline(epoch, color="black", linestyle=":", linewidth=1)
        values = [held_out[epoch - 1] if epoch else np.nan for epoch in best]
        self.ax_.plot(best, values, color="black", marker="o", linestyle="none", label=text)
