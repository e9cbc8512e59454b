"""What lessons on CNN-LSTM hybrids assert, tested: supported, contradicted or undecided?

Each claim says that one error, or one time, is lower than another. It is put to the test on series and with networks
fixed beforehand, and answered by one rule, which is stated in the code before anything is trained. Too little evidence
leaves a claim undecided.

    python lesson_claims.py
    python lesson_claims.py --days 120 --seeds 4 --repeats 10
"""

# %% What can be changed
import argparse
import sys
import textwrap
import time

import joblib
import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.stats import ttest_1samp
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    compare_models,
    make_power_usage,
    make_windows,
)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--days", type=int, default=60, help="days of 24 rows in a series; twice that in a long one (60)")
parser.add_argument("--epochs", type=int, default=30, help="epochs of each network (default: 30)")
parser.add_argument("--seeds", type=int, default=2, help="fits of each network on each fold (default: 2)")
parser.add_argument("--repeats", type=int, default=5, help="series for claims 4 and 5, at least 2 (default: 5)")
parser.add_argument("--n-jobs", type=int, default=2, help="fits at the same time, but for claim 4 (default: 2)")
args = parser.parse_args()
n_rows = 24 * args.days

CLAIMS = {
    "1a": "On a load curve, the widest kernel, the whole window, is better than any narrower one.",
    "1b": "The same on spikes and motifs.",
    "2a": "On a very small series the hybrid does not beat simple rules.",
    "2b": "The same on a purely linear series.",
    "2c": "The same on a simply seasonal series.",
    "2d": "The same on a weakly dependent series.",
    "3": "On a long series of repeating motifs the hybrid beats the plain LSTM.",
    "4a": "The hybrid reaches an equal training loss in less time than the LSTM.",
    "4b": "The same of the GRU.",
    "5a": "The hybrid's forecast answers to a spike, as the following hours do, better than not at all.",
    "5b": "That is owed to the convolution: the plain LSTM's forecast answers less well.",
}


# %% The rule, for all claims
# Every claim rests on pairs (a, b): "a is lower than b", in error or in seconds. A pair is shown, either way, where
# its tests find a difference at 5 %:
# - errors of forecasts (claims 1 to 3): both tests of compare_models, over folds and over rows, in one direction, with
#   p-values adjusted over the claim's pairs (Holm), and the difference is more than other seeds alone would make;
# - times and responses (claims 4 and 5): the t-test of the log ratio over series and weights drawn anew.
def judge(tests):
    """Answer "a is lower than b in all pairs": no if one pair is shown to be the other way round, else it is open."""
    if (tests["shown"] == "higher").any():
        return "contradicted"
    return "supported" if (tests["shown"] == "lower").all() else "undecided"


def judge_denial(tests):
    """Answer "a does not beat all of b", which is the opposite: supported where one b is shown to beat a."""
    return {"contradicted": "supported", "supported": "contradicted"}.get(judge(tests), "undecided")


def show(ratio, is_found):
    """Say which way round a pair is shown to be."""
    return np.where(~is_found, "neither", np.where(ratio < 1, "lower", "higher"))


def read_contrasts(comparison):
    """Return ratio, adjusted p-values and outcome of the pairs that a comparison was asked for."""
    pairs = comparison.contrasts
    is_found = (pairs[["p_folds", "p_dm"]] < 0.05).all(axis=1) & (pairs["t_folds"] * pairs["dm"] > 0)
    is_found &= pairs["difference"].abs() > 2 * pairs["se_seeds"]
    tests = pd.DataFrame({"ratio": 1 + pairs["relative"], "p": pairs[["p_folds", "p_dm"]].max(axis=1, skipna=False)})
    return tests.assign(shown=show(tests["ratio"], is_found))


def test_ratio(values, a, b):
    """Test the pair of two columns over the repeats, the rows of `values`."""
    logs = np.log(values[a] / values[b])
    index = pd.MultiIndex.from_tuples([(a, b)], names=["a", "b"])
    tests = pd.DataFrame({"ratio": np.exp(logs.mean()), "p": ttest_1samp(logs, 0).pvalue}, index)
    return tests.assign(shown=show(tests["ratio"], tests["p"] < 0.05))


# %% Series and networks
def make_motifs(n_rows, rng):
    """Simulate rises and falls of 4 steps; 7 steps after the end of a rise come 3 high steps, of a fall 3 low ones.

    A rise and a fall hold the same values, so that only their shape announces what follows. Single spikes mean nothing.
    """
    starts = np.cumsum(rng.integers(20, 31, n_rows // 20 + 1))
    starts = starts[starts < n_rows]
    is_rise = rng.random(len(starts)) < 0.5
    rises, falls = np.zeros((2, n_rows))
    rises[starts[is_rise]] = falls[starts[~is_rise]] = 1
    quiet = [0] * 6
    series = np.convolve(rises, [1, 2, 3, 4, *quiet, 3, 3, 3]) + np.convolve(falls, [4, 3, 2, 1, *quiet, -3, -3, -3])
    return series[:n_rows] + 3 * (rng.random(n_rows) < 0.03) + rng.normal(0, 0.3, n_rows)


motifs, long_motifs, linear, seasonal, weak = np.random.default_rng(0).spawn(5)
load = make_power_usage(args.days, random_state=0)["load"].to_numpy()
series = {
    "1a": load,
    "1b": make_motifs(n_rows, motifs),
    "2a": load[: 24 * 5],
    "2b": lfilter([1], [1, -1.2, 0.4], linear.normal(size=n_rows)),
    "2c": 3 * np.sin(2 * np.pi * np.arange(n_rows) / 24) + seasonal.normal(0, 0.3, n_rows),
    "2d": lfilter([1], [1, -0.1], weak.normal(size=n_rows)),
    "3": make_motifs(2 * n_rows, long_motifs),
}
training = {"epochs": args.epochs, "batch_size": 64, "learning_rate": 0.005, "random_state": 0}


def scaled(model):
    """Put a scaler before a model."""
    return make_pipeline(StandardScaler(), model)


hybrid = CNNLSTMRegressor(16, units=16, **training)
lstm = LSTMRegressor(22, **training)  # about as many parameters
simple = {
    "ridge": scaled(Ridge()),
    "last value": NaiveRegressor(),
    "a day ago": NaiveRegressor("seasonal", season_length=24),
    "day's mean": NaiveRegressor("mean"),
}
kernels = {f"kernel {size}": scaled(clone(hybrid).set_params(kernel_size=size)) for size in (3, 6, 12, 24)}
# The models of the claims 1 to 3, and the pairs that these stand on
widening = kernels, [("kernel 24", name) for name in ("kernel 3", "kernel 6", "kernel 12")]
against_simple = {"hybrid": scaled(hybrid), **simple}, [("hybrid", name) for name in simple]
against_lstm = {"hybrid": scaled(hybrid), "LSTM": scaled(lstm)}, [("hybrid", "LSTM")]
comparisons = {
    **dict.fromkeys(["1a", "1b"], widening),
    **dict.fromkeys(["2a", "2b", "2c", "2d"], against_simple),
    "3": against_lstm,
}
evidence = {}  # the tests of each claim


# %% Claims 1 to 3: errors of forecasts, on windows of a day, 6 folds that test the last two fifths
def compare(series, models, pairs):
    """Compare models on the windows of a series."""
    X, y = make_windows(series, window_length=24)
    X = X.reshape(len(X), -1)  # (window, hour), which all models read
    cv = TimeSeriesSplit(6, test_size=len(X) // 15)
    return compare_models(models, X, y, cv=cv, baseline=pairs[0][1], contrasts=pairs, n_seeds=args.seeds)


with joblib.parallel_config(backend="threading", n_jobs=args.n_jobs):
    for claim, (models, pairs) in comparisons.items():
        start = time.perf_counter()
        evidence[claim] = read_contrasts(compare(series[claim], models, pairs))
        print(f"claim {claim}: {time.perf_counter() - start:.1f} s", file=sys.stderr)

# %% Claim 4: seconds until the training loss is that which all three networks reach
# The networks differ in nothing but what precedes the recurrent layer; pooling halves the sequence that it reads.
racers = {
    "hybrid": CNNLSTMRegressor(kernel_size=5, pool_size=2, **training),
    "LSTM": LSTMRegressor(**training),
    "GRU": GRURegressor(**training),
}


def train(model, series, seed):
    """Return the loss after each epoch and the seconds an epoch took, without those of compiling."""
    X, y = make_windows((series - series.mean()) / series.std(), window_length=48)
    model = clone(model).set_params(random_state=seed)
    clone(model).set_params(epochs=1).fit(X, y)  # compiles, once for all fits of this network
    start = time.perf_counter()
    model.fit(X, y)
    return np.array(model.history_["loss"]), (time.perf_counter() - start) / model.n_epochs_


def race(seed):
    """Return one row per network: the seconds an epoch took, and epochs and seconds to the loss that all reach."""
    series = make_power_usage(args.days, random_state=seed)["load"].to_numpy()
    runs = {name: train(model, series, seed) for name, model in racers.items()}
    target = max(losses.min() for losses, _ in runs.values())
    rows = pd.DataFrame({"ms per epoch": {name: 1000 * seconds for name, (_, seconds) in runs.items()}})
    rows["epochs to it"] = [1 + int(np.argmax(losses <= target)) for losses, _ in runs.values()]
    rows["seconds to it"] = rows["ms per epoch"] * rows["epochs to it"] / 1000
    return rows


start = time.perf_counter()
races = pd.concat({seed: race(seed) for seed in range(args.repeats)})
seconds = {name: races["seconds to it"].xs(name, level=1) for name in racers}
evidence |= {"4a": test_ratio(seconds, "hybrid", "LSTM"), "4b": test_ratio(seconds, "hybrid", "GRU")}
print(f"claim 4: {time.perf_counter() - start:.1f} s", file=sys.stderr)
print(f"Training until the loss that all networks reach, mean of {args.repeats} races")
print(races.groupby(level=1, sort=False).mean().to_string(float_format="{:.2f}".format))

# %% Claim 5: what a spike in the last hour known adds to the forecast of each of the next 12 hours
# A spike is load that was only moved: it fades, and is missing later. Truth, unlike in real data, is known.
SPIKE = np.array([8, 4, 2, 0, -2, -3, -2, -1])
truth = np.concatenate([SPIKE[1:], np.zeros(5)])


def make_spikes(seed):
    """Simulate a day's rhythm with noise, and with spikes at random hours and what follows them."""
    rng = np.random.default_rng(seed)
    starts = rng.random(n_rows) < 1 / 30
    rhythm = 20 + 3 * np.sin(2 * np.pi * np.arange(n_rows) / 24)
    return rhythm + np.convolve(starts, SPIKE)[:n_rows] + rng.normal(0, 0.5, n_rows)


def respond(model, seed):
    """Return forecasts with a planted spike minus those without, (window, hour), on windows not trained on."""
    X, y = make_windows(make_spikes(seed), window_length=24, horizon=range(1, 13))
    X = X.reshape(len(X), -1)
    n_train = int(0.8 * len(X))
    fitted = scaled(clone(model).set_params(random_state=seed)).fit(X[:n_train], y[:n_train])
    spiked = X[n_train:].copy()
    spiked[:, -1] += SPIKE[0]
    return fitted.predict(spiked) - fitted.predict(X[n_train:])


start = time.perf_counter()
responses = {
    name: np.stack([respond(model, seed) for seed in range(args.repeats)])  # (repeat, window, hour)
    for name, model in {"hybrid": hybrid, "LSTM": lstm}.items()
}
responses["no answer"] = np.zeros_like(responses["LSTM"])
errors = pd.DataFrame({name: np.sqrt(((r - truth) ** 2).mean(axis=(1, 2))) for name, r in responses.items()})
evidence |= {"5a": test_ratio(errors, "hybrid", "no answer"), "5b": test_ratio(errors, "hybrid", "LSTM")}
print(f"claim 5: {time.perf_counter() - start:.1f} s", file=sys.stderr)
answers = pd.DataFrame({"truth": truth, **{name: r.mean(axis=(0, 1)) for name, r in responses.items()}})
answers.index = [f"+{hour} h" for hour in range(1, 13)]
print(f"\nWhat a spike of {SPIKE[0]} kW adds to the forecast, mean over windows and {args.repeats} repeats, kW")
print(answers.drop(columns="no answer").T.to_string(float_format="{:+.1f}".format))

# %% What to conclude
verdicts = {claim: judge_denial(tests) if claim.startswith("2") else judge(tests) for claim, tests in evidence.items()}
print("\nThe pairs that each claim stands on: ratio of error or time, p-value (of two tests the larger), what is shown")
table = pd.concat(evidence).reset_index(names=["claim", "a", "b"])
table.insert(1, "pair", table.pop("a") + " / " + table.pop("b"))
print(table.to_string(index=False, float_format="{:.3f}".format))
print("\nAnswers")
for claim, text in CLAIMS.items():
    print(textwrap.fill(f"{verdicts[claim]:12}  {claim:2}  {text}", 110, subsequent_indent=" " * 18))
count = pd.Series(verdicts).value_counts()
print(f"\nOf {len(CLAIMS)} claims: {', '.join(f'{n} {verdict}' for verdict, n in count.items())}.")
print("Undecided means that this much evidence cannot tell; more of it (--days, --seeds, --repeats) may. The answers")
print("are about these simulated series and settings, those to claim 4 about this package on this machine as well,")
print("which should do nothing else meanwhile.")
print(f"Each claim is tested at 5 % by itself: of {len(CLAIMS)}, one may well be answered by chance.")
