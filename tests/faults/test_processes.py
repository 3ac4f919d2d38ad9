"""Whole programs: threads that outlive main, exits, signals and forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from speedpix_emulator import Emulator

from speedpix import Client, UploadError

CONTENT = bytes(range(256)) * 400
WAYS = {
    "thread": "threading.Thread(target=work).start()",
    "thread of a thread": "threading.Thread(target=threading.Thread(target=work).start).start()",
    "atexit": "atexit.register(work)",
}
WORKS = {
    "sync": """
        def work():
            files = {"file": Path("input.bin"), "more": [Path("a.bin"), Path("b.bin")]}
            output = speedpix.run("echo", files)
            output["copy"].save("copy.bin")
    """,
    "async": """
        async def main():
            output = await speedpix.async_run("echo", {"file": Path("input.bin"), "more": []})
            await output["copy"].async_save("copy.bin")

        def work():
            import asyncio
            asyncio.run(main())
    """,
}
PROGRAM = """
    import atexit, os, sys, threading
    from pathlib import Path
    import speedpix
    {work}
    {way}
"""


@pytest.fixture(scope="module")
def emulator():
    """An emulator on the real clock."""
    with Emulator() as running:

        @running.workflow(
            "echo", inputs={"file": "file", "more": "json"}, outputs={"copy": "file"}, duration=0.05
        )
        def echo(file: bytes, more: object) -> dict[str, bytes]:
            return {"copy": file}

        @running.workflow(
            "join", inputs={"files": "json"}, outputs={"files": "json"}, duration=0.05
        )
        def join(files: list[str]) -> dict[str, object]:
            return {"files": files}

        yield running
        running.faults.clear()


@pytest.fixture
def run_program(emulator, tmp_path):
    """A function that starts a program in a folder of its own, with the user's environment."""
    for name in ("input.bin", "a.bin", "b.bin"):
        (tmp_path / name).write_bytes(CONTENT + name.encode())
    started = []

    def run(program: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=tmp_path,
            env={
                **os.environ,
                "SPEEDPIX_APP_KEY": emulator.app_key,
                "SPEEDPIX_APP_SECRET": emulator.app_secret,
                "SPEEDPIX_ENDPOINT": emulator.url.replace("127.0.0.1", "localhost"),
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("history", ["", "runs.db"], ids=["memory", "file"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("work", WORKS)
def test_a_run_goes_on_after_the_main_thread_has_ended(run_program, tmp_path, work, way, history):
    program = textwrap.dedent(PROGRAM).format(
        work=textwrap.dedent(WORKS[work]).strip(), way=WAYS[way]
    )
    process = run_program(program, SPEEDPIX_HISTORY=history)
    assert process.communicate(timeout=60) == ("", "")
    assert (tmp_path / "copy.bin").read_bytes() == (tmp_path / "input.bin").read_bytes()


UPLOADS = {
    "sync": """
        import speedpix
        from pathlib import Path
        speedpix.run("join", {"files": [Path("input.bin"), Path("a.bin"), Path("b.bin")]})
    """,
    "async": """
        import asyncio, speedpix
        from pathlib import Path
        files = [Path("input.bin"), Path("a.bin"), Path("b.bin")]
        asyncio.run(speedpix.async_run("join", {"files": files}))
    """,
}


@pytest.mark.parametrize("work", UPLOADS)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_uploads_ends_the_process(emulator, run_program, work, how):
    emulator.faults.add("put", "hang_before", times=3)
    process = run_program(UPLOADS[work])
    while emulator.faults.pending:
        assert process.poll() is None
    process.send_signal(how)
    try:
        # Who waits for the uploads does so for the client's timeout, which is three times as long.
        assert process.wait(timeout=10) == -how
    finally:
        emulator.faults.release()


def test_the_first_upload_that_fails_is_told_at_once(emulator):
    emulator.faults.add("put", "hang_before", times=2)
    emulator.faults.add("put", "store_internal_error")
    caught = []

    def work() -> None:
        with pytest.raises(UploadError) as error, Client(
            emulator.app_key, emulator.app_secret, endpoint=emulator.url, max_retries=0
        ) as client:
            client.run("join", {"files": [b"1" * 1000, b"2" * 1000, b"3" * 1000]})
        caught.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)  # the others are given up by the client's timeout, three times as long
    told = list(caught)
    emulator.faults.release()
    thread.join()
    assert told == caught
    assert "nothing was submitted" in caught[0].__notes__[0]


BUSY = """
    import os, signal, sys, threading
    import speedpix
    sys.setswitchinterval(1e-5)
    def call():
        client = speedpix.Client(endpoint="http://127.0.0.1:1", max_retries=0)
        try:
            client.predictions.get("run")
        except speedpix.APIConnectionError:
            pass
    def work():
        while True:
            call()
    call()
    for _ in range(3):
        threading.Thread(target=work, daemon=True).start()
    for _ in range(20):
        child = os.fork()
        if not child:
            signal.alarm(20)  # ends one that hangs
            call()
            os.write(1, b".")
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            break
    os._exit(0)
"""


FIRST = """
    import os, signal, sys, threading, time
    import speedpix
    client = speedpix.Client(endpoint="http://127.0.0.1:1", max_retries=0)
    begun = threading.Event()
    class Slow:
        def find_spec(self, name, path=None, target=None):
            if name.startswith("httpcore") and not begun.is_set():
                begun.set()
                time.sleep(0.3)  # the fork comes meanwhile
                import logging
                logging.getLogger("another")  # whose lock is taken by forks, too
    sys.meta_path.insert(0, Slow())
    def call():
        try:
            CALL
        except speedpix.SpeedPixException:
            pass
    threading.Thread(target=call, daemon=True).start()
    begun.wait()
    child = os.fork()
    if not child:
        signal.alarm(20)  # ends one that hangs
        call()
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize(
    "call", ['client.run("workflow", {})', 'list(client.map("workflow", [{}]))'], ids=["run", "map"]
)
def test_a_fork_may_come_at_the_first_use(run_program, call):
    assert run_program(FIRST.replace("CALL", call)).communicate(timeout=60) == ("0\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_may_come_at_any_moment(run_program):
    assert run_program(BUSY).communicate(timeout=60) == ("." * 20, "")


FORK = """
    import os, sys, threading
    import speedpix
    client = speedpix.Client(timeout=60)
    known = client.files.create(b"known" * 100)
    def quiet(function, *arguments):
        try:
            function(*arguments)
        except speedpix.SpeedPixException:
            pass
    def start(function, *arguments):
        threading.Thread(target=quiet, args=[function, *arguments], daemon=True).start()
    for number in range(16):
        start(client.files.create, b"content %d" % number)
    print("uploading", flush=True)
    sys.stdin.readline()
    for number in range(32):
        start(client.predictions.get, str(number))
    print("calling", flush=True)
    sys.stdin.readline()
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            try:
                contents = [b"content %d" % number for number in range(16)]
                output = client.run("join", {"files": contents})
                os.write(1, b"%d\\n" % len(output["files"]))
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    codes = [os.waitpid(child, 0)[1] for child in children]
    os.write(1, b"%d %d\\n" % tuple(codes))
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize("history", ["", "runs.db"], ids=["memory", "file"])
def test_a_forked_child_works_whatever_its_parent_is_doing(emulator, run_program, history):
    emulator.faults.add("progress", "hang_before", times=32)
    emulator.faults.add("put", "hang_before", times=16, after=1)
    process = run_program(FORK, SPEEDPIX_HISTORY=history)
    for state, left in (("uploading\n", 32), ("calling\n", 0)):
        assert process.stdout.readline() == state
        while emulator.faults.pending > left:
            assert process.poll() is None
        if left:
            process.stdin.write("go\n")
            process.stdin.flush()
    try:
        told, errors = process.communicate("go\n", timeout=30)
    finally:
        emulator.faults.release()
    assert (told.split(), errors) == (["16", "16", "0", "0"], "")
