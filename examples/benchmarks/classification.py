"""How often are the classifiers right on official test parts, on images and on clips, beside nearest neighbours?

One row of the table is one set and one network: the share of right labels over the seeds (mean, smallest, largest), the
published share where there is one, and what needs no network, on the same parts: the nearest neighbour (Euclid, on the
samples as they are, padded with zeros), and for clips a logistic regression on the mean of their frames. The seconds of
a fit include what is compiled first; every seed runs in a process of its own. --time prints instead what a batch of
each network takes, compiled and with Keras' own loop, on noise of the sets' shapes; --choose how settings that were
tried do in cross-validation on the training parts.

    python classification.py                                       the sets that need no file
    python classification.py --data FOLDER                         all of them
    python classification.py --data FOLDER --sets GunPoint --seeds 1
    python classification.py --time
    python classification.py --choose --data FOLDER --sets GunPoint ArrowHead mnist

The parts. GunPoint, ItalyPowerDemand, ArrowHead, BasicMotions and JapaneseVowels have official ones [1, 2]. digits are
those of scikit-learn, in 5 stratified folds, shuffled anew with each seed; mnist is 1500 and 500 of 2000 images,
stratified, drawn anew with each seed. tracks are paths of a fingertip over 16 video frames, recorded one after the
other: each seed holds out another fifth of each class, in one block, with 16 rows left out on either side, so that no
frame is on both sides (five seeds hold out everything once); clips are the same tracks, drawn. shapes are 2000
simulated clips to train, and 500 fresh ones, anew with each seed.

The settings are the same for all sets of a kind. Series of one feature: an LSTM-FCN [3] with long kernels, on small
batches, with a moving average of its weights, all by cross-validation on the training parts (--choose shows what else
was tried; lstm_fcn.py has the LSTM-FCN as it comes). Series of several: a CNN-LSTM, the cheapest of the three best of
eight by 5-fold cross-validation on the training parts of both sets. Images: a Conv2D-LSTM, by --choose on those images
of mnist that no seed tests on. The others: see the code. Nothing is chosen on test parts, and they do not decide when
training stops.

The files of --data: ucr_GunPoint.npz and so on, with X_train (sample, step, feature), y_train, X_test and y_test,
padded with NaN; mnist_2000.npz and fingertip_gesture_tracks.npz [4] with X and y.

[1] H. A. Dau et al., "The UCR time series archive", IEEE/CAA Journal of Automatica Sinica 6(6), 2019
[2] A. Bagnall et al., "The UEA multivariate time series classification archive, 2018", arXiv:1811.00075
[3] F. Karim, S. Majumdar, H. Darabi, S. Chen, "LSTM fully convolutional networks for time series classification",
    IEEE Access 6, 2018; the published figures are theirs
[4] the point history of https://github.com/kinivi/hand-gesture-recognition-mediapipe, (sample, 16 frames, x and y)
"""

# %% What is measured, and what can be changed
import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from _common import column, measure, print_machine, print_spread, ratio, start

PACKAGES = ("skhybrid", "tensorflow", "keras", "scikit-learn")
GAP = 16  # rows of the tracks: of windows that far apart, no frame is the same
TIMED_EPOCHS = 3
SEEDS = 5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder of the files; without it, only what needs none")
    parser.add_argument("--sets", nargs="+", choices=TASKS, help="default: all, or all that need no file")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"(default: {SEEDS})")
    parser.add_argument("--epochs", type=int, help="instead of each network's own, to see that all runs")
    parser.add_argument("--time", action="store_true", help="measure the time of a batch instead")
    parser.add_argument("--choose", action="store_true", help="cross-validate settings on the training parts instead")
    parser.add_argument("--rounds", type=int, default=5, help="processes to time each engine in (default: 5)")
    parser.add_argument("--batches", type=int, default=20, help=f"in each of {TIMED_EPOCHS} epochs (default: 20)")
    return parser.parse_args()


# %% The networks, one for each kind of set
def make_long_kernels_lstm_fcn():
    """Return the network for few series of one feature: fewer filters than its authors have, and twice as long ones.

    It predicts with a moving average of its weights, as batch normalisation does with its means.
    """
    from keras.optimizers import Adam

    from skhybrid import LSTMFCNClassifier

    sizes = {"units": 128, "filters": (64, 128, 64), "kernel_size": (16, 10, 6)}
    training = {"norm_momentum": 0.99, "learning_rate_schedule": None, "optimizer": Adam(use_ema=True)}
    return LSTMFCNClassifier(**sizes, **training, batch_size=8, epochs=500)


def make_cnn_lstm():
    from skhybrid import CNNLSTMClassifier

    return CNNLSTMClassifier(64, kernel_size=5, pool_size=2, units=64, dense_units=(), dropout=0.5, batch_size=16)


def make_tracks_cnn_lstm():
    from skhybrid import CNNLSTMClassifier

    return CNNLSTMClassifier(units=64, dropout=0.2, epochs=30)


def make_conv2d_lstm():
    from keras.optimizers import Adam

    from skhybrid import Conv2DLSTMClassifier

    options = {"dropout": 0.5, "epochs": 30, "optimizer": Adam(use_ema=True)}
    return Conv2DLSTMClassifier((32, 64, 64), pool_size=(2, 2, 1), bidirectional=True, **options)


def make_clips_conv3d_lstm():
    from skhybrid import Conv3DLSTMClassifier

    return Conv3DLSTMClassifier((16, 32), units=64, dropout=0.3, epochs=6)


def make_shapes_conv3d_lstm():
    from skhybrid import Conv3DLSTMClassifier

    return Conv3DLSTMClassifier((16, 32, 32), pool_size=(2, 2, 1), units=64, dropout=0.3, epochs=15)


# %% The parts: X_train, y_train, X_test, y_test, once or several times for a seed
def read_official(path, seed):
    with np.load(path) as file:
        yield tuple(file[part] for part in ("X_train", "y_train", "X_test", "y_test"))


def read_digits(path, seed):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import StratifiedKFold

    digits = load_digits()
    X, y = digits.images[..., np.newaxis] / 16, digits.target  # (image, row, column, channel)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y):
        yield X[train], y[train], X[test], y[test]


def read_mnist(path, seed):
    X, y = read_images(path)
    train, test = split_images(y, seed)
    yield X[train], y[train], X[test], y[test]


def read_mnist_never_tested(path, seed):
    """Yield the images that no seed tests on, to choose on; no test part."""
    X, y = read_images(path)
    rows = sorted(set.intersection(*(set(split_images(y, seed)[0]) for seed in range(SEEDS))))
    yield X[rows], y[rows], None, None


def read_images(path):
    with np.load(path) as file:
        return file["X"][..., np.newaxis] / np.float32(255), file["y"]  # (image, row, column, channel)


def split_images(y, seed):
    """Return rows to train and to test on."""
    from sklearn.model_selection import train_test_split

    return train_test_split(np.arange(len(y)), test_size=500, stratify=y, random_state=seed)


def read_tracks(path, seed):
    with np.load(path) as file:
        X, y = file["X"], file["y"]
    train, test = split_into_blocks(y, seed)
    yield X[train], y[train], X[test], y[test]


def split_into_blocks(y, seed):
    """Return rows to train and to test on: of each class one block of five, and all but `GAP` rows on either side."""
    train, test = [], []
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)  # without a break
        block = np.array_split(rows, 5)[seed % 5]
        train.append(rows[(rows < block[0] - GAP) | (rows > block[-1] + GAP)])
        test.append(block)
    return np.concatenate(train), np.concatenate(test)


def draw_tracks(path, seed):
    from skhybrid import rasterize_tracks

    for X_train, y_train, X_test, y_test in read_tracks(path, seed):
        yield rasterize_tracks(X_train), y_train, rasterize_tracks(X_test), y_test


def make_shapes(path, seed):
    from skhybrid import make_moving_shapes

    X, y = make_moving_shapes(2500, random_state=seed)  # the clips are drawn independently of each other
    yield X[:2000], y[:2000], X[2000:], y[2000:]


# %% What is trained on what, and what else was tried
class Task(NamedTuple):
    """A set: its network, its parts, and the shape of a sample and number of classes to time it with."""

    network: str
    make_network: Callable[[], Any]
    read_parts: Callable[..., Iterator[tuple[Any, ...]]]
    shape: tuple[int, ...]
    n_classes: int
    file: str = ""  # none is needed
    published: float = np.nan
    is_scaled: bool = False  # each feature, over all steps of the training part
    ends_early: bool = False  # some sequences are shorter than others


one_feature = partial(Task, "LSTM-FCN", make_long_kernels_lstm_fcn, read_official)
cnn_lstm = partial(Task, "CNN-LSTM", make_cnn_lstm, read_official, is_scaled=True)
TRACKS = "fingertip_gesture_tracks.npz"
TASKS = {
    "GunPoint": one_feature((150, 1), 2, "ucr_GunPoint.npz", published=1.0),
    "ItalyPowerDemand": one_feature((24, 1), 2, "ucr_ItalyPowerDemand.npz", published=0.962),
    "ArrowHead": one_feature((251, 1), 3, "ucr_ArrowHead.npz", published=0.897),
    "BasicMotions": cnn_lstm((100, 6), 4, "ucr_BasicMotions.npz"),
    "JapaneseVowels": cnn_lstm((29, 12), 9, "ucr_JapaneseVowels.npz", ends_early=True),
    "digits": Task("Conv2D-LSTM", make_conv2d_lstm, read_digits, (8, 8, 1), 10),
    "mnist": Task("Conv2D-LSTM", make_conv2d_lstm, read_mnist, (28, 28, 1), 10, "mnist_2000.npz"),
    "tracks": Task("CNN-LSTM", make_tracks_cnn_lstm, read_tracks, (16, 2), 4, TRACKS, is_scaled=True),
    "clips": Task("Conv3D-LSTM", make_clips_conv3d_lstm, draw_tracks, (16, 24, 24, 1), 4, TRACKS),
    "shapes": Task("Conv3D-LSTM", make_shapes_conv3d_lstm, make_shapes, (12, 20, 20, 1), 8),
}

LSTM_FCN_SETTINGS = [
    {},
    {"filters": (32, 64, 32), "batch_size": 16, "epochs": 1000},
    {"filters": (32, 64, 32)},
    {"kernel_size": (8, 5, 3)},
    {"units": 8},
    {"optimizer": "adam"},
]
CANDIDATES = {
    **dict.fromkeys(("GunPoint", "ItalyPowerDemand", "ArrowHead"), LSTM_FCN_SETTINGS),
    "mnist": [{}, {"optimizer": "adam"}, {"bidirectional": False}, {"filters": 32, "pool_size": 2}],
}
CHOOSE_ON = {"mnist": read_mnist_never_tested}  # the others have one training part


# %% One seed of one set, in a process of its own
def score(name, folder, epochs, seed):
    """Return the shares of right labels, the seconds of a fit and the network's size, as means over the parts."""
    task = TASKS[name]
    parts = task.read_parts(Path(folder or "") / task.file, seed)
    return pd.DataFrame([score_parts(task, epochs, seed, *part) for part in parts]).mean().to_dict()


def score_parts(task, epochs, seed, X_train, y_train, X_test, y_test):
    from sklearn.pipeline import make_pipeline

    from skhybrid import PerStepTransformer

    network = task.make_network().set_params(random_state=seed)
    if epochs:
        network.set_params(epochs=epochs)
    model = make_pipeline(PerStepTransformer() if task.is_scaled else "passthrough", network)
    begin = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - begin
    return {
        "accuracy": model.score(X_test, y_test),
        "seconds": seconds,
        "parameters": network.n_parameters_,
        "1-NN": score_neighbours(X_train, y_train, X_test, y_test),
        "frame mean": score_frame_mean(X_train, y_train, X_test, y_test),
    }


def score_neighbours(X_train, y_train, X_test, y_test):
    """Return how often the nearest training sample has the right label."""
    from sklearn.neighbors import KNeighborsClassifier

    flat_train, flat_test = (np.nan_to_num(X).reshape(len(X), -1) for X in (X_train, X_test))
    return KNeighborsClassifier(1).fit(flat_train, y_train).score(flat_test, y_test)


def score_frame_mean(X_train, y_train, X_test, y_test):
    """Return how often the mean of a clip's frames tells a logistic regression the label; NaN where X has no clips."""
    from sklearn.linear_model import LogisticRegression

    if X_train.ndim < 5:
        return np.nan
    mean_train, mean_test = (X.mean(axis=1).reshape(len(X), -1) for X in (X_train, X_test))
    return LogisticRegression(max_iter=1000).fit(mean_train, y_train).score(mean_test, y_test)


# %% One setting in cross-validation, in a process of its own
def cross_validate_setting(name, folder, epochs, setting, seed):
    """Return how a network does on 3 folds of a training part; the test part is not looked at."""
    from sklearn.model_selection import StratifiedKFold, cross_validate

    task = TASKS[name]
    read_parts = CHOOSE_ON.get(name, task.read_parts)
    X, y, *_ = next(read_parts(Path(folder or "") / task.file, seed))
    network = task.make_network().set_params(random_state=seed)
    network.set_params(**{name: tuple(value) if isinstance(value, list) else value for name, value in setting.items()})
    if epochs:
        network.set_params(epochs=epochs)
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    scores = cross_validate(network, X, y, cv=folds, scoring=("accuracy", "neg_log_loss"))
    return {
        "accuracy": scores["test_accuracy"].mean(),
        "log loss": -scores["test_neg_log_loss"].mean(),
        "seconds": scores["fit_time"].mean(),
    }


# %% The time of a batch, in a process of its own
def time_batch(name, engine, n_batches, seed):
    """Return the milliseconds of a batch: the difference between a long and a short fit, by the batches it holds."""
    network = TASKS[name].make_network()
    network.set_params(warm_start=True, random_state=seed, engine=engine)  # goes on where it is
    X, y = make_noise(TASKS[name], n_batches * network.batch_size)

    def seconds(epochs):
        begin = time.perf_counter()
        network.set_params(epochs=epochs).fit(X, y)
        return time.perf_counter() - begin

    for epochs in (1, 1 + TIMED_EPOCHS):  # the first fits compile, and are not timed
        seconds(epochs)
    difference = seconds(1 + TIMED_EPOCHS) - seconds(1)
    return {"ms": 1000 * difference / (TIMED_EPOCHS * n_batches)}


def make_noise(task, n_samples):
    """Return samples of a set's shape, and labels: what they hold does not change the time."""
    X = np.random.default_rng(0).normal(size=(n_samples, *task.shape)).astype(np.float32)
    if task.ends_early:
        X[::2, task.shape[0] // 2 :] = np.nan
    return X, np.arange(n_samples) % task.n_classes


# %% Rounds and tables
def main():
    args = parse_arguments()
    names = args.sets or [name for name, task in TASKS.items() if args.time or args.data or not task.file]
    print_machine(args.rounds if args.time else args.seeds, *PACKAGES)
    if args.time:
        return compare_engines(names, args)
    if args.choose:
        names = [name for name in names if name in CANDIDATES]
    missing = [name for name in names if TASKS[name].file and not args.data]
    if missing:
        raise SystemExit(f"--data must name the folder of the files, which {', '.join(missing)} need")
    return compare_settings(names, args) if args.choose else compare_labels(names, args)


def compare_settings(names, args):
    """Print how settings do in cross-validation."""
    tasks = {}
    for name in names:
        for setting in CANDIDATES[name]:
            work = {"name": name, "folder": args.data, "epochs": args.epochs, "setting": setting}
            tasks[name, str(setting or "as it is")] = {"worker": "cross_validate_setting", **work}
    results = measure(tasks, args.seeds)
    table = pd.DataFrame.from_dict(
        {row: pd.DataFrame(rounds).mean() for row, rounds in results.items()}, orient="index"
    )
    print(f"Cross-validation on training parts, 3 folds, {args.seeds} seed(s); seconds of a fit")
    print(table.to_string(float_format="{:.3f}".format, formatters={"seconds": "{:.1f}".format}))


def compare_labels(names, args):
    """Print how often the labels are right."""
    work = {"worker": "score", "folder": args.data, "epochs": args.epochs}
    results = measure({name: {**work, "name": name} for name in names}, args.seeds)
    rows = {name: summarise(TASKS[name], pd.DataFrame(rounds)) for name, rounds in results.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    formats = {"parameters": "{:.0f}".format, "seconds": "{:.1f}".format}
    print(f"Share of right labels, {args.seeds} seed(s); seconds of a fit")
    print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"))


def summarise(task, runs):
    """Return the row of a set."""
    accuracy = runs["accuracy"]
    return {
        "network": task.network,
        "mean": accuracy.mean(),
        "min": accuracy.min(),
        "max": accuracy.max(),
        "published": task.published,
        **runs[["1-NN", "frame mean", "parameters", "seconds"]].mean(),
    }


def compare_engines(names, args):
    """Print the times of a batch, and their ratio."""
    for name in names:
        work = {"worker": "time_batch", "name": name, "n_batches": args.batches}
        tasks = {engine: {**work, "engine": engine} for engine in ("compiled", "keras")}
        ms = column(measure(tasks, args.rounds), "ms")
        print_spread(f"{name}, {TASKS[name].network} on samples {TASKS[name].shape}: ms per batch", ms, digits=2)
        print_spread("Ratio within each round", {"compiled / keras": ratio(ms["compiled"], ms["keras"])}, digits=2)


if __name__ == "__main__":
    start(main, {"score": score, "cross_validate_setting": cross_validate_setting, "time_batch": time_batch})
