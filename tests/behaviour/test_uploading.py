"""`files.create`: names and types, once for the same content, progress, and a time limit."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from pathlib import Path

import pytest

from speedpix import InputError, SpeedPixException

from .conftest import png

PNG = png(40)
LARGE = bytes(range(256)) * 16 * 1024  # four reads


def test_name_content_and_type_as_a_tuple(create, picture, emulator):
    file = create(("photo.bin", io.BytesIO(PNG), "application/x-photo"))
    assert (file.name, file.content_type) == ("photo.bin", "application/x-photo")
    assert emulator.objects[-1].content_type == "application/x-photo"
    assert create(("b.webp", picture)).content_type == "image/webp"
    assert create(("a.png", PNG, "image/png"), filename="c.png").name == "c.png"
    for wrong in (("a.png",), ("a.png", 7), (7, PNG), ("a.png", PNG, "image/png", {})):
        with pytest.raises(InputError, match="must be a path"):
            create(wrong)
    with pytest.raises(InputError, match="content_type"):
        create(("a.png", PNG, "image/png\r\nx: y"))


def test_the_same_content_is_uploaded_once(client, picture, sent, clock):
    first = client.files.create(picture)
    again = client.files.create(PNG, filename="other.png")
    assert (again.access_url, again.name) == (first.access_url, "other.png")
    assert client.run("echo", {"a": PNG})["given"]["a"] == first.access_url
    assert sent().count("put") == 1
    client.files.create(PNG, content_type="image/x-other")
    client.files.create(PNG, filename="other.bin")  # a workflow may go by its URL's extension
    assert sent().count("put") == 3
    clock.sleep(3600)
    assert client.files.create(PNG).access_url != first.access_url


def test_progress_is_told_up_to_the_end(create, emulator):
    seen = []
    create(LARGE, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(LARGE), len(LARGE))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    seen.clear()
    create(iter([LARGE, b"more"]), on_progress=lambda *now: seen.append(now))
    assert seen[-1] == (len(LARGE) + 4, None)
    seen.clear()
    create(LARGE, on_progress=lambda *now: seen.append(now))  # it is there already
    assert seen[-1] == (len(LARGE), len(LARGE))


def test_progress_is_told_where_the_call_was_made(client):
    async def main():
        threads = []

        async def told(_done, _total):
            await asyncio.sleep(0)
            threads.append(threading.current_thread())

        await client.files.async_create(LARGE[1:], on_progress=told)
        await client.aclose()
        return threads

    assert set(asyncio.run(main())) == {threading.main_thread()}


def test_progress_is_told_to_functions_that_can_be_called(client, sent):
    async def told(_done, _total):
        return

    with pytest.raises(InputError, match="coroutine"):
        client.files.create(PNG, on_progress=told)
    with pytest.raises(InputError, match="function"):
        client.files.create(PNG, on_progress=7)
    assert sent() == []


def test_what_a_listener_raises_is_raised(create):
    def told(_done, _total):
        raise KeyError(LARGE)

    with pytest.raises(KeyError):
        create(LARGE[2:], on_progress=told)


def test_a_timeout_is_for_all_of_it(make_client, emulator, clock):
    client = make_client(max_retries=100)
    for _ in range(100):
        emulator.faults.add("put", "store_internal_error")
    start = clock.monotonic()
    with pytest.raises(SpeedPixException, match="InternalError"):
        client.files.create(LARGE[3:], timeout=60)
    assert clock.monotonic() - start <= 60
    emulator.faults.clear()


def test_a_timeout_ends_a_body_that_comes_too_slowly(client, clock, emulator):
    def slow():
        for _ in range(10):
            clock.sleep(10)
            yield PNG

    with pytest.raises(SpeedPixException, match="time given"):
        client.files.create(slow(), timeout=35)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("https://store.test/a.png?Signature=secret",), "a URL is not uploaded"),
        (("data:image/png;base64,iVBORw0KGgo",), "it goes into an input as it is"),
        (("no.png", 7), "filename must be a string, not 7"),
        ((PNG, Path("a.png")), "filename must be a string, not"),
    ],
)
def test_what_is_given_as_a_file_or_a_name_and_is_none(create, sent, given, told):
    file, *names = given
    with pytest.raises(InputError, match=re.escape(told)) as caught:
        create(file, **dict(zip(["filename"], names)))
    assert "secret" not in str(caught.value)
    assert sent() == []


@pytest.mark.parametrize("wrong", [-1, "60", float("nan")])
def test_a_timeout_is_a_number_of_seconds(create, sent, wrong):
    with pytest.raises(InputError, match="timeout"):
        create(PNG, timeout=wrong)
    assert sent() == []
