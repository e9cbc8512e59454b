"""Does a program train a network as Keras' own loop does, whatever the network is made of?

Each random network is drawn from a seed, with its loss, optimizer and callbacks, and trained for three epochs: as
engine="auto" does, and where that was a program, by Keras' loop as well. Weights, predictions and losses must agree to
1e-4 of the largest value of each array. A training that Keras itself does not repeat, from inputs and first weights
that differ in their last bit, is counted as unsteady. Results are added to a file, line by line, so that an interrupted
run goes on.

    python equality.py --results equality.jsonl
    python equality.py --results equality.jsonl --networks 20 --seed 1000
"""

# %% What is measured, and what can be changed
import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
from _common import print_machine, run_worker, start

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("skhybrid", "tensorflow", "keras", "scikeras")
N_AT_ONCE = 20  # networks that one process judges, as memory grows with each


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=300, help="number of networks (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first network; the others follow (default: 0)")
    parser.add_argument("--results", type=Path, default=Path("equality.jsonl"), help="default: equality.jsonl")
    return parser.parse_args()


# %% Judging, in processes of limited life
def judge_networks(seeds, results):
    """Judge the networks of these seeds, and add each result to a file."""
    sys.path.insert(0, str(ROOT))
    from tests.training.judge import judge_seed

    for seed in seeds:
        result = judge_seed(seed)
        with open(results, "a") as file:
            file.write(json.dumps(result) + "\n")


def read_results(path, seeds):
    """Return the results of these seeds that a file holds."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [result for result in map(json.loads, lines) if result["seed"] in seeds]


# %% Tables
def main():
    args = parse_arguments()
    print_machine(1, *PACKAGES)
    seeds = range(args.seed, args.seed + args.networks)
    missing = sorted(set(seeds) - {result["seed"] for result in read_results(args.results, seeds)})
    for i in range(0, len(missing), N_AT_ONCE):
        begin, some = time.perf_counter(), missing[i : i + N_AT_ONCE]
        run_worker({"worker": "judge_networks", "seeds": some, "results": str(args.results.resolve())})
        print(f"networks {some[0]} to {some[-1]}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    print_results(read_results(args.results, seeds))


def print_results(results):
    print_counts("Networks", Counter(result["outcome"] for result in results))
    reasons = [result["detail"] for result in results if result["outcome"] == "left"]
    print_counts("Left to Keras", Counter(re.sub(r"'[a-z_\d]+'", "a layer", reason) for reason in reasons))
    for result in results:
        if result["outcome"] not in ("equal", "left"):
            print(f"{result['outcome']} by {result['difference']:.1e} in {result['detail']}\n    {result['case']}")
    print_kinds(results)


def print_counts(title, counts):
    print(title, *(f"{n:>5} {name}" for name, n in counts.most_common()), sep="\n", end="\n\n")


def print_kinds(results):
    """Print how often each kind of part was drawn, and what became of the networks with it."""
    rows = [(kind, result["outcome"]) for result in results for kind in result["kinds"]]
    table = pd.crosstab(*zip(*rows, strict=True)).rename_axis(index=None, columns=None)
    print(f"\n{len(table)} kinds of parts", table.to_string(), sep="\n")


if __name__ == "__main__":
    start(main, {"judge_networks": judge_networks})
