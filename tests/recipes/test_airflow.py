"""The DAG, run by Airflow itself, which is installed in an environment of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from speedpix_emulator import store_error

from .conftest import RECIPES, SECONDS, assert_each_is_paid_once

PYTHON = Path(sys.prefix, "airflow", "bin", "python")  # `make test-recipes` makes it
PROGRAM = """
import runpy, sys

from airflow.utils.db import initdb

initdb()
dag = runpy.run_path("dags/airflow_dag.py")["catalogue"]()
run = dag.test(run_conf={"folder": sys.argv[1]})
(task,) = run.get_task_instances()
print("it ended:", run.state, task.try_number)
"""


@pytest.fixture
def airflow(start, tmp_path):
    """A function that runs the DAG, and returns what Airflow prints."""
    (tmp_path / "dags").mkdir()
    shutil.copy(RECIPES / "airflow_dag.py", tmp_path / "dags")

    def run(folder):
        process = start(
            PYTHON,
            "-c",
            PROGRAM,
            folder,
            AIRFLOW_HOME=tmp_path / "airflow",
            AIRFLOW__CORE__DAGS_FOLDER=tmp_path / "dags",
            AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY=0,
            AIRFLOW__CORE__LOAD_EXAMPLES=False,
        )
        process.wait(SECONDS)
        return (tmp_path / "output.txt").read_text()

    return run


def test_a_retry_of_airflow_brings_home_what_is_paid(airflow, catalogue, emulator):
    emulator.faults.add("get", store_error(404, "NoSuchKey", "there is no such file"))

    printed = airflow(catalogue)

    assert "it ended: success 2" in printed, printed
    assert "1 runs are paid and not here yet" in printed
    assert_each_is_paid_once(emulator, catalogue)
