"""How long does a batch of training take on long windows, beside Keras' own fit and a loop in PyTorch?

The network is Conv1D -> LSTM -> Dense(16) -> Dense(1), trained with Adam on batches of 32 windows: 96 steps of 7
features with 64 filters and units, or 12 steps of 1 feature with 32 filters and units (--sizes short). A process has
one core or two to itself from before it imports a library (Linux). --networks times the other networks of the package
beside the same in Keras, recurrences also in PyTorch, and in units of the package's own LSTM where that is among them.

    python long_windows.py
    python long_windows.py --sizes long short --networks cnn_lstm lstm gru simple_rnn cnn dense
"""

# %% What is measured, and what can be changed
import argparse
import os
import time
from importlib.util import find_spec

import joblib
import numpy as np
from _common import column, measure, print_machine, print_spread, ratio, start

SIZES = {"long": (96, 7, 64), "short": (12, 1, 32)}  # steps, features, filters and units
PACKAGES = ("skhybrid", "tensorflow", "keras", "torch")
NETWORKS = {
    "cnn_lstm": "CNNLSTMRegressor",
    "lstm": "LSTMRegressor",
    "gru": "GRURegressor",
    "simple_rnn": "SimpleRNNRegressor",
    "cnn": "CNNRegressor",
    "dense": "DenseRegressor",
}
RECURRENCES = ("lstm", "gru", "simple_rnn")
TIMED_EPOCHS = 5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="processes of each peer (default: 5)")
    parser.add_argument("--batches", type=int, default=50, help=f"in each of {TIMED_EPOCHS} epochs (default: 50)")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["long"], help="of the windows (default: long)")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["cnn_lstm"], help="default: cnn_lstm")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=[*PEERS], help="who trains them (default: all)")
    parser.add_argument(
        "--cpu", action="store_true", help="count the processor time of the process, on a machine that others use too"
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="cores to run on (default: 1 2)")
    return parser.parse_args()


def make_data(n_batches, n_steps, n_features):
    """Return noise (n_windows, n_steps, n_features) and targets (n_windows,): the time of a batch is what counts."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(32 * n_batches, n_steps, n_features)).astype(np.float32)
    return X, X[:, -1, 0]


def choose_widths(network, width):
    """Return the parameters that set the widths of a network."""
    return {
        "cnn_lstm": {"filters": width, "units": width, "dense_units": 16},
        "cnn": {"filters": width, "pool_size": 2, "dense_units": 32},
        "dense": {"dense_units": (128, 64)},
    }.get(network, {"units": width, "dense_units": 16})


# %% The peers: each returns a function that trains for some epochs from where it is
def train_skhybrid(network, width, X, y, seed):
    import skhybrid

    options = {"batch_size": 32, "random_state": seed, "warm_start": True}  # the next fit goes on with the network
    model = getattr(skhybrid, NETWORKS[network])(**choose_widths(network, width), **options)
    return lambda epochs: model.set_params(epochs=epochs).fit(X, y)


def train_keras(network, width, X, y, seed):
    from skhybrid.networks import NETWORKS as BUILDERS  # uncompiled models of Keras' own layers

    model = BUILDERS[network](X.shape[1:], 1, seed=seed, **choose_widths(network, width))
    model.compile(optimizer="adam", loss="mse")
    return lambda epochs: model.fit(X, y, epochs=epochs, batch_size=32, verbose=0)


def train_torch(network, width, X, y, seed):
    import torch
    from _torch_network import CNNRecurrent, Recurrent

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(seed)
    n_features = X.shape[2]
    model = (
        Recurrent(n_features, width, network)
        if network in RECURRENCES
        else CNNRecurrent(n_features, filters=width, kernel_size=3, units=width)
    )
    optimizer, loss = torch.optim.Adam(model.parameters()), torch.nn.MSELoss()
    X, y = torch.from_numpy(X), torch.from_numpy(y).reshape(-1, 1)

    def train(epochs):
        for _ in range(epochs):
            for rows in torch.randperm(len(X)).split(32):
                optimizer.zero_grad()
                loss(model(X[rows]), y[rows]).backward()
                optimizer.step()

    return train


PEERS = {"skhybrid": train_skhybrid, "Keras": train_keras, "PyTorch": train_torch}


# %% The time of a batch, in a process of its own
def time_batch(peer, network, size, n_batches, n_threads, cpu, seed):
    """Return the milliseconds of a batch: the difference between a long and a short fit, by the batches it holds.

    A fit also checks its data and sets up its loop, once however long it is. The difference leaves what every epoch
    needs: to shuffle the rows, to gather the batches and to train on them.
    """
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_threads])
    n_steps, n_features, width = SIZES[size]
    train = PEERS[peer](network, width, *make_data(n_batches, n_steps, n_features), seed)

    clock = time.process_time if cpu else time.perf_counter

    def seconds(epochs):
        begin = clock()
        train(epochs)
        return clock() - begin

    for epochs in (1, 1 + TIMED_EPOCHS):  # the first fits compile, and are not timed
        train(epochs)
    difference = seconds(1 + TIMED_EPOCHS) - seconds(1)
    return {"ms": 1000 * difference / (TIMED_EPOCHS * n_batches)}


# %% Rounds and tables
def main():
    args = parse_arguments()
    print_machine(args.rounds, *PACKAGES)
    if not find_spec("torch"):
        print("PyTorch is left out: torch is not installed\n")
    if max(args.threads) > joblib.cpu_count():
        raise SystemExit(f"--threads {max(args.threads)} needs as many cores, and there are {joblib.cpu_count()}")
    for size in args.sizes:
        compare(size, args)


def compare(size, args):
    """Time the peers on all networks of one size, and print their tables."""
    work = {"worker": "time_batch", "size": size, "n_batches": args.batches, "cpu": args.cpu}
    tasks = {
        (network, peer, n): {**work, "network": network, "peer": peer, "n_threads": n}
        for network in args.networks
        for n in args.threads
        for peer in peers_of(network, args.peers)
    }
    ms = column(measure(tasks, args.rounds), "ms")
    n_steps, n_features, width = SIZES[size]
    for network in args.networks:
        own = {f"{peer} threads={n}": values for (name, peer, n), values in ms.items() if name == network}
        print_spread(f"{network}, windows ({n_steps}, {n_features}), width {width}: ms per batch", own, digits=2)
        ratios = {
            f"skhybrid / {peer} threads={n}": ratio(ms[network, "skhybrid", n], ms[network, peer, n])
            for n in args.threads
            for peer in peers_of(network, args.peers)
            if peer != "skhybrid"
        }
        print_spread("Ratios of ms per batch, within each round", ratios, digits=2)
    if "lstm" in args.networks:
        ratios = {
            f"{network} / lstm threads={n}": ratio(ms[network, "skhybrid", n], ms["lstm", "skhybrid", n])
            for network in args.networks
            for n in args.threads
            if network != "lstm"
        }
        print_spread("Ratios of skhybrid's ms per batch, within each round", ratios, digits=2)


def peers_of(network, chosen):
    """Return the names of those that train a network, the package first; PyTorch's are the hybrid and recurrences."""
    with_torch = network in ("cnn_lstm", *RECURRENCES) and find_spec("torch")
    return [peer for peer in PEERS if peer == "skhybrid" or (peer in chosen and (with_torch or peer != "PyTorch"))]


if __name__ == "__main__":
    start(main, {"time_batch": time_batch})
