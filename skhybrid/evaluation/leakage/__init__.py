"""Leaks of the future into the past."""

from skhybrid.evaluation.leakage.check import check_leakage
from skhybrid.evaluation.leakage.report import LeakageReport

__all__ = ["LeakageReport", "check_leakage"]
