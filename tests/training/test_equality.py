"""Programs equal Keras on random networks; `examples/benchmarks/equality.py` judges many more of them."""

import numpy as np
import pytest

from tests.training.judge import compare, judge, weigh
from tests.training.random_networks import draw_case
from tests.training.random_parts import EMBEDDINGS, HEADS, RESIZING, SEQUENCES, SUMMARIES

SEEDS = (4, 10, 23, 24, 34, 38)  # which train fast, most of them by a program


@pytest.mark.parametrize("seed", SEEDS)
def test_program_equals_keras(seed):
    verdict = judge(draw_case(seed))
    assert verdict.outcome in ("equal", "left"), verdict


def test_every_part_is_drawn():
    drawn = {part.name for seed in range(500) for part in draw_case(seed).parts}
    assert drawn == {*EMBEDDINGS, *SEQUENCES, *RESIZING, *SUMMARIES, *HEADS}
    assert len(drawn) > 100


def test_a_seed_draws_the_same_case():
    first, second = draw_case(5), draw_case(5)
    assert str(first) == str(second)
    np.testing.assert_array_equal(first.make_data()[0], second.make_data()[0])


# The judge


def test_difference_is_relative_to_the_largest_value():
    arrays = {"predictions": np.array([1.0, 100.0]), "loss": [0.5]}
    others = {"predictions": np.array([1.5, 100.0]), "loss": [0.5]}
    assert compare(arrays, others) == {"loss": 0.0, "predictions": pytest.approx(0.005)}


@pytest.mark.parametrize("other", [{}, {"loss": [1.0]}, {"loss": [1.0, np.nan]}], ids=["none", "fewer", "nan"])
def test_what_has_no_like_differs(other):
    assert compare({"loss": [1.0, 2.0]}, other) == {"loss": np.inf}


@pytest.mark.parametrize(
    ("differences", "of_keras", "outcome"),
    [
        ({"weights 0": 2e-4, "loss": 0.0}, {"weights 0": 0.0}, "different"),
        ({"weights 0": 0.9, "loss": 0.0}, {"weights 0": 0.5}, "equal"),
        ({"weights 0": 0.9, "loss": 2e-4}, {"weights 0": 0.5, "loss": 0.0}, "different"),
        ({"weights 0": 0.9, "loss": 2e-4}, {"weights 0": 0.5, "loss": 1e-4}, "unsteady"),
    ],
)
def test_verdict(differences, of_keras, outcome):
    assert weigh(differences, of_keras).outcome == outcome
