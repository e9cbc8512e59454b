import numpy as np

from skhybrid import DenseRegressor, TrainingDisplay, make_windows
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


def test_networks_keep_weights_of_several_epochs():
    display = TrainingDisplay({"loss": [4, 3, 2], "val_loss": [5, 2, 3]}, best_epochs=[3, 2, 3]).plot()
    assert display.best_epoch_ == 3
    assert legend_texts(display.ax_)[-1] == "weights kept: epochs 2 to 3 of 3"
    assert display.ax_.get_lines()[-1].get_xydata().tolist() == [[2, 2], [3, 3]]


def test_network_that_does_not_help_is_not_said_to_be_kept():
    X, y = make_windows(np.sin(np.arange(60)), window_length=8)
    options = {"linear_path": "ridge", "early_stopping": True, "learning_rate": 10.0, "epochs": 2, "random_state": 0}
    network = DenseRegressor(2, **options).fit(X, y)
    assert network.best_epoch_ == 0
    display = TrainingDisplay.from_estimator(network)
    assert display.best_epoch_ == 0
    assert legend_texts(display.ax_)[-1] == "no weights kept: the linear path is better"
