"""The example scripts, with options that make them short."""

import re
import runpy
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhybrid.datasets import make_power_usage
from skhybrid.evaluation.significance import holm
from tests.helpers import ROOT, read_table


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Return a function that runs a script in `tmp_path` and returns what it prints; a warning is an error here.

    It runs in this process, which has loaded TensorFlow already: that takes longer than most of the scripts.
    """

    def run_script(name, *options):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [name, *map(str, options)])
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
        printed = capsys.readouterr()
        strange = [line for line in printed.err.splitlines() if not line.rstrip().endswith((" s", " s a run"))]
        assert strange == []  # but how far it is
        return printed.out

    yield run_script
    plt.close("all")


def test_power_forecast_on_a_file(run, tmp_path):
    df = make_power_usage(20, random_state=1).rename(columns={"load": "kw"})
    df[["temperature", "kw"]].to_csv(tmp_path / "meter.csv")
    out = run(
        "power_forecast.py",
        *("--csv", "meter.csv", "--time", "time", "--target", "kw", "--quick", "--epochs", 1),
    )
    table = read_table(out, ["CV RMSE", "RMSE", "MAE", "parameters", "seconds"])
    assert list(table.index) == ["CNN-LSTM", "LSTM", "Ridge", "Recommended", "Last value", "Last season"]
    assert np.isfinite(table.to_numpy()).all()
    truth = df["kw"].to_numpy()
    n_test = len(df) - 1 - int(0.8 * (len(df) - 1))
    last = np.sqrt(np.mean((truth[-n_test:] - truth[-n_test - 1 : -1]) ** 2))
    assert table.loc["Last value", "RMSE"] == pytest.approx(last, abs=0.006)
    assert "Cross-validation chooses" in out
    assert (tmp_path / "forecast.png").stat().st_size > 10_000


def test_power_forecast_without_a_file(run, tmp_path):
    out = run("power_forecast.py", "--days", 20, "--epochs", 1, "--quick", "--out", "load.png")
    assert "columns ['load', 'temperature', 'workday']" in out
    assert (tmp_path / "load.png").exists()
    assert "What comes after 2024-01-20 23:00:00, 24 steps forecast at once, in 80 % of all steps" in out
    times = re.findall(r"^(2024-01-21 \d\d:00:00)(?: +[\d.]+){3}$", out, re.MULTILINE)
    assert list(pd.to_datetime(times)) == list(pd.date_range("2024-01-21", periods=8, freq="3h"))


def test_sp500_lesson_stand_in_shows_no_figure_of_the_lesson(run):
    out = run("sp500_lesson.py", "--epochs", 1, "--exercises", "window")
    assert "SIMULATED STAND-IN" in out
    assert "917.1" not in out
    table = read_table(out, ["RMSE", "MAE", "parameters", "seconds"], below="Level")
    assert list(table.index) == ["last value", "linear regression", "SimpleRNN", "GRU", "LSTM", "Conv1D -> LSTM"]
    assert np.isfinite(table[["RMSE", "MAE"]].to_numpy()).all()
    windows = read_table(out, ["RMSE", "MAE", "parameters", "seconds"], below="Windows of")
    assert list(windows.index) == ["6 months", "12 months", "24 months"]


@pytest.mark.real_data
def test_sp500_lesson_baselines(shared_data, run):
    csv = shared_data / "sp500_monthly.csv"
    out = run("sp500_lesson.py", "--csv", csv, "--epochs", 1, "--exercises")
    columns = ["RMSE", "MAE", "parameters", "seconds", "lesson RMSE", "lesson MAE"]
    table = read_table(out, columns, below="Level, 724/181")
    assert table.loc["last value", ["RMSE", "MAE"]].tolist() == [127.0, 86.9]
    assert table.loc["linear regression", ["RMSE", "MAE"]].tolist() == [122.4, 82.3]
    assert table.loc["Conv1D -> LSTM", ["parameters", "lesson RMSE", "lesson MAE"]].tolist() == [8993, 507.0, 353.1]
    other = read_table(out, ["RMSE", "MAE"], below="721/184")
    assert other.loc["last value", ["RMSE", "MAE"]].tolist() == [126.0, 86.0]


def test_nested_windows(run):
    out = run("nested_windows.py", "--days", 20, "--epochs", 1, "--seeds", 1)
    table = read_table(out, ["RMSE", "MAE", "parameters", "seconds"])
    assert table["parameters"].tolist() == [10465, 6369, 4385, 33, 0, 0]
    assert np.isfinite(table.to_numpy()).all()
    assert "nested CNN-LSTM, 10465 parameters" in out
    assert "-> subsequences (358, 4, 8, 1)" in out


def test_forecast_tomorrow(run, tmp_path):
    out = run("forecast_tomorrow.py", "--days", 24, "--out", "tomorrow.png")
    errors = dict(re.findall(r"^  (\w[\w ]*\w) +RMSE +([\d.]+)", out, re.MULTILINE))
    assert set(errors) == {"recommended", "ridge", "same hour the day before"}
    assert float(errors["recommended"]) < float(errors["same hour the day before"])
    times = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: +[\d.]+){3}$", out, re.MULTILINE)
    assert list(pd.to_datetime(times)) == list(pd.date_range("2024-01-22", periods=16, freq="3h"))
    assert "The sum of the first day lies between" in out
    assert "A day later the forecast of that day has moved by" in out
    assert (tmp_path / "tomorrow.png").stat().st_size > 10_000


def test_fifty_shops(run):
    out = run("fifty_shops.py", "--shops", 3, "--days", 220)
    errors = re.findall(r"^  (\w[\w ]*\w) +([\d.]+) %   ([\d.]+)", out, re.MULTILINE)
    assert [name for name, *_ in errors] == ["recommended", "ridge", "same day last week"]
    assert float(errors[0][1]) < float(errors[2][1])
    assert "The new one, shop 03:" in out


def test_what_the_filters_see(run, tmp_path):
    out = run("what_the_filters_see.py", "--days", 20, "--epochs", 1, "--out", "filters.png")
    table = read_table(out, ["RMSE", "after a spike", "elsewhere"])
    assert list(table.index) == ["CNN-LSTM", "ridge", "last value"]
    assert np.isfinite(table.to_numpy()).all()
    assert "A filter sees 3 hours" in out
    assert (tmp_path / "filters.png").stat().st_size > 10_000


def test_day_ahead(run, tmp_path):
    options = ("--days", 20, "--season", 12, "--folds", 2, "--test-days", 3, "--epochs", 1, "--seeds", 1)
    out = run("day_ahead.py", *options)
    columns = ["rmse", "rmse_std", "mae", "mase", "skill", "n_parameters", "fit_seconds"]
    table = read_table(out, columns)
    assert set(table.index) == {"recommended", "ridge", "CNN-LSTM", "LSTM", "CNN", "same time yesterday"}
    assert table.loc["same time yesterday", ["skill", "n_parameters"]].tolist() == [0, 0]
    n_waves = 11 + 83  # of the day, and of the week
    assert table.loc["ridge", "n_parameters"] == pytest.approx((96 * 3 + n_waves + 1) * 12, rel=0.01)
    assert "The rmse of recommended is" in out
    assert "The rmse of CNN-LSTM is" in out
    assert (tmp_path / "comparison.html").stat().st_size > 10_000


ACCURACY = ["accuracy", "worst", "best", "parameters", "seconds"]


def test_classify_motions_without_a_file(run, tmp_path):
    out = run("classify_motions.py", "--epochs", 1, "--seeds", 2)
    assert "SIMULATED STAND-IN" in out
    table = read_table(out, ACCURACY)
    others = ["nearest neighbour", "logistic regression", "most frequent class"]
    assert list(table.index) == ["CNN-LSTM", "LSTM", *others]
    # 6 * 5 * 32 + 32, then an LSTM of 32 units on 32 maps, and 32 * 4 + 4
    assert table.loc["CNN-LSTM", "parameters"] == 992 + 4 * (32 + 32 + 1) * 32 + 132
    assert table["parameters"].isna().tolist() == [False, False, True, True, True]
    assert (table["worst"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["best"]).all()
    assert table.loc["most frequent class", "accuracy"] == 0.25
    assert (tmp_path / "motions.png").stat().st_size > 10_000


def test_classify_motions_on_sequences_of_unequal_length(run, tmp_path):
    rng = np.random.default_rng(0)
    y = np.tile(["still", "swing"], 20)
    X = rng.normal(0, 0.1, (40, 12, 2)) + (y == "swing")[:, None, None] * np.sin(np.arange(12))[:, None]
    X[:10, 8:] = np.nan
    np.savez(tmp_path / "set.npz", X_train=X[:30], y_train=y[:30], X_test=X[30:], y_test=y[30:])
    out = run("classify_motions.py", *("--npz", "set.npz", "--epochs", 1, "--seeds", 1, "--out", "a.png"))
    assert "SIMULATED" not in out
    assert "classes still, swing; 10 training samples end early" in out
    assert read_table(out, ACCURACY).loc["nearest neighbour", "accuracy"] == 1
    assert (tmp_path / "a.png").exists()


def test_classify_motions_names_what_a_file_lacks(run, tmp_path):
    np.savez(tmp_path / "set.npz", X_train=np.zeros((2, 3, 1)), y_train=["a", "b"])
    with pytest.raises(SystemExit, match=r"must hold .* but lacks X_test, y_test"):
        run("classify_motions.py", "--npz", "set.npz")


def test_digits_by_rows(run, tmp_path):
    out = run("digits_by_rows.py", "--epochs", 1, "--seeds", 1)
    table = read_table(out, ["accuracy", "worst", "parameters", "seconds"])
    models = ["Conv2D-LSTM", "LSTM on rows", "Conv2D-LSTM, pixels shuffled"]
    assert list(table.index) == [*models, "nearest neighbour", "logistic regression"]
    stage_1, stage_2 = 16 * (9 + 25) + 32, 16 * 32 * (9 + 25) + 64  # both branches, kernels 3 x 3 and 5 x 5
    lstm = 4 * (2 * 64 + 64 + 1) * 64  # a row is 2 pixels of 64 maps
    assert table.loc["Conv2D-LSTM", "parameters"] == stage_1 + stage_2 + lstm + 64 * 10 + 10
    assert table.loc["nearest neighbour", "accuracy"] > 0.97
    assert table.loc["logistic regression", "accuracy"] > 0.95
    assert "Conv2D-LSTM against nearest neighbour: -" in out
    assert (tmp_path / "digits.png").stat().st_size > 10_000


def test_video_motion(run, tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat(["Clockwise", "Move", "Stop"], 120)
    np.savez(tmp_path / "tracks.npz", X=rng.normal(0, 0.2, (360, 16, 2)), y=y)
    out = run("video_motion.py", "--tracks", "tracks.npz", "--clips", 64, "--epochs", 1)
    models = ["Conv3D-LSTM", "mean frame, logistic", "nearest neighbour"]
    for name in ("moving shapes", "gestures"):
        table = read_table(out, ["accuracy", "parameters", "seconds"], below=f"{name}: ")
        assert list(table.index) == models
        assert np.isfinite(table[["accuracy", "seconds"]].to_numpy()).all()
    # 24 of each class are held out, 16 left out, and of the other 80 every fourth is trained on
    assert "gestures: 60 training and 72 test clips of 16 frames, 24 x 24 pixels" in out
    assert "Played backwards" in out
    assert (tmp_path / "video.png").stat().st_size > 10_000


def test_does_the_convolution_help(run, tmp_path):
    load = make_power_usage(22, random_state=1)["load"]
    load.to_csv(tmp_path / "meter.csv")
    options = ("--csv", "meter.csv", "--target", "load", "--days", 20, "--epochs", 2, "--seeds", 1)
    out = run("does_the_convolution_help.py", *options)
    last = re.search(r"meter\.csv, 480 rows:.*?\nlast value +([\d.]+)", out, flags=re.DOTALL)[1]
    step = np.diff(load[-480:])[23:]  # the error of the last value as the forecast of each of the 456 windows
    folds = step[-6 * (456 // 15) :].reshape(6, -1)
    assert float(last) == pytest.approx(np.sqrt((folds**2).mean(axis=1)).mean(), abs=6e-4)
    lines = out[out.index("CNN-LSTM / LSTM ") :].split("\n\n")[0].splitlines()[1:]
    rows = {cells[0]: cells[1:] for cells in (re.split(r"\s{2,}", line) for line in lines)}
    series = ["load curve", "spikes and motifs", "smooth seasonal", "linear autoregression", "random walk"]
    assert list(rows) == [*series, "nearly independent", "meter.csv"]
    single = re.findall(r"^CNN-LSTM - LSTM .* (\S+) +(\S+)$", out, flags=re.MULTILINE)  # p-values, not yet adjusted
    for column in (0, 1):
        adjusted = holm([float(pair[column].strip("<")) for pair in single])
        np.testing.assert_allclose([float(row[1 + column]) for row in rows.values()], adjusted, atol=0.008)
    conclusion = " ".join(out[out.index("The convolution helps on") :].split())
    for name, (ratio, p_folds, p_rows, verdict, _) in rows.items():
        is_found = max(float(p_folds), float(p_rows)) < 0.05  # one seed: what other seeds would give is not known
        assert verdict == ("not shown" if not is_found else "helps" if float(ratio) < 1 else "hurts")
        words = {"helps": "helps on", "hurts": "hurts on", "not shown": "neither is shown on"}[verdict]
        assert re.search(f"{words}[^;]*{name}", conclusion)
    assert (tmp_path / "convolution.png").stat().st_size > 10_000


def test_lesson_claims(run):
    out = run("lesson_claims.py", "--days", 10, "--epochs", 1, "--seeds", 1, "--repeats", 2)
    lines = out[out.index("The pairs that") : out.index("Answers")].splitlines()[2:-1]
    pairs = pd.DataFrame([re.fullmatch(r" *(\w+) +(.+ / .+?) +(\S+) +(\S+) +(\w+)", line).groups() for line in lines])
    shown = {claim: set(pairs) for claim, pairs in pairs.groupby(0)[4]}
    for _, (_, _, ratio, p, found) in pairs.iterrows():
        assert found == "neither" or (float(p) <= 0.05 and (float(ratio) <= 1) == (found == "lower"))
    answers = {claim: answer for answer, claim in re.findall(r"^(\w+) +(\d[a-d]?) {2,3}[A-Z]", out, flags=re.MULTILINE)}
    assert list(answers) == ["1a", "1b", "2a", "2b", "2c", "2d", "3", "4a", "4b", "5a", "5b"] == list(shown)
    yes, no = "supported", "contradicted"
    for claim, answer in answers.items():
        first, second = (no, yes) if claim.startswith("2") else (yes, no)  # claim 2 says that something is not lower
        expected = second if "higher" in shown[claim] else first if shown[claim] == {"lower"} else "undecided"
        assert answer == expected
    races = read_table(out, ["ms per epoch", "epochs to it", "seconds to it"])
    assert list(races.index) == ["hybrid", "LSTM", "GRU"]
    assert (races["epochs to it"] == 1).all()
    np.testing.assert_allclose(races["seconds to it"], races["ms per epoch"] / 1000, atol=0.006)
    truth = out[out.index("truth ") :].split()[1:13]
    assert truth == ["+4.0", "+2.0", "+0.0", "-2.0", "-3.0", "-2.0", "-1.0", *["+0.0"] * 5]
