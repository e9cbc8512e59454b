"""Labels and columns of pyarrow are read as those of numpy."""

import numpy as np
import pandas as pd
import pytest

from skhybrid import CalendarFeatures, SlidingWindow, make_supervised
from skhybrid.series.labels import time_index

pa = pytest.importorskip("pyarrow")
pytestmark = pytest.mark.peers

DAYS = pd.date_range("2024-03-30", periods=20, freq="D")
LABELS = {
    "timestamps": (DAYS, pa.timestamp("ns")),
    "timestamps of seconds": (DAYS, pa.timestamp("s")),
    "timestamps of a zone": (DAYS.tz_localize("Europe/Berlin"), pa.timestamp("us", "Europe/Berlin")),
    "dates": (DAYS, pa.date32()),
    "durations": (DAYS - DAYS[0], pa.duration("s")),
    "integers": (pd.Index(range(3, 23)), pa.int16()),
    "floats": (pd.Index(np.arange(20) / 2), pa.float32()),
    "text": (DAYS.strftime("%Y-%m-%d"), pa.string()),
}
TIMES = ["timestamps", "timestamps of seconds", "timestamps of a zone", "dates", "text"]


def framed(name):
    """Return rows whose labels are of numpy, and the same of pyarrow."""
    labels, dtype = LABELS[name]
    X = pd.DataFrame({"x": np.arange(20.0)}, labels)
    return X, X.set_axis(pd.Index(list(labels), dtype=pd.ArrowDtype(dtype)))


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_read_as_those_of_numpy(name):
    X, arrow = framed(name)
    labels, expected = time_index(arrow), time_index(X)
    assert not isinstance(labels.dtype, pd.ArrowDtype)
    assert (labels == expected).all()
    with pytest.raises(ValueError, match="not strictly increasing"):
        time_index(arrow[::-1])
    with pytest.raises(ValueError, match="missing ones are among them"):
        time_index(arrow.set_axis(arrow.index.where(np.arange(20) != 3)))


def test_text_that_names_rows_and_flags_order_nothing():
    assert time_index(pd.DataFrame({"x": [1, 2]}, pd.Index(["b", "a"], dtype=pd.ArrowDtype(pa.string())))) is None
    with pytest.raises(ValueError, match=r"they are bool\[pyarrow\]"):
        time_index(pd.DataFrame({"x": [1, 2]}, pd.Index([False, True], dtype=pd.ArrowDtype(pa.bool_()))))


@pytest.mark.parametrize("name", LABELS)
def test_windows_follow_the_labels(name):
    X, arrow = framed(name)
    window = SlidingWindow(3).fit(arrow[:12])
    np.testing.assert_array_equal(window.transform(arrow[12:]), SlidingWindow(3).fit_transform(X)[12:])
    np.testing.assert_array_equal(window.transform(arrow[12:]), window.transform(X[12:]))  # either after either
    with pytest.raises(ValueError, match="steps are missing in its index"):
        make_supervised(arrow.drop(index=arrow.index[5]))


@pytest.mark.parametrize("name", TIMES)
def test_calendar_reads_times_in_the_index_and_in_a_column(name):
    X, arrow = framed(name)
    expected = CalendarFeatures().fit_transform(X)
    np.testing.assert_array_equal(CalendarFeatures().fit_transform(arrow), expected)
    in_column = arrow.reset_index(names="time")
    np.testing.assert_array_equal(CalendarFeatures(time="time").fit_transform(in_column), expected)
    in_column.loc[2, "time"] = None
    expected[2, 1:] = np.nan
    np.testing.assert_array_equal(CalendarFeatures(time="time").fit_transform(in_column), expected)


@pytest.mark.parametrize("dtype", [pa.int64(), pa.float64()])
def test_calendar_reads_numbers_in_a_column(dtype):
    seconds = pd.array(
        ((DAYS - pd.Timestamp("1970-01-01")) // pd.Timedelta("1s")).to_list(), dtype=pd.ArrowDtype(dtype)
    )
    X = pd.DataFrame({"time": seconds, "x": np.arange(20.0)})
    expected = CalendarFeatures().fit_transform(X[["x"]].set_axis(DAYS))
    np.testing.assert_array_equal(CalendarFeatures(time="time").fit_transform(X), expected)
