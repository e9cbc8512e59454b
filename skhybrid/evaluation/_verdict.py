"""How a comparison is told: its verdict in words, and its tables as text, Markdown and HTML."""

import base64
import html as markup
import textwrap
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEVEL = 0.05
FEWEST_FOLDS = 3  # with fewer, a test over folds can hardly find anything


def verdict(comparison: Any) -> str:
    """Say who is best, whether the tests support it, and what is left open."""
    if comparison.best_ is None:
        sentences = ["No model has results on a whole fold yet, so there is nothing to compare."]
    else:
        sentences = [_leader(comparison), _support(comparison), _runner_up(comparison), _frugality(comparison)]
        sentences += [_contrast(comparison, test) for _, test in comparison.contrasts.iterrows()]
    return " ".join(filter(None, [*sentences, *_caveats(comparison)]))


def text(comparison: Any) -> str:
    """Return tables and verdict for a terminal."""
    parts = [_heading(comparison), *(_one_header(table).to_string() for table in _tables(comparison))]
    return "\n\n".join([*parts, textwrap.fill(verdict(comparison), 100)])


def markdown(comparison: Any) -> str:
    """Return tables and verdict as Markdown."""
    return "\n\n".join([*map(_markdown_table, _tables(comparison)), verdict(comparison)]) + "\n"


def html(comparison: Any) -> str:
    """Return tables and verdict as a piece of HTML."""
    tables = "\n".join(_one_header(table).to_html(border=0) for table in _tables(comparison))  # escapes what it shows
    return f"<div>\n{tables}\n<p>{markup.escape(verdict(comparison))}</p>\n</div>"


def write_page(comparison: Any, path: str | Path) -> None:
    """Write a page of HTML that needs no other file."""
    Path(path).write_text(
        _PAGE.format(
            heading=markup.escape(_heading(comparison)),
            body=html(comparison),
            pictures="\n".join(_picture(comparison, metric) for metric in _metrics(comparison)),
        ),
        encoding="utf-8",
    )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Comparison of models</title>
<style>
body {{ font-family: sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; margin: 1em 0; }}
th, td {{ padding: 0.3em 0.8em; text-align: right; border-bottom: 1px solid #ccc; }}
img {{ max-width: 100%; }}
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


# The sentences of the verdict.


def _leader(comparison):
    metric, best, baseline = comparison.metric, comparison.best_, comparison.baseline
    error = comparison.table[metric].dropna()
    if len(error) == 1:
        return f"Only {best} has results: its {metric} is {_number(error[best])}."
    if baseline not in error:
        return f"{best} has the lowest {metric}, {_number(error[best])}; the baseline {baseline} has no result."
    if _baseline_leads(comparison):
        return f"No model has a lower {metric} than the baseline {baseline}, {_number(error[baseline])}."
    share = _percent(1 - error[best] / error[baseline])
    return f"{best} has the lowest {metric}, {_number(error[best])}, {share} below the baseline {baseline}."


def _support(comparison):
    tests = comparison.tests.dropna(subset="difference")
    if tests.empty:
        return ""
    if not _baseline_leads(comparison):
        return _evidence(tests.loc[(comparison.best_, comparison.baseline)], comparison.n_folds_, _n_tests(tests))
    closest = tests["difference"].idxmin()
    return _relation(tests.loc[closest], comparison.n_folds_, _n_tests(tests))


def _runner_up(comparison):
    """Say that the best is not shown to be better than the next, unless the tests do show it."""
    names = comparison.table[comparison.metric].dropna().index
    if len(names) < 3 or comparison.baseline in names[:2]:
        return ""
    test = comparison.difference(names[0], names[1])
    if comparison.n_folds_ >= FEWEST_FOLDS and all(_supports(test)) and not _is_chance_of_seeds(test):
        return ""
    return f"That {names[0]} is better than the next, {names[1]}, is not shown ({_pvalues(test, comparison.n_folds_)})."


def _frugality(comparison):
    best, cheapest = comparison.best_, comparison.cheapest_
    test = comparison.difference(cheapest, best)
    if cheapest == best or all(_supports(test)):
        return ""
    seconds = comparison.table["fit_seconds"] + comparison.table["predict_seconds"]
    return (
        f"{cheapest} is within one standard error of {best} and the cheapest of these models "
        f"({_seconds(seconds[cheapest])} s a fit against {_seconds(seconds[best])} s)."
    )


def _contrast(comparison, test):
    if np.isnan(test["difference"]):
        return f"{test.name[0]} and {test.name[1]} cannot be compared, since not both have results."
    return _relation(test, comparison.n_folds_, _n_tests(comparison.contrasts))


def _caveats(comparison):
    for name, failed in comparison.failures.groupby("model", sort=False):
        yield f"{name} failed in {_count(len(failed), 'fit')} and is left out."
    if not comparison.is_complete:
        folds = _count(comparison.n_folds_, "whole fold")
        yield f"The comparison was interrupted, so that this is about {folds} only; resume() goes on."
    if not comparison.is_forward:
        yield "Some folds train on rows that lie after their test rows, so these are not errors of forecasts."


def _relation(test, n_folds, n_tests):
    """Say how the first model of a test stands to the second, and what the tests say to it."""
    (a, b), metric, share = test.name, test["metric"], test["relative"]
    if test["difference"] == 0:
        return f"{a} and {b} have the same {metric}."
    side = "below" if share < 0 else "above"
    return f"The {metric} of {a} is {_percent(abs(share))} {side} that of {b}. {_evidence(test, n_folds, n_tests)}"


def _evidence(test, n_folds, n_tests):
    """Say whether the tests support a difference; with few folds, what the rows alone can say."""
    by_folds, by_rows = _supports(test)
    values = _pvalues(test, n_folds) + (f", adjusted for {n_tests} comparisons" if n_tests > 1 else "")
    if (by_folds or by_rows) and _is_chance_of_seeds(test):
        return f"Other seeds alone move the difference by ±{test['se_seeds']:.2g}, so it is not settled ({values})."
    if n_folds < FEWEST_FOLDS:
        verb = "supports" if by_rows else "does not support"
        weak = "there is no test over folds" if n_folds == 1 else "the test over folds is too weak"
        return (
            f"Diebold-Mariano {verb} the difference on these test rows ({values}); with {_count(n_folds, 'fold')} "
            f"{weak} to say whether it holds elsewhere."
        )
    if by_folds and by_rows:
        return f"Both tests support the difference ({values})."
    if not by_folds and not by_rows:
        return f"Neither test supports the difference ({values}), so it may be chance."
    return f"Only one of the two tests supports the difference ({values}), so it is not settled."


def _supports(test):
    """Tell for both tests whether they find a difference, in the direction of the mean error."""
    pairs = [(test["t_folds"], test["p_folds"]), (test["dm"], test["p_dm"])]
    return [bool(p < LEVEL and statistic * test["difference"] > 0) for statistic, p in pairs]


def _is_chance_of_seeds(test):
    """Tell whether other seeds could give a difference of this size; both tests take the fits as they are."""
    return bool(abs(test["difference"]) <= 2 * test["se_seeds"])


def _pvalues(test, n_folds):
    folds = f"t-test over {n_folds} folds {_pvalue(test['p_folds'])}, " if n_folds > 1 else ""
    return f"{folds}Diebold-Mariano {_pvalue(test['p_dm'])}"


def _baseline_leads(comparison):
    error = comparison.table[comparison.metric]
    return bool(error[comparison.baseline] <= error.min() * (1 + 1e-12))


def _n_tests(tests):
    return int(tests[["p_folds", "p_dm"]].notna().any(axis=1).sum())


# The tables, with each cell as text.


def _heading(comparison):
    folds = _count(comparison.n_folds_, "fold")
    return f"{_count(len(comparison.table), 'model')}, {folds}, baseline {comparison.baseline}"


def _tables(comparison):
    yield _shown_table(comparison)
    if len(comparison.contrasts):
        yield _shown_tests(comparison.contrasts)


def _shown_table(comparison):
    table = comparison.table
    shown = pd.DataFrame(index=table.index)
    for metric in _metrics(comparison):
        shown[metric] = [_spread(*pair) for pair in zip(table[metric], table[f"{metric}_std"], strict=True)]
    shown["skill"] = table["skill"].map(_percent)
    shown["parameters"] = table["n_parameters"].map(_number)
    shown["fit s"] = table["fit_seconds"].map(_seconds)
    shown["predict s"] = table["predict_seconds"].map(_seconds)
    shown["p (folds)"] = table["p_folds"].map(_short_pvalue)
    shown["p (DM)"] = table["p_dm"].map(_short_pvalue)
    shown["seeds"] = table["n_seeds"].map(str)
    shown["within 1 SE"] = [_mark(name, comparison) for name in table.index]
    if table["failure"].any():
        shown["failure"] = table["failure"].str.replace(r"\s+", " ", regex=True).str.slice(0, 200)
    return shown


def _shown_tests(tests):
    names = [" - ".join(pair) for pair in tests.index]
    shown = pd.DataFrame(index=pd.Index(names, name="difference"))
    shown[tests["metric"].iloc[0]] = [_number(x) for x in tests["difference"]]
    shown["relative"] = [_percent(x) for x in tests["relative"]]
    shown["p (folds)"] = [_short_pvalue(p) for p in tests["p_folds"]]
    shown["p (DM)"] = [_short_pvalue(p) for p in tests["p_dm"]]
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
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _picture(comparison, metric):
    """Return the picture of one metric as an element of HTML that holds it; nothing without matplotlib or errors."""
    if find_spec("matplotlib") is None or comparison.table[metric].isna().all():
        return ""
    from matplotlib.figure import Figure  # not pyplot, which would keep it

    figure = Figure(figsize=(8, 1.6 + 0.55 * len(comparison.table)), layout="constrained")
    comparison.plot(ax=figure.subplots(), metric=metric)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{markup.escape(metric)} of each fit by model" src="data:image/png;base64,{encoded}">'


def _metrics(comparison):
    return [column.removesuffix("_std") for column in comparison.table if column.endswith("_std")]


def _spread(mean, std):
    return _number(mean) + ("" if np.isnan(std) else f" ± {std:.2g}")


def _number(x):
    return "" if np.isnan(x) else f"{x:.0f}" if abs(x) >= 1000 else f"{x:.4g}"


def _seconds(x):
    return "" if np.isnan(x) else f"{x:.2g}" if x < 10 else f"{x:.0f}"


def _percent(share):
    return "" if np.isnan(share) else f"{100 * share:.1f} %"


def _short_pvalue(p):
    return "" if np.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def _pvalue(p):
    return "not possible" if np.isnan(p) else "p<0.001" if p < 0.001 else f"p={p:.3f}"


def _count(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"
