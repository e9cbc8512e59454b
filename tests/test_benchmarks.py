"""The benchmark scripts at their smallest: they must run and hold together; what they measure here means nothing."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pytest
from test_examples import read_table, run

SPREAD = ["median", "min", "max"]
OPTIONS = {
    "grid_search": ("--epochs", 1, "--folds", 2, "--kernel-sizes", 2, "--filters", 2, "--peers", "n_jobs=1"),
    "long_windows": ("--batches", 2, "--threads", 1),
    "windows": ("--rows", 5000),
    "predict": ("--windows", 2000, "--calls", 5),
    "memory": (
        *("--fits", 4, "--scikeras-fits", 0, "--first-fits", 1),
        *("--rows", 3000, "--window", 24, "--batch-size", 256),
    ),
}

linux = pytest.mark.skipif(sys.platform != "linux", reason="binds processes to cores or reads /proc, as Linux has it")
with_torch = pytest.mark.skipif(
    not all(map(find_spec, ("torch", "skorch"))), reason="torch and skorch are not part of the test extra"
)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Run all scripts for one round, two at a time, and return the futures of what they print."""
    folder = tmp_path_factory.mktemp("benchmarks")
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(run, f"benchmarks/{name}.py", "--rounds", 1, *options, folder=folder)
            for name, options in OPTIONS.items()
            if name in ("grid_search", "predict") or sys.platform == "linux"
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
    roads = ["SlidingWindow in a pipeline", "sliding_windows of the memory map"]
    for title in ("Peak of resident", "Peak of anonymous", "Peak of file pages"):
        assert list(read_spread(out, below=title).index) == roads
    assert (read_spread(out, below="Peak of resident memory of the process") > 100).all()
