import numpy as np
import pytest

from skhybrid.evaluation._numbers import count, number, percent, pvalue, seconds, short_pvalue, spread


@pytest.mark.parametrize(("x", "shown"), [(np.nan, ""), (12345.6, "12346"), (0.123456, "0.1235"), (25.0, "25")])
def test_number(x, shown):
    assert number(x) == shown


@pytest.mark.parametrize(
    ("write", "x", "shown"),
    [
        (seconds, 0.01234, "0.012"),
        (seconds, 12.34, "12"),
        (percent, -0.0123, "-1.2 %"),
        (short_pvalue, 0.0004, "<0.001"),
        (short_pvalue, 0.0412, "0.041"),
        (pvalue, 0.0004, "p<0.001"),
        (pvalue, 0.0412, "p=0.041"),
    ],
)
def test_numbers_by_hand(write, x, shown):
    assert write(x) == shown


@pytest.mark.parametrize("write", [seconds, percent, short_pvalue])
def test_missing_numbers_are_not_shown(write):
    assert write(np.nan) == ""


def test_missing_pvalue_in_a_sentence():
    assert pvalue(np.nan) == "not possible"


@pytest.mark.parametrize(("std", "shown"), [(0.0123, "1.5 ± 0.012"), (np.nan, "1.5")])
def test_spread(std, shown):
    assert spread(1.5, std) == shown


@pytest.mark.parametrize(("n", "shown"), [(0, "0 folds"), (1, "1 fold"), (2, "2 folds")])
def test_count(n, shown):
    assert count(n, "fold") == shown
