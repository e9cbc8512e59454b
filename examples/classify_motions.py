"""What is the wearer of a watch doing? A CNN-LSTM and an LSTM beside models without a network.

A sample is ten seconds of an accelerometer and a gyroscope: 100 steps of 6 channels. The nearest neighbour and the
logistic regression read it as one row of numbers; the networks read it step by step.

    python classify_motions.py
    python classify_motions.py --npz BasicMotions.npz
    python classify_motions.py --npz JapaneseVowels.npz --seeds 1

A file of yours holds X_train and X_test (sample, step, channel), y_train and y_test, as sets of the UCR and UEA
archives are handed on; sequences that are shorter than others end in NaN. Without --npz the motions are simulated.
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhybrid import CNNLSTMClassifier, LSTMClassifier, PerStepTransformer

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--npz", help="a file of your own; without it, simulated motions are used")
parser.add_argument("--epochs", type=int, default=120, help="epochs of each network (default: 120)")
parser.add_argument("--seeds", type=int, default=3, help="runs of each network (default: 3)")
parser.add_argument("--out", default="motions.png", help="file for the picture (default: motions.png)")
args = parser.parse_args()

# %% The samples
N_STEPS, N_CHANNELS, RATE = 100, 6, 10  # 10 steps a second


def read_npz(path):
    """Return the four arrays of a file."""
    names = ("X_train", "y_train", "X_test", "y_test")
    with np.load(path) as file:
        missing = [name for name in names if name not in file]
        if missing:
            sys.exit(f"{path} must hold the arrays {', '.join(names)}, but lacks {', '.join(missing)}")
        return [file[name] for name in names]


def simulate(n_samples, rng):
    """Return samples of four motions, which differ in rhythm, and less in strength.

    Where in a stride a sample begins, how the watch sits and how lively its wearer is differ from sample to sample.
    """
    y = np.resize(["badminton", "running", "standing", "walking"], n_samples)
    steps = np.arange(N_STEPS) / RATE  # seconds
    rhythm = np.select([y == "walking", y == "running"], [1.0, 1.5], 0.0) * rng.uniform(0.9, 1.1, n_samples)  # Hz
    phase = rng.uniform(0, 2 * np.pi, (n_samples, N_CHANNELS))
    angle = 2 * np.pi * rhythm[:, None] * steps  # (sample, step)
    strides = np.sin(angle[:, :, None] + phase[:, None])  # (sample, step, channel)
    strides[rhythm == 0] = 0
    hits = rng.random((n_samples, N_STEPS, 1)) < 0.05  # a swing of the racket, sharp and without a rhythm
    strides += (y == "badminton")[:, None, None] * hits * rng.normal(0, 3, (n_samples, 1, N_CHANNELS))
    liveliness = rng.uniform(0.5, 2, (n_samples, 1, 1))
    drift = rng.normal(0, 0.03, (n_samples, N_STEPS, N_CHANNELS)).cumsum(axis=1)  # how the arm is held
    return liveliness * strides + drift + rng.normal(0, 0.3, drift.shape), y


if args.npz:
    X_train, y_train, X_test, y_test = read_npz(args.npz)
    print(f"{args.npz}")
else:
    X_train, y_train = simulate(160, np.random.default_rng(0))
    X_test, y_test = simulate(200, np.random.default_rng(1))
    print("SIMULATED STAND-IN, made so that the rhythm tells the motion; pass --npz for recorded ones.")
print(
    f"{len(X_train)} training and {len(X_test)} test samples of {X_train.shape[1]} steps x {X_train.shape[2]} channels"
)
n_short = np.isnan(X_train).all(axis=2).any(axis=1).sum()
print(f"classes {', '.join(map(str, np.unique(y_train)))}; {n_short} training samples end early\n")


# %% Models, each after the same scaler of the channels
def flatten(X):
    """Return each sample as one row; steps after its end are 0, which is the mean."""
    return np.nan_to_num(X).reshape(len(X), -1)


def on_rows(model):
    """Give the scaled samples to a model that knows no steps."""
    return make_pipeline(PerStepTransformer(), FunctionTransformer(flatten), model)


training = {"units": 32, "dense_units": (), "dropout": 0.3, "epochs": args.epochs, "batch_size": 16}
networks = {
    "CNN-LSTM": make_pipeline(PerStepTransformer(), CNNLSTMClassifier(32, kernel_size=5, pool_size=2, **training)),
    "LSTM": make_pipeline(PerStepTransformer(), LSTMClassifier(**training)),
}
others = {
    "nearest neighbour": on_rows(KNeighborsClassifier(1)),
    "logistic regression": on_rows(LogisticRegression(max_iter=1000)),
    "most frequent class": DummyClassifier(),
}

# %% Train, and count the right labels of the test samples: each network once per seed
runs, labels = [], {}
right = {name: [] for name in (*networks, *others)}  # (run, sample)


def score(name, model):
    """Note the accuracy of one run, and its labels."""
    start = time.perf_counter()
    model.fit(X_train, y_train)
    labels[name] = model.predict(X_test)
    seconds = time.perf_counter() - start
    right[name].append(labels[name] == y_test)
    accuracy = right[name][-1].mean()
    parameters = model[-1].n_parameters_ if name in networks else np.nan
    runs.append({"model": name, "accuracy": accuracy, "parameters": parameters, "seconds": seconds})


for name, model in networks.items():
    for seed in range(args.seeds):
        model[-1].set_params(random_state=seed)
        score(name, model)
        print(f"{name}, seed {seed}: {runs[-1]['seconds']:.1f} s", file=sys.stderr)
for name, model in others.items():
    score(name, model)

by_model = pd.DataFrame(runs).groupby("model", sort=False)
table = by_model.mean().rename_axis(None)
table.insert(1, "worst", by_model["accuracy"].min())
table.insert(2, "best", by_model["accuracy"].max())
print(f"Share of right labels, mean of {args.seeds} seed(s)")
formats = {"parameters": "{:.0f}".format, "seconds": "{:.1f}".format}
print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"))

# %% Which motions are taken for which: the last seed's network and the two others
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from sklearn.metrics import ConfusionMatrixDisplay  # noqa: E402

shown = ["CNN-LSTM", "nearest neighbour", "logistic regression"]
fig, axes = plt.subplots(1, len(shown), figsize=(13, 4.6), layout="constrained")
for name, ax in zip(shown, axes, strict=True):
    ConfusionMatrixDisplay.from_predictions(
        y_test,
        labels[name],
        ax=ax,
        colorbar=False,
        xticks_rotation="vertical",
        cmap="Blues",
        im_kw={"vmin": 0, "vmax": 1.5 * np.unique(y_test, return_counts=True)[1].max()},  # one scale for all models
        text_kw={"color": "black"},
    )
    ax.set(title=f"{name}: {np.mean(labels[name] == y_test):.2f}", xlabel="label given", ylabel="true label")
fig.savefig(args.out, dpi=120)


# %% What to conclude
def compare(other):
    """Say whether the shares of right labels differ by more than chance: both models had the same test samples."""
    difference = np.mean(right["CNN-LSTM"], axis=0) - np.mean(right[other], axis=0)  # (sample,)
    mean, error = 100 * difference.mean(), 200 * difference.std() / np.sqrt(len(y_test))
    verdict = "undecided" if abs(mean) <= error else "better" if mean > 0 else "worse"
    print(f"  CNN-LSTM against {other}: {mean:+.1f} points (+- {error:.1f}): {verdict}")
    return verdict


print(f"\nOn {len(y_test)} test samples:")
verdicts = {compare(name) for name in right if name != "CNN-LSTM"}
if verdicts == {"better"}:
    print("The convolution in front of the LSTM earned its place here.")
elif "worse" in verdicts:
    print("The hybrid did not earn its place here: something simpler does better.")
else:
    print("Not shown that the hybrid earns its place: it is not better than all the simpler models.")
print("One training part: other wearers, or another watch, may well give another order.")
print(f"\nPicture, of the last seed: {args.out}")
