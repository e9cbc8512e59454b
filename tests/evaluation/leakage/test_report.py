import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit

from skhybrid import LeakageReport, check_leakage, make_supervised
from skhybrid.evaluation.leakage.report import NOT_SEEN, Leak, merge
from tests.helpers import load_and_price

FORWARD = TimeSeriesSplit(3)


def next_hour(df):
    return make_supervised(df, "load")


def test_report_prints_and_raises():
    X, y = next_hour(load_and_price())
    report = check_leakage(Ridge(), X, y, cv=KFold(3))
    assert str(report) == repr(report)
    assert str(report).startswith("1 kind of leakage found.\nLEAK order (fold 0, 1): ")
    assert "not seen: steps before the split" in str(report)
    with pytest.raises(AssertionError, match="LEAK order"):
        report.raise_for_leaks()


def test_clean_report_says_what_was_not_seen():
    report = check_leakage(Ridge(), *next_hour(load_and_price()), cv=FORWARD)
    assert report.raise_for_leaks() is report
    assert str(report).startswith("No leakage found.\nchecked: order of the rows in 3 folds")
    assert report.not_seen == ("steps before the split (scaling, smoothing, filling of gaps, windows); pass prepare=.",)


def test_notes_of_one_kind_are_merged_with_their_folds():
    notes = [
        Leak("order", "5 rows", (0,)),
        Leak("horizon", "2 rows", (1,)),
        Leak("order", "7 rows", (2,)),
        Leak(NOT_SEEN, "one thing", (0,)),
        Leak(NOT_SEEN, "another", (0,)),
        Leak(NOT_SEEN, "one thing", (1,)),
    ]
    assert merge(notes) == [
        Leak("order", "5 rows", (0, 2)),
        Leak("horizon", "2 rows", (1,)),
        Leak(NOT_SEEN, "one thing", (0, 1)),
        Leak(NOT_SEEN, "another", (0,)),
    ]


def test_report_counts_its_kinds():
    report = LeakageReport((Leak("order", "mend it."), Leak("horizon", "mend it.", (1, 2))), ("this",), ())
    lines = ["2 kinds of leakage found.", "LEAK order: mend it.", "LEAK horizon (fold 1, 2): mend it.", "checked: this"]
    assert str(report).splitlines() == lines
    assert not report.is_clean
