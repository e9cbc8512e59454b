"""LSTM-FCN for labels: which training its defaults are, and how they do beside MiniRocket and a nearest neighbour.

    python lstm_fcn.py --data FOLDER --results lstm_fcn.jsonl --validate     settings in cross-validation
    python lstm_fcn.py --data FOLDER --results lstm_fcn.jsonl                the defaults on the official test parts

**--validate** is what the defaults of `LSTMFCNClassifier` were chosen by: 5 stratified folds of the training part of
each set, which are drawn anew with each seed. The loss on the training samples is given as it was in the last epoch,
in which batch normalisation takes the means of a batch, and as the trained network predicts it, with running means:
where these differ, the running means have not settled.

**Without it**, the estimator as it comes is fitted to the official training part and tested on the official test part,
five seeds, one setting for all sets, nothing chosen on test parts; X is not scaled. ECG5000, whose test half is not at
hand, is tested in 5 folds of the training half. MiniRocket [1] with a ridge classifier is that of the package aeon, and
reads what ends early padded with zeros, as the nearest neighbour (Euclid) does. Seconds are those of the processor, one
thread, the median over the seeds, of which the first compiles.

Each fit leaves a line in the file of results; what is there is not trained again. `--sets`, `--models` and `--settings`
take a part, for several processes at once. The published figures are the LSTM-FCN's authors' [2].

[1] A. Dempster, D. F. Schmidt, G. I. Webb, "MiniRocket: A very fast (almost) deterministic transform for time series
    classification", KDD 2021
[2] F. Karim, S. Majumdar, H. Darabi, S. Chen, "LSTM fully convolutional networks for time series classification",
    IEEE Access 6, 2018
"""

# %% What is measured, and what can be changed
import argparse
import json
import time
import warnings
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from _common import print_machine

N_FOLDS = 5


class Set(NamedTuple):
    """A file, what the authors of LSTM-FCN have on its test part, and whether it has one."""

    file: str
    published: float = np.nan
    is_tested: bool = True


SETS = {
    "GunPoint": Set("ucr_GunPoint.npz", 1.0),
    "ItalyPowerDemand": Set("ucr_ItalyPowerDemand.npz", 0.962),
    "ArrowHead": Set("ucr_ArrowHead.npz", 0.897),
    "BasicMotions": Set("ucr_BasicMotions.npz"),
    "JapaneseVowels": Set("ucr_JapaneseVowels.npz"),
    "ECG5000, folds": Set("ucr_ECG5000_trainpart.npz", is_tested=False),
}

# Each stands for itself, whatever the defaults are.
PUBLISHED = {"units": 8, "filters": (128, 256, 128), "kernel_size": (8, 5, 3)}
FORMER = {**PUBLISHED, "norm_momentum": 0.99, "batch_size": 32, "learning_rate_schedule": None, "epochs": 100}
SMALL = {**FORMER, "norm_momentum": 0.9, "batch_size": 8}
COSINE = {**SMALL, "learning_rate_schedule": "cosine"}
LONG = {**COSINE, "kernel_size": (16, 10, 6)}
HALF = {**LONG, "filters": (64, 128, 64)}
CHOSEN = {**HALF, "units": 128}
SETTINGS = {
    "former defaults": FORMER,
    "norm_momentum=0.9": {**FORMER, "norm_momentum": 0.9},
    "and batch_size=8": SMALL,
    "and cosine": COSINE,
    "and long kernels": LONG,
    "and half the filters": HALF,
    "and units=128": CHOSEN,
    "chosen, 200 epochs": {**CHOSEN, "epochs": 200},
    "chosen, three networks": {**CHOSEN, "n_estimators": 3},
    "batch_size=16": {**COSINE, "batch_size": 16},
    "50 epochs": {**COSINE, "epochs": 50},
    "200 epochs": {**COSINE, "epochs": 200},
    "400 epochs": {**COSINE, "epochs": 400},
    "500 epochs, batch_size=32": {**COSINE, "epochs": 500, "batch_size": 32},
    "learning_rate=0.003": {**COSINE, "learning_rate": 0.003},
    "norm_momentum=0.99": {**COSINE, "norm_momentum": 0.99},
    "window_norm": {**COSINE, "window_norm": "standard"},
    "class_weight": {**COSINE, "class_weight": "balanced"},
    "units=64": {**COSINE, "units": 64},
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the files")
    parser.add_argument("--results", type=Path, required=True, help="file of results, which is added to")
    parser.add_argument("--validate", action="store_true", help="cross-validate settings on the training parts instead")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="(default: all)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="(default: all)")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS), help="(default: all)")
    parser.add_argument("--seeds", type=int, help="(default: 5, with --validate 1)")
    parser.add_argument("--show", action="store_true", help="print what the file holds, and fit nothing")
    return parser.parse_args()


# %% The parts: X_train, y_train, X_test, y_test
def read_training_part(name, folder):
    with np.load(folder / SETS[name].file) as file:
        X, y = (file["X_train"], file["y_train"]) if SETS[name].is_tested else (file["X"], file["y"])
    return X.reshape(*X.shape[:2], -1), y  # (sample, step, feature)


def read_folds(name, folder, seed):
    from sklearn.model_selection import StratifiedKFold

    X, y = read_training_part(name, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes with fewer samples than folds
        for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(X, y):
            yield X[train], y[train], X[test], y[test]


def read_official(name, folder, seed):
    if not SETS[name].is_tested:
        yield from read_folds(name, folder, seed)
        return
    with np.load(folder / SETS[name].file) as file:
        yield *read_training_part(name, folder), file["X_test"], file["y_test"]


# %% Models, and what they leave
def make_lstm_fcn(seed, **options):
    from skhybrid import LSTMFCNClassifier

    return LSTMFCNClassifier(random_state=seed, **options)


def make_mini_rocket(seed):
    from aeon.classification.convolution_based import MiniRocketClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(as_channels), MiniRocketClassifier(random_state=seed))


def as_channels(X):
    """Return samples as aeon reads them, (sample, feature, step), with zeros for NaN."""
    return np.nan_to_num(X).transpose(0, 2, 1)


def make_neighbour(seed):
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(flatten), KNeighborsClassifier(1))


def flatten(X):
    return np.nan_to_num(X).reshape(len(X), -1)


MODELS = {"LSTM-FCN": make_lstm_fcn, "MiniRocket": make_mini_rocket, "1-NN": make_neighbour}


def score(model, parts):
    """Return means over the parts: the share of right labels, processor seconds of a fit, and of networks losses."""
    return pd.DataFrame([score_part(model, *part) for part in parts]).mean().to_dict()


def score_part(model, X_train, y_train, X_test, y_test):
    begin = time.process_time()
    model.fit(X_train, y_train)
    seconds = time.process_time() - begin
    result = {"accuracy": np.mean(model.predict(X_test) == y_test), "seconds": seconds}
    if not hasattr(model, "history_"):
        return result
    losses = {"loss": mean_loss(model, X_test, y_test), "training loss": mean_loss(model, X_train, y_train)}
    return {**result, **losses, "in training": model.history_["loss"][-1]}


def mean_loss(model, X, y):
    """Return the mean cross-entropy; a probability below 1e-7, or of an unseen label, counts as 1e-7."""
    right = model.classes_ == y[:, None]
    return -np.log(np.maximum((model.predict_proba(X) * right).sum(axis=1), 1e-7)).mean()


# %% Results and tables
def main():
    args = parse_arguments()
    print_machine(1, "skhybrid", "tensorflow", "keras", "scikit-learn", "aeon")
    print_settings(args) if args.validate else print_models(args)


def find_or_fit(args, case, make_model, read_parts, seed):
    """Return a result of the file, or fit and add it; None where nothing is to be fitted."""
    lines = args.results.read_text().splitlines() if args.results.exists() else []
    for result in map(json.loads, lines):
        if case.items() <= result.items():
            return result
    if args.show:
        return None
    try:
        found = score(make_model(), read_parts(case["set"], args.data, seed))
    except ValueError as error:  # as of window_norm, which takes no sequences that end early
        found = {"error": str(error)}
    result = {**case, **found}
    with open(args.results, "a") as file:
        file.write(json.dumps(result) + "\n")
    return result


def print_settings(args):
    """Print how settings do in cross-validation on training parts."""
    rows = []
    for setting, name, seed in product(args.settings, args.sets, range(args.seeds or 1)):
        case = {"task": "validate", "setting": setting, "set": name, "seed": seed}
        make_model = partial(make_lstm_fcn, seed, **SETTINGS[setting])
        rows.append(find_or_fit(args, case, make_model, read_folds, seed))
    table = pd.DataFrame([row for row in rows if row])
    for column in ("accuracy", "loss", "training loss", "in training", "seconds"):
        means = table.pivot_table(column, "setting", "set", sort=False)
        means["mean"] = means.mean(axis=1, skipna=False)
        print(f"{N_FOLDS}-fold cross-validation on training parts: {column}")
        print(means.to_string(float_format="{:.3f}".format, na_rep="-"), end="\n\n")


def print_models(args):
    """Print how models do on official test parts."""
    rows = []
    for model, seed, name in product(args.models, range(args.seeds or 5), args.sets):
        case = {"task": "test", "model": model, "set": name, "seed": seed}
        rows.append(find_or_fit(args, case, partial(MODELS[model], seed), read_official, seed))
    table = pd.DataFrame([row for row in rows if row]).groupby(["set", "model"], sort=False)
    summary = table["accuracy"].agg(["mean", "min", "max", "count"]).join(table["seconds"].median())
    summary.insert(3, "published", [SETS[name].published for name, _ in summary.index])
    summary.loc[summary.index.get_level_values("model") != "LSTM-FCN", "published"] = np.nan
    print("Share of right labels; seconds of a fit")
    print(summary.to_string(float_format="{:.3f}".format, na_rep="-"))


if __name__ == "__main__":
    main()
