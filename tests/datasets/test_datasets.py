import gzip
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_index_equal

from skhybrid.datasets import make_power_usage, read_series

PARTS = ["trend", "daily", "weekly", "weather", "spikes", "noise"]


def read(text, **options):
    """Read a table written with blanks for commas and slashes for new lines, all times on one day."""
    rows = text.replace(" ", ",").split("/")
    return read_series(StringIO("\n".join([rows[0], *(f"2024-01-01T{row}" for row in rows[1:])])), **options)


def values(frame, column="a"):
    return frame[column].tolist()


# make_power_usage


@settings(max_examples=20)
@given(
    n_days=st.integers(1, 9),
    freq=st.sampled_from(["10min", "15min", "h", "7h", "D", "2D"]),
    spike_rate=st.floats(0, 20),
    noise=st.floats(0, 10),
    random_state=st.integers(0, 2**31),
)
def test_parts_add_up_to_the_load(n_days, freq, spike_rate, noise, random_state):
    df, parts = make_power_usage(
        n_days, freq=freq, spike_rate=spike_rate, noise=noise, random_state=random_state, return_parts=True
    )
    assert list(parts) == PARTS
    np.testing.assert_allclose(sum(parts[name] for name in PARTS), df["load"], rtol=0, atol=1e-12)
    assert_index_equal(df.index, parts.index)


@pytest.mark.parametrize(("freq", "n_rows"), [("h", 72), ("30min", 144), ("D", 3), ("2D", 2), ("7h", 11)])
def test_rows_cover_the_days(freq, n_rows):
    df = make_power_usage(3, freq=freq, random_state=0)
    assert len(df) == n_rows
    assert df.index.name == "time"
    assert df.index.freq == pd.tseries.frequencies.to_offset(freq)
    assert df.index[0] == pd.Timestamp("2024-01-01")
    assert df.index[0].day_name() == "Monday"


@pytest.mark.parametrize("freq", ["15min", "h", "D"])
def test_longer_series_starts_with_the_same_rows(freq):
    short = make_power_usage(5, freq=freq, random_state=3, return_parts=True)
    long = make_power_usage(50, freq=freq, random_state=3, return_parts=True)
    for a, b in zip(short, long, strict=True):
        assert_frame_equal(a, b.iloc[: len(a)], check_exact=True)


@pytest.mark.parametrize(("freq", "every"), [("h", 4), ("3h", 12), ("D", 96)])
def test_freq_samples_the_same_curve(freq, every):
    coarse = make_power_usage(20, freq=freq, noise=0, random_state=1)
    fine = make_power_usage(20, freq="15min", noise=0, random_state=1)
    assert_frame_equal(coarse, fine.iloc[::every], check_freq=False, rtol=1e-12)


def test_random_state_decides_all():
    first, again, other = (make_power_usage(3, random_state=seed) for seed in (0, 0, 1))
    assert_frame_equal(first, again, check_exact=True)
    assert (first["load"] != other["load"]).all()
    rng = np.random.RandomState(0)
    assert_frame_equal(first, make_power_usage(3, random_state=rng), check_exact=True)
    assert (first["load"] != make_power_usage(3, random_state=rng)["load"]).all()


def test_global_seed_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    expected = np.random.RandomState(0).random_sample()
    make_power_usage(3, random_state=0)
    assert np.random.random_sample() == expected  # noqa: NPY002


@pytest.mark.parametrize("seed", range(5))
def test_default_load_is_positive(seed):
    assert make_power_usage(800, random_state=seed)["load"].min() > 10


def test_spike_rate_is_bursts_per_day():
    _, parts = make_power_usage(1000, spike_rate=1.5, random_state=0, return_parts=True)
    # A burst of mean 16 kW fades over 3 hours: it leaves 16 * 3 / 24 kW on the mean of a day.
    assert parts["spikes"].mean() == pytest.approx(1.5 * 2, rel=0.15)
    _, parts = make_power_usage(9, spike_rate=0, random_state=0, return_parts=True)
    assert (parts["spikes"] == 0).all()


@pytest.mark.parametrize(("freq", "step"), [("10min", 1 / 6), ("h", 1), ("6h", 6)])
def test_bursts_fade_by_the_hour(freq, step):
    _, parts = make_power_usage(30, freq=freq, spike_rate=0.5, random_state=0, return_parts=True)
    spikes = parts["spikes"].to_numpy()
    ratio = spikes[1:][spikes[:-1] > 1e-6] / spikes[:-1][spikes[:-1] > 1e-6]
    assert ratio.min() == pytest.approx(np.exp(-step / 3))  # without a new burst in the step
    assert np.median(ratio) == pytest.approx(np.exp(-step / 3))
    assert ratio.max() > 1  # with one


def test_cycles_repeat():
    df, parts = make_power_usage(28, random_state=0, return_parts=True)
    daily, weekly = (parts[name].to_numpy() for name in ("daily", "weekly"))
    np.testing.assert_allclose(daily[24:], daily[:-24], atol=1e-9)
    assert daily.max() - daily.min() > 10
    np.testing.assert_array_equal(weekly[168:], weekly[:-168])
    np.testing.assert_array_equal(weekly < 0, df.index.day_of_week >= 5)
    np.testing.assert_array_equal(df["workday"], df.index.day_of_week < 5)


def test_cold_days_raise_the_load():
    df, parts = make_power_usage(365, freq="D", random_state=0, return_parts=True)
    cold = df["temperature"] < 15
    assert cold.any()
    np.testing.assert_allclose(parts["weather"][cold], 0.6 * (15 - df["temperature"][cold]))
    assert df["temperature"].iloc[180:210].mean() > df["temperature"].iloc[:30].mean() + 10


def test_noise_has_its_standard_deviation():
    _, parts = make_power_usage(400, noise=2.5, random_state=0, return_parts=True)
    assert parts["noise"].std() == pytest.approx(2.5, rel=0.05)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"n_days": 0}, "n_days must be an integer of at least 1"),
        ({"n_days": 2.5}, "n_days must be an integer of at least 1"),
        ({"spike_rate": -1}, "spike_rate must be a finite number .* is -1"),
        ({"noise": np.inf}, "noise must be a finite number"),
        ({"noise": "loud"}, "noise must be a finite number .* is 'loud'"),
        ({"freq": "MS"}, "freq must be a fixed step in time, but is 'MS'"),
        ({"freq": "-1h"}, "freq must be a fixed step"),
        ({"freq": None}, "freq must be a fixed step"),
        ({"freq": "often"}, "freq must be a fixed step"),
    ],
)
def test_power_usage_refuses(params, words):
    with pytest.raises(ValueError, match=words):
        make_power_usage(**params)


# read_series: files in order


@settings(max_examples=50)
@given(
    freq=st.sampled_from(["15min", "h", "D", "7D", "B", "MS", "ME", "QS", "YS"]),
    start=st.dates(pd.Timestamp(1950, 1, 1).date(), pd.Timestamp(2050, 1, 1).date()),
    numbers=st.lists(st.tuples(st.floats(-1e9, 1e9), st.integers(-9, 9)), min_size=3, max_size=40),
)
def test_clean_series_comes_back_equal(freq, start, numbers):
    index = pd.date_range(str(start), periods=len(numbers), freq=freq, name="when")
    df = pd.DataFrame(numbers, columns=["load", "count"], index=index)
    text = StringIO(df.to_csv())
    back = read_series(text, target="load")
    assert_frame_equal(back, df, check_freq=False, rtol=1e-14)
    assert back.index.freq is not None


def test_freq_is_set_for_simulated_load(tmp_path):
    df = make_power_usage(2, freq="30min", random_state=0)
    df.to_csv(tmp_path / "load.csv")
    assert_frame_equal(read_series(tmp_path / "load.csv", target="load"), df, rtol=1e-12)


def test_gzip_path_and_file_object_agree(tmp_path):
    text = "t,a\n2024-01-01,1\n2024-01-02,2\n"
    (tmp_path / "a.csv").write_text(text)
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(text)
    plain = read_series(StringIO(text))
    assert plain["a"].tolist() == [1, 2]
    assert_frame_equal(read_series(tmp_path / "a.csv.gz"), plain)
    assert_frame_equal(read_series(str(tmp_path / "a.csv")), plain)


def test_first_column_is_the_time_unless_named():
    text = "a,when\n1,2024-01-01\n2,2024-01-02\n"
    df = read_series(StringIO(text), time="when")
    assert (df.index.name, list(df)) == ("when", ["a"])
    with pytest.raises(ValueError, match="of the time column 'a' are no times, first '7' in row 0; pass time="):
        read_series(StringIO(text.replace("\n1,", "\n7,")))


def test_columns_are_chosen_and_the_target_kept():
    text = "t,a,b,c\n2024-01-01,1,x,3\n2024-01-02,2,y,4\n"
    assert list(read_series(StringIO(text), columns=["c", "a"])) == ["c", "a"]
    assert list(read_series(StringIO(text), columns=["c"], target="a")) == ["c", "a"]


def test_true_and_false_are_numbers():
    df = read("t a/00:00 True/01:00 False")
    assert values(df) == [1, 0]
    assert df["a"].dtype.kind == "i"


def test_one_row_is_a_series():
    assert values(read("t a/00:00 5")) == [5]


def test_options_of_pandas_are_passed_on():
    text = "t;a\n01.02.2024;1,5\n02.02.2024;2,5\n"
    df = read_series(StringIO(text), time_format="%d.%m.%Y", read_csv_kwargs={"sep": ";", "decimal": ","})
    assert values(df) == [1.5, 2.5]
    assert df.index[0] == pd.Timestamp("2024-02-01")


def test_one_utc_offset_is_kept_and_several_become_utc():
    one = read("t a/00:00+02:00 1/01:00+02:00 2")
    assert one.index[0].isoformat() == "2024-01-01T00:00:00+02:00"
    several = read("t a/02:00+02:00 1/02:00+01:00 2")
    assert [time.isoformat() for time in several.index] == ["2024-01-01T00:00:00+00:00", "2024-01-01T01:00:00+00:00"]


@pytest.mark.parametrize(
    ("days", "freq"),
    [
        (["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"], "B"),
        (["2024-01-03", "2024-01-04", "2024-01-05"], "D"),
        (["2023-12-01", "2024-01-01", "2024-02-01"], "MS"),
        (["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"], "ME"),
        (["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"], "D"),
    ],
)
def test_usual_step(days, freq):
    text = "t,a\n" + "".join(f"{day},1\n" for day in days)
    assert read_series(StringIO(text)).index.freqstr == freq


# read_series: one problem each, and its ways out


def test_step_back():
    text = "t a/00:00 1/02:00 3/01:00 2/03:00 4"
    words = "1 rows step back in time, first from 2024-01-01 02:00:00 to 2024-01-01 01:00:00; pass order='sort'"
    with pytest.raises(ValueError, match=words):
        read(text)
    assert values(read(text, order="sort")) == [1, 2, 3, 4]


def test_repeated_times():
    text = "t a/00:00 1/01:00 2/01:00 4/02:00 5"
    with pytest.raises(
        ValueError, match=r"1 rows repeat .*first 2024-01-01 01:00:00; pass duplicates='first' or 'mean'"
    ):
        read(text)
    assert values(read(text, duplicates="first")) == [1, 2, 5]
    mean = read(text, duplicates="mean")
    assert values(mean) == [1, 3, 5]
    assert (mean.index.name, mean.index.freqstr) == ("t", "h")


def test_first_of_repeated_times_is_first_in_the_file():
    times = ["02:00", "01:00"] * 50  # enough rows for an unstable sort to show
    text = "t a/" + "/".join(f"{time} {number}" for number, time in enumerate(times))
    assert values(read(text, order="sort", duplicates="first")) == [1, 0]


GAPPY = "t a/00:00 0/01:00 1/03:00 3/04:00 4/08:00 0"


def test_gaps_are_counted():
    words = (
        "4 time steps of h are missing in 2 gaps, first after 2024-01-01 01:00:00, "
        r"longest \(3 steps\) after 2024-01-01 04:00:00; pass gaps="
    )
    with pytest.raises(ValueError, match=words):
        read(GAPPY)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ("interpolate", [0, 1, 2, 3, 4, 3, 2, 1, 0]),
        ("ffill", [0, 1, 1, 3, 4, 4, 4, 4, 0]),
        ("nan", [0, 1, np.nan, 3, 4, np.nan, np.nan, np.nan, 0]),
        ("keep", [0, 1, 3, 4, 0]),
    ],
)
def test_gaps_are_filled(gaps, expected):
    df = read(GAPPY, gaps=gaps)
    np.testing.assert_array_equal(df["a"], expected)
    assert df.index.name == "t"
    assert df.index.freqstr == (None if gaps == "keep" else "h")


def test_keeping_no_gap_keeps_the_freq():
    assert read("t a/00:00 0/01:00 1", gaps="keep").index.freqstr == "h"


def test_month_gap_is_one_step():
    text = "t,a\n2024-01-01,1\n2024-02-01,2\n2024-04-01,4\n2024-05-01,5\n"
    with pytest.raises(ValueError, match="1 time steps of MS are missing in 1 gaps, first after 2024-02-01"):
        read_series(StringIO(text))
    assert read_series(StringIO(text), gaps="nan").index.freqstr == "MS"


def test_holiday_is_a_gap_of_working_days():
    days = ["2024-01-04", "2024-01-05", "2024-01-09", "2024-01-10", "2024-01-11"]
    with pytest.raises(ValueError, match="1 time steps of B are missing in 1 gaps, first after 2024-01-05"):
        read_series(StringIO("t,a\n" + "".join(f"{day},1\n" for day in days)))


def test_freq_overrides_the_usual_step():
    with pytest.raises(ValueError, match="1 time steps of 30min are missing"):
        read("t a/00:00 0/01:00 1", freq="30min")
    assert read("t a/00:00 0/01:00 2", freq="30min", gaps="interpolate")["a"].tolist() == [0, 1, 2]


def test_summer_time_shows_as_duplicate_and_gap():
    spring = "t,a\n2024-03-31 00:00,1\n2024-03-31 01:00,2\n2024-03-31 03:00,3\n2024-03-31 04:00,4\n"
    with pytest.raises(ValueError, match="1 time steps of h are missing in 1 gaps, first after 2024-03-31 01:00:00"):
        read_series(StringIO(spring))
    autumn = "t,a\n2024-10-27 01:00,1\n2024-10-27 02:00,2\n2024-10-27 02:00,3\n2024-10-27 03:00,4\n"
    with pytest.raises(ValueError, match="1 rows repeat the time of an earlier row, first 2024-10-27 02:00:00"):
        read_series(StringIO(autumn))


HOLES = "t a b/00:00 1 1/01:00 NA 2/02:00 NA /03:00 4 5"


def test_missing_values_are_counted_by_column():
    words = r"3 values are missing \('a' 2, 'b' 1\), first at 2024-01-01 01:00:00; pass missing="
    with pytest.raises(ValueError, match=words):
        read(HOLES)


@pytest.mark.parametrize(
    ("missing", "a", "b"),
    [
        ("interpolate", [1, 2, 3, 4], [1, 2, 3.5, 5]),
        ("ffill", [1, 1, 1, 4], [1, 2, 2, 5]),
        ("nan", [1, np.nan, np.nan, 4], [1, 2, np.nan, 5]),
    ],
)
def test_missing_values_are_filled(missing, a, b):
    df = read(HOLES, missing=missing)
    np.testing.assert_array_equal(df["a"], a)
    np.testing.assert_array_equal(df["b"], b)


def test_interpolation_is_linear_in_time():
    df = read_series(StringIO("t,a\n2024-01-01,0\n2024-02-01,\n2024-03-01,60\n"), missing="interpolate")
    assert values(df) == pytest.approx([0, 31, 60])  # days since the first


@pytest.mark.parametrize("missing", ["interpolate", "ffill"])
def test_nothing_to_fill_from(missing):
    with pytest.raises(ValueError, match=rf"missing='{missing}' needs a value to fill from, but columns \['a'\] begin"):
        read("t a b/00:00 NA 1/01:00 2 2", missing=missing)


def test_interpolation_goes_no_further_than_the_last_value():
    text = "t a/00:00 1/01:00 2/02:00 NA"
    with pytest.raises(ValueError, match="begin or end with NaN; pass missing='nan'"):
        read(text, missing="interpolate")
    assert values(read(text, missing="ffill")) == [1, 2, 2]


@pytest.mark.parametrize(
    ("missing", "gaps", "expected"),
    [
        ("nan", "interpolate", [0, np.nan, 2, 3]),
        ("interpolate", "nan", [0, 1, np.nan, 3]),
        ("ffill", "interpolate", [0, 0, 2, 3]),
    ],
)
def test_gaps_and_missing_values_are_settled_apart(missing, gaps, expected):
    df = read("t a/00:00 0/01:00 NA/03:00 3", missing=missing, gaps=gaps)
    np.testing.assert_array_equal(df["a"], expected)


def test_gaps_filled_with_nan_need_no_word_on_missing():
    assert read("t a/00:00 0/01:00 1/03:00 3", gaps="nan")["a"].isna().tolist() == [False, False, True, False]


def test_ffill_does_not_look_ahead():
    first, second = (read(f"t a/00:00 0/01:00 NA/03:00 {last}/04:00 1", gaps="ffill", missing="ffill") for last in "29")
    assert_frame_equal(first.iloc[:3], second.iloc[:3])
    assert first["a"].iloc[3] != second["a"].iloc[3]


OFF = "t a/00:00 0/00:05 1/00:11 2/00:15 3/00:20 4"


def test_times_off_the_grid():
    words = "irregular: 1 are off the grid of step 5min, first 2024-01-01 00:11:00; pass irregular='nearest' or 'keep'"
    with pytest.raises(ValueError, match=words):
        read(OFF)
    nearest = read(OFF, irregular="nearest")
    assert values(nearest) == [0, 1, 2, 3, 4]
    assert nearest.index.freqstr == "5min"
    kept = read(OFF, irregular="keep")
    assert kept.index[2] == pd.Timestamp("2024-01-01 00:11")
    assert kept.index.freq is None


def test_moved_times_can_meet_others():
    text = "t a/00:00 0/00:05 1/00:06 2/00:10 3/00:15 4/00:20 5"
    with pytest.raises(ValueError, match="1 rows repeat the time of an earlier row, first 2024-01-01 00:05:00"):
        read(text, irregular="nearest")
    assert values(read(text, irregular="nearest", duplicates="first")) == [0, 1, 3, 4, 5]


def test_two_times_near_one_of_the_grid_are_no_gap():
    with pytest.raises(ValueError, match="the times are irregular: 1 are off") as info:
        read("t a/00:00 0/00:05 1/00:06 2/00:10 3/00:15 4/00:20 5")
    assert "gaps" not in str(info.value)


@pytest.mark.parametrize(("first", "last"), [("00:01", "00:20"), ("00:00", "00:19"), ("00:02", "00:22")])
def test_ends_off_the_grid_move_to_the_nearest(first, last):
    df = read(f"t a/{first} 0/00:05 1/00:10 2/00:15 3/{last} 4", irregular="nearest")
    assert_index_equal(df.index, pd.date_range("2024-01-01", periods=5, freq="5min", name="t"), exact="equiv")
    assert values(df) == [0, 1, 2, 3, 4]


def test_no_common_step():
    text = "t a/00:00 0/00:01 1/00:03 2/00:07 3/00:20 4"
    with pytest.raises(ValueError, match="the times are irregular: they share no step; pass irregular="):
        read(text)
    with pytest.raises(ValueError, match=r"irregular='nearest' needs a grid, .* pass freq="):
        read(text, irregular="nearest")
    assert values(read(text, irregular="keep")) == [0, 1, 2, 3, 4]
    df = read(text, irregular="nearest", freq="10min", duplicates="first", gaps="nan")
    np.testing.assert_array_equal(df["a"], [0, 3, 4])


def test_tiny_step_over_a_long_time_builds_no_huge_grid():
    text = "t,a\n2024-01-01 00:00:00,1\n2024-01-01 00:00:01,1\n2029-01-01,1\n"
    with pytest.raises(ValueError, match="they share no step"):
        read_series(StringIO(text))


@pytest.mark.parametrize("value", ['"1,234"', "n/a ", "inf"])
def test_text_in_numbers(value):
    text = f"t,a\n2024-01-01,1\n2024-01-02,{value}\n2024-01-03,3\n"
    shown = value.strip('"')
    with pytest.raises(ValueError, match=f"1 values of column 'a' are no finite numbers, first '{shown}' in row 1"):
        read_series(StringIO(text))


def test_text_in_numbers_is_not_missing_too():
    with pytest.raises(ValueError, match="row 1") as info:
        read("t a/00:00 1/01:00 ?/02:00 3")
    assert "missing" not in str(info.value)
    filled = read("t a/00:00 1/01:00 ?/02:00 3", missing="ffill", read_csv_kwargs={"na_values": ["?"]})
    assert values(filled) == [1, 1, 3]


def test_text_columns_are_named_with_the_rest():
    text = "t,a,sky,b\n2024-01-01,1,clear,3\n2024-01-02,2,,4\n"
    words = r"columns \['sky'\] hold no numbers, first 'clear'; pass columns=\['a', 'b'\]"
    with pytest.raises(ValueError, match=words) as info:
        read_series(StringIO(text))
    assert "missing" not in str(info.value)
    with pytest.raises(ValueError, match="1 values of column 'sky' are no finite numbers, first 'clear' in row 0"):
        read_series(StringIO(text), target="sky")


@pytest.mark.parametrize("bad", ["01/02/2024", "nan", "2024-02-30", "2024-01-02 24:00"])
def test_unreadable_times(bad):
    with pytest.raises(ValueError, match=f"1 of 2 values of the time column 't' are no times, first '{bad}' in row 1"):
        read_series(StringIO(f"t,a\n2024-01-01,1\n{bad},2\n"))


def test_time_without_offset_among_others_is_none():
    with pytest.raises(ValueError, match=r"1 of 2 values .* first '2024-01-01T01:00' in row 1"):
        read("t a/00:00Z 1/01:00 2")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"time": "when"}, r"time names \['when'\], but the file has the columns \['t', 'a'\]"),
        ({"target": "b"}, r"target names \['b'\], but the file has the columns \['a'\]"),
        ({"target": "t"}, r"target names \['t'\]"),
        ({"columns": ["a", "b", "c"]}, r"columns names \['b', 'c'\]"),
        ({"gaps": "bfill"}, "gaps must be 'raise' or 'interpolate' or .* but is 'bfill'"),
        ({"order": None}, "order must be 'raise' or 'sort', but is None"),
    ],
)
def test_read_series_refuses(params, words):
    with pytest.raises(ValueError, match=words):
        read("t a/00:00 1/01:00 2", **params)


def test_file_without_rows_or_columns():
    with pytest.raises(ValueError, match=r"has columns \['t', 'a'\] and no row"):
        read_series(StringIO("t,a\n"))
    with pytest.raises(ValueError, match="must have columns beside the time"):
        read_series(StringIO("t;a\n2024-01-01;1\n"))


def test_all_problems_come_in_one_message(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "t,a,b,sky\n2024-01-01,1,1,x\n2024-01-03,?,1,x\n2024-01-02,3,,x\n2024-01-02,3,4,x\n2024-01-06,3,4,x\n"
        "2024-01-06 07:00,1,1,x\n"
    )
    with pytest.raises(ValueError, match=r"bad\.csv has 7 problems:") as info:
        read_series(path)
    message = str(info.value)
    for way_out in (
        "columns=['a', 'b']",
        "read_csv_kwargs=",
        "order=",
        "duplicates=",
        "irregular=",
        "gaps=",
        "missing=",
    ):
        assert message.count(f"pass {way_out}") == 1
    with pytest.raises(ValueError, match=r"bad\.csv has 2 problems:"):
        read_series(path, order="sort", duplicates="mean", irregular="keep", missing="nan")


def test_time_and_number_problems_come_together():
    with pytest.raises(ValueError, match=r"2 problems:\n- 1 of 2 values .*\n- 1 values of column 'a'"):
        read_series(StringIO("t,a\nyesterday,1\n2024-01-01,?\n"), target="a")


# read_series: real files


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "target", "columns", "shape", "freq"),
    [
        ("sp500_monthly.csv", "close", None, (918, 1), "MS"),
        ("ETTh1.csv.gz", "OT", None, (17420, 7), "h"),
        ("vic_electricity_halfhourly.csv.gz", "demand_mw", ["temperature_c", "holiday"], (52608, 3), "30min"),
        ("airline_passengers_monthly.csv", "passengers_thousands", None, (144, 1), "MS"),
    ],
)
def test_clean_real_series(shared_data, file, target, columns, shape, freq):
    df = read_series(shared_data / file, target=target, columns=columns)
    assert df.shape == shape
    assert df.index.freqstr == freq
    assert df.index.is_monotonic_increasing
    raw = pd.read_csv(shared_data / file)
    np.testing.assert_array_equal(df[target], raw[target])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "words"),
    [
        (
            "metro_traffic_hourly_raw.csv.gz",
            r"3 problems:\n- columns \['holiday', 'weather_main', 'weather_description'\]",
        ),
        ("metro_traffic_hourly_raw.csv.gz", r"7629 rows repeat .*\n.*longest \(7386 steps\) after 2014-08-08 01:00:00"),
        ("metro_traffic_hourly_grid.csv.gz", r"2 problems:\n- columns \['weather_main'\].*\n.*\('traffic_volume' 1012"),
        ("nab_machine_temperature.csv.gz", "1 rows step back .* 2014-01-07 02:00:00.*\n- 12 rows repeat"),
        ("nab_ec2_request_latency.csv", r"3 problems:\n.*irregular: 12 .*\n.*11 rows repeat .*\n.*\(12 steps\) after"),
        ("nab_traffic_occupancy_6005.csv", "are off the grid of step 5min"),
        ("wikipedia_peyton_manning_daily.csv", r"59 time steps of D are missing in 29 gaps.* \(19 steps\)"),
        ("co2_weekly.csv", r"59 values are missing \('co2_ppmv' 59\), first at 1958-05-10"),
        ("vic_electricity_halfhourly.csv.gz", r"\['date_local'\] hold no numbers"),
        ("eeg_eye_state.csv.gz", "values of the time column 'AF3' are no times, first '4329.23' in row 0"),
    ],
)
def test_real_problems_are_told(shared_data, file, words):
    with pytest.raises(ValueError, match=words):
        read_series(shared_data / file)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "ways_out", "n_rows", "freq"),
    [
        (
            "metro_traffic_hourly_raw.csv.gz",
            {"columns": ["traffic_volume", "temp"], "duplicates": "first", "gaps": "ffill"},
            48204 - 7629 + 11976,
            "h",
        ),
        ("metro_traffic_hourly_grid.csv.gz", {"columns": ["temp", "is_holiday"], "missing": "interpolate"}, 24096, "h"),
        ("nab_machine_temperature.csv.gz", {"order": "sort", "duplicates": "mean"}, 22695 - 12, "5min"),
        ("nab_traffic_speed_7578.csv", {"irregular": "keep"}, 1127, None),
        ("wikipedia_peyton_manning_daily.csv", {"gaps": "interpolate"}, 2905 + 59, "D"),
        ("co2_weekly.csv", {"missing": "ffill"}, 2284, "7D"),
    ],
)
def test_ways_out_settle_real_problems(shared_data, file, ways_out, n_rows, freq):
    df = read_series(shared_data / file, **ways_out)
    assert len(df) == n_rows
    assert df.index.freqstr == freq
    assert df.index.is_unique
    assert not df.isna().any(axis=None)
