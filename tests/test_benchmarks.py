"""The benchmark scripts at their smallest: they must run and hold together; what they measure here means nothing."""

import importlib
import json
import os
import re
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib.util import find_spec
from io import StringIO
from itertools import product
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import Windows, recommended
from tests.helpers import ROOT, read_table

SPREAD = ["median", "min", "max"]
BENCHMARKS = ROOT / "examples" / "benchmarks"
ALONE = ("long_windows.py", "windows.py", "forecasts.py")  # they measure processes, or show how one failed
# Where no process is measured as a whole, workers run in that of the script.
OPTIONS = {
    "grid_search": ("--here", "--epochs", 1, "--folds", 2, "--kernel-sizes", 2, "--filters", 2, "--peers", "n_jobs=1"),
    "long_windows": ("--batches", 2, "--threads", 1),
    "rolling": ("--here", "--rows", 1000, "--calls", 1),
    "parts": ("--planted", "--cost", "--rows", 500, "--epochs", 1),
    "windows": ("--rows", 5000),
    "predict": ("--here", "--windows", 2000, "--calls", 5),
    "recipe_cost": ("--here", "--few", 99, "--windows", 100),
    "memory": (
        *("--here", "--fits", 4, "--scikeras-fits", 0, "--first-fits", 1, "--networks", 3, "--first-networks", 1),
        *("--rows", 3000, "--window", 24, "--batch-size", 256),
    ),
    "classification": ("--here", "--time", "--sets", "digits", "--batches", 2),
}

linux = pytest.mark.skipif(sys.platform != "linux", reason="binds processes to cores or reads /proc, as Linux has it")
with_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "skorch"))), reason="torch and skorch are not part of the test extra"
)


def run(script, *options, folder):
    """Run a script in `folder` and return what it prints; what it says of its progress must be no warning.

    It runs in this process, which has loaded TensorFlow already, unless it measures processes.
    """
    run_script = run_alone if script in ALONE else run_here
    printed, said = run_script(str(BENCHMARKS / script), list(map(str, options)), folder)
    strange = [line for line in said.splitlines() if not line.rstrip().endswith((" s", " s a run"))]
    assert strange == []
    return printed


def run_here(path, options, folder):
    printed, said = StringIO(), StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        mock.patch.dict(os.environ),
        redirect_stdout(printed),
        redirect_stderr(said),
    ):
        patch.chdir(folder)
        patch.syspath_prepend(BENCHMARKS)
        patch.setattr(sys, "argv", [path, *options])
        runpy.run_path(path, run_name="__main__")
    return printed.getvalue(), said.getvalue()


def run_alone(path, options, folder):
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-W", "default", path, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Return a function that returns what a script prints in one round, and runs it once."""
    folder = tmp_path_factory.mktemp("benchmarks")
    return cache(lambda name: run(f"{name}.py", *OPTIONS[name], "--rounds", 1, folder=folder))


def read_spread(text, below):
    """Return the medians of a table, and check that they are those of one round."""
    table = read_table(text, SPREAD, below=below)
    assert np.isfinite(table.to_numpy()).all()
    assert (table["min"] == table["max"]).all()
    return table["median"]


def test_grid_search(output):
    out = output("grid_search")
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
def test_grid_search_beside_skorch(output):
    out = output("grid_search")
    assert read_spread(out, below="Seconds for")["skorch n_jobs=1"] > 0
    assert read_spread(out, below="Ratios")["best skorch / best skhybrid"] > 0


@linux
def test_long_windows(output):
    out = output("long_windows")
    ms = read_spread(out, below="cnn_lstm, windows (96, 7)")
    assert list(ms.index[:2]) == ["skhybrid threads=1", "Keras threads=1"]
    ratios = read_spread(out, below="Ratios")
    assert ratios["skhybrid / Keras threads=1"] == pytest.approx(ms.iloc[0] / ms.iloc[1], rel=0.02, abs=0.01)


@linux
@with_torch
def test_long_windows_beside_pytorch(output):
    out = output("long_windows")
    ms = read_spread(out, below="cnn_lstm, windows (96, 7)")
    ratios = read_spread(out, below="Ratios")
    assert ratios["skhybrid / PyTorch threads=1"] == pytest.approx(ms.iloc[0] / ms.iloc[2], rel=0.02, abs=0.01)


def test_predict(output):
    out = output("predict")
    assert (read_spread(out, below="Milliseconds for one window") > 0).all()
    many = read_spread(out, below="Milliseconds for 2000 windows")
    ratios = read_spread(out, below="Ratio of the times")
    assert ratios.iloc[0] == pytest.approx(many.iloc[0] / many.iloc[1:].min(), abs=0.01)
    assert float(out.split()[-1]) < 1e-6


def test_recipe_cost(output):
    out = output("recipe_cost")
    seconds = read_spread(out, below="Seconds of a fit")
    fits = ["recipe, 99 windows of 168", "recipe, 100 windows of 168", "recipe, 100 windows of 336"]
    assert list(seconds.index) == [*fits, "CNN-LSTM, ten epochs, 100 windows of 336"]
    assert (seconds > 0).all()
    assert read_spread(out, below="Epochs of all networks").tolist() == [0, 0, 0, 10]
    ratio = read_spread(out, below="Recipe, in units of ten epochs")
    assert ratio.iloc[0] == pytest.approx(seconds.iloc[2] / seconds.iloc[3], rel=0.1, abs=0.01)


def test_rolling(output):
    out = output("rolling")
    tables = {name: read_spread(out, below=f"Milliseconds of {name}") for name in ("skhybrid", "pandas")}
    ratios = read_spread(out, below="Ratio of the times")
    assert list(ratios.index[-5:]) == ["720 rows, max", *(f"{n} rows, mean std min max" for n in (3, 24, 168, 720))]
    assert ratios.to_numpy() == pytest.approx((tables["skhybrid"] / tables["pandas"]).to_numpy(), rel=0.05, abs=0.01)


def test_parts(output):
    out = output("parts")
    errors = read_table(out, ["seed 0", "seed 1"], below="Error on planted series")
    assert list(errors.index) == ["linear autoregression", "spikes with motifs", "threshold in temperature"]
    assert errors.to_numpy().min() > 0.1
    seconds = read_table(out, [*SPREAD, "ratio"], below="Seconds of a fit of one epoch")
    assert (seconds["median"] > 0).all()
    assert seconds["ratio"].iloc[0] == 1
    assert 0 < float(out.split()[-3]) < 10  # per cent more bytes


@linux
def test_windows(output):
    out = output("windows")
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
def test_memory(output):
    out = output("memory")
    growth, per_fit = read_spread(out, below="Growth of resident"), read_spread(out, below="Growth per fit")
    assert list(growth.index) == ["skhybrid, 4 fits"]
    assert per_fit.iloc[0] == pytest.approx(growth.iloc[0] / 3, abs=0.02)
    assert list(read_spread(out, below="Growth of resident memory after network 1").index) == ["skhybrid, 3 networks"]
    roads = ["SlidingWindow in a pipeline", "sliding_windows of the memory map"]
    for title in ("Peak of resident", "Peak of anonymous", "Peak of file pages"):
        assert list(read_spread(out, below=title).index) == roads
    assert (read_spread(out, below="Peak of resident memory of the process") > 100).all()


def test_lstnet_reads_results_that_are_there_and_trains_nothing_again(tmp_path):
    case = {"task": "planted", "epochs": 1, "rows": 500, "parameters": 9, "seconds": 2.0}
    errors = {"LSTNet": (0.6, 0.8), "LSTNet without skip": (1.0, 1.0), "same step a season ago": (1.2, 1.2)}
    rows = [
        {**case, "model": name, "seed": i, "RMSE": e} for name, found in errors.items() for i, e in enumerate(found)
    ]
    path = tmp_path / "lstnet.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:-1]))
    out = run("lstnet.py", "--results", path, "--seeds", 2, "--rows", 500, "--epochs", 1, folder=tmp_path)
    table = read_table(out, ["RMSE", "parameters", "seconds"], below="A planted season")
    assert table.loc["LSTNet"].tolist() == [0.7, 9, 2]
    assert "in units of that without: 0.600 0.800" in out
    added = json.loads(path.read_text().splitlines()[-1])  # what needs no network
    assert added["model"] == "same step a season ago"
    assert 0.4 < added["RMSE"] < 1.1  # of two noises, sqrt(0.5), and the season's wandering


@pytest.fixture
def etth1(monkeypatch):
    """Return the script as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("etth1")


@pytest.mark.real_data
def test_etth1_baselines_are_those_of_the_literature(shared_data, tmp_path):
    """And networks whose results are there are not trained again: both forecast constants here."""
    frame = pd.read_csv(shared_data / "ETTh1.csv.gz", index_col=0)
    scaled = ((frame - frame[:8640].mean()) / frame[:8640].std(ddof=0)).to_numpy()[11520:14400]
    target = np.lib.stride_tricks.sliding_window_view(scaled, 96, axis=0).reshape(-1, 96)  # series by series at a time
    row = {"horizon": 96, "MAE": 1, "epochs": 1, "share": 1, "parameters": 1, "seconds": 1}
    for seed in range(2):
        path = tmp_path / f"test_96_2_1_{seed}.json"
        path.write_text(json.dumps({**row, "seed": seed, "MSE": 1.0 + seed}))
        np.save(path.with_suffix(".npy"), np.full(target.shape, seed, dtype=np.float32))
    options = ("--csv", shared_data / "ETTh1.csv.gz", "--results", tmp_path, "--horizons", 96)
    out = run("etth1.py", *options, "--seeds", 2, "--epochs", 1, "--units", 2, folder=tmp_path)
    table = read_table(out, ["MSE", "MAE", "epochs", "share", "parameters", "seconds"])
    assert table.loc["last value", ["MSE", "MAE"]].tolist() == [1.294, 0.713]
    assert table.loc["same hour yesterday", ["MSE", "MAE"]].tolist() == [0.512, 0.433]
    assert table.loc["ridge on 336 changes since the last value", "MSE"] == 0.370
    assert table.loc["CNN-LSTM, mean of 2 seed(s)", "MSE"] == 1.5
    error = np.mean((0.5 - target) ** 2)
    assert table.loc["mean forecast of 2 network(s)", "MSE"] == pytest.approx(error, abs=6e-4)


def test_etth1_trains_what_is_missing_and_keeps_its_forecasts(etth1, monkeypatch, tmp_path):
    monkeypatch.setattr(etth1, "WINDOW", 48)
    monkeypatch.setattr(etth1, "ENDS", {"train": (0, 200), "validation": (200, 250), "test": (250, 300)})
    series = np.random.default_rng(0).normal(size=(300, 7)) + np.sin(np.arange(300) * np.pi / 12)[:, None]
    args = SimpleNamespace(results=tmp_path, horizons=[24], seeds=1, units=2, epochs=1)
    runs = etth1.measure_missing(series, args, "test")
    target = np.lib.stride_tricks.sliding_window_view(series[250:], 24, axis=0).reshape(-1, 24)
    forecast = np.load(runs["path"].item())
    assert forecast.shape == target.shape
    assert runs["MSE"].item() == pytest.approx(np.mean((forecast - target) ** 2), rel=1e-5)
    assert runs["MSE"].item() < 1.5  # of the noise 1, of a forecast of 0 another 0.5
    monkeypatch.setattr(etth1, "measure", None)
    pd.testing.assert_frame_equal(etth1.measure_missing(series, args, "test"), runs)


def test_classification_times(output):
    out = output("classification")
    ms = read_spread(out, below="digits, Conv2D-LSTM on samples (8, 8, 1): ms per batch")
    assert list(ms.index) == ["compiled", "keras"]
    ratios = read_spread(out, below="Ratio within")
    assert ratios["compiled / keras"] == pytest.approx(ms["compiled"] / ms["keras"], rel=0.02, abs=0.01)


def test_classification(tmp_path):
    out = run("classification.py", "--here", "--sets", "digits", "--seeds", 1, "--epochs", 1, folder=tmp_path)
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
    monkeypatch.syspath_prepend(BENCHMARKS)
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


@pytest.fixture
def benchmark_of_lstm_fcn(monkeypatch):
    """Return the script as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("lstm_fcn")


@pytest.fixture
def folder_of_motions(tmp_path):
    """Return a folder with a small set under the name of BasicMotions, whose two classes are far apart."""
    y = np.repeat(["down", "up"], 10)
    X = np.random.default_rng(0).normal(size=(20, 12, 2)) + np.where(y == "up", 5, -5)[:, None, None]
    X[::3, 9:] = np.nan  # ends early
    np.savez(tmp_path / "ucr_BasicMotions.npz", X_train=X, y_train=y, X_test=X[:8], y_test=y[:8])
    return tmp_path


def run_lstm_fcn(folder, *options):
    results = folder / "results.jsonl"
    out = run("lstm_fcn.py", "--data", folder, "--results", results, *options, folder=folder)
    return out, [json.loads(line) for line in results.read_text().splitlines()]


def test_lstm_fcn_tests_models_and_fits_nothing_again(folder_of_motions):
    lines = [
        {"task": "test", "model": "LSTM-FCN", "set": "BasicMotions", "seed": seed, "accuracy": a, "seconds": s}
        for seed, a, s in ((0, 0.5, 9.0), (1, 0.75, 1.0), (2, 1.0, 2.0))
    ]
    (folder_of_motions / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ("--sets", "BasicMotions", "--models", "LSTM-FCN", "1-NN", "--seeds", 3)
    out, results = run_lstm_fcn(folder_of_motions, *options)
    assert re.search(r"BasicMotions +LSTM-FCN +0.750 +0.500 +1.000 +- +3 +2.000", out)
    assert re.search(r"1-NN +1.000 +1.000 +1.000 +- +3 ", out)
    assert [line["model"] for line in results[3:]] == ["1-NN"] * 3
    again, unchanged = run_lstm_fcn(folder_of_motions, *options, "--show")
    assert (again, unchanged) == (out, results)


def test_lstm_fcn_validates_on_the_training_part(benchmark_of_lstm_fcn, folder_of_motions):
    script = benchmark_of_lstm_fcn
    X, y = script.read_training_part("BasicMotions", folder_of_motions)
    parts = list(script.read_folds("BasicMotions", folder_of_motions, seed=0))
    assert sorted(map(len, (test for *_, test in parts))) == [4] * 5
    assert len({row.tobytes() for _, _, X_test, _ in parts for row in X_test}) == len(X) == len(y) == 20
    model = script.make_lstm_fcn(0, filters=(4, 4, 4), epochs=2)
    result = script.score(model, parts[:1])
    assert result["in training"] == model.history_["loss"][-1]
    assert result["loss"] == pytest.approx(
        -np.log(model.predict_proba(parts[0][2])[np.arange(4), (parts[0][3] == "up") * 1]).mean()
    )


def test_lstm_fcn_defaults_are_what_was_chosen(benchmark_of_lstm_fcn):
    chosen = benchmark_of_lstm_fcn.CHOSEN
    assert chosen == {name: benchmark_of_lstm_fcn.make_lstm_fcn(0).get_params()[name] for name in chosen}


@pytest.mark.peers
@pytest.mark.filterwarnings("default")  # those of the peer
def test_lstm_fcn_beside_mini_rocket(benchmark_of_lstm_fcn, folder_of_motions):
    pytest.importorskip("aeon")
    parts = benchmark_of_lstm_fcn.read_official("BasicMotions", folder_of_motions, 0)
    result = benchmark_of_lstm_fcn.score(benchmark_of_lstm_fcn.make_mini_rocket(0), parts)
    assert result["accuracy"] == 1
    assert result["seconds"] > 0


# The table of tasks, which is not changed, reads the day of the year by the name that it had before pandas 3.1.
with_day_of_year = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")


@pytest.fixture
def forecasts(monkeypatch):
    """Return the script as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("forecasts")


@pytest.fixture
def folder_of_series(tmp_path):
    """Return a folder with two short series, one of them with missing days, under the names of the table."""
    rng = np.random.default_rng(0)
    months, days = pd.date_range("1949-01-01", periods=120, freq="MS"), pd.date_range("2020-07-01", periods=200)
    passengers = 100 * np.exp(
        np.arange(120) / 100 + 0.2 * np.sin(np.arange(120) * np.pi / 6) + 0.02 * rng.normal(size=120)
    )
    users = 1000 + 300 * (days.day_of_week < 5) + 30 * rng.normal(size=200).cumsum()
    pd.DataFrame({"month": months, "passengers_thousands": passengers}).to_csv(
        tmp_path / "airline_passengers_monthly.csv", index=False
    )
    visits = pd.DataFrame({"date": days, "users": users}).drop([77, 78, 130, 175])
    visits.to_csv(tmp_path / "website_visits_daily.csv", index=False)
    return tmp_path


def test_forecasts_in_all_ways_are_the_recipe(forecasts):
    first, *_, last = forecasts.models.with_ways().values()
    recipe = recommended(24, 24).get_params()
    assert last.keywords == {name: recipe[name] for name in last.keywords}
    assert all(first.keywords[name] != recipe[name] for name in first.keywords)


def test_forecasts_are_resumed_and_failures_shown(forecasts, folder_of_series):
    results = folder_of_series / "results.jsonl"
    options = ("--data", folder_of_series, "--results", results, "--tasks", "airline", "GDP", "--models", "ridge")
    out = run("forecasts.py", *options, folder=folder_of_series)  # there is no file of GDP
    of_airline, of_gdp = map(json.loads, results.read_text().splitlines())
    assert of_airline["rmse"] > of_airline["mae"] > 0
    assert "FileNotFoundError" in of_gdp["error"]
    assert f"failed: ridge on GDP, seed 0: {of_gdp['error']}" in out
    assert f"ridge  {of_airline['rmse']:#.4g} (1.000)" in out
    assert re.search(r"no season.*\n *GDP\nridge +failed\n", out)
    again = run("forecasts.py", *options, folder=folder_of_series)
    assert again == out
    assert len(results.read_text().splitlines()) == 2


@with_day_of_year
@pytest.mark.parametrize(
    ("name", "lengths", "loss", "relative"),
    [("visits", (14, 28, 49), "absolute", False), ("airline", (24,), "squared", True)],
)
def test_forecasts_ridge_is_the_best_of_a_loop(forecasts, folder_of_series, name, lengths, loss, relative):
    task = forecasts.TASKS[name]
    series = forecasts.read(task, folder_of_series)
    (X, y), (X_test, _) = series.train, series.test
    score = {"squared": mean_squared_error, "absolute": mean_absolute_error}[loss]
    n_held_out = round(0.15 * len(y))
    known, held_out = slice(0, -n_held_out - task.horizon + 1), slice(len(y) - n_held_out, None)

    def table_of(X, length, is_relative):
        past, last = X.values[:, -length:], X.values[:, -1:] * [1, 0, 0][: X.values.shape[2]] * is_relative
        return Windows(past - last, X.ahead, seasons=X.seasons).to_table(), last[:, :, 0]

    best = (np.inf, None)
    for length, is_relative, penalty in product(lengths, (False, True), 10.0 ** np.arange(-3, 6.5, 0.5)):
        table, last = table_of(X, length, is_relative)
        model = make_pipeline(StandardScaler(), Ridge(penalty))
        model.fit(table[known], (y - last)[known])
        error = score(y[held_out], model.predict(table[held_out]) + last[held_out])
        if error < best[0]:
            table_test, last_test = table_of(X_test, length, is_relative)
            setting = {"relative": is_relative, "window": length, "penalty": penalty}
            best = error, setting, model.fit(table, y - last).predict(table_test) + last_test
    forecast, chosen = forecasts.models.ridge(series, task, 0, loss)
    assert chosen == best[1]
    assert chosen["relative"] == relative
    np.testing.assert_allclose(forecast(), best[2], rtol=1e-6)


@pytest.mark.parametrize("name", ["last value", "season ago"])
def test_forecasts_of_rules(forecasts, folder_of_series, name):
    task = forecasts.TASKS["airline"]
    series = forecasts.read(task, folder_of_series)
    forecast, _ = forecasts.MODELS[name].fit(series, task, 0, "squared")
    values = series.frame["passengers_thousands"].to_numpy()
    expected = [[values[t if name == "last value" else t + h - 12] for h in range(1, 13)] for t in series.origins]
    np.testing.assert_array_equal(forecast(), expected)


def test_forecasts_boosting_learns_the_steps_of_origins(forecasts, folder_of_series):
    task = forecasts.TASKS["airline"]
    series = forecasts.read(task, folder_of_series)
    (X, y), n_steps = series.train, series.window
    features, target = forecasts.models.step_rows(X, y, task, "season", True, [3])
    assert len(features) == len(target) == 12
    past = X.values[3, :, 0]
    np.testing.assert_allclose(target, y[3] - past[-12:])
    np.testing.assert_allclose(features[:, 0], past[-12:], rtol=1e-6)
    np.testing.assert_allclose(features[:, 2], past[-24:-12] - past[-12:], rtol=1e-4, atol=1e-6)  # two seasons before
    np.testing.assert_array_equal(features[:, -1], np.arange(1, 13))
    forecast, chosen = forecasts.models.boosting(series, task, 0, "squared")
    assert forecast().shape == series.test[1].shape
    assert chosen["rows"] == y.size
    assert n_steps == 24


@with_day_of_year
def test_forecasts_peers_know_what_windows_know(forecasts, folder_of_series):
    task = forecasts.TASKS["visits"]
    series = forecasts.read(task, folder_of_series)
    X, y = series.train
    values, peers = series.frame["users"].to_numpy(), forecasts.peers
    origins = peers.training_origins(series, task.horizon)
    coming = origins[:, None] + np.arange(1, 8)
    np.testing.assert_array_equal(values[coming], y)
    np.testing.assert_array_equal(peers.phases_of(series, task)[coming], X.ahead[:, :, -1:])
    columns = peers.coming_inputs(series, task, waves=False)
    np.testing.assert_array_equal(columns.to_numpy()[coming], X.ahead)
    earlier = peers.hold_out(series, task.horizon)
    np.testing.assert_array_equal(values[earlier.origins[:, None] + np.arange(1, 8)], earlier.test[1])
    assert earlier.n_training <= series.n_training - len(earlier.test[1])
    known = peers.training_origins(earlier, task.horizon)
    np.testing.assert_array_equal(values[known[:, None] + np.arange(1, 8)], earlier.train[1])


@with_day_of_year
def test_forecasts_are_refitted_on_what_is_known_by_then(forecasts, folder_of_series):
    task = forecasts.TASKS["visits"]
    series = forecasts.read(task, folder_of_series)
    parts = list(forecasts.backtest(series, task.horizon))
    np.testing.assert_array_equal(np.concatenate([part.test[1] for part in parts]), series.test[1])
    values = series.frame["users"].to_numpy()
    for part in parts:
        assert part.origins[-1] - part.origins[0] < 2  # 5 % of 40 rows
        later = series.origins[len(part.train[1]) - len(series.train[1]) - 1]
        if len(part.train[1]) > len(series.train[1]):
            assert later + task.horizon <= part.origins[0] == part.n_training - 1
            np.testing.assert_array_equal(part.train[1][-1], values[later + 1 : later + 8])
    assert len(parts[-1].train[1]) > len(series.train[1]) + 10


def test_forecasts_report(forecasts, capsys):
    def result(task, model, seed, rmse):
        seconds = {f"{part}_seconds": 1.5 for part in ("fit", "fit_cpu", "forecast", "forecast_cpu")}
        run = {"task": task, "model": model, "seed": seed, "n_windows": 1200, "threads": 2}
        return {**run, **seconds, "rmse": rmse, "mae": 1.0}

    results = [result(task, "ridge", 0, 10.0) for task in ("Victoria", "household", "visits")]
    results += [result("Victoria", "recipe", seed, rmse) for seed, rmse in enumerate((4.0, 6.0))]  # 0.5 of the ridge's
    results += [result("household", "recipe", 0, 20.0), result("visits", "recipe", 0, 8.0)]
    results.append({"task": "visits", "model": "recipe", "seed": 1, "error": "RuntimeError: no more"})
    results += [result("visits", "NF LSTM", 0, 30.0), result("visits", "NF LSTM, careful", 0, 8.0)]
    forecasts.print_report(results, "squared", "ridge")
    out = capsys.readouterr().out
    lines = {line[:16].strip(): line[16:].split("  ") for line in out.split("\n\n")[0].splitlines()}
    cells = {name: [cell.strip() for cell in line if cell.strip()] for name, line in lines.items()}
    assert cells["recipe"] == ["5.000 (0.500)", "20.00 (2.000)", "failed"]
    assert cells["better NF LSTM"] == ["-", "-", "8.000 (0.800)"]
    # the mean of log 1/2 and log 2 is 0, and draws of two are log 1/2, 0 or log 2 with 1/4, 1/2, 1/4
    assert re.search(r"\nrecipe +1.000 \(0.50-2.00\) 1/2\*\n", out)
    assert re.search(r"\nbetter NF LSTM +0.800 1/1\*\n", out)
    assert re.search(r"\nridge +3 +1.50 +1.50 +1.50 +1.50 +1.50 +1.50\n", out)
    assert out.endswith("failed: recipe on visits, seed 1: RuntimeError: no more\n")


@with_day_of_year
@pytest.mark.peers
@pytest.mark.filterwarnings("default")  # those of the peers
@pytest.mark.parametrize("name", ["AutoETS", "MSTL, refitted", "LightGBM", "LightGBM, careful"])
def test_forecasts_of_peers(forecasts, folder_of_series, name):
    pytest.importorskip(forecasts.MODELS[name].package)
    task = forecasts.TASKS["visits"]
    series = forecasts.read(task, folder_of_series)
    forecast, _ = forecasts.MODELS[name].fit(series, task, 0, "squared")
    forecasts_of_rule, _ = forecasts.MODELS["last value"].fit(series, task, 0, "squared")
    y = series.test[1]
    assert forecast().shape == y.shape
    assert np.abs(y - forecast()).mean() < 1.2 * np.abs(y - forecasts_of_rule()).mean()


@with_day_of_year
@pytest.mark.peers
@pytest.mark.filterwarnings("default")  # those of the peers
@pytest.mark.parametrize("name", ["NF LSTM", "NF NHITS, careful", "NF PatchTST"])
def test_forecasts_of_neural_peers(forecasts, folder_of_series, name, monkeypatch):
    pytest.importorskip("neuralforecast")
    peers, task = forecasts.peers, forecasts.TASKS["visits"]
    network_options = peers.network_options
    monkeypatch.setattr(peers, "network_options", lambda *a: {**network_options(*a), "max_steps": 3})
    series = forecasts.read(task, folder_of_series)
    forecast, chosen = forecasts.MODELS[name].fit(series, task, 0, "squared")
    assert chosen["steps_trained"] == chosen.get("steps", 3)
    assert forecast().shape == series.test[1].shape


@pytest.fixture
def panels(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("panels")


def test_panels_compare_each_forecast_with_its_own_step(panels, tmp_path, monkeypatch):
    def too_high(task, known, seed):
        return lambda known, coming: coming["y"].groupby(level=0).head(task.horizon) + np.resize([1.0, 3.0], 2 * 24)

    times = pd.date_range("2020", periods=200, freq="h", name="date")  # named as the file names them
    values = np.random.default_rng(0).normal(size=(200, 2))
    pd.DataFrame(values, times, ["HUFL", "OT"]).to_csv(tmp_path / "series.csv")
    monkeypatch.setitem(panels.TASKS, "ETTh1", panels.TASKS["ETTh1"]._replace(n_origins=3))
    monkeypatch.setitem(panels.MODELS, "ridge", too_high)
    found = panels.score("ETTh1", "ridge", 0, tmp_path / "series.csv")
    before = values[: 200 - 24 - 2 * 25]
    sizes = np.sqrt(((before[24:] - before[:-24]) ** 2).mean(axis=0))
    assert found["rmsse"] == pytest.approx((np.sqrt(5) / sizes).mean())
    np.testing.assert_allclose(found["by_step"], np.resize([1, 3], 24) * (1 / sizes).mean(), atol=1e-4)
    assert len(found["by_origin"]) == 3
