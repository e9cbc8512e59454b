"""Whether a program trains a network as Keras does: one case, trained by both."""

import warnings
from typing import NamedTuple

import numpy as np

from skhybrid import SequenceRegressor
from tests.training.random_networks import draw_case

BOUND = 1e-4  # of the largest value of an array
LAST_BIT = 1.2e-7  # of float32, relative to a value


class Verdict(NamedTuple):
    """What became of a case.

    "equal" and "different" were trained by a program; "left" by Keras' loop, "failed" raised where Keras' loop did not,
    and "refused" with either. "unsteady" cannot be compared: Keras' own predictions or losses change by more than the
    bound with the last bit of the inputs and the first weights.
    """

    outcome: str
    detail: str  # the reason of Keras' loop, what differs (or what is equal but for it), or the error
    difference: float  # the largest of an array, relative to its largest value


def judge(case):
    """Train a case as "auto" does, and where that was a program, by Keras' loop; compare what they leave."""
    trained = try_to_train(case, "auto")
    if isinstance(trained, Exception):
        by_keras = try_to_train(case, "keras")
        return Verdict("refused" if isinstance(by_keras, Exception) else "failed", show_error(trained), 0.0)
    engine, arrays, by_keras = trained
    if engine != "compiled":
        difference = difference_of(arrays["predictions"], by_keras)
        return Verdict("left" if difference <= BOUND else "different", engine, difference)
    _, expected, _ = train(case, "keras")
    differences = compare(arrays, expected)
    if max(differences.values()) <= BOUND:
        return Verdict("equal", "", max(differences.values()))
    _, shifted, _ = train(case, "keras", shift=LAST_BIT)
    return weigh(differences, compare(shifted, expected))


def weigh(differences, of_keras):
    """Return the verdict on what differs by more than the bound, knowing by how much Keras differs from itself.

    A weight without influence, such as a bias before a normalisation, has a gradient of nothing but rounding, which
    optimizers like Adam divide by its own size. So it may differ where it differs between two trainings by Keras.
    """
    beyond = {name: value for name, value in differences.items() if value > BOUND}
    text, largest = ", ".join(beyond), max(beyond.values())
    if any(value > 10 * of_keras.get(name, 0.0) for name, value in beyond.items()):
        return Verdict("different", text, largest)
    is_weight_only = all(name.startswith("weights") for name in beyond)
    return Verdict("equal" if is_weight_only else "unsteady", text, largest)


def try_to_train(case, engine):
    try:
        return train(case, engine)
    except Exception as error:
        return error


def train(case, engine, *, shift=0.0):
    """Train a case for three epochs.

    Return which loop it was, all that it left (weights, predictions and history), and the predictions of Keras' loop.
    """

    def build(input_shape, n_outputs, *, seed):
        network = case.build(input_shape, n_outputs, seed=seed)
        network.set_weights([w if w.dtype.kind != "f" else shifted(w, shift) for w in network.get_weights()])
        return network

    X, y, weights = case.make_data()
    model = SequenceRegressor(build, **case.options, epochs=3, n_iter_no_change=1, random_state=0, engine=engine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras, on frozen networks and lost masks
        model.fit(shifted(X, shift), y[:, 0] if case.n_outputs == 1 else y, sample_weight=weights)
        arrays = {f"weights {i}": w for i, w in enumerate(model.model_.get_weights())}
        arrays |= {"predictions": model.predict(X), **model.history_}
        return model.engine_, arrays, model.set_params(engine="keras").predict(X)


def shifted(values, shift):
    """Return values that are moved by parts of themselves, each by another."""
    return (values * (1 + shift * np.random.default_rng(0).uniform(-1, 1, values.shape))).astype(values.dtype)


def show_error(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def compare(arrays, others):
    """Return how far each array is from its like, relative to its largest value."""
    names = arrays.keys() | others.keys()
    return {name: difference_of(arrays.get(name, ()), others.get(name, ())) for name in sorted(names)}


def difference_of(a, b):
    """Return the largest difference of two arrays, relative to the largest value of the second."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or not a.size or not np.isfinite([a, b]).all():
        return 0.0 if a.shape == b.shape and np.array_equal(a, b, equal_nan=True) else np.inf
    return float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3))


def judge_seed(seed):
    """Return the verdict on a seed, its kinds and description, as plain values."""
    case = draw_case(seed)
    return {"seed": seed, **judge(case)._asdict(), "case": str(case), "kinds": case.kinds}
