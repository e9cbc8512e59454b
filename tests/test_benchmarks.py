"""The benchmark scripts at their smallest: they must run and hold together; what they measure here means nothing."""

import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from tests.helpers import ROOT, read_table

SPREAD = ["median", "min", "max"]
OPTIONS = {
    "grid_search": ("--epochs", 1, "--folds", 2, "--kernel-sizes", 2, "--filters", 2, "--peers", "n_jobs=1"),
    "long_windows": ("--batches", 2, "--threads", 1),
    "rolling": ("--rows", 1000, "--calls", 1),
    "parts": ("--planted", "--cost", "--rows", 500, "--epochs", 1),
    "windows": ("--rows", 5000),
    "predict": ("--windows", 2000, "--calls", 5),
    "memory": (
        *("--fits", 4, "--scikeras-fits", 0, "--first-fits", 1, "--networks", 3, "--first-networks", 1),
        *("--rows", 3000, "--window", 24, "--batch-size", 256),
    ),
    "classification": ("--time", "--sets", "digits", "--batches", 2),
}

linux = pytest.mark.skipif(sys.platform != "linux", reason="binds processes to cores or reads /proc, as Linux has it")
with_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "skorch"))), reason="torch and skorch are not part of the test extra"
)


def run(script, *options, folder):
    """Run a script in `folder` and return what it prints; what it says of its progress must be no warning."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-W", "default", str(ROOT / "examples" / "benchmarks" / script), *map(str, options)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    strange = [line for line in done.stderr.splitlines() if not line.rstrip().endswith((" s", " s a run"))]
    assert strange == []
    return done.stdout


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run all scripts for one round, two at a time, and return the futures of what they print."""
    folder = tmp_path_factory.mktemp("benchmarks")
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(run, f"{name}.py", "--rounds", 1, *options, folder=folder)
            for name, options in OPTIONS.items()
            if name in ("grid_search", "predict", "rolling", "classification", "parts") or sys.platform == "linux"
        }
        pool.shutdown(cancel_futures=True)  # what no chosen test has waited for


def read_spread(text, below):
    """Return the medians of a table, and check that they are those of one round."""
    table = read_table(text, SPREAD, below=below)
    assert np.isfinite(table.to_numpy()).all()
    assert (table["min"] == table["max"]).all()
    return table["median"]


def test_grid_search(outputs):
    out = outputs["grid_search"].result()
    seconds = read_spread(out, below="Seconds for 2 fits of 1 epochs")
    assert list(seconds.index[:2]) == ["skhybrid n_jobs=1", "SciKeras n_jobs=1"]
    assert (seconds > 0).all()
    ratios = read_spread(out, below="Ratios")
    assert ratios.iloc[0] == pytest.approx(seconds["SciKeras n_jobs=1"] / seconds["skhybrid n_jobs=1"], rel=0.2)
    rmse = read_spread(out, below="RMSE")
    assert rmse.between(0.01, 3).all()
    assert f"Mean RMSE over the seeds: skhybrid {rmse.iloc[0]:.4f}, SciKeras {rmse.iloc[1]:.4f}" in out
    assert "skhybrid n_jobs=1: 2 graphs compiled for 1 networks in 2 fits" in out


@with_torch
def test_grid_search_beside_skorch(outputs):
    out = outputs["grid_search"].result()
    assert read_spread(out, below="Seconds for")["skorch n_jobs=1"] > 0
    assert read_spread(out, below="Ratios")["best skorch / best skhybrid"] > 0


@linux
def test_long_windows(outputs):
    out = outputs["long_windows"].result()
    ms = read_spread(out, below="cnn_lstm, windows (96, 7)")
    assert list(ms.index[:2]) == ["skhybrid threads=1", "Keras threads=1"]
    ratios = read_spread(out, below="Ratios")
    assert ratios["skhybrid / Keras threads=1"] == pytest.approx(ms.iloc[0] / ms.iloc[1], rel=0.02, abs=0.01)


@linux
@with_torch
def test_long_windows_beside_pytorch(outputs):
    out = outputs["long_windows"].result()
    ms = read_spread(out, below="cnn_lstm, windows (96, 7)")
    ratios = read_spread(out, below="Ratios")
    assert ratios["skhybrid / PyTorch threads=1"] == pytest.approx(ms.iloc[0] / ms.iloc[2], rel=0.02, abs=0.01)


def test_predict(outputs):
    out = outputs["predict"].result()
    assert (read_spread(out, below="Milliseconds for one window") > 0).all()
    many = read_spread(out, below="Milliseconds for 2000 windows")
    ratios = read_spread(out, below="Ratio of the times")
    assert ratios.iloc[0] == pytest.approx(many.iloc[0] / many.iloc[1:].min(), abs=0.01)
    assert float(out.split()[-1]) < 1e-6


def test_rolling(outputs):
    out = outputs["rolling"].result()
    tables = {name: read_spread(out, below=f"Milliseconds of {name}") for name in ("skhybrid", "pandas")}
    ratios = read_spread(out, below="Ratio of the times")
    assert list(ratios.index[-5:]) == ["720 rows, max", *(f"{n} rows, mean std min max" for n in (3, 24, 168, 720))]
    assert ratios.to_numpy() == pytest.approx((tables["skhybrid"] / tables["pandas"]).to_numpy(), rel=0.05, abs=0.01)


def test_parts(outputs):
    out = outputs["parts"].result()
    errors = read_table(out, ["seed 0", "seed 1"], below="Error on planted series")
    assert list(errors.index) == ["linear autoregression", "spikes with motifs", "threshold in temperature"]
    assert errors.to_numpy().min() > 0.1
    seconds = read_table(out, [*SPREAD, "ratio"], below="Seconds of a fit of one epoch")
    assert (seconds["median"] > 0).all()
    assert seconds["ratio"].iloc[0] == 1
    assert 0 < float(out.split()[-3]) < 10  # per cent more bytes


@linux
def test_windows(outputs):
    out = outputs["windows"].result()
    copied = (5000 - 168 + 1) * 168 * 8 * 4 / 1e6
    assert f"takes {copied:.1f} MB" in out
    assert (read_spread(out, below="Milliseconds") > 0).all()
    resident, traced = read_spread(out, below="Peak resident"), read_spread(out, below="Peak of what Python")
    assert len(resident) == len(traced) == 5
    assert traced["np.stack of slices"] == pytest.approx(copied, rel=0.2)
    assert resident["np.stack of slices"] == pytest.approx(copied, rel=0.2)
    assert traced["sliding_windows"] < 0.1
    assert traced["SlidingWindow().fit_transform"] < 0.05 * copied


@linux
def test_memory(outputs):
    out = outputs["memory"].result()
    growth, per_fit = read_spread(out, below="Growth of resident"), read_spread(out, below="Growth per fit")
    assert list(growth.index) == ["skhybrid, 4 fits"]
    assert per_fit.iloc[0] == pytest.approx(growth.iloc[0] / 3, abs=0.02)
    assert list(read_spread(out, below="Growth of resident memory after network 1").index) == ["skhybrid, 3 networks"]
    roads = ["SlidingWindow in a pipeline", "sliding_windows of the memory map"]
    for title in ("Peak of resident", "Peak of anonymous", "Peak of file pages"):
        assert list(read_spread(out, below=title).index) == roads
    assert (read_spread(out, below="Peak of resident memory of the process") > 100).all()


@pytest.mark.real_data
def test_etth1_baselines_are_those_of_the_literature(shared_data, tmp_path):
    options = ("--csv", shared_data / "ETTh1.csv.gz", "--epochs", 1, "--filters", 2, "--units", 2, "--batch-size", 2048)
    table = read_table(run("etth1.py", *options, folder=tmp_path), ["MSE", "MAE", "epochs", "seconds", "parameters"])
    assert table.loc["last value", ["MSE", "MAE"]].tolist() == [1.294, 0.713]
    assert table.loc["same hour yesterday", ["MSE", "MAE"]].tolist() == [0.512, 0.433]
    assert table.loc["ridge on changes since the last value", "MSE"] == 0.370
    # 5 * 2 + 2, then 24 hours pooled to 12 of 2 maps: 4 * ((24 + 2) * 2 + 2), 2 * 96 + 96, and the scale of the channel
    assert table.loc["CNN-LSTM, mean of 1 seed(s)", "parameters"] == 12 + 216 + 288 + 1


def test_classification_times(outputs):
    out = outputs["classification"].result()
    ms = read_spread(out, below="digits, Conv2D-LSTM on samples (8, 8, 1): ms per batch")
    assert list(ms.index) == ["compiled", "keras"]
    ratios = read_spread(out, below="Ratio within")
    assert ratios["compiled / keras"] == pytest.approx(ms["compiled"] / ms["keras"], rel=0.02, abs=0.01)


def test_classification(tmp_path):
    out = run("classification.py", "--sets", "digits", "--seeds", 1, "--epochs", 1, folder=tmp_path)
    columns = ["mean", "min", "max", "published", "1-NN", "frame mean", "parameters", "seconds"]
    row = read_table(out, columns).loc["digits"]
    assert row["mean"] == row["min"] == row["max"]
    assert row[["published", "frame mean"]].isna().all()
    assert row["1-NN"] > 0.98
    n_weights = (1 * 32 + 32 * 64 + 64 * 64) * (9 + 25)  # of both branches, kernels 3 x 3 and 5 x 5
    stages = n_weights + 2 * (32 + 64 + 64)
    both_ways = 2 * 4 * (2 * 128 + 128 + 1) * 128
    assert row["parameters"] == stages + both_ways + 2 * 128 * 10 + 10


def test_equality(tmp_path):
    out = run("equality.py", "--networks", 1, "--seed", 38, "--results", "found.jsonl", folder=tmp_path)
    assert len((tmp_path / "found.jsonl").read_text().splitlines()) == 1
    assert "    1 equal" in out
    assert "kinds of parts" in out
    again = run("equality.py", "--networks", 1, "--seed", 38, "--results", "found.jsonl", folder=tmp_path)
    assert again == out  # read from the file
    assert len((tmp_path / "found.jsonl").read_text().splitlines()) == 1


@pytest.fixture
def classification(monkeypatch):
    """Return the script as a module."""
    monkeypatch.syspath_prepend(ROOT / "examples" / "benchmarks")
    return importlib.import_module("classification")


def test_classification_needs_a_folder_for_files(classification, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["classification.py", "--sets", "digits", "GunPoint", "tracks"])
    with pytest.raises(SystemExit, match="--data must name the folder of the files, which GunPoint, tracks need"):
        classification.main()


def test_classification_splits_tracks_without_a_shared_frame(classification):
    y = np.repeat(["Stop", "Move"], [103, 250])
    splits = [classification.split_into_blocks(y, seed) for seed in range(5)]
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in splits])), np.arange(353))
    for train, test in splits:
        same_class = y[train][:, None] == y[test]
        distance = np.abs(train[:, None] - test)
        assert distance[same_class].min() == 17  # 16 rows between, and no more than needed
        assert set(y[train]) == set(y[test]) == {"Stop", "Move"}


def test_classification_shows_the_seeds_of_a_set(classification):
    runs = pd.DataFrame({"accuracy": [0.5, 0.75], "1-NN": 0.6, "frame mean": np.nan, "parameters": 9, "seconds": 1.0})
    row = classification.summarise(classification.TASKS["GunPoint"], runs)
    assert (row["mean"], row["min"], row["max"], row["published"]) == (0.625, 0.5, 0.75, 1.0)


def test_classification_chooses_on_training_parts(classification, monkeypatch):
    def read_parts(path, seed):
        X = np.random.default_rng(0).normal(size=(30, 24, 1))
        yield X, np.sign(X[:, -1, 0]), None, None

    task = classification.TASKS["ItalyPowerDemand"]._replace(read_parts=read_parts)
    monkeypatch.setitem(classification.TASKS, "ItalyPowerDemand", task)
    result = classification.cross_validate_setting("ItalyPowerDemand", None, 1, {"filters": (4, 4, 4)}, seed=0)
    assert 0 <= result["accuracy"] <= 1
    assert result["log loss"] > 0


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "accuracy"),
    [
        ("GunPoint", 0.913),
        ("ItalyPowerDemand", 0.955),
        ("ArrowHead", 0.800),
        ("BasicMotions", 0.600),
        ("JapaneseVowels", 0.916),
    ],
)
def test_classification_neighbours_are_those_of_the_archive(classification, shared_data, name, accuracy):
    task = classification.TASKS[name]
    (parts,) = task.read_parts(shared_data / task.file, seed=0)
    assert parts[0].shape[1:] == task.shape
    assert len(np.unique(parts[1])) == task.n_classes
    assert classification.score_neighbours(*parts) == pytest.approx(accuracy, abs=0.0006)


@pytest.mark.real_data
def test_classification_chooses_on_images_that_no_seed_tests_on(classification, shared_data):
    path = shared_data / "mnist_2000.npz"
    ((X, y, *_),) = classification.read_mnist_never_tested(path, seed=0)
    tested = {
        image.tobytes()
        for seed in range(5)
        for _, _, test, _ in classification.read_mnist(path, seed)
        for image in test
    }
    assert len(X) == len(y) > 300
    assert not tested & {image.tobytes() for image in X}


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "n_train", "n_test"), [("mnist", 1500, 500), ("tracks", 2624, 689)])
def test_classification_parts_of_files(classification, shared_data, name, n_train, n_test):
    task = classification.TASKS[name]
    ((X_train, y_train, X_test, y_test),) = task.read_parts(shared_data / task.file, seed=1)
    assert X_train.shape == (n_train, *task.shape)
    assert X_test.shape == (n_test, *task.shape)
    assert set(y_train) == set(y_test)
