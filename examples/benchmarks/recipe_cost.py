"""How long does a fit of the recipe take, with all that it chooses, and its networks?

The series is made up: a day of so many steps, a week, and an autoregression. Fits are of few windows, which are left to
the linear path; of 20,000 windows of 168 steps, of which 24 are forecast; and of as many windows of 336 steps, beside
ten epochs of a CNN-LSTM as it is by default.

    python recipe_cost.py
    python recipe_cost.py --rounds 1 --windows 1000
"""

# %% What is measured, and what can be changed
import argparse
import time

import numpy as np
from _common import column, measure, print_machine, print_spread, ratio, start
from scipy.signal import lfilter

PACKAGES = ("skhybrid", "scikit-learn", "tensorflow", "keras")
SHORT, LONG, DAY = 168, 336, 24


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="processes of each fit (default: 3)")
    parser.add_argument("--few", type=int, default=480, help="windows of the small fit (default: 480)")
    parser.add_argument("--windows", type=int, default=20_000, help="windows of the large fits (default: 20000)")
    return parser.parse_args()


# %% A fit, in a process of its own
def time_fit(name, n_windows, n_steps, seed):
    """Return the seconds of a fit, and the epochs of its networks until they are best."""
    from skhybrid import CNNLSTMRegressor, make_windows, recommended

    rng = np.random.default_rng(seed)
    hours = np.arange(n_windows + n_steps + DAY - 1)
    daily = np.sin(2 * np.pi * hours / DAY) * (1 + 0.5 * np.cos(2 * np.pi * hours / (7 * DAY)))
    series = daily + lfilter([0.3], [1, -0.9], rng.normal(size=len(hours)))
    X, y = make_windows(series, window_length=n_steps, horizon=range(1, DAY + 1), seasons=(DAY, 7 * DAY))
    if name == "recipe":
        model = recommended(DAY, (DAY, 7 * DAY), random_state=seed)
    else:
        model, X = CNNLSTMRegressor(epochs=10, random_state=seed), X.values
    begin = time.perf_counter()
    model.fit(X, y)
    return {"seconds": time.perf_counter() - begin, "epochs": sum(model.best_epochs_)}


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    fits = {
        f"recipe, {args.few} windows of {SHORT}": ("recipe", args.few, SHORT),
        f"recipe, {args.windows} windows of {SHORT}": ("recipe", args.windows, SHORT),
        f"recipe, {args.windows} windows of {LONG}": ("recipe", args.windows, LONG),
        f"CNN-LSTM, ten epochs, {args.windows} windows of {LONG}": ("CNN-LSTM", args.windows, LONG),
    }
    tasks = {
        label: {"worker": "time_fit", "name": name, "n_windows": n_windows, "n_steps": n_steps}
        for label, (name, n_windows, n_steps) in fits.items()
    }
    results = measure(tasks, args.rounds)
    seconds = column(results, "seconds")
    print_spread("Seconds of a fit", seconds)
    print_spread("Epochs of all networks until they are best", column(results, "epochs"), digits=0)
    long, plain = list(seconds)[-2:]
    print_spread("Recipe, in units of ten epochs", {long: ratio(seconds[long], seconds[plain])}, digits=2)


if __name__ == "__main__":
    start(main, {"time_fit": time_fit})
