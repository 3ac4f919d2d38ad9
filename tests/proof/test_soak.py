"""A short soak, for every test run; `make soak` makes the long one."""

from __future__ import annotations

from soak import Plan, soak


def test_a_short_soak_loses_nothing(tmp_path):
    report = soak(Plan(runs=150, seed=7, concurrency=24, timeout=2, speed=15), tmp_path)
    assert report.violations == [], str(report)
    assert sum(report.endings.values()) == 150
    assert sum(report.faults.values()) > 50
