import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge, SGDRegressor

from skhybrid import WindowedRegressor, make_supervised
from skhybrid.series._coming import check_ahead, learn_coming

WIDE = ["load", "wind_t+1", "wind_t+2", "wind", "wind_t+0", "wind_t+x", "a.b_t+2", "a.b_t+10", "acb_t+1", "sun_t+1"]


def learn(known_future, horizon=None, seasons=(), names=WIDE, n_columns=10):
    return learn_coming(known_future, seasons, horizon, names=names, n_columns=n_columns, labels=None, freq=None)


@pytest.mark.parametrize(
    ("known_future", "horizon", "columns"),
    [
        (["wind"], None, [[1], [2]]),
        (["wind"], [1, 2], [[1], [2]]),
        (["wind"], [2, 1], [[2], [1]]),  # as the columns of y
        (["wind"], 2, [[1], [2]]),  # steps up to a single target
        (["a.b"], None, [[6], [7]]),  # by number, not by text
        (["acb", "sun"], 1, [[8, 9]]),
        (["sun", "acb"], 1, [[9, 8]]),
        ([1, 2], [1, 2], [[1], [2]]),
        ([1, 2, 6, 7], (2, 10), [[1, 6], [2, 7]]),
        (range(1, 5), 3, [[1, 2, 3, 4]]),
        (np.array([-1, 1]), 1, [[9, 1]]),
    ],
    ids=str,
)
def test_columns_are_found_for_each_step(known_future, horizon, columns):
    coming = learn(known_future, horizon)
    assert coming.columns.tolist() == columns
    assert coming.past.tolist() == sorted(set(range(len(WIDE))) - set(np.ravel(columns)))


@pytest.mark.parametrize("known_future", [None, [], ()])
def test_where_nothing_is_known_ahead_rows_stay_as_they_are(known_future):
    rows = np.ones((3, len(WIDE)))
    past, known = learn(known_future).split(rows)
    assert past is rows
    assert known.shape == (3, 0, 0)


def test_rows_are_split_into_past_and_known():
    past, known = learn([3, 1], 1, n_columns=4).split(np.arange(8.0).reshape(2, 4))
    assert past.tolist() == [[0, 2], [4, 6]]
    assert known.tolist() == [[[3, 1]], [[7, 5]]]


@pytest.mark.parametrize(
    ("known_future", "options", "message"),
    [
        (["rain"], {}, r"known_future=\['rain'\] must name .*as 'rain_t\+1', but there is none for 'rain'; pass X as"),
        (["load"], {}, "but there is none for 'load'"),
        (["wind"], {"names": None}, "but there is none for 'wind'; pass .* or the positions of these columns"),
        (["wind", "wind"], {}, "a name is given twice"),
        (
            ["wind", "sun"],
            {},
            r"the same steps ahead of each .*\['wind', 'sun'\] but holds \[1\] of 'sun' instead of \[1, 2\]",
        ),
        (["sun"], {"seasons": [7], "horizon": 2}, r"those of horizon, but holds \[1\] of 'sun' instead of \[2\]"),
        (
            ["wind", 1],
            {},
            r"known_future must hold names, or different positions among the 10 columns of X, but is \['wi",
        ),
        ([1, 1], {"horizon": 2}, r"different positions among the 10 columns of X, but is \[1, 1\]"),
        ([9, -1], {"horizon": 1}, r"different positions .* but is \[9, -1\]"),
        ([10], {"horizon": 1}, r"different positions .* but is \[10\]"),
        ([1.0], {"horizon": 1}, r"different positions .* but is \[1.0\]"),
        ([1], {}, r"known_future=\[1\] by position needs horizon.*there are 1 positions for no steps"),
        ([1, 2, 3], {"horizon": [1, 2]}, "there are 3 positions for 2 steps; pass horizon as in make_supervised"),
        (range(10), {"horizon": 1}, "X must hold a column besides .* but all 10 are known ahead"),
        (None, {"seasons": [7]}, r"seasons=\(7,\) needs horizon, which names the coming steps, but it is None"),
        (None, {"seasons": [7.5], "horizon": 1}, r"seasons must hold different lengths, .* but is \[7.5\]"),
    ],
    ids=str,
)
def test_bad_parameters_are_refused(known_future, options, message):
    with pytest.raises(ValueError, match=message):
        learn(known_future, **options)


def test_phases_are_the_last_columns_and_keep_the_dtype():
    coming = learn([1, 2], [1, 2], [3, 2], n_columns=3)
    known = np.full((2, 2, 1), 9, dtype=np.float32)
    ahead = coming.ahead(known, None, np.array([4, 5]))
    assert ahead.tolist() == [[[9, 2, 1], [9, 0, 0]], [[9, 0, 0], [9, 1, 1]]]
    assert ahead.dtype == np.float32


def test_unknown_values_ahead_are_refused_by_row():
    known = np.zeros((9, 2, 1))
    check_ahead(known, allow_nan=False)
    known[[1, 2, 3, 5, 6, 8], 1] = np.nan
    check_ahead(known, allow_nan=True)
    with pytest.raises(ValueError, match=r"columns of known_future are NaN in 6 rows \(1, 2, 3, 5, 6, \.\.\.\); fill"):
        check_ahead(known, allow_nan=False)
    known[4] = np.inf
    with pytest.raises(ValueError, match=r"X must hold finite numbers, but holds inf \(first in row 4"):
        check_ahead(known, allow_nan=True)


def test_warm_start_does_not_count_rows_anew():
    A = np.random.default_rng(0).normal(size=(60, 2))
    model = WindowedRegressor(SGDRegressor(warm_start=True), 4, horizon=2, seasons=[5]).fit(A[:40], A[:40, 0])
    with pytest.raises(ValueError, match=r"seasons=\(5,\) are counted from the first fitted row, .* partial_fit"):
        model.fit(A[40:], A[40:, 0])
    np.testing.assert_array_equal(model.read_windows(A[40:])[:, -4:], model.read_windows(A)[40:, -4:])


def test_horizon_must_be_that_of_what_is_known_ahead():
    df = pd.DataFrame({"load": np.arange(30.0), "holiday": np.arange(30) % 2})
    X, y = make_supervised(df, "load", horizon=[1, 2, 3], known_future=["holiday"])
    with pytest.raises(ValueError, match=r"those of horizon, but holds \[1, 2, 3\] of 'holiday' instead of \[1, 2\]"):
        WindowedRegressor(Ridge(), 3, horizon=[1, 2], known_future=["holiday"]).fit(X, y)


def test_channels_are_named_by_columns():
    class Records(Ridge):
        def __init__(self, alpha=1.0, norm_channels=None):
            super().__init__(alpha)
            self.norm_channels = norm_channels

    df = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["load", "flag", "holiday"])
    X, y = make_supervised(df, "load", known_future=["holiday"])
    model = WindowedRegressor(Records(norm_channels=["flag"]), 3, known_future=["holiday"]).fit(X, y)
    assert model.estimator_.norm_channels == [1]
    with pytest.raises(ValueError, match=r"norm_channels must name columns .*, \['load', 'flag'\], but names \['holi"):
        WindowedRegressor(Records(norm_channels=["holiday"]), 3, known_future=["holiday"]).fit(X, y)
