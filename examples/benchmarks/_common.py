"""What the benchmarks share: fresh processes, interleaved rounds, tables, memory, and the network in plain Keras."""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

MB = 1e6
# For the workers only: no start-up notices, and the CPU for every peer.
WORKER_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


WORKERS_HERE = {}  # those that run in this process, by their names: none, or all of a script


# %% Fresh processes
def start(main, workers):
    """Run `main`; in a process that `measure` has started, run the worker it asks for and print what it returns.

    With the first argument ``--here``, workers run in this process: to see quickly that a script runs, since what is
    measured then depends on what ran before.
    """
    if sys.argv[1:2] == ["--worker"]:
        task = json.loads(sys.argv[2])
        print(json.dumps(workers[task.pop("worker")](**task)))
        return
    if sys.argv[1:2] == ["--here"]:
        del sys.argv[1]
        os.environ.update(WORKER_ENVIRONMENT)
        WORKERS_HERE.update(workers)
    try:
        main()
    finally:
        WORKERS_HERE.clear()


def measure(tasks, n_rounds):
    """Run every task once per round, each time in a fresh process; every second round goes backwards.

    Parameters
    ----------
    tasks : dict of str to dict
        For each row of the table the name of its "worker" and the options to call it with. The worker is given the
        number of the round as `seed` as well.

    n_rounds : int
        Number of rounds.

    Returns
    -------
    results : dict of str to list
        What the worker has returned in each round.
    """
    results = {name: [] for name in tasks}
    for i in range(n_rounds):
        for name in list(tasks)[:: -1 if i % 2 else 1]:
            begin = time.perf_counter()
            results[name].append(run_worker({**tasks[name], "seed": i}))
            print(f"round {i + 1}, {name}, with imports: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    return results


def run_worker(task):
    """Run a worker of this script in a fresh process and return what it returns."""
    if WORKERS_HERE:
        return WORKERS_HERE[task["worker"]](**{name: value for name, value in task.items() if name != "worker"})
    command = [sys.executable, sys.argv[0], "--worker", json.dumps(task)]
    done = subprocess.run(command, env={**os.environ, **WORKER_ENVIRONMENT}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{task} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def column(results, key):
    """Return one number of each round, for each row."""
    return {name: [result[key] for result in rounds] for name, rounds in results.items()}


# %% What is printed
def print_machine(n_rounds, *packages):
    """Say on what is measured, and how often."""
    print(f"{cpu_name()}, {joblib.cpu_count()} cores, {platform.system()}; rounds: {n_rounds}, in fresh processes")
    print(", ".join([f"Python {platform.python_version()}", *map(describe_package, packages)]), end="\n\n")


def cpu_name():
    """Return the name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def describe_package(name):
    """Return name and version."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} not installed"


def print_spread(title, values, digits=1):
    """Print median, smallest and largest value of each row; nothing where there is no row."""
    if not values:
        return
    rows = {name: (np.median(v), np.min(v), np.max(v)) for name, v in values.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "min", "max"])
    print(title, table.to_string(float_format=f"{{:.{digits}f}}".format), sep="\n", end="\n\n")


def ratio(values, other_values):
    """Return the ratio within each round."""
    return np.divide(values, other_values)


# %% Memory, as Linux counts it
class PeakMemory:
    """Watch this process: `growth` is how far each kind of resident memory rose above where it was on entry, in MB.

    "RssAnon" is what the process has allocated, "RssFile" the pages of files it has mapped: libraries, and the rows
    of a memory map it has read, which the system takes back when it needs the room. Their peaks are sampled.
    "VmRSS" is the sum; its peak is kept by the kernel, which misses none.
    """

    SECONDS = 0.02

    def __enter__(self):
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        self.first = self.peak = resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()
        self.peak = {name: max(value, resident()[name]) for name, value in self.peak.items()}
        self.peak["VmRSS"] = resident("VmHWM")["VmHWM"]
        self.growth = {name: self.peak[name] - self.first[name] for name in self.first}

    def _sample(self):
        while not self._stop.wait(self.SECONDS):
            now = resident()
            self.peak = {name: max(value, now[name]) for name, value in self.peak.items()}


def resident(*names):
    """Return the resident memory of this process by kind, in MB."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(fields[name].split()[0]) * 1024 / MB for name in names or ("VmRSS", "RssAnon", "RssFile")}


# %% The network
def build_keras(shape, filters, kernel_size, units=32, cell="lstm"):
    """Return the CNN-LSTM, or with a GRU, in plain Keras, uncompiled."""
    from keras import Input, Sequential
    from keras.layers import GRU, LSTM, Conv1D, Dense

    return Sequential(
        [
            Input(shape),
            Conv1D(filters, kernel_size, padding="causal", activation="relu"),
            {"lstm": LSTM, "gru": GRU}[cell](units),
            Dense(16, activation="relu"),
            Dense(1),
        ]
    )
