"""Clips whose class is a motion: what does a Conv3D-LSTM see that no single frame shows?

A shape moves over a grey background: left or right, clockwise or counter-clockwise. Each frame looks alike in all
classes, and a clip played backwards is one of the opposite motion. A logistic regression reads the mean of a clip's
frames, the nearest neighbour finds the most similar clip. With --tracks the same models read recorded gestures: the
paths of a fingertip over 16 video frames, drawn as clips.

    python video_motion.py
    python video_motion.py --tracks fingertip_gesture_tracks.npz

The file holds X (sample, frame, x and y) and y, the samples in the order in which they were recorded.
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhybrid import Conv3DLSTMClassifier, make_moving_shapes, rasterize_tracks

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--tracks", help="file of recorded gestures; without it, they are left out")
parser.add_argument("--clips", type=int, default=1200, help="simulated clips to train on (default: 1200)")
parser.add_argument("--epochs", type=int, default=20, help="of the network (default: 20)")
parser.add_argument("--out", default="video.png", help="file for the picture (default: video.png)")
args = parser.parse_args()

# %% The clips, (clip, frame, row, column, channel)
OPPOSITE = {"left": "right", "right": "left", "clockwise": "counter-clockwise", "counter-clockwise": "clockwise"}


def simulate_shapes():
    """Return training and test parts of simulated clips, which are drawn independently of each other."""
    X, y = make_moving_shapes(args.clips + 200, motions=list(OPPOSITE), random_state=0)
    return X[: args.clips], y[: args.clips], X[args.clips :], y[args.clips :]


def draw_tracks(path):
    """Return training and test parts of recorded gestures.

    Neighbouring samples are nearly the same: the window has moved by one frame. So the last fifth of each class is
    held out as a block, the 16 samples before it are left out, as they share frames with it, and of the others every
    fourth is enough to train on.
    """
    with np.load(path) as file:
        tracks, y = file["X"], file["y"]
    n_frames = tracks.shape[1]
    train, test = [], []
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        n_test = len(rows) // 5
        train.append(rows[: -n_test - n_frames : 4])
        test.append(rows[-n_test:])
    train, test = np.concatenate(train), np.concatenate(test)
    return rasterize_tracks(tracks[train]), y[train], rasterize_tracks(tracks[test]), y[test]


sets = {"moving shapes": simulate_shapes()}
if args.tracks:
    sets["gestures"] = draw_tracks(args.tracks)


# %% Models
def flatten(X):
    """Return each clip as one row of pixels."""
    return X.reshape(len(X), -1)


def average_frames(X):
    """Return the mean of each clip's frames as one row of pixels."""
    return X.mean(axis=1).reshape(len(X), -1)


# Two pools of 2 halve the frames twice; a third would leave the LSTM next to no time to read.
network = Conv3DLSTMClassifier(
    (8, 16, 32), pool_size=(2, 2, 1), units=64, dropout=0.3, epochs=args.epochs, learning_rate=0.002, random_state=0
)
models = {
    "Conv3D-LSTM": network,
    "mean frame, logistic": make_pipeline(FunctionTransformer(average_frames), LogisticRegression(max_iter=300)),
    "nearest neighbour": make_pipeline(FunctionTransformer(flatten), KNeighborsClassifier(1)),
}


# %% Train, and count the right labels of the test clips
def compare(name, X_train, y_train, X_test, y_test):
    """Train all models on one set; print the table and return it with the labels that the models gave."""
    rows, labels = {}, {}
    for model_name, model in models.items():
        start = time.perf_counter()
        labels[model_name] = model.fit(X_train, y_train).predict(X_test)
        seconds = time.perf_counter() - start
        rows[model_name] = {
            "accuracy": np.mean(labels[model_name] == y_test),
            "parameters": getattr(model, "n_parameters_", np.nan),
            "seconds": seconds,
        }
        print(f"{name}, {model_name}: {seconds:.1f} s", file=sys.stderr)
    table = pd.DataFrame.from_dict(rows, orient="index")
    n_frames, height, width, _ = X_train.shape[1:]
    classes, counts = np.unique(y_test, return_counts=True)
    size = f"{n_frames} frames, {height} x {width} pixels"
    print(f"{name}: {len(X_train)} training and {len(X_test)} test clips of {size}")
    print(f"classes {', '.join(classes)}; the most frequent one is {counts.max() / len(y_test):.3f} of the test clips")
    formats = {"parameters": "{:.0f}".format, "seconds": "{:.1f}".format}
    print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"), end="\n\n")
    return table, labels


tables, labels = {}, {}
tables["moving shapes"], labels["moving shapes"] = compare("moving shapes", *sets["moving shapes"])

# %% The same test clips played backwards: a network that reads the motion must call them the opposite
*_, X_test, y_test = sets["moving shapes"]
backwards = network.predict(X_test[:, ::-1])
turned = np.mean(backwards == np.array([OPPOSITE[label] for label in y_test]))
print(f"Played backwards, {turned:.3f} of the test clips are called the opposite motion,")
print(f"and {np.mean(backwards == y_test):.3f} what they were called forwards.\n")

# %% Recorded gestures
if args.tracks:
    tables["gestures"], labels["gestures"] = compare("gestures", *sets["gestures"])

# %% Which motions are taken for which
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from sklearn.metrics import ConfusionMatrixDisplay  # noqa: E402

shown = ["Conv3D-LSTM", "mean frame, logistic"]
fig, axes = plt.subplots(len(sets), len(shown), figsize=(10, 5.4 * len(sets)), layout="constrained", squeeze=False)
for (name, (*_, truth)), row in zip(sets.items(), axes, strict=True):
    for model_name, ax in zip(shown, row, strict=True):
        ConfusionMatrixDisplay.from_predictions(
            truth,
            labels[name][model_name],
            ax=ax,
            colorbar=False,
            xticks_rotation="vertical",
            cmap="Blues",
            im_kw={"vmin": 0, "vmax": 1.5 * np.unique(truth, return_counts=True)[1].max()},  # one scale for all models
            text_kw={"color": "black"},
        )
        accuracy = tables[name].loc[model_name, "accuracy"]
        ax.set(title=f"{name}\n{model_name}: {accuracy:.2f}", xlabel="label given", ylabel="true label")
fig.savefig(args.out, dpi=120)

# %% What to conclude
for name, table in tables.items():
    accuracy = table["accuracy"]
    best = accuracy.drop("Conv3D-LSTM").idxmax()
    error = np.sqrt(accuracy[best] * (1 - accuracy[best]) / len(sets[name][-1]))
    print(f"{name}: the Conv3D-LSTM is right in {accuracy['Conv3D-LSTM']:.3f} of the test clips, ", end="")
    print(f"the best without a network ({best}) in {accuracy[best]:.3f}.")
    if accuracy["Conv3D-LSTM"] > accuracy[best] + 2 * error:
        print("  It reads more of the order of the frames than they do.")
    else:
        print("  That is no proof that the network was needed.")
print(
    "Motions along a line or a circle are simple, and the camera stands still: real video asks for more of a network."
)
print(f"\nPicture: {args.out}")
