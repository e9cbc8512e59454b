import numpy as np

from skhybrid import TrainingDisplay
from tests.helpers import legend_texts


def test_training_shows_the_epoch_whose_weights_were_kept():
    display = TrainingDisplay({"loss": [4, 3, 2, 1], "val_loss": [5, 2, 3, 4]}, loss_name="loss (mse)").plot()
    assert display.best_epoch_ == 2
    assert legend_texts(display.ax_) == ["training", "held out", "weights kept: epoch 2 of 4"]
    assert display.ax_.get_lines()[-1].get_xydata().tolist() == [[2, 2]]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("epoch", "loss (mse)")


def test_training_without_held_out_samples():
    display = TrainingDisplay({"loss": [4, 3]}).plot()
    assert display.best_epoch_ is None
    assert legend_texts(display.ax_) == ["training"]


def test_training_of_a_pipeline(pipe):
    display = TrainingDisplay.from_estimator(pipe)
    assert display.history is pipe[-1].history_
    assert display.ax_.get_ylabel() == "loss (mse)"
    np.testing.assert_array_equal(display.ax_.get_lines()[0].get_xydata(), np.c_[[1, 2], pipe[-1].history_["loss"]])
