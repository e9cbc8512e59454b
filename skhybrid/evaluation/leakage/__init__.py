"""Leaks of the future into the past."""

from skhybrid.evaluation.leakage.check import LeakageReport, check_leakage

__all__ = ["LeakageReport", "check_leakage"]
