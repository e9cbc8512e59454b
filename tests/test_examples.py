"""The example scripts, run as a user would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skhybrid.datasets import make_power_usage

ROOT = Path(__file__).resolve().parents[1]


def run(script, *options, folder):
    """Run an example in `folder` and return what it prints; what it says of its progress must be no warning."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-W", "default", str(ROOT / "examples" / script), *map(str, options)],
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


def read_table(text, columns, *, below=""):
    """Return the last columns of the first table below a text, by the names of its rows."""
    lines = text[text.index(below) :].splitlines()
    header = next(i for i, line in enumerate(lines) if " ".join(line.split()).endswith(" ".join(columns)))
    end = next((i for i in range(header, len(lines)) if not lines[i].strip()), len(lines))
    cells = [line.rsplit(maxsplit=len(columns)) for line in lines[header + 1 : end]]
    values = [[np.nan if cell == "-" else float(cell) for cell in row[1:]] for row in cells]
    return pd.DataFrame(values, index=[re.split(r"\s{2,}", row[0])[0] for row in cells], columns=columns)


def test_power_forecast_on_a_file(tmp_path):
    df = make_power_usage(20, random_state=1).rename(columns={"load": "kw"})
    df[["temperature", "kw"]].to_csv(tmp_path / "meter.csv")
    out = run(
        "power_forecast.py",
        *("--csv", "meter.csv", "--time", "time", "--target", "kw", "--quick", "--epochs", 1),
        folder=tmp_path,
    )
    table = read_table(out, ["CV RMSE", "RMSE", "MAE", "parameters", "seconds"])
    assert list(table.index) == ["CNN-LSTM", "LSTM", "Ridge", "Last value", "Last season"]
    assert np.isfinite(table.to_numpy()).all()
    truth = df["kw"].to_numpy()
    n_test = len(df) - 1 - int(0.8 * (len(df) - 1))
    last = np.sqrt(np.mean((truth[-n_test:] - truth[-n_test - 1 : -1]) ** 2))
    assert table.loc["Last value", "RMSE"] == pytest.approx(last, abs=0.006)
    assert "Cross-validation chooses" in out
    assert (tmp_path / "forecast.png").stat().st_size > 10_000


def test_power_forecast_without_a_file(tmp_path):
    out = run("power_forecast.py", "--days", 20, "--epochs", 1, "--quick", "--out", "load.png", folder=tmp_path)
    assert "columns ['load', 'temperature', 'workday']" in out
    assert (tmp_path / "load.png").exists()


def test_sp500_lesson_stand_in_shows_no_figure_of_the_lesson(tmp_path):
    out = run("sp500_lesson.py", "--epochs", 1, "--exercises", "window", folder=tmp_path)
    assert "SIMULATED STAND-IN" in out
    assert "917.1" not in out
    table = read_table(out, ["RMSE", "MAE", "parameters", "seconds"], below="Level")
    assert list(table.index) == ["last value", "linear regression", "SimpleRNN", "GRU", "LSTM", "Conv1D -> LSTM"]
    assert np.isfinite(table[["RMSE", "MAE"]].to_numpy()).all()
    windows = read_table(out, ["RMSE", "MAE", "parameters", "seconds"], below="Windows of")
    assert list(windows.index) == ["6 months", "12 months", "24 months"]


@pytest.mark.real_data
def test_sp500_lesson_baselines(shared_data, tmp_path):
    csv = shared_data / "sp500_monthly.csv"
    out = run("sp500_lesson.py", "--csv", csv, "--epochs", 1, "--exercises", folder=tmp_path)
    columns = ["RMSE", "MAE", "parameters", "seconds", "lesson RMSE", "lesson MAE"]
    table = read_table(out, columns, below="Level, 724/181")
    assert table.loc["last value", ["RMSE", "MAE"]].tolist() == [127.0, 86.9]
    assert table.loc["linear regression", ["RMSE", "MAE"]].tolist() == [122.4, 82.3]
    assert table.loc["Conv1D -> LSTM", ["parameters", "lesson RMSE", "lesson MAE"]].tolist() == [8993, 507.0, 353.1]
    other = read_table(out, ["RMSE", "MAE"], below="721/184")
    assert other.loc["last value", ["RMSE", "MAE"]].tolist() == [126.0, 86.0]


def test_nested_windows(tmp_path):
    out = run("nested_windows.py", "--days", 20, "--epochs", 1, "--seeds", 1, folder=tmp_path)
    table = read_table(out, ["RMSE", "MAE", "parameters", "seconds"])
    assert table["parameters"].tolist() == [10465, 6369, 4385, 33, 0, 0]
    assert np.isfinite(table.to_numpy()).all()
    assert "nested CNN-LSTM, 10465 parameters" in out
    assert "-> subsequences (358, 4, 8, 1)" in out


def test_forecast_tomorrow(tmp_path):
    out = run(
        "forecast_tomorrow.py", "--days", 20, "--kept-out", 3, "--epochs", 1, "--out", "tomorrow.png", folder=tmp_path
    )
    table = read_table(out, ["RMSE", "MAE"])
    assert list(table.index) == ["CNN-LSTM", "ridge", "same hour today"]
    assert np.isfinite(table.to_numpy()).all()
    df = make_power_usage(20, random_state=0)["load"]
    forecast = read_table(out, ["CNN-LSTM", "ridge", "same hour today"], below="Forecast in kW")
    assert list(pd.to_datetime(forecast.index)) == list(pd.date_range("2024-01-21", periods=24, freq="h"))
    np.testing.assert_allclose(forecast["same hour today"], df.iloc[-24:], atol=0.051)
    assert (tmp_path / "tomorrow.png").stat().st_size > 10_000
