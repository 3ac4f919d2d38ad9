"""Real engines, each with a worker killed on the way: nothing is paid twice, and all is saved."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def test_threads(run_killing):
    with ThreadPoolExecutor(4) as executor:
        run_killing(executor, lambda: None)


def test_a_process_pool(run_killing):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        run_killing(executor, lambda: kill(next(iter(executor._processes))))


def test_loky(run_killing):
    import loky

    executor = loky.ProcessPoolExecutor(2)
    try:
        run_killing(executor, lambda: kill(next(iter(executor._processes))))
    finally:
        executor.shutdown(kill_workers=True)


def test_dask(run_killing, tmp_path):
    import distributed

    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        local_directory=str(tmp_path / "dask"),
    ) as cluster, distributed.Client(cluster) as client:
        pids = list(client.run(os.getpid).values())
        run_killing(client.get_executor(), lambda: kill(pids[0]))
