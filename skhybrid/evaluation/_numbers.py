"""How a comparison writes its numbers; those that are missing are not shown."""

import numpy as np


def spread(mean, std):
    return number(mean) + ("" if np.isnan(std) else f" ± {std:.2g}")


def number(x):
    return "" if np.isnan(x) else f"{x:.0f}" if abs(x) >= 1000 else f"{x:.4g}"


def seconds(x):
    return "" if np.isnan(x) else f"{x:.2g}" if x < 10 else f"{x:.0f}"


def percent(share):
    return "" if np.isnan(share) else f"{100 * share:.1f} %"


def short_pvalue(p):
    return "" if np.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def pvalue(p):
    return "not possible" if np.isnan(p) else "p<0.001" if p < 0.001 else f"p={p:.3f}"


def count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"
