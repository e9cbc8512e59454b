"""How a comparison is shown: its tables, with each cell as text, and its verdict, as text, Markdown and HTML."""

import base64
import html as markup
import os
import re
import textwrap
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from skhybrid.evaluation._numbers import count, number, percent, seconds, short_pvalue, spread
from skhybrid.evaluation._verdict import verdict


def text(comparison: Any) -> str:
    """Return tables and verdict for a terminal."""
    parts = [_heading(comparison), *(_one_header(table).to_string() for table in _tables(comparison))]
    return "\n\n".join([*parts, textwrap.fill(verdict(comparison), 100)])


def markdown(comparison: Any) -> str:
    """Return tables and verdict as Markdown."""
    return "\n\n".join([*map(_markdown_table, _tables(comparison)), verdict(comparison)]) + "\n"


def html(comparison: Any) -> str:
    """Return tables and verdict as a piece of HTML."""
    tables = "\n".join(map(_html_table, _tables(comparison)))
    return f"<div>\n{tables}\n<p>{markup.escape(verdict(comparison))}</p>\n</div>"


def _html_table(table):
    """Return a table that scrolls where the window is narrow, with failures below one another after it."""
    failures = table.pop("failure") if "failure" in table else pd.Series(dtype=str)
    texts = (f"<li>{markup.escape(str(name))}: {markup.escape(text)}</li>" for name, text in failures.items() if text)
    items = "".join(texts)
    below = f'<ul class="failures">{items}</ul>' if items else ""
    shown = _one_header(table).to_html(border=0)  # escapes what it shows
    return f'<div class="table" tabindex="0">\n{shown}\n</div>\n{below}'


def write_page(comparison: Any, path: str | Path) -> None:
    """Write a page of HTML that needs no other file."""
    page = _PAGE.format(
        heading=markup.escape(_heading(comparison)),
        body=html(comparison),
        pictures="\n".join(_picture(comparison, metric) for metric in _metrics(comparison)),
    )
    path = Path(path)
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(path)  # so that the old page is there until the new one is whole
    finally:
        part.unlink(missing_ok=True)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comparison of models</title>
<style>
body {{ font-family: sans-serif; max-width: 80em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; margin: 1em 0; font-size: 0.9em; }}
th, td {{ padding: 0.3em 0.5em; text-align: right; border-bottom: 1px solid #ccc; white-space: nowrap; }}
tbody th {{ position: sticky; left: 0; background: white; }}
.table {{ overflow-x: auto; background:
  linear-gradient(to right, transparent, white 4em) right / 4em 100% no-repeat local,
  linear-gradient(to left, rgba(0, 0, 0, 0.35), transparent) right / 1em 100% no-repeat scroll; }}
.failures {{ overflow-wrap: anywhere; }}
img {{ display: block; width: 40em; max-width: 100%; margin: 1em 0; }}
@media (max-width: 40em) {{ tbody th {{ min-width: 6em; white-space: normal; overflow-wrap: anywhere; }} }}
</style>
</head>
<body>
<h1>Comparison of models</h1>
<p>{heading}</p>
{body}
{pictures}
<p>Errors: mean ± standard deviation over folds and seeds, lower is better. Skill: 1 - error / error of the baseline.
p-values: corrected resampled t-test over folds (Nadeau and Bengio 2003) and Diebold-Mariano test on the test rows
(Harvey, Leybourne and Newbold 1997), both adjusted for several models (Holm 1979).</p>
</body>
</html>
"""


def _heading(comparison):
    folds = count(comparison.n_folds_, "fold")
    return f"{count(len(comparison.table), 'model')}, {folds}, baseline {comparison.baseline}"


def _tables(comparison):
    yield _shown_table(comparison)
    if len(comparison.contrasts):
        yield _shown_tests(comparison.contrasts)


def _shown_table(comparison):
    table = comparison.table
    shown = pd.DataFrame(index=table.index)
    for metric in _metrics(comparison):
        shown[metric] = [spread(*pair) for pair in zip(table[metric], table[f"{metric}_std"], strict=True)]
    shown["skill"] = table["skill"].map(percent)
    shown["parameters"] = table["n_parameters"].map(number)
    shown["fit s"] = table["fit_seconds"].map(seconds)
    shown["predict s"] = table["predict_seconds"].map(seconds)
    shown["p (folds)"] = table["p_folds"].map(short_pvalue)
    shown["p (DM)"] = table["p_dm"].map(short_pvalue)
    shown["seeds"] = table["n_seeds"].map(str)
    shown["within 1 SE"] = [_mark(name, comparison) for name in table.index]
    if table["failure"].any():
        shown["failure"] = table["failure"].str.replace(r"\s+", " ", regex=True).str.slice(0, 200)
    return shown


def _shown_tests(tests):
    names = [" - ".join(pair) for pair in tests.index]
    shown = pd.DataFrame(index=pd.Index(names, name="difference"))
    shown[tests["metric"].iloc[0]] = [number(x) for x in tests["difference"]]
    shown["relative"] = [percent(x) for x in tests["relative"]]
    shown["p (folds)"] = [short_pvalue(p) for p in tests["p_folds"]]
    shown["p (DM)"] = [short_pvalue(p) for p in tests["p_dm"]]
    return shown


def _one_header(table):
    """Name the index in the row of the columns; pandas would give it a row of its own."""
    return table.rename_axis(index=None, columns=table.index.name)


def _mark(name, comparison):
    if name == comparison.cheapest_:
        return "cheapest"
    return "yes" if comparison.table.loc[name, "within_one_se"] else ""


def _markdown_table(table):
    head = [table.index.name, *table.columns]
    rows = [[name, *cells] for name, cells in zip(table.index, table.to_numpy(), strict=True)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_escape(cell) for cell in line)} |" for line in lines)


def _escape(cell):
    """Return a cell as Markdown shows it: on one line, its signs as they are."""
    return re.sub(r"([\\`*_<>|\[\]~#])", r"\\\1", " ".join(cell.split()))


def _picture(comparison, metric):
    """Return the picture of one metric as an element of HTML that holds it; nothing without matplotlib or errors."""
    if find_spec("matplotlib") is None or comparison.table[metric].isna().all():
        return ""
    from matplotlib.figure import Figure  # not pyplot, which would keep it

    # Of this width, its letters can be read on a phone.
    figure = Figure(figsize=(6, 1.6 + 0.4 * len(comparison.table)), layout="constrained")
    comparison.plot(ax=figure.subplots(), metric=metric)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{markup.escape(metric)} of each fit by model" src="data:image/png;base64,{encoded}">'


def _metrics(comparison):
    return [column.removesuffix("_std") for column in comparison.table if column.endswith("_std")]
