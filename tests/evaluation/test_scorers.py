import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, QuantileRegressor
from sklearn.metrics import get_scorer, make_scorer, max_error, mean_pinball_loss
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import DenseRegressor, WindowedRegressor, forecast_scorer, pinball, smape
from skhybrid.evaluation.scorers import ERRORS, read_scorer
from tests.helpers import compare_on_plane

X, Y = np.random.default_rng(0).normal(size=(2, 40, 2))
NETWORK = DenseRegressor(dense_units=3, epochs=2, random_state=0, loss="quantile", quantiles=(0.25, 0.5, 0.9))
AROUND = {
    "search": lambda network: GridSearchCV(network, {"epochs": [1]}, cv=TimeSeriesSplit(2)),
    "pipeline": lambda network: make_pipeline(StandardScaler(), network),
    "windows": lambda network: WindowedRegressor(network, 3),
    "deep": lambda network: GridSearchCV(WindowedRegressor(network, 3), {}, cv=TimeSeriesSplit(2)),
}


@pytest.mark.parametrize("name", ["rmse", "mae", "smape", "pinball"])
def test_scorers_negate_the_error(name):
    model = LinearRegression().fit(X, Y[:, 0])
    expected = -ERRORS[name].function(Y[:, 0], model.predict(X))
    assert forecast_scorer(name)(model, X, Y[:, 0]) == pytest.approx(expected)


def test_error_rate_is_the_share_of_wrong_labels():
    model = LogisticRegression().fit(X, Y[:, 0] > 0)
    assert forecast_scorer("error_rate")(model, X, Y[:, 0] > 0) == pytest.approx(model.score(X, Y[:, 0] > 0) - 1)


def test_pinball_scorer_prefers_the_quantile_it_is_for():
    rng = np.random.default_rng(0)
    X, y = np.zeros((200, 1)), rng.exponential(size=200)
    search = GridSearchCV(
        QuantileRegressor(alpha=0),
        {"quantile": [0.1, 0.5, 0.9]},
        cv=TimeSeriesSplit(3),
        scoring=forecast_scorer("pinball", quantile=0.9),
    )
    assert search.fit(X, y).best_params_ == {"quantile": 0.9}


@pytest.mark.parametrize("around", AROUND)
def test_pinball_asks_a_network_for_its_quantile(around):
    model = AROUND[around](NETWORK).fit(X, Y[:, 0])
    network, read = getattr(model, "best_estimator_", model), X
    if around in ("windows", "deep"):
        network, read = network.estimator_, network.read_windows(X)
    if around == "pipeline":
        network, read = network[-1], network[:-1].transform(X)
    expected = -pinball(Y[:, 0], network.predict_quantiles(read)[:, 2], quantile=0.9)
    assert forecast_scorer("pinball", quantile=0.9)(model, X, Y[:, 0]) == pytest.approx(expected)
    of_sklearn = read_scorer(make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.9))
    assert of_sklearn(model, X, Y[:, 0]) == pytest.approx(expected)


def test_pinball_refuses_quantiles_that_cannot_be_had():
    model = NETWORK.fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=r"quantile=0.8 must be one of those that the network forecasts, \(0.25, 0.5"):
        forecast_scorer("pinball", quantile=0.8)(model, X, Y[:, 0])
    around = TransformedTargetRegressor(NETWORK).fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=r"quantile=0.9 needs a network whose quantiles can be asked for"):
        forecast_scorer("pinball", quantile=0.9)(around, X, Y[:, 0])


def test_scorer_of_an_unknown_error():
    with pytest.raises(
        ValueError, match=r"metric must be one of 'rmse', 'mae', 'smape', 'pinball', 'error_rate', but is 'mape'; for"
    ):
        forecast_scorer("mape")


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (forecast_scorer("rmse"), [4.0, 5.0]),
        (forecast_scorer("mae"), [2.0, 2.0]),
        (forecast_scorer("pinball", quantile=0.75), [1.0, 1.25]),
        (get_scorer("neg_mean_squared_error"), [4.0, 5.0]),
        (get_scorer("neg_mean_absolute_percentage_error"), [2 / 3, 1.0]),
        (get_scorer("neg_root_mean_squared_log_error"), [0.3224, 1.0431]),
        (make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.75), [1.0, 1.25]),
    ],
)
def test_row_losses_are_means_over_outputs(scorer, expected):
    y_true, y_pred = np.array([[3.0, 3.0], [3.0, 1.0]]), np.array([[1.0, 5.0], [0.0, 2.0]])
    np.testing.assert_allclose(read_scorer(scorer).row_losses(y_true, y_pred), expected, atol=1e-3)


def test_row_losses_average_to_the_error():
    y, f = np.random.default_rng(0).normal(size=(2, 50))
    assert forecast_scorer("smape").row_losses(y, f).mean() == pytest.approx(smape(y, f))
    assert np.sqrt(forecast_scorer("rmse").row_losses(y, f).mean()) == pytest.approx(ERRORS["rmse"].function(y, f))
    tilted = forecast_scorer("pinball", quantile=0.9).row_losses(y, f)
    assert tilted.mean() == pytest.approx(pinball(y, f, quantile=0.9))
    assert forecast_scorer("error_rate").row_losses(["a", "b"], ["a", "c"]).tolist() == [0, 1]


def test_errors_without_a_loss_of_a_row_have_no_test_of_rows():
    worst = {"worst": make_scorer(max_error, greater_is_better=False)}
    comparison = compare_on_plane(scoring=worst)
    assert comparison.tests["p_dm"].isna().all()
    assert comparison.tests["p_folds"].notna().all()
    assert "Diebold-Mariano not possible" in comparison.verdict()


def test_scorers_say_what_they_ask():
    assert [forecast_scorer(name).asks for name in ERRORS] == ["point", "point", "point", "quantile", "label"]
