"""Open files of every kind, as their makers hand them out; and one open file in several runs."""
# ruff: noqa: SIM115 - each test's stack closes what its makers open

from __future__ import annotations

import asyncio
import codecs
import contextlib
import gzip
import io
import mmap
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import aiofiles
import anyio
import pytest
from starlette.datastructures import UploadFile
from werkzeug.datastructures import FileStorage

from speedpix import InputError, SpeedPixException

from .conftest import png, stored

PNG = png(40)
# Larger than one read, so that readers at the same time take turns.
LARGE = b"".join(number.to_bytes(4, "big") for number in range(700_000))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, with a picture in archives of several kinds."""
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(PNG)
    with zipfile.ZipFile("archive.zip", "w") as archive:
        archive.write("a.png", "folder/a.png")
    with tarfile.open("archive.tar.gz", "w:gz") as archive:
        archive.add("a.png", "folder/a.png")
    with gzip.open("a.png.gz", "wb") as packed:
        packed.write(PNG)
    return tmp_path


@pytest.fixture
def stack():
    """What has been opened, closed after the test."""
    with contextlib.ExitStack() as opened:
        yield opened


def written(file):
    file.write(PNG)
    return file


def pipe(stack, buffering=-1):
    reading, writing = os.pipe()
    os.write(writing, PNG)
    os.close(writing)
    return stack.enter_context(os.fdopen(reading, "rb", buffering=buffering))


OPENED = {
    "zip": lambda stack: stack.enter_context(
        stack.enter_context(zipfile.ZipFile("archive.zip")).open("folder/a.png")
    ),
    "tar": lambda stack: stack.enter_context(
        stack.enter_context(tarfile.open("archive.tar.gz")).extractfile("folder/a.png")
    ),
    "gzip": lambda stack: stack.enter_context(gzip.open("a.png.gz")),
    "spooled": lambda stack: written(stack.enter_context(tempfile.SpooledTemporaryFile())),
    "named temporary": lambda stack: written(
        stack.enter_context(tempfile.NamedTemporaryFile(suffix=".png"))
    ),
    "memory map": lambda stack: stack.enter_context(
        mmap.mmap(stack.enter_context(open("a.png", "r+b")).fileno(), 0)
    ),
    "pipe": pipe,
    "raw pipe": lambda stack: pipe(stack, 0),
    "raw file": lambda stack: stack.enter_context(open("a.png", "rb", buffering=0)),
    "read and write": lambda stack: stack.enter_context(open("a.png", "r+b")),
    "named by bytes": lambda stack: stack.enter_context(open(b"a.png", "rb")),
    "Starlette": lambda _: UploadFile(io.BytesIO(PNG), filename="C:\\photos\\a.png"),
    "Flask": lambda _: FileStorage(io.BytesIO(PNG), filename="a.png", name="field"),
}
NAMELESS = {"spooled", "memory map", "pipe", "raw pipe"}


@pytest.mark.parametrize("kind", OPENED)
def test_every_open_file_is_a_file_in_an_input(given, stack, emulator, kind):
    assert stored(emulator, given({"a": [OPENED[kind](stack)]})["a"][0]) == PNG
    assert emulator.objects[-1].content_type == "image/png"


@pytest.mark.parametrize("kind", OPENED)
def test_every_open_file_can_be_uploaded(create, stack, emulator, kind):
    file = create(OPENED[kind](stack))
    assert stored(emulator, file.access_url) == PNG
    assert file.content_type == emulator.objects[-1].content_type == "image/png"
    # A member of a tar tells its own name since Python 3.13.
    names = {"file.png", "a.png"} if kind == "tar" else {"file.png" if kind in NAMELESS else None}
    if kind == "named temporary":
        assert file.name.endswith(".png")
    else:
        assert file.name in (names - {None} or {"a.png"})


def test_standard_output_of_a_program(create, emulator):
    with subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.stdout.buffer.write({PNG!r})"],
        stdout=subprocess.PIPE,
    ) as program:
        file = create(program.stdout)
    assert (file.name, file.content_type, file.size) == ("file.png", "image/png", len(PNG))
    assert emulator.objects[-1].file.read_bytes() == PNG


def test_the_answer_of_a_web_server(create, emulator):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        with urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            file = create(answer)
    finally:
        thread.join()
        server.server_close()
    assert (file.name, file.content_type) == ("file.png", "image/png")
    assert emulator.objects[-1].file.read_bytes() == PNG


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="only Linux has /proc")
def test_what_the_system_makes_up_as_it_is_read(create, emulator):
    for path in ("/proc/version", "/proc/sys/kernel/ostype"):
        with open(path, "rb") as stream:
            content = stream.read()
            create(stream)
        assert emulator.objects[-1].file.read_bytes() == content
        assert create(path).size == len(content)
    before = Path("/proc/uptime").read_bytes()
    create("/proc/uptime")  # another each time it is read
    assert emulator.objects[-1].file.read_bytes() >= before


class Awaiting:
    """A stream that does not tell beforehand that its bytes are to be awaited."""

    def read(self, _size=-1):
        async def content():
            return PNG

        return content()


class Odd:
    def __init__(self, answer):
        self.answer = answer

    def read(self, _size=-1):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Whole:
    def read(self):
        return PNG


REFUSED = {
    "codecs": (lambda stack: stack.enter_context(codecs.open("a.png", "r", "latin-1")), "as text"),
    "text": (lambda _: Odd("text"), "as text"),
    "awaiting": (lambda _: Awaiting(), "asynchronous"),
    "number": (lambda _: Odd(7), "int, not bytes"),
    "nothing yet": (lambda _: Odd(None), "NoneType, not bytes"),
    "raises": (lambda _: Odd(RuntimeError("broken")), "broken"),
    "takes no size": (lambda _: Whole(), "can't be read"),
    "write only": (lambda stack: stack.enter_context(open("b.png", "wb")), "not open for reading"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.filterwarnings("ignore:codecs.open:DeprecationWarning")
def test_what_gives_no_bytes_is_refused_at_its_place(given, create, stack, sent, kind):
    make, why = REFUSED[kind]
    with pytest.raises(InputError, match=rf'input\["a"\]\["b"\]: .*{why}'):
        given({"a": {"b": make(stack)}})
    with pytest.raises(InputError, match=why):
        create(make(stack))
    assert sent() == []


@pytest.mark.parametrize("library", ["aiofiles", "anyio"])
def test_an_asynchronous_file_is_refused_at_its_place(client, sent, library):
    async def main():
        opening = aiofiles.open("a.png", "rb") if library == "aiofiles" else None
        async with opening or await anyio.open_file("a.png", "rb") as stream:
            with pytest.raises(InputError, match=r'input\["a"\]: .*asynchronous.*await'):
                await client.async_run("echo", {"a": stream})
            with pytest.raises(InputError, match="asynchronous"):
                await client.files.async_create(stream)

    asyncio.run(main())
    assert sent() == []


def test_a_path_of_anyio(create, emulator):
    assert create(anyio.Path("a.png")).name == "a.png"


def test_generators_of_bytes(create, emulator):
    file = create(PNG[start : start + 7] for start in range(0, len(PNG), 7))
    assert (file.content_type, file.size) == ("image/png", len(PNG))
    assert emulator.objects[-1].file.read_bytes() == PNG
    assert create(iter([b"", LARGE]), filename="large.bin").size == len(LARGE)
    with pytest.raises(InputError, match="as text"):
        create(iter(["text"]))


def test_iterators_are_lists(given, emulator):
    Path("b.png").write_bytes(png(50))
    given_files = {"a": map(Path, ["a.png", "b.png"]), "b": iter(sorted(Path().glob("?.png")))}
    found = given({**given_files, "c": zip("ab", [1, 2])})
    assert [stored(emulator, url) for url in found["a"]] == [PNG, png(50)]
    assert found["b"] == found["a"]
    assert found["c"] == [["a", 1], ["b", 2]]


# One open file in several runs -----------------------------------------------------------------


@pytest.fixture(params=["memory", "disk", "gzip"])
def shared(request, tmp_path):
    """An open file with LARGE in it."""
    path = tmp_path / "large.bin"
    path.write_bytes(gzip.compress(LARGE, 1) if request.param == "gzip" else LARGE)
    opening = {"memory": lambda _: io.BytesIO(LARGE), "disk": open, "gzip": gzip.open}
    arguments = () if request.param != "disk" else ("rb",)
    with opening[request.param](path, *arguments) as stream:
        yield stream


def test_in_threads_each_run_gets_the_right_bytes(make_client, emulator, shared):
    clients = [make_client() for _ in range(4)]  # which share no upload
    with ThreadPoolExecutor(4) as threads:
        runs = [threads.submit(each.run, "echo", {"a": shared}) for each in clients]
        urls = [run.result()["given"]["a"] for run in runs]
    assert len(set(urls)) == 4
    assert all(stored(emulator, url) == LARGE for url in urls)


def test_in_tasks_each_run_gets_the_right_bytes(make_client, emulator, shared):
    async def main():
        clients = [make_client() for _ in range(4)]
        runs = [each.async_run("echo", {"a": shared, "b": [shared]}) for each in clients]
        return [output["given"]["a"] for output in await asyncio.gather(*runs)]

    assert all(stored(emulator, url) == LARGE for url in asyncio.run(main()))


def test_members_of_one_archive_in_one_input(given, tmp_path, emulator):
    contents = [bytes([number]) * 3_000_000 for number in range(1, 5)]
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        for number, content in enumerate(contents):
            member = tarfile.TarInfo(f"{number}.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with tarfile.open(tmp_path / "all.tar") as archive:
        found = given({"a": [archive.extractfile(member) for member in archive]})
    assert [stored(emulator, url) for url in found["a"]] == contents


def test_a_pipe_serves_one_run_and_is_refused_to_another(make_client, emulator):
    clients = [make_client(max_retries=0) for _ in range(3)]
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: [os.write(writing, LARGE), os.close(writing)])

    async def main(stream):
        runs = [each.async_run("echo", {"a": stream}) for each in clients]
        return await asyncio.gather(*runs, return_exceptions=True)

    writer.start()
    with os.fdopen(reading, "rb") as stream:
        outcomes = asyncio.run(main(stream))
    writer.join()
    good = [each for each in outcomes if not isinstance(each, Exception)]
    assert [stored(emulator, each["given"]["a"]) for each in good] == [LARGE]
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert all(isinstance(each, SpeedPixException) for each in refused)
    assert all("another run reads it" in str(each) or "empty" in str(each) for each in refused)


# Files that change meanwhile -------------------------------------------------------------------


@pytest.mark.parametrize("change", ["replaced", "cut", "deleted", "grown"])
def test_a_file_that_changes_before_it_is_sent_is_never_remembered(
    make_client, emulator, tmp_path, monkeypatch, change
):
    from speedpix.inputs.sources import FileSource

    path, other = tmp_path / "a.bin", LARGE[::-1]
    path.write_bytes(LARGE)
    digest = FileSource.digest

    def changed(source, algorithm):
        found = digest(source, algorithm)
        if change == "deleted":
            path.unlink()
        else:
            path.write_bytes({"replaced": other, "cut": LARGE[:-1], "grown": LARGE + b"0"}[change])
        return found

    client = make_client(max_retries=0)
    with monkeypatch.context() as patched:
        patched.setattr(FileSource, "digest", changed)
        with pytest.raises(SpeedPixException, match=r"changed|shrank|grew|can't be read"):
            client.run("echo", {"a": path})
    for content in (LARGE, other):
        assert stored(emulator, client.run("echo", {"a": content})["given"]["a"]) == content


SCRIPT = """
import asyncio, resource, sys
from pathlib import Path
from speedpix import Client
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
paths = list(Path().glob("*.bin"))
with Client(*sys.argv[2:]) as client:
    if sys.argv[1] == "sync":
        prediction = client.run("echo", {"files": paths}, wait=False)
        print(len(set(prediction.input["files"])))
    else:
        async def main():
            runs = [client.async_run("echo", {"file": path}, wait=False) for path in paths]
            print(len({each.input["file"] for each in await asyncio.gather(*runs)}))
            await client.aclose()
        asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of a process")
@pytest.mark.parametrize("way", ["sync", "async"])
def test_more_files_than_a_process_may_open(emulator, tmp_path, way):
    for number in range(300):
        (tmp_path / f"{number}.bin").write_bytes(b"%d" % number)
    arguments = (way, emulator.app_key, emulator.app_secret, emulator.url)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("300", "")
