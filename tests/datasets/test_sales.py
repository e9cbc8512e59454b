import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from skhybrid import make_sales

WEEK = [-0.15, -0.15, -0.10, -0.05, 0.10, 0.30, 0.05]
over_kinds = pytest.mark.parametrize("kind", ["linear", "intermittent"])


@cache
def sales(kind="linear"):
    """Two years of 100 shops. Whoever changes the table copies it."""
    return make_sales(100, kind=kind, random_state=0)


@cache
def many_shops():
    """A month of 600 shops."""
    return make_sales(600, 30, random_state=0)


def days_of(df):
    return df.index.get_level_values("date")


def wave(days):
    return np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 350) / 365.25)


def regress(table):
    """Regress one shop's sales; return effects, and what they leave, as shares of its level, its mean weekday."""
    days = days_of(table)
    late = table["promotion"] * (days.day_of_week >= 5)
    weekdays = np.eye(7)[days.day_of_week]
    X = np.column_stack([weekdays, wave(days), table["promotion"], table["price"] - 10, late])
    coef, *_ = np.linalg.lstsq(X, table["sold"], rcond=None)
    level = coef[:7].mean()
    names = [*range(7), "wave", "promotion", "price", "promotion at weekends"]
    return pd.Series({"level": level, **dict(zip(names, coef / level, strict=True))}), (
        table["sold"] - X @ coef
    ) / level


@cache
def regressions():
    """Return the effects in all shops that are open for a year, a row each, and what they leave."""
    shops = {shop: table for shop, table in sales().groupby("shop") if len(table) > 365}
    found, left = zip(*map(regress, shops.values()), strict=True)
    return pd.DataFrame(found, index=list(shops)), left


# The table


@over_kinds
def test_rows_are_days_of_shops_in_order(kind):
    df = make_sales(12, 100, kind=kind, random_state=0)
    assert df.index.names == ["shop", "date"]
    assert df.index.is_unique
    assert df.index.is_monotonic_increasing
    assert df.index.unique("shop").tolist() == [f"shop {number:02}" for number in range(1, 13)]
    assert list(df) == ["sold", "promotion", "price", "area"]
    assert [dtype.kind for dtype in df.dtypes] == ["f" if kind == "linear" else "i", "i", "f", "i"]
    assert df.index.dtypes["date"].kind == "M"
    for _, table in df.groupby("shop"):
        dates = days_of(table)
        assert (dates == pd.date_range(dates[0], "2023-04-10")).all()  # the hundredth day


def test_names_of_many_shops_sort_as_text():
    names = make_sales(100, 1, random_state=0).index.unique("shop")
    assert names[[0, 1, 99]].tolist() == ["shop 001", "shop 002", "shop 100"]
    assert names.is_monotonic_increasing


def test_some_shops_open_late_but_within_two_thirds():
    opening = 30 - many_shops().groupby("shop").size()
    late = opening[opening > 0]
    assert len(late) == pytest.approx(600 * 0.3 * 0.95, abs=33)  # one in 20 of 30 % draws the first day
    assert (late.min(), late.max()) == (1, 19)
    assert late.mean() == pytest.approx(10, abs=1.3)


def test_one_day_is_enough():
    assert make_sales(9, 1, random_state=0).index.get_level_values("date").tolist() == [pd.Timestamp("2023-01-01")] * 9


@over_kinds
def test_more_shops_begin_with_the_fewer(kind):
    few, many = (make_sales(n, 60, kind=kind, random_state=3) for n in (5, 50))
    assert_frame_equal(few, many.loc[:"shop 05"], check_exact=True)


@over_kinds
@pytest.mark.parametrize("n_days", [1, 45, 99])
def test_no_row_depends_on_later_days(kind, n_days):
    short, long = (make_sales(20, n, kind=kind, random_state=3) for n in (n_days, 100))
    common = short.index.intersection(long.index)
    assert len(common) > 10
    assert_frame_equal(short.loc[common], long.loc[common], check_exact=True)


def test_kinds_share_all_but_the_sales():
    linear, intermittent = (sales(kind).drop(columns="sold") for kind in ("linear", "intermittent"))
    assert_frame_equal(linear, intermittent, check_exact=True)


@over_kinds
def test_random_state_decides_all_and_the_global_seed_is_left_alone(kind):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (make_sales(3, 50, kind=kind, random_state=seed) for seed in (0, 0, 1))
    assert_frame_equal(first, again, check_exact=True)
    assert not first.equals(other)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    "start", [pd.Timestamp("2024-02-28"), np.datetime64("2024-02-28"), pd.Timestamp("2024-02-28").date()]
)
def test_start_is_the_first_day(start):
    df = make_sales(2, 3, start=start, random_state=0)
    assert days_of(df).unique().strftime("%m-%d").tolist() == ["02-28", "02-29", "03-01"]


# What is known ahead


def test_promotions_are_calendar_weeks():
    df = sales()
    df = df.assign(week=days_of(df) - pd.to_timedelta(days_of(df).day_of_week, unit="D"))
    weeks = df.groupby(["shop", "week"])["promotion"]
    assert (weeks.min() == weeks.max()).all()
    promoted = weeks.first()
    assert set(promoted) == {0, 1}
    assert promoted.mean() == pytest.approx(0.15, abs=0.015)
    again = promoted.groupby("shop").shift() == 1
    assert promoted[again].mean() == pytest.approx(0.15, abs=0.035)  # a week tells nothing of the next


def test_prices_hold_and_change_at_any_day():
    price = sales()["price"].groupby("shop")
    lowest, highest = price.min(), price.max()
    assert (highest - lowest).max() <= 2.001
    assert (highest - lowest).median() > 1.5
    assert lowest.min() >= 8.5
    assert highest.max() <= 11.5
    usual = (lowest + highest) / 2
    assert usual.std() == pytest.approx(1 / np.sqrt(12), rel=0.2)
    changed = price.diff().dropna() != 0
    assert changed.mean() == pytest.approx(1 / 28, rel=0.06)
    assert changed.groupby(days_of(changed.to_frame()).day_of_week).mean().min() > 0.03


def test_area_is_constant_and_tells_of_the_size():
    df = many_shops()
    shops = df.groupby("shop")
    assert (shops["area"].min() == shops["area"].max()).all()
    usual = 40 * (1 + 0.15 * 0.4 + 0.12 * wave(days_of(df)).mean())
    ratio = np.log(shops["area"].first() / shops["sold"].mean())
    assert ratio.mean() == pytest.approx(np.log(400 / usual), abs=0.04)
    assert ratio.std() == pytest.approx(0.27, abs=0.035)  # 0.25 and what a month adds


# Linear


def test_sizes_spread_over_two_decades():
    df = many_shops()
    usual = 40 * (1 + 0.15 * 0.4 + 0.12 * wave(days_of(df)).mean())  # in January, of size 1
    mean = np.log10(df.groupby("shop")["sold"].mean() / usual)
    assert mean.mean() == pytest.approx(0, abs=0.06)  # 3 standard deviations, here and below
    assert mean.std() == pytest.approx(0.5, abs=0.045)
    assert mean.skew() == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(
    ("name", "expected", "tolerance"),
    [("promotion", 0.4, 0.015), ("price", -0.05, 0.01), ("wave", 0.12, 0.02), ("promotion at weekends", 0, 0.006)],
)
def test_linear_effects_are_in_proportion_to_the_level(name, expected, tolerance):
    found, _ = regressions()
    assert found[name].mean() == pytest.approx(expected, abs=tolerance)
    assert abs(np.corrcoef(found[name], np.log(found["level"]))[0, 1]) < 0.35  # in large shops as in small ones


def test_weekday_profile_is_shared_and_partly_own():
    week = regressions()[0][range(7)] - 1
    np.testing.assert_allclose(week.mean(), WEEK, atol=0.015)
    # Of seven uniform numbers within 0.05, less their mean, with 0.01 of the regression. Saturdays are left out: their
    # share is so large that it moves with the drift of the level.
    own = np.hypot(0.1 / np.sqrt(12) * np.sqrt(6 / 7), 0.01)
    np.testing.assert_allclose(week.drop(columns=5).std(), own, atol=0.006)


def test_noise_is_in_proportion():
    steps = np.array([np.diff(one).std() for one in regressions()[1]])
    np.testing.assert_allclose(steps, 0.08 * np.sqrt(2), rtol=0.3)  # the level of each shop has drifted
    assert steps.mean() == pytest.approx(0.08 * np.sqrt(2), rel=0.04)


def test_level_drifts_slowly():
    weeks = []
    for shop, level in regressions()[0]["level"].items():
        table = sales().loc[shop]
        known = 0.12 * wave(table.index) + 0.4 * table["promotion"] - 0.05 * (table["price"] - 10)
        rest = (table["sold"] / level - known).to_numpy()
        weeks.append(rest[: len(rest) // 7 * 7].reshape(-1, 7).mean(axis=1))
    near, far = (np.mean([np.mean((one[gap:] - one[:-gap]) ** 2) for one in weeks]) for gap in (1, 26))
    variance = 0.006**2 / (1 - 0.998**2)  # that the drift comes to
    assert near == pytest.approx(2 * 0.08**2 / 7 + 2 * variance * (1 - 0.998 ** (7 * 2 / 3)), rel=0.06)
    assert far - near == pytest.approx(2 * variance * (0.998**7 - 0.998 ** (7 * 26)), rel=0.25)


def test_linear_sales_are_never_cut_off():
    df = make_sales(40, 3650, random_state=0)
    assert (df["sold"] > 0.1 * df.groupby("shop")["sold"].transform("mean")).all()


# Intermittent


def test_many_days_are_without_a_sale():
    df = sales("intermittent")
    shops = df.groupby("shop")["sold"]
    zeros = shops.agg(lambda sold: (sold == 0).mean())[shops.size() > 365]
    assert zeros.between(0.3, 0.8).all()
    assert zeros.max() - zeros.min() > 0.3
    assert df["sold"].min() == 0


def test_chance_of_a_sale_follows_week_year_price_and_promotion():
    df = sales("intermittent").loc[:"shop 050"]
    days = days_of(df)
    friday, weekend = days.day_of_week == 4, days.day_of_week >= 5
    shops = pd.get_dummies(df.index.get_level_values("shop")).to_numpy(float)
    known = [3 * np.array(WEEK)[days.day_of_week], 3 * wave(days), 3 * (df["price"] - 10)]
    known += [df["promotion"] * on for on in (~weekend, weekend, friday)]
    X = np.column_stack([*known, shops])
    model = LogisticRegression(C=1e4, fit_intercept=False, solver="newton-cholesky").fit(X, df["sold"] > 0)
    coef, on_fridays, own = np.split(model.coef_[0], [5, 6])
    off = (coef - [1, 0.12, -0.05, 0.5, 1.5]) / [0.1, 0.03, 0.02, 0.15, 0.25]  # in tolerances
    np.testing.assert_allclose(off, 0, atol=1)
    assert on_fridays == pytest.approx(0, abs=0.3)  # no more than from Monday to Thursday
    assert own.min() > logit(0.25) - 0.4
    assert own.max() < logit(0.6) + 0.4


def test_amounts_are_one_and_a_negative_binomial():
    df = sales("intermittent")
    beyond = df.loc[df["sold"] > 0].assign(sold=lambda sold: sold["sold"] - 1)
    in_proportion = beyond["sold"] / np.sqrt(beyond["area"] / 400)  # the area tells the size within 25 %
    usual, promoted = in_proportion.groupby(beyond["promotion"]).mean()
    assert usual == pytest.approx(3, rel=0.05)
    assert promoted / usual == pytest.approx(1.5, rel=0.06)
    shops = beyond.loc[beyond["promotion"] == 0, "sold"].groupby("shop")
    mean = shops.mean()
    ratio = shops.var() / (mean + mean**2 / 2)
    assert ratio[shops.size() > 100].mean() == pytest.approx(1, abs=0.06)


# Refusals


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_shops": 0}, "n_shops must be an integer of at least 1, but is 0; "),
        ({"n_shops": "many"}, "n_shops must be an integer of at least 1, but is 'many'; "),
        ({"n_days": 2.5}, "n_days must be an integer of at least 1, but is 2.5; "),
        ({"kind": "lumpy"}, "kind must be 'linear' or 'intermittent', but is 'lumpy'."),
        ({"kind": ["linear"]}, "kind must be 'linear' or 'intermittent', but is ['linear']."),
        ({"start": "soon"}, "start must be a day without time of day and time zone, but is 'soon'; pass for example "),
        ({"start": None}, "start must be a day without time of day and time zone, but is None; "),
        ({"start": ["2023-01-01"]}, "start must be a day without time of day and time zone, but is ['2023-01-01']; "),
        ({"start": "2023-01-01 12:00"}, "start must be a day without time of day and time zone, but is "),
        ({"start": "2023-01-01T00:00Z"}, "start must be a day without time of day and time zone, but is "),
    ],
)
def test_sales_refuse(params, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make_sales(**params)
