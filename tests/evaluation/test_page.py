import base64
import re

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit

from skhybrid import compare_models
from skhybrid.evaluation import _page

MEAN, LINEAR = DummyRegressor(), LinearRegression()


def compare(models, **options):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    y = X[:, 0] + rng.normal(size=90)
    return compare_models(models, X, y, cv=TimeSeriesSplit(5), **options)


def test_markdown():
    lines = (
        compare({"mean": MEAN, "a|b": LINEAR}, baseline="mean", contrasts=[("a|b", "mean")]).to_markdown().splitlines()
    )
    table = lines[: lines.index("")]
    assert table[0].startswith("| model | rmse | mae | mase | skill | parameters | fit s |")
    assert table[2].startswith(r"| a\|b | ")
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {13}
    assert any(line.startswith(r"| a\|b - mean | -") for line in lines)


def test_text_shows_table_and_page():
    comparison = compare({"mean": MEAN, "linear": LINEAR}, baseline="mean")
    text = repr(comparison)
    assert text == str(comparison)
    assert text.startswith("2 models, 5 folds, baseline mean\n")
    assert re.search(r"^linear +\d\.\d+ ± 0\.\d+ ", text, re.MULTILINE)
    assert " ".join(text.split()).endswith(comparison.verdict())


def test_html_escapes_names():
    html = compare({"mean": MEAN, "<b>&": LINEAR}, baseline="mean")._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html


def test_page_holds_its_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    comparison = compare({"mean": MEAN, "linear": LINEAR}, baseline="mean")
    comparison.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    pictures = re.findall(r'src="([^"]+)"', page)
    assert len(pictures) == 3
    assert all(base64.b64decode(p.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG") for p in pictures)
    assert "http" not in page
    assert "{" not in page.split("</style>")[1]


def test_page_without_matplotlib_has_no_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(_page, "find_spec", lambda name: None)
    compare({"mean": MEAN, "linear": LINEAR}, baseline="mean").to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert "linear has the lowest rmse" in page
