"""The README's Python runs as it stands, but for sizes."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
SMALLER = {
    "n_days=60": "n_days=16",
    "24 * 14": "24 * 3",
    "refit=24 * 7": "refit=24 * 2",
    "n_shops=8": "n_shops=1",
    "[12, 24, 48]": "[12]",
    "[2, 3, 5]": "[2]",
    "[16, 32]": "[2]",
    "CNNLSTMRegressor(random_state=0)": "CNNLSTMRegressor(epochs=1, units=2, random_state=0)",
    "epochs=20": "epochs=1",
    "n_seeds=3": "n_seeds=1",
}


@pytest.fixture(scope="module")
def names():
    """What the blocks define, run one after the other."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL))
    for text, smaller in SMALLER.items():
        assert text in code
        code = code.replace(text, smaller)
    names = {}
    exec(code, names)
    return names


def test_search_finds_the_best_of_its_candidates(names):
    assert set(names["search"].best_params_) == {
        "slidingwindow__window_length",
        "cnnlstmregressor__kernel_size",
        "cnnlstmregressor__filters",
    }


def test_comparison_has_a_row_for_each_model(names):
    assert set(names["comparison"].table.index) == {"CNN-LSTM", "LSTM", "ridge", "last value"}
    assert "CNN-LSTM" in names["comparison"].verdict()


def test_forecaster_forecasts_the_coming_days(names):
    assert names["forecast"].index.equals(names["coming"].index)
    assert names["backtest"].errors().notna().all(axis=None)


def test_forecaster_of_shops_forecasts_each(names):
    shops, days = names["forecasts"].index.get_level_values(0), names["forecasts"].index.get_level_values(1)
    assert shops.unique().tolist() == names["sales"].index.get_level_values(0).unique().tolist()
    assert days.min().isoformat() == "2024-01-08T00:00:00"


def test_readme_is_short():
    prose = re.sub(r"```.*?```", "", README.read_text(), flags=re.DOTALL)
    assert len(prose.split()) <= 1500
