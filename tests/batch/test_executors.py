"""An executor does what may be repeated; whatever becomes of it, no run is paid twice."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from speedpix import InputError

COUNT = 30


@pytest.fixture
def inputs(photo):
    return [{"file": photo(f"{number}.bin"), "label": f"photo {number}"} for number in range(COUNT)]


def is_all_saved(results, inputs):
    assert Counter(result.status for result in results) == {"succeeded": len(inputs)}
    for result in results:
        [path] = result.saved
        assert path.read_bytes() == inputs[result.index]["file"].read_bytes()
    return True


class Watched(Executor):
    """Hand steps on, and look at them."""

    def __init__(self, inner):
        self.inner = inner
        self.steps = Counter()
        self.payloads = []
        self.most = self.under_way = 0
        self._lock = threading.Lock()

    def submit(self, function, /, *arguments, **keywords):
        with self._lock:
            self.steps[function.__name__] += 1
            self.payloads.append(pickle.dumps((function, arguments, keywords)))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        future = self.inner.submit(function, *arguments, **keywords)
        future.add_done_callback(self._end)
        return future

    def _end(self, _future):
        with self._lock:
            self.under_way -= 1


def test_threads(client, collect, inputs, jobs, tmp_path, clean, caplog):
    with ThreadPoolExecutor(4) as threads:
        executor = Watched(threads)
        results = collect(client.map("copy", inputs, save_to=tmp_path / "out", executor=executor))
    assert is_all_saved(results, inputs)
    assert len(jobs()) == COUNT
    assert executor.steps == {"put_file": COUNT, "fetch_file": COUNT}
    assert executor.most <= 64
    for payload in executor.payloads:
        assert clean.app_secret.encode() not in payload
    assert "plain http" not in caplog.text  # nor is it tried over https, as the service is not


def test_a_process_pool_whose_worker_is_killed(client, inputs, jobs, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        results = []
        batch = client.map("copy", inputs, save_to=tmp_path / "out", executor=processes)
        for result in batch:
            results.append(result)
            if len(results) == 3:
                os.kill(next(iter(processes._processes)), signal.SIGKILL)
    assert is_all_saved(results, inputs)
    assert len(jobs()) == COUNT


class Lost(Executor):
    """An engine that is gone."""

    def submit(self, function, /, *arguments, **keywords):
        message = "no worker is left"
        raise RuntimeError(message)


class Lossy(Executor):
    """An engine whose every other step is lost."""

    def __init__(self):
        self.count = 0

    def submit(self, function, /, *arguments, **keywords):
        self.count += 1
        future = Future()
        if self.count % 2:
            future.set_exception(OSError("the worker died"))
        else:
            future.set_result(function(*arguments, **keywords))
        return future


@pytest.mark.parametrize("executor", [Lost(), Lossy()])
def test_an_engine_that_fails(client, collect, inputs, jobs, tmp_path, executor):
    results = collect(client.map("copy", inputs[:5], save_to=tmp_path / "out", executor=executor))
    assert is_all_saved(results, inputs[:5])
    assert len(jobs()) == 5


def test_an_upload_url_that_expires_in_the_queue_is_signed_again(
    client, collect, clean, inputs, jobs, tmp_path
):
    clean.faults.add("put", "expired", times=1)
    with ThreadPoolExecutor(1) as threads:
        results = collect(
            client.map("copy", inputs[:2], save_to=tmp_path / "out", executor=threads)
        )
    assert is_all_saved(results, inputs[:2])
    assert len(jobs()) == 2


def test_what_is_no_executor_is_refused(client):
    with pytest.raises(InputError, match="executor"):
        client.map("copy", [], executor=4)
