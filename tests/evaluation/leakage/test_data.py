import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler

from skhybrid import SlidingWindow, check_leakage, make_supervised, make_windows
from skhybrid.evaluation.leakage._data import Given, Prepared
from tests.helpers import load_and_price

FORWARD = TimeSeriesSplit(3)


def kinds(report):
    return [leak.kind for leak in report.findings]


def next_hour(df):
    return make_supervised(df, "load")


def scaled_features(scaler):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return pd.DataFrame(scaler.fit_transform(X), X.index, X.columns), y

    return prepare


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("window", [False, True])
def test_scaler_before_the_split_is_found(scaler, window):
    prepare = scaled_features(scaler)
    report = check_leakage(
        make_pipeline(SlidingWindow(4, flatten=True), Ridge()) if window else Ridge(),
        load_and_price(),
        cv=FORWARD,
        prepare=prepare,
    )
    assert kinds(report) == ["preparation"]
    assert report.findings[0].folds == (0, 1, 2)
    assert "all rows of X before row 60 of the raw data move" in report.findings[0].message


@pytest.mark.parametrize(("dtype", "found"), [(np.float32, []), (np.float64, ["preparation"])])
def test_rounding_of_float32_is_no_leak(dtype, found):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.astype(dtype) + dtype(1e-6) * dtype(df["price"].mean()), y

    assert kinds(check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)) == found


@pytest.mark.parametrize("share", [False, True])
def test_text_made_with_later_data_is_found(share):
    def prepare(df):
        X, y = make_supervised(df, "load")
        above = X["load"] > (X["load"].median() if share else 50)
        return X.assign(level=np.where(above, "high", None)), y

    pipe = make_pipeline(FunctionTransformer(lambda X: X[["load"]]), Ridge())
    report = check_leakage(pipe, load_and_price(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == (["preparation"] if share else [])


@pytest.mark.parametrize("name", ["load", "price"])
def test_scaler_of_one_column_names_it(name):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.assign(**{name: (df[name] - df[name].mean()) / df[name].std()}), y

    report = check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)
    assert f"(features {name})" in report.findings[0].message


@pytest.mark.parametrize(("center", "reach"), [(True, 2), (False, None)])
def test_centred_rolling_mean_is_found_and_a_trailing_one_is_none(center, reach):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.rolling(5, center=center, min_periods=1).mean(), y

    report = check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == (["preparation"] if center else [])
    if center:
        assert report.findings[0].message.startswith("2 of the 60 rows of X before row 60 of the raw data move")
        assert f"as far as {reach} rows back (features load, price)" in report.findings[0].message


@pytest.mark.parametrize(("mode", "found"), [("same", ["preparation"]), ("causal", [])])
def test_same_convolution_over_the_whole_series_before_windowing_is_found(mode, found):
    def prepare(load):
        kernel = [0.5, 0.3, 0.2]
        n_after = 1 if mode == "same" else 0
        padded = np.pad(load.to_numpy(), (2 - n_after, n_after), mode="edge")
        smooth = pd.Series(np.convolve(padded, kernel, mode="valid"), load.index)
        X, _ = make_windows(smooth, window_length=6)
        return X, make_supervised(load)[1].iloc[5:]

    report = check_leakage(
        make_pipeline(FunctionTransformer(lambda X: X[:, :, 0]), Ridge()),
        load_and_price()["load"],
        cv=FORWARD,
        prepare=prepare,
    )
    assert kinds(report) == found


@pytest.mark.parametrize(
    ("fill", "found"), [(pd.DataFrame.interpolate, ["preparation"]), (pd.DataFrame.ffill, [])], ids=["across", "past"]
)
def test_gaps_filled_from_behind_are_found(fill, found):
    df = load_and_price()
    df.iloc[17:20, 1] = np.nan  # far from the first test row of any fold
    report = check_leakage(Ridge(), df, cv=FORWARD, prepare=lambda df: next_hour(fill(df)))
    assert kinds(report) == found


def test_rows_chosen_by_all_data_are_found():
    report = check_leakage(
        Ridge(), load_and_price(), cv=FORWARD, prepare=lambda df: next_hour(df[df["price"] > df["price"].mean()])
    )
    assert kinds(report) == ["preparation"]
    assert "which rows prepare keeps depends on later data" in report.findings[0].message


def test_preparation_is_seen_where_no_fold_is_in_time():
    report = check_leakage(
        Ridge(), load_and_price(), cv=KFold(3, shuffle=True, random_state=0), prepare=scaled_features(StandardScaler())
    )
    assert kinds(report) == ["order", "preparation"]


def test_known_future_is_not_altered():
    def prepare(df):
        return make_supervised(df, "load", known_future=["price"])

    assert kinds(check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)) == ["preparation"]
    assert check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare, known_future=["price"]).is_clean


def test_targets_scaled_before_the_split_are_found():
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X, (y - y.mean()) / y.std()

    report = check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == ["horizon"]
    assert "every training target moves" in report.findings[0].message


def test_arrays_row_by_row():
    raw = load_and_price().to_numpy()

    def prepare(raw):
        return (raw[:, 1:] - raw[:, 1:].mean()), raw[:, 0]

    assert kinds(check_leakage(Ridge(), raw, cv=FORWARD, prepare=prepare)) == ["preparation"]
    assert check_leakage(Ridge(), raw, cv=FORWARD, prepare=lambda raw: (raw[:, 1:], raw[:, 0])).is_clean


def test_preparation_that_refuses_altered_data_is_not_seen():
    largest = load_and_price()["load"].max()

    def prepare(df):
        if df["load"].max() > largest:
            raise ValueError("too high")
        return next_hour(df)

    report = check_leakage(Ridge(), load_and_price(), cv=FORWARD, prepare=prepare)
    assert report.is_clean
    assert report.not_seen == ("prepare, which refuses the altered raw data (too high).",)


def test_raw_data_stay_as_they_are():
    df = load_and_price()
    before = df.copy()

    def prepare(df):
        df["load"] *= 2
        return next_hour(df)

    check_leakage(Ridge(), df, cv=FORWARD, prepare=prepare)
    pd.testing.assert_frame_equal(df, before)


# What becomes of the targets


def test_given_targets_are_altered_where_they_are_not_known():
    X, y = make_supervised(load_and_price(), "load", horizon=3)
    data = Given(X, y)
    later_y, leaks = data.alter_future(20)
    assert data.horizon == 3
    assert leaks == []
    assert np.flatnonzero(later_y != y).tolist() == list(range(18, len(y)))  # y[17] is the load of row 20


def with_holes(n_rows=300):
    """Return an hourly series in which a row is missing now and then."""
    return load_and_price(n_rows).drop(index=load_and_price(n_rows).index[[60, 61, 110, 200, 201]])


def test_given_targets_are_known_by_time_where_rows_were_left_out():
    X, y = make_supervised(with_holes(), "load", horizon=24, missing="drop")
    data = Given(X, y)
    later_y, _ = data.alter_future(100)
    is_later = X.index + pd.Timedelta("24h") > X.index[100]
    assert data.horizon == 24
    assert (later_y != y).tolist() == is_later.tolist()
    assert is_later[:100].sum() < 23  # fewer rows than steps


def test_given_windows_have_the_labels_of_their_targets():
    X, y = make_windows(with_holes(), "load", window_length=6, horizon=24, missing="drop")
    assert Given(X, y).horizon == 24


@pytest.mark.parametrize(("gap", "found"), [(0, ["horizon"]), (23, [])])
def test_targets_in_the_test_period_are_found_where_rows_were_left_out(gap, found):
    def prepare(df):
        return make_supervised(df, "load", horizon=24, missing="drop")

    cv = TimeSeriesSplit(3, gap=gap)
    assert kinds(check_leakage(Ridge(), *prepare(with_holes()), cv=cv)) == found
    assert kinds(check_leakage(Ridge(), with_holes(), cv=cv, prepare=prepare)) == found


def test_prepared_rows_have_the_steps_of_the_raw_data():
    data = Prepared(with_holes(), lambda df: make_supervised(df, "load", horizon=24, missing="drop"), ())
    assert data.steps.tolist() == ((data.X.index - data.X.index[0]) // pd.Timedelta("1h")).tolist()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (load_and_price().index[::-1], "X must hold the rows of one series in time order"),
        (load_and_price().index.strftime("%Y-%m-%d %H:%M")[::-1], "X must hold the rows of one series in time order"),
        (load_and_price().index.floor("2h"), "each label once, but its index is not strictly increasing"),
        (pd.MultiIndex.from_product([["a"], ["b"], range(120)]), "X must have one label .* MultiIndex of 3 levels"),
    ],
    ids=["newest first", "text newest first", "repeated", "three levels"],
)
def test_rows_out_of_order_are_refused(index, message):
    df = load_and_price().set_axis(index)
    with pytest.raises(ValueError, match=message):
        check_leakage(Ridge(), df, df["load"], cv=FORWARD)
    with pytest.raises(ValueError, match=message):
        check_leakage(Ridge(), df, cv=FORWARD, prepare=lambda df: (df, df["load"].shift(-1).fillna(0.0)))


def test_given_targets_without_a_horizon_stay():
    X, y = make_supervised(load_and_price(), "load")
    data = Given(X[["price"]], y)
    assert data.alter_future(20)[0] is data.y
    assert [leak.message.split()[0] for leak in data.check()] == ["steps", "whether"]


@pytest.mark.parametrize("as_array", [False, True])
def test_rows_stand_at_rows_of_the_raw_data(as_array):
    def every_other(df):
        X, y = next_hour(df.iloc[::2])
        return X, y.to_numpy() if as_array else y

    data = Prepared(load_and_price(), every_other, ())
    assert data.positions.tolist() == list(range(0, 118, 2))
    later_y, leaks = data.alter_future(5)  # row 10 of the raw data
    assert leaks == []
    assert np.flatnonzero(np.asarray(later_y != data.y)).tolist() == list(range(5, 59))


def test_rows_are_steps_where_the_target_follows_by_rows():
    day = pd.date_range("2024-01-01 09:00", periods=8, freq="h")
    times = pd.DatetimeIndex([time for n in range(25) for time in day + pd.Timedelta(days=n)])
    sessions = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200)}, times)
    X, y = make_supervised(sessions, horizon=3, freq="rows")
    data = Given(X, y)
    assert data.horizon == 3
    altered, _ = data.alter_future(48)  # the first row of a session
    assert np.flatnonzero(np.asarray(altered) != np.asarray(y))[0] == 46
