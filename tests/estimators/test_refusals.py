"""What does not go together is refused in one sentence that names it."""

from functools import partial

import numpy as np
import pytest

from skhybrid import (
    CNNLSTMRegressor,
    DenseClassifier,
    DenseRegressor,
    LSTMClassifier,
    LSTMFCNRegressor,
    LSTMRegressor,
    SequenceRegressor,
    Windows,
)
from skhybrid._backend import keras
from tests.estimators.known_ahead import SEASON, make_known
from tests.helpers import linear_network


def blind_network(input_shape, n_outputs, *, seed, future_shape):
    """A network that does not look ahead."""
    window, ahead = keras.Input(input_shape), keras.Input(future_shape)
    return keras.Model([window, ahead], keras.layers.Dense(n_outputs)(keras.layers.Flatten()(window)))


X, Y = make_known()
VALUES = X.values
BARE = Windows(VALUES, X.ahead)
OTHER = Windows(VALUES, X.ahead, seasons=(SEASON + 1,))
SHORTER = Windows(VALUES, X.ahead[:, :3], seasons=(SEASON,))
ENDING = VALUES.copy()
ENDING[3, -2:] = np.nan

small = partial(DenseRegressor, 2, epochs=1, random_state=0)
lstm = partial(LSTMRegressor, 2, dense_units=(), epochs=1, random_state=0)
segments = partial(lstm, decoder="segments", segment_length=2)
hybrid = partial(CNNLSTMRegressor, 2, kernel_size=2, units=2, epochs=1)
rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)

FITS = {
    # linear path
    "trained path, early ends": (lstm(linear_path="trained"), ENDING, "linear_path needs sequences of equal length"),
    "ridge path, early ends": (lstm(linear_path="ridge"), ENDING, "linear_path needs sequences of equal length"),
    "last steps, early ends": (lstm(last_steps=3), ENDING, "last_steps=3 needs sequences of equal length"),
    "too few samples": (
        small(linear_path="ridge"),
        VALUES[:5],
        "linear_path='ridge' needs at least 2 samples to train on and 1 to validate on",
    ),
    "no epochs": (small(epochs=0), VALUES, "epochs must be at least 1 without linear_path='ridge'"),
    "no epochs, trained path": (small(epochs=0, linear_path="trained"), VALUES, "epochs must be at least 1 without"),
    "no epochs, quantiles": (
        small(epochs=0, linear_path="ridge", loss="quantile"),
        VALUES,
        "epochs must be at least 1 with loss='quantile'",
    ),
    "squares without path": (small(linear_squares=True), VALUES, "linear_squares=True needs linear_path='ridge'"),
    "weight without path": (small(linear_weight=0.5), VALUES, "linear_weight=0.5 needs linear_path='ridge'"),
    "weight of a network without path": (
        small(n_estimators=2, member_params=[{}, {"linear_weight": 0.5}]),
        VALUES,
        "linear_weight=0.5 needs linear_path='ridge'",
    ),
    "trees without path": (
        small(boosting=True, early_stopping=True),
        VALUES,
        "boosting=True needs linear_path='ridge'",
    ),
    "trees, all samples trained on": (
        small(boosting=True, linear_path="ridge"),
        VALUES,
        "boosting must be False without early_stopping=True, .* but is True",
    ),
    "bases without path": (small(linear_bases=["last"]), VALUES, r"linear_bases=\['last'\] needs linear_path='ridge'"),
    "bases, trained path": (
        small(linear_bases=["last"], linear_path="trained", window_norm="last"),
        VALUES,
        "needs linear_path='ridge', but it is 'trained'",
    ),
    "bases without norm": (
        small(linear_bases=["last"], linear_path="ridge"),
        VALUES,
        "window_norm='last' or 'seasonal', but window_norm is None",
    ),
    "bases of another norm": (
        small(linear_bases=["last"], linear_path="ridge", window_norm="standard"),
        VALUES,
        "but window_norm is 'standard'",
    ),
    "unknown base": (
        small(linear_bases=["drift"], linear_path="ridge", window_norm="last"),
        VALUES,
        r"linear_bases must be 'auto' or hold some of 'last', .*, each once, but is \['drift'\]",
    ),
    "base twice": (
        small(linear_bases=["last", "last"], linear_path="ridge", window_norm="last"),
        VALUES,
        "each once, but is",
    ),
    "no base": (small(linear_bases=[], linear_path="ridge", window_norm="last"), VALUES, r"but is \[\]"),
    "base without season": (
        small(linear_bases=["seasonal"], linear_path="ridge", window_norm="last"),
        VALUES,
        "needs season_length, below the 8 steps of a window, but it is None",
    ),
    "base of a long season": (
        small(linear_bases=["seasonal"], linear_path="ridge", window_norm="last", season_length=8),
        VALUES,
        "below the 8 steps of a window, but it is 8",
    ),
    "smoothing of one step": (
        small(linear_bases=("last", "smoothed"), linear_path="ridge", window_norm="last"),
        VALUES[:, -1:],
        r"linear_bases=\('last', 'smoothed'\) needs windows of at least 2 steps, for the first trend of 'smoothed', "
        "but X has windows of 1; pass longer windows, or leave 'smoothed' out.$",
    ),
    "unknown word for bases": (
        small(linear_bases="all", linear_path="ridge", window_norm="last"),
        VALUES,
        "The 'linear_bases' parameter of DenseRegressor must be a str among {'auto'}",
    ),
    "all bases without norm": (
        small(linear_bases="auto", linear_path="ridge"),
        VALUES,
        "linear_bases='auto' needs y in the units of target_channel, .*, but window_norm is None",
    ),
    "all bases without path": (small(linear_bases="auto"), VALUES, "linear_bases='auto' needs linear_path='ridge'"),
    "lengths without path": (small(linear_lengths=2), VALUES, "linear_lengths=2 needs linear_path='ridge', but it is"),
    "half life without path": (small(linear_half_life=0.1), VALUES, "linear_half_life=0.1 needs linear_path='ridge'"),
    "samples without path": (small(min_samples=9), VALUES, "min_samples=9 needs linear_path='ridge', but it is None"),
    "phases without path": (small(linear_by_phase=True), VALUES, "linear_by_phase=True needs linear_path='ridge', but"),
    "lengths, trained path": (
        small(linear_lengths=2, linear_path="trained"),
        VALUES,
        "linear_lengths=2 needs linear_path='ridge', but it is 'trained'",
    ),
    "segments, ridge": (
        segments(linear_path="ridge"),
        SHORTER,
        "needs X to carry ahead the inputs of the 4 steps of y, but it carries those of 3",
    ),
    "segments": (segments(), SHORTER, "its horizon is 3"),
    # outputs
    "bounds, path": (
        small(output_activation="softplus", linear_path="ridge"),
        VALUES,
        "output_activation must be None where linear_path='ridge' adds to what it bounds, but is 'softplus'",
    ),
    "bounds, norm": (small(output_activation="softplus", window_norm="last"), VALUES, "where window_norm='last' adds"),
    "bounds, offsets": (small(output_activation="exponential", phase_offsets=True), X, "where phase_offsets=True adds"),
    "bounds, quantiles": (
        small(output_activation="softplus", loss="quantile"),
        VALUES,
        "output_activation='softplus' needs one output for each target",
    ),
    "bounds, own network": (
        SequenceRegressor(linear_network, output_activation="softplus", epochs=1),
        VALUES,
        "output_activation needs a network whose builder has the parameter output_activation",
    ),
    "metrics, quantiles": (small(metrics=["mae"], loss="quantile"), VALUES, r"metrics=\['mae'\] needs one output"),
    "unknown metric": (small(metrics=["nope"]), VALUES, "metrics must hold names of Keras metrics .* but holds 'nope'"),
    "metric of another type": (small(metrics=[3]), VALUES, "metrics must hold names of Keras metrics .* but holds 3"),
    # windows
    "season of the window": (
        small(window_norm="seasonal", season_length=8),
        VALUES,
        "needs windows of more than one season, season_length=8 steps, but X has windows of 8",
    ),
    "no season": (small(window_norm="seasonal"), VALUES, "window_norm='seasonal' needs season_length"),
    "channel out of range": (small(window_norm="last", norm_channels=[2]), VALUES, "norm_channels must hold positions"),
    "negative channel": (small(window_norm="last", norm_channels=[-1]), VALUES, "from 0 to 1, but is"),
    "no channel": (small(window_norm="last", norm_channels=[]), VALUES, "norm_channels must hold positions"),
    "target not treated": (
        small(window_norm="last", norm_channels=[1]),
        VALUES,
        r"norm_channels must hold target_channel=0, .* but is \[1\]",
    ),
    "too many steps": (small(last_steps=9), VALUES, "last_steps=9 needs windows of at least as many steps"),
    "steps of subsequences": (hybrid(last_steps=2), VALUES.reshape(-1, 2, 4, 2), "plain windows instead of subseq"),
    "offsets, no seasons": (small(phase_offsets=True, window_norm="last"), BARE, "counts the phase of seasons ahead"),
    "offsets, bare": (small(phase_offsets=True, window_norm="last"), VALUES, "counts the phase of seasons ahead"),
    "offsets, no norm": (small(phase_offsets=True), X, "phase_offsets=True needs y in the units of target_channel"),
    "fcn": (
        LSTMFCNRegressor(2, filters=(2, 2, 2), epochs=1),
        X,
        "X with inputs known ahead needs a network whose builder has the parameter future_shape, but 'lstm_fcn'",
    ),
    "own network": (SequenceRegressor(linear_network, epochs=1), X, "builder has the parameter future_shape"),
    # training
    "schedule, optimizer": (
        small(learning_rate_schedule="cosine", optimizer=keras.optimizers.Adam(rate)),
        VALUES,
        "learning_rate_schedule='cosine' needs a learning rate that is a number, but that of the optimizer is",
    ),
    "two schedules": (
        small(learning_rate_schedule="exponential", learning_rate=rate),
        VALUES,
        "needs a learning rate that is a number, but learning_rate is",
    ),
    "refit": (small(refit=True), VALUES, "refit=True needs early_stopping=True"),
    "refit, warm start": (
        small(refit=True, warm_start=True, early_stopping=True),
        VALUES,
        "refit must be False with warm_start=True, which trains the fitted network on",
    ),
    "folds without a choice": (
        small(validation_folds=3),
        VALUES,
        "validation_folds must be 1 without a training on all samples afterwards, but is 3; pass early_stopping=True "
        "and refit=True, or pass validation_folds=1",
    ),
    "folds without refit": (
        small(validation_folds=3, early_stopping=True, linear_path="ridge"),
        VALUES,
        "validation_folds must be 1 without a training on all samples afterwards, but is 3",
    ),
    "too many folds": (
        small(validation_folds=10, linear_path="ridge"),
        VALUES,
        "but of 59 samples validation_fraction=0.1, validation_folds=10 and a gap of 3 leave 0 and 6",
    ),
    "no fold": (small(validation_folds=0), VALUES, "The 'validation_folds' parameter of DenseRegressor must be"),
    "no length": (small(linear_lengths=0), VALUES, "The 'linear_lengths' parameter of DenseRegressor must be"),
    "unknown size of kernels": (hybrid(kernel_size="season"), VALUES, "kernel_size must be .*, but is 'season'; pass"),
    "unknown parameter": (
        small(n_estimators=2, member_params=[{}, {"unit": 3}]),
        VALUES,
        r"member_params must hold dicts of parameters of the network, .* but holds \{'unit': 3\}",
    ),
    "parameter of training": (small(member_params=[{"epochs": 3}]), VALUES, r"but holds \{'epochs': 3\}"),
    "no dict": (small(member_params=[3]), VALUES, "member_params must hold dicts"),
    "flags for positions": (
        small(window_norm="last", norm_channels=[True, False]),
        VALUES,
        r"norm_channels must hold positions of features, from 0 to 1, but is \[True, False\]",
    ),
    "a metric twice": (
        small(metrics=["mae", "mae"]),
        VALUES,
        r"metrics must have names of their own, .* \['mae', 'mae'\]",
    ),
    "a metric named loss": (
        small(metrics=[keras.metrics.MeanAbsoluteError(name="loss")]),
        VALUES,
        "metrics must have names of their own",
    ),
    "a metric's class": (small(metrics=[keras.metrics.MeanAbsoluteError]), VALUES, "metrics must hold names of Keras"),
    "phases out of order": (
        small(window_norm="last", phase_offsets=True),
        Windows(VALUES, X.ahead[:, [0, 2, 1, 3]], seasons=(SEASON,)),
        r"phase_offsets=True needs targets 1, 2, ..., 4 steps ahead, but X counts the phases .*; pass horizon=",
    ),
    "what is known ahead unread": (
        SequenceRegressor(blind_network, epochs=1),
        X,
        "network must read what is known ahead, its second input, but its outputs do not depend on it; use it",
    ),
}


@pytest.mark.parametrize(("estimator", "samples", "words"), FITS.values(), ids=FITS)
def test_fit_refuses(estimator, samples, words):
    with pytest.raises(ValueError, match=words) as raised:
        estimator.fit(samples, Y[: len(samples)])
    assert str(raised.value).endswith(".")
    assert not hasattr(estimator, "members_")


@pytest.mark.parametrize("estimator", [DenseRegressor, DenseClassifier])
def test_partial_fit_refuses_what_needs_all_epochs(estimator):
    options = {"classes": [0, 1]} if estimator is DenseClassifier else {}
    with pytest.raises(ValueError, match="refit=True needs a whole training"):
        estimator(2, refit=True, early_stopping=True).partial_fit(VALUES, np.arange(len(VALUES)) % 2, **options)


def test_partial_fit_refuses_trees():
    with pytest.raises(ValueError, match="boosting=True needs a whole training"):
        small(linear_path="ridge", boosting=True).partial_fit(VALUES, Y)


@pytest.mark.parametrize("way", ["predict", "warm_start", "partial_fit"])
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (X, VALUES, r"inputs of shape \(4, 2\) for each sample with seasons=\(6,\), but carries nothing"),
        (VALUES, X, r"nothing, but carries inputs of shape \(4, 2\)"),
        (X, BARE, r"with seasons=\(6,\), but carries inputs of shape \(4, 2\) for each sample;"),
        (X, OTHER, r"with seasons=\(6,\), but carries .* with seasons=\(7,\)"),
        (X, SHORTER, r"inputs of shape \(4, 2\) .* but carries inputs of shape \(3, 2\)"),
    ],
    ids=["nothing", "something", "no seasons", "other seasons", "fewer steps"],
)
def test_what_is_known_ahead_must_be_as_in_fit(first, second, words, way):
    model = small(warm_start=True).fit(first, Y)
    calls = {"warm_start": model.fit, "partial_fit": model.partial_fit, "predict": lambda X, y: model.predict(X)}
    with pytest.raises(ValueError, match=f"X must carry ahead what it carried in fit, .*{words}"):
        calls[way](second, Y)


def test_prediction_refuses_early_ends_where_there_is_a_linear_path():
    model = lstm(linear_path="trained").fit(VALUES, Y)
    with pytest.raises(ValueError, match="linear_path needs sequences of equal length, but 1 samples"):
        model.predict(ENDING)


@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_samples_held_out_need_something_to_be_held_out_for(estimator):
    y = np.arange(len(VALUES)) % 2
    with pytest.raises(ValueError, match="X_val needs early_stopping=True or linear_path='ridge'"):
        estimator(2, epochs=1).fit(VALUES[:40], y[:40], X_val=VALUES[44:], y_val=y[44:])


def test_samples_of_the_user_are_not_divided():
    model = small(linear_path="ridge", validation_folds=2)
    with pytest.raises(ValueError, match="validation_folds must be 1 with X_val, but is 2; leave X_val out, or"):
        model.fit(VALUES[:40], Y[:40], X_val=VALUES[44:], y_val=Y[44:])


def test_classifiers_have_no_parameters_of_forecasts():
    names = {"linear_path", "linear_bases", "phase_offsets", "target_channel", "season_length", "output_activation"}
    names |= {"linear_lengths", "linear_half_life", "linear_by_phase", "min_samples", "validation_folds"}
    assert not names & LSTMClassifier().get_params().keys()
    assert names < LSTMRegressor().get_params().keys()
    with pytest.raises(ValueError, match="'window_norm' parameter of LSTMClassifier must be"):
        LSTMClassifier(window_norm="seasonal").fit(VALUES, np.arange(len(VALUES)) % 2)
