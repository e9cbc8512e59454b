"""Handwritten digits, read row by row: what does an LSTM see of an image, and do convolutions before it help?

An LSTM needs a time. Here it is the rows of an image, from top to bottom: a plain LSTM reads 8 rows of 8 pixels, the
Conv2D-LSTM reads the rows of what convolutions of two kernel sizes make of the image. The third network is the same
Conv2D-LSTM on images whose pixels have all changed places, in the same way in each: convolutions live on neighbours,
the nearest neighbour and the logistic regression do not care.

    python digits_by_rows.py
"""

# %% What can be changed
import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skhybrid import Conv2DLSTMClassifier, LSTMClassifier

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--epochs", type=int, default=30, help="epochs of each network (default: 30)")
parser.add_argument("--seeds", type=int, default=2, help="runs of each network (default: 2)")
parser.add_argument("--out", default="digits.png", help="file for the picture (default: digits.png)")
args = parser.parse_args()

# %% The images, (image, row, column, channel), and the same with all pixels in other places
digits = load_digits()
images, y = digits.images[..., np.newaxis] / 16, digits.target
places = np.random.default_rng(0).permutation(64)
shuffled = images.reshape(-1, 64)[:, places].reshape(images.shape)
train, test = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=0)
print(f"{len(train)} training and {len(test)} test images of {images.shape[1]} x {images.shape[2]} pixels, 10 digits\n")

# %% Models, and how each reads an image
training = {"dropout": 0.3, "epochs": args.epochs}
hybrid = Conv2DLSTMClassifier((16, 32), kernel_sizes=(3, 5), units=64, **training)
rows, flat = images[..., 0], images.reshape(len(images), -1)  # 8 steps of 8 features; 64 numbers
models = {
    "Conv2D-LSTM": (hybrid, images),
    "LSTM on rows": (LSTMClassifier(64, dense_units=(), **training), rows),
    "Conv2D-LSTM, pixels shuffled": (clone(hybrid), shuffled),
    "nearest neighbour": (KNeighborsClassifier(1), flat),
    "logistic regression": (LogisticRegression(max_iter=1000), flat),
}

# %% Train, and count the right labels of the test images: each network once per seed
runs, labels, right = [], {}, {}
for name, (model, X) in models.items():
    is_network = hasattr(model, "epochs")
    right[name] = []  # (seed, image)
    for seed in range(args.seeds if is_network else 1):
        if is_network:
            model.set_params(random_state=seed)
        start = time.perf_counter()
        labels[name] = model.fit(X[train], y[train]).predict(X[test])
        seconds = time.perf_counter() - start
        parameters = model.n_parameters_ if is_network else np.nan
        right[name].append(labels[name] == y[test])
        accuracy = right[name][-1].mean()
        runs.append({"model": name, "accuracy": accuracy, "parameters": parameters, "seconds": seconds})
        print(f"{name}, seed {seed}: {seconds:.1f} s", file=sys.stderr)
by_model = pd.DataFrame(runs).groupby("model", sort=False)
table = by_model.mean().rename_axis(None)
table.insert(1, "worst", by_model["accuracy"].min())
print(f"Share of right labels, mean of {args.seeds} seed(s)")
formats = {"parameters": "{:.0f}".format, "seconds": "{:.1f}".format}
print(table.to_string(float_format="{:.3f}".format, formatters=formats, na_rep="-"))

# %% What the hybrid is made of
layers = [(layer.name, str(tuple(layer.output.shape[1:]))) for layer in hybrid.model_.layers]
print("\nThe Conv2D-LSTM, layer by layer: two branches, whose maps are put side by side and read as rows")
print(pd.DataFrame(layers, columns=["layer", "output"]).to_string(index=False))

# %% Which digits are taken for which, in the last seed
import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from sklearn.metrics import ConfusionMatrixDisplay  # noqa: E402

fig, axes = plt.subplots(1, 3, figsize=(14, 5), layout="constrained")
for name, ax in zip(["Conv2D-LSTM", "LSTM on rows", "nearest neighbour"], axes, strict=True):
    ConfusionMatrixDisplay.from_predictions(y[test], labels[name], ax=ax, colorbar=False, cmap="Blues")
    n_wrong = np.sum(labels[name] != y[test])
    ax.set(title=f"{name}: {n_wrong} of {len(test)} wrong", xlabel="digit given", ylabel="true digit")
fig.savefig(args.out, dpi=120)


# %% What to conclude
def compare(other):
    """Say whether the shares of right labels differ by more than chance: both models had the same test images."""
    difference = np.mean(right["Conv2D-LSTM"], axis=0) - np.mean(right[other], axis=0)  # (image,)
    mean, error = 100 * difference.mean(), 200 * difference.std() / np.sqrt(len(test))
    verdict = "undecided" if abs(mean) <= error else "better" if mean > 0 else "worse"
    print(f"  Conv2D-LSTM against {other}: {mean:+.1f} points (+- {error:.1f}): {verdict}")
    return verdict


print(f"\nOn {len(test)} test images:")
verdicts = {name: compare(name) for name in list(models)[1:]}
if verdicts["Conv2D-LSTM, pixels shuffled"] == "better":
    print("The convolutions use which pixels are neighbours: without that, the same network does worse.")
if verdicts["nearest neighbour"] == "better":
    print("It is ahead of the nearest neighbour, which needs no training.")
else:
    print("But the nearest neighbour, which needs no training, does about as well or better on images this small.")
print("One split, and images of 8 x 8 pixels from few writers: larger images are another question.")
print(f"\nPicture: {args.out}")
