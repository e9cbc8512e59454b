from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from skhybrid.series.labels import as_times, is_default, pack_labels, time_index, unpack_labels

DAYS = pd.date_range("2024-01-30", periods=3, freq="D")
SUMMER_TIME_ENDS = pd.date_range("2024-10-26 22:00", periods=9, freq="h", tz="UTC")


def framed(index):
    return pd.DataFrame({"x": np.arange(len(index))}, index)


# --- time_index ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [
        *(DAYS.as_unit(unit) for unit in ("s", "ms", "us", "ns")),
        SUMMER_TIME_ENDS.tz_convert("Europe/Berlin"),
        DAYS.to_period("D"),
        pd.to_timedelta([1, 2, 9], unit="s"),
        pd.RangeIndex(3, 9, 2),
        pd.Index([1, 2, 9]),
        pd.Index([0.5, 1, 4]),
    ],
    ids=lambda index: str(index.dtype),
)
def test_time_index_returns_labels_that_order_the_rows(index):
    assert time_index(framed(index)) is index or time_index(framed(index)).identical(index)
    assert time_index(framed(index)["x"]).equals(index)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (DAYS.date, DAYS),
        (DAYS.astype(object), DAYS),
        ([datetime(2024, 1, 1, 3), date(2024, 1, 2)], ["2024-01-01 03:00", "2024-01-02"]),
        (DAYS.strftime("%Y-%m-%d"), DAYS),
        (["2024-01-30", "2024-01-30 12:00", "2024-01-31T01:02:03.5"], None),  # as it is, but for the type
        (["2024-01-30T10:00Z", "2024-01-30 11:00Z"], None),
        (["2024-01", "2024-02"], ["2024-01-01", "2024-02-01"]),
        (pd.Index(DAYS.strftime("%Y-%m-%d"), dtype="string"), DAYS),
        (pd.Index(DAYS.strftime("%Y-%m-%d"), dtype=object), DAYS),
        (pd.CategoricalIndex(DAYS), DAYS),
        (pd.CategoricalIndex(DAYS.strftime("%Y-%m-%d")), DAYS),
        (pd.CategoricalIndex(DAYS, categories=DAYS[::-1]), DAYS),  # in the order of times, not of categories
    ],
)
def test_time_index_reads_what_means_times(index, expected):
    labels = time_index(framed(index if isinstance(index, pd.Index) else pd.Index(index)))
    assert isinstance(labels, pd.DatetimeIndex)
    expected = [pd.Timestamp(label) for label in (index if expected is None else expected)]
    assert labels.tolist() == expected


@pytest.mark.parametrize(
    ("index", "dtype"),
    [
        (pd.Index([1, 2, 9], dtype="Int64"), "int64"),
        (pd.Index([1, 2, 9], dtype="UInt8"), "int64"),
        (pd.Index([1, 2, 9], dtype="Float32"), "float64"),
        (pd.Index([1, 2, 9], dtype=object), "int64"),
        (pd.Index([1, 2.5, 9], dtype=object), "float64"),
        (pd.CategoricalIndex([1, 2, 9], categories=[9, 2, 1]), "int64"),
        (pd.CategoricalIndex(DAYS.to_period("D")), "period[D]"),
        (pd.Index(list(DAYS.to_period("D")), dtype=object), "period[D]"),
        (pd.Index([pd.Timedelta(1), pd.Timedelta(2)], dtype=object), "timedelta64[ns]"),
    ],
)
def test_time_index_reads_numbers_and_periods_of_any_type(index, dtype):
    labels = time_index(framed(index))
    assert labels.dtype == dtype
    assert labels.tolist() == index.tolist()


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((3, 1)),
        [[1.0]],
        framed([]),
        framed(["b", "a"]),
        framed(["b", "2024-01-01"]),  # not all of it has a date
        framed(pd.CategoricalIndex(["b", "a"])),
    ],
    ids=["array", "list", "no rows", "names", "a date among names", "categories"],
)
def test_time_index_is_none_where_nothing_orders_the_rows(X):
    assert time_index(X) is None


@pytest.mark.parametrize(
    "labels",
    [
        [2, 1, 3],
        [1, 1, 2],
        DAYS[::-1],
        DAYS[[0, 0, 1]].date,
        DAYS.strftime("%Y-%m-%d")[::-1],
        pd.CategoricalIndex(DAYS[::-1], categories=DAYS[::-1], ordered=True),
        DAYS.to_period("M"),
        SUMMER_TIME_ENDS.tz_convert("Europe/Berlin").tz_localize(None),  # the hour that comes twice
    ],
)
def test_time_index_refuses_labels_that_do_not_increase(labels):
    with pytest.raises(ValueError, match="each label once, but its index is not strictly increasing; sort"):
        time_index(framed(labels))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([True, False], r"they are bool \('True', ...\); convert the index \(pandas.to_datetime"),
        (pd.interval_range(0, 2), r"they are interval\[int64, right\]"),
        (pd.Index([(1, 2), (3, 4)], tupleize_cols=False), r"they are object \('\(1, 2\)'"),
        ([1 + 1j, 2], "they are complex128"),
        ([0.5, np.inf], "they are float64"),
        (["a", 1], "they are object"),
        ([1, "2024-01-01"], "they are object"),
        (["30.01.2024", "31.01.2024"], r"\('30.01.2024', ...\)"),
        (["1/30/24", "1/31/24"], r"\('1/30/24', ...\)"),
        (["Jan 2024", "Feb 2024"], r"\('Jan 2024', ...\)"),
        (["20240130", "20240131"], r"\('20240130', ...\)"),
        (["30-Jan-24", "31-Jan-24"], r"\('30-Jan-24', ...\)"),
        (["Jan 30", "Jan 31"], r"\('Jan 30', ...\)"),
        (["Tue 30 Jan", "Wed 31 Jan"], r"\('Tue 30 Jan', ...\)"),
        (["10:00", "09:00"], r"\('10:00', ...\)"),
        (["1700000001", "1700000000"], r"\('1700000001', ...\)"),
        (["2024-13-01", "2024-14-01"], r"\('2024-13-01', ...\)"),
        (["2024-01-30T10:00+01:00", "2024-01-30T10:00+00:00"], r"\('2024-01-30T10:00\+01:00', ...\)"),
        (["2024-01-30", None], "missing ones are among them"),
        (["a", None], "missing ones are among them"),
        ([1.0, np.nan], "missing ones are among them"),
        (pd.Index([1, None], dtype="Int64"), "missing ones are among them"),
        (pd.CategoricalIndex([1, 2, None]), "missing ones are among them"),
        (DAYS.where([True, False, True]), "missing ones are among them"),
        (DAYS.where([True, False, True]).date, "missing ones are among them"),
    ],
)
def test_time_index_refuses_what_orders_nothing(labels, message):
    with pytest.raises(ValueError, match=f"must have times or numbers as labels of its rows, but .*{message}"):
        time_index(framed(labels))


def test_time_index_refuses_several_levels():
    with pytest.raises(ValueError, match="MultiIndex of 2 levels; pass one series at a time"):
        time_index(framed(pd.MultiIndex.from_tuples([("a", 1)])))


def test_time_index_refuses_names_that_recur_as_those_of_series_do():
    with pytest.raises(ValueError, match=r"the rows of one series .* each label once"):
        time_index(pd.DataFrame({"x": [1, 2, 3, 4]}, ["shop a", "shop a", "shop b", "shop b"]))


@pytest.mark.parametrize("labels", [[1, 1], [True, False], pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])])
def test_time_index_names_what_it_reads(labels):
    with pytest.raises(ValueError, match=r"^data must"):
        time_index(framed(labels), "data")


def test_as_times_returns_missing_labels_as_they_are():
    index = pd.CategoricalIndex([1, None])
    assert as_times(index) is index


# --- is_default, pack_labels and unpack_labels -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pd.RangeIndex(3), True),
        (pd.RangeIndex(1, 3), False),
        (pd.RangeIndex(0, 6, 2), False),
        (pd.Index([0, 1, 2]), True),
        (pd.Index([1, 2, 3]), False),
        (pd.Index([0.0, 1, 2]), False),
        (DAYS, False),
    ],
)
def test_is_default_means_numbered_from_0(labels, expected):
    assert is_default(labels) == expected


@pytest.mark.parametrize(
    "index",
    [
        DAYS,
        *(DAYS.as_unit(unit) for unit in ("s", "ms", "ns")),
        SUMMER_TIME_ENDS.tz_convert("Europe/Berlin"),
        SUMMER_TIME_ENDS.tz_convert("+01:00"),
        SUMMER_TIME_ENDS.tz_convert("dateutil/Europe/Berlin"),
        pd.period_range("2024", periods=3, freq="W-SUN"),
        pd.to_timedelta([1, 2, 9], unit="s"),
        pd.RangeIndex(3, 9, 2),
        pd.Index([1, 2, 4]),
        pd.Index([0.5, 1, 4]),
    ],
    ids=lambda index: str(index.dtype),
)
def test_unpacked_labels_are_those_that_were_packed(index):
    dtype, numbers, zone = pack_labels(index)
    assert isinstance(dtype, str)
    assert numbers.dtype.kind in "if"
    again = unpack_labels(dtype, numbers, zone)
    assert (type(again), again.dtype) == (type(index), index.dtype)
    assert again.equals(index)
