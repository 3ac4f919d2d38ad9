"""Output files saved to whatever is there: links, pipes, devices, full disks, open files."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import zlib
from functools import partial

import pytest
from full_disk import files_of_at_most
from refusing_kernel import where_it_refuses
from speedpix_emulator import Emulator, OutputFile

from speedpix import Client, DownloadError, InputError

from .conftest import awaited

MEBIBYTE = 1 << 20


def content_of(size):
    return (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]


@pytest.fixture(scope="module")
def files(emulator, clock):
    """A function that returns an output file of a size, on the client of this module."""

    @emulator.workflow("sized", inputs={"size": "number"}, outputs={"file": "file"})
    def sized(size):
        return {"file": OutputFile(content_of(size), "a.bin", "application/octet-stream")}

    with Client(emulator.app_key, emulator.app_secret, emulator.url, clock=clock) as client:
        yield lambda size: client.run("sized", {"size": size})["file"]


@pytest.fixture
def file(files):
    return files(1000)


CONTENT = content_of(1000)


@pytest.fixture(params=["sync", "async"])
def save(request):
    if request.param == "sync":
        return lambda file, path, **how: file.save(path, **how)
    return lambda file, path, **how: awaited(file.async_save, path, **how)


def test_through_a_symbolic_link(file, save, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "real.bin").write_bytes(b"before")
    (tmp_path / "link").symlink_to("there/real.bin")
    assert save(file, tmp_path / "link") == tmp_path / "link"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "real.bin").read_bytes() == CONTENT
    (tmp_path / "dangling").symlink_to("there/new.bin")
    save(file, tmp_path / "dangling")
    assert (tmp_path / "there" / "new.bin").read_bytes() == CONTENT
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(DownloadError, match="can't be written"):
        save(file, tmp_path / "circle")
    assert (tmp_path / "circle").is_symlink()


def test_what_cant_be_written_is_called_as_it_was_given(file, save):
    with pytest.raises(DownloadError, match=r"^'/proc/made.jpg' can't be written: ") as caught:
        save(file, "/proc/made.jpg")
    assert ".part" not in str(caught.value)


def test_into_a_pipe(files, save, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    save(files(3 * MEBIBYTE), tmp_path / "pipe")
    reader.join()
    assert read == [content_of(3 * MEBIBYTE)]
    assert os.listdir(tmp_path) == ["pipe"]


def test_into_devices(file, save):
    for device in ("/dev/null", "/dev/full"):
        before = os.stat(device)
        if device == "/dev/null":
            save(file, device)
        else:
            with pytest.raises(DownloadError, match=r"can't be written.*No space"):
                save(file, device)
        assert os.stat(device).st_rdev == before.st_rdev


def test_to_standard_output_that_is_a_file_after_what_is_there(file, tmp_path):
    with open(tmp_path / "out", "wb") as out:
        out.write(b"first ")
        out.flush()
        file.save(f"/proc/self/fd/{out.fileno()}")
    assert (tmp_path / "out").read_bytes() == b"first " + CONTENT


def test_the_mode_of_a_replaced_file_is_kept(file, save, tmp_path):
    for mode in (0o600, 0o640, 0o755):
        (tmp_path / "a.bin").write_bytes(b"before")
        (tmp_path / "a.bin").chmod(mode)
        save(file, tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == CONTENT
        assert (tmp_path / "a.bin").stat().st_mode & 0o777 == mode
    before = os.umask(0o027)
    try:
        save(file, tmp_path / "new.bin")
    finally:
        os.umask(before)
    assert (tmp_path / "new.bin").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [errno.EPERM, errno.EACCES, errno.EXDEV, errno.ENOENT])
@pytest.mark.parametrize("before", [None, b"before"])
def test_a_sandbox_in_which_files_get_no_further_name(file, tmp_path, before, error):
    path = tmp_path / "a.bin"
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o640)
    where_it_refuses("linkat", error, lambda: file.save(path))
    assert path.read_bytes() == CONTENT
    assert before is None or path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_disk_that_fails_at_last_leaves_what_was_there(file, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    with pytest.raises(DownloadError, match=r"a\.bin' can't be written: .*Input/output error"):
        where_it_refuses("fsync", errno.EIO, lambda: file.save(path))
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_name_as_long_as_a_file_system_takes(file, save, tmp_path):
    for _ in range(2):  # a new one, and in place of one
        assert save(file, tmp_path / ("图" * 85)).read_bytes() == CONTENT
    with pytest.raises(DownloadError, match="can't be written"):
        save(file, tmp_path / ("x" * 256))
    assert os.listdir(tmp_path) == ["图" * 85]


@pytest.mark.parametrize("over", [1, 7, 4095, 4096, 4097, 65535, 65536, 65537, 100_000, MEBIBYTE])
@pytest.mark.parametrize("limit", [1, 4096, 65536 + 1, MEBIBYTE, MEBIBYTE + 1000])
@pytest.mark.parametrize("before", [False, True])
def test_a_full_disk_at_every_size(files, tmp_path, limit, over, before):
    file = files(limit + over)
    if before:
        (tmp_path / "a.bin").write_bytes(b"1")
    with files_of_at_most(limit), pytest.raises(DownloadError, match="can't be written"):
        file.save(tmp_path / "a.bin")
    assert os.listdir(tmp_path) == (["a.bin"] if before else [])


def test_a_full_disk_in_the_way_of_a_stream(files, pieces):
    file = files(3 * MEBIBYTE)
    with files_of_at_most(2 * MEBIBYTE):
        for use in (lambda: file.save(io.BytesIO()), lambda: pieces(file)):
            with pytest.raises(DownloadError, match="a temporary file can't be written"):
                use()


KILLED = """
import sys
from speedpix import Client
client = Client("emulator-app-key", "emulator-app-secret", sys.argv[1])
file = client.run("sized", {"size": 30 << 20})["file"]
def told(done, total):
    print("some", flush=True)
    sys.stdin.read(1)
file.save(sys.argv[2], on_progress=told)
"""


@pytest.fixture(params=[True, False], ids=["unnamed", "named"])
def unnamed(request, monkeypatch):
    """Whether the file system has files without a name."""
    if not request.param:
        monkeypatch.setattr("speedpix.files.sinks._UNNAMED", 0)
    return request.param


def test_nothing_stays_of_a_process_that_was_killed(file, emulator, tmp_path, unnamed):
    """Nor does another that saves to the same folder meanwhile lose anything."""
    script = KILLED
    if not unnamed:
        script = f"from speedpix.files import sinks\nsinks._UNNAMED = 0\n{KILLED}"
    running = []
    for name in ("killed.bin", "whole.bin"):
        command = [sys.executable, "-c", script, emulator.url, str(tmp_path / name)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        running.append(subprocess.Popen(command, **pipes))
    for process in running:
        assert process.stdout.readline() == b"some\n"
    running[0].send_signal(signal.SIGKILL)
    running[0].communicate()
    file.save(tmp_path / "next.bin")
    assert len([name for name in os.listdir(tmp_path) if name.endswith(".part")]) == (not unnamed)
    running[1].communicate(b"\n" * 100)
    assert (tmp_path / "whole.bin").read_bytes() == content_of(30 << 20)
    assert sorted(os.listdir(tmp_path)) == ["next.bin", "whole.bin"]


# To an open file ---------------------------------------------------------------------------------


def test_to_an_open_file(files, save, tmp_path):
    content = content_of(2 * MEBIBYTE + 1)
    stream = io.BytesIO()
    assert save(files(len(content)), stream) is None
    assert stream.getvalue() == content
    with open(tmp_path / "raw", "wb", buffering=0) as raw:
        raw.write(b"head")
        save(files(len(content)), raw)
        assert not raw.closed
    assert (tmp_path / "raw").read_bytes() == b"head" + content


def test_nothing_reaches_an_open_file_before_all_is_verified(files, save, emulator):
    file = files(1001)
    emulator.faults.add("get", "corrupt", times=6)
    stream = io.BytesIO()
    with pytest.raises(DownloadError, match="CRC-64"):
        save(file, stream)
    assert stream.getvalue() == b""


class Awaited:
    async def write(self, content):
        raise AssertionError


@pytest.mark.parametrize("target", [io.StringIO(), Awaited(), 7, None, object()])
def test_what_is_no_binary_file_is_refused_before_anything_is_fetched(file, save, target, sent):
    with pytest.raises(InputError, match=r"binary file|aiter_bytes"):
        save(file, target)
    assert "get" not in sent()


# In pieces ---------------------------------------------------------------------------------------


@pytest.fixture(params=["sync", "async"])
def pieces(request):
    if request.param == "sync":
        return lambda file, *size, **how: list(file.iter_bytes(*size, **how))

    async def collected(file, *size, **how):
        return [piece async for piece in file.aiter_bytes(*size, **how)]

    return lambda file, *size, **how: asyncio.run(collected(file, *size, **how))


def test_in_pieces(files, pieces):
    content = content_of(2 * MEBIBYTE + 5)
    found = pieces(files(len(content)))
    assert [len(piece) for piece in found] == [MEBIBYTE, MEBIBYTE, 5]
    assert b"".join(found) == content
    assert pieces(files(10), 4) == [content_of(10)[:4], content_of(10)[4:8], content_of(10)[8:]]
    for wrong in (0, -1, 1.5, None):
        with pytest.raises(ValueError, match="size of a piece"):
            pieces(files(10), wrong)


def test_pieces_are_resumed_and_verified(files, pieces, emulator):
    file = files(3 * MEBIBYTE)
    emulator.faults.add("get", "drop_mid_download")
    assert b"".join(pieces(file)) == content_of(3 * MEBIBYTE)
    emulator.faults.add("get", "corrupt", times=6)
    with pytest.raises(DownloadError, match="CRC-64"):
        pieces(file)


def test_pieces_may_be_left_early_and_interleaved(files):
    several = [iter(files(2 * MEBIBYTE).iter_bytes(1000)) for _ in range(40)]
    assert {next(each) for each in several} == {content_of(2 * MEBIBYTE)[:1000]}
    for each in several:
        each.close()


# Told of, and in time ----------------------------------------------------------------------------


def test_progress_of_one_and_of_many(files, save, tmp_path):
    told = []
    save(files(3 * MEBIBYTE), tmp_path / "a", on_progress=lambda *news: told.append(news))
    assert told[0] == (MEBIBYTE, 3 * MEBIBYTE)
    assert told[-1] == (3 * MEBIBYTE, 3 * MEBIBYTE)

    def stop(_done, _total):
        raise KeyError

    with pytest.raises(KeyError):
        save(files(10), tmp_path / "b", on_progress=stop)
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", [ValueError, BrokenPipeError])
@pytest.mark.parametrize("fetch", ["read", "to a path", "to an open file"])
def test_what_a_listener_raises_is_no_broken_file(file, save, tmp_path, kind, fetch):
    calls = []

    def stop(*news):
        calls.append(news)
        message = "enough"
        raise kind(message)

    target = tmp_path / "a" if fetch == "to a path" else io.BytesIO()
    fetched = file.read if fetch == "read" else partial(save, file, target)
    with pytest.raises(kind, match="enough"):
        fetched(on_progress=stop)
    assert len(calls) == 1
    assert not os.listdir(tmp_path)


def test_a_coroutine_function_is_awaited_and_refused_where_it_cannot_be(file, tmp_path):
    told = []

    async def listen(done, total):
        await asyncio.sleep(0)
        told.append((done, total))

    awaited(file.async_save, tmp_path / "a", on_progress=listen)
    assert told[-1] == (1000, 1000)
    with pytest.raises(InputError, match="coroutine function"):
        file.save(tmp_path / "a", on_progress=listen)
    for wrong in ({"on_progress": 7}, {"timeout": 0}, {"timeout": "5"}, {"timeout": True}):
        with pytest.raises(InputError, match="must be"):
            file.read(**wrong)


def test_a_timeout_is_for_all_of_it(file, save, tmp_path, emulator, clock):
    emulator.faults.add("get", "store_unavailable", times=99)
    start = clock.monotonic()
    with pytest.raises(DownloadError):
        save(file, tmp_path / "a", timeout=2)
    assert clock.monotonic() - start <= 2
    emulator.faults.clear()


# Stores ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "store",
    [
        {"store_encrypted": True},
        {"store_encrypted": True, "store_crc64": False},
        {"store_crc64": False, "store_content_md5": True},
        {"store_crc64": False, "store_md5_etag": False},
        {"store_whole_206": True},
        {"store_gzip": True},
        {"store_gzip": True, "store_crc64": False, "store_content_md5": True},
        {"store_gzip": True, "store_whole_206": True, "store_encrypted": True},
    ],
)
def test_files_go_in_and_come_out_of_every_store(store, clock, tmp_path):
    content = content_of(2 * MEBIBYTE + 77)
    with Emulator(clock=clock, **store) as emulator:

        @emulator.workflow("copy", inputs={"file": "file"}, outputs={"file": "file"})
        def copy(file):
            return {"file": file}

        options = {"endpoint": emulator.url, "clock": clock}
        with Client(emulator.app_key, emulator.app_secret, **options) as client:
            file = client.run("copy", {"file": content})["file"]
            assert emulator.count("put") == 1
            assert file.read() == content
            emulator.faults.add("get", "drop_mid_download")
            assert file.save(tmp_path / "a").read_bytes() == content
            assert emulator.count("get") == 3


def test_a_tilde_without_a_home_behind_it_begins_a_name(file, save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(file, "~$draft.bin")
    save(file, "~no-such-user/draft.bin")
    assert (tmp_path / "~$draft.bin").read_bytes() == CONTENT
    assert (tmp_path / "~no-such-user" / "draft.bin").read_bytes() == CONTENT


def test_a_tilde_without_a_home_behind_it_begins_the_name_of_any_file(
    files, emulator, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with Client(
        emulator.app_key, emulator.app_secret, emulator.url, history="~no-such-user.sqlite"
    ) as client:
        output = client.run("sized", {"size": 1000})
        assert output.save_all("~no-such-user")[0].read_bytes() == CONTENT
        list(client.map("sized", [{"size": 1000}], manifest="~no-such-user.batch"))
    assert {path.name for path in tmp_path.iterdir()} >= {
        "~no-such-user.sqlite",
        "~no-such-user.batch",
    }


# Many at once ------------------------------------------------------------------------------------

MANY = """
import asyncio, resource, sys
from speedpix import Client
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
async def main():
    client = Client("emulator-app-key", "emulator-app-secret", sys.argv[1])
    output = await client.async_run("sized", {"size": 5000})
    saves = [output["file"].async_save(f"{sys.argv[2]}/{n}") for n in range(1500)]
    print(len(await asyncio.gather(*saves)))
asyncio.run(main())
"""


def test_1500_saves_at_once_need_no_more_descriptors_than_there_are(files, emulator, tmp_path):
    command = [sys.executable, "-c", MANY, emulator.url, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1500\n", "")
    assert {zlib.crc32(path.read_bytes()) for path in tmp_path.iterdir()} == {
        zlib.crc32(content_of(5000))
    }
