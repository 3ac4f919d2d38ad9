"""The same content is uploaded once while its URL lives, whoever asks, and never lost by that."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest

from speedpix import Output, SpeedPixException, UploadError

CONTENT = bytes(range(256)) * 400


def test_one_upload_for_many_runs(emulator, make_client, run_and_read):
    client, before = make_client(), emulator.count("put")
    for _ in range(5):
        assert run_and_read(client, "echo", {"file": CONTENT}) == CONTENT
    assert emulator.count("put") == before + 1


def test_one_upload_for_runs_that_ask_at_the_same_moment(emulator, make_client):
    client, before = make_client(timeout=30), emulator.count("put")

    async def main() -> None:
        async with client:
            await asyncio.gather(*(client.async_run("echo", {"file": CONTENT}) for _ in range(20)))

    threads = [threading.Thread(target=asyncio.run, args=[main()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emulator.count("put") == before + 1


def test_another_client_uploads_for_itself(emulator, make_client):
    before = emulator.count("put")
    for _ in range(2):
        make_client().run("echo", {"file": CONTENT})
    assert emulator.count("put") == before + 2


def test_an_upload_is_not_used_shortly_before_its_url_expires(emulator, make_client, clock):
    client, before = make_client(), emulator.count("put")
    client.run("echo", {"file": CONTENT})
    clock.sleep(3600 - 300)
    assert client.run("echo", {"file": CONTENT})["copy"].read() == CONTENT
    assert emulator.count("put") == before + 2


def test_whoever_waits_for_an_upload_that_fails_tries_on_its_own(emulator, make_client):
    client = make_client(timeout=30, max_retries=0)
    emulator.faults.add("put", "store_internal_error")

    async def main() -> list[object]:
        async with client:
            runs = [client.async_run("echo", {"file": CONTENT}) for _ in range(5)]
            return await asyncio.gather(*runs, return_exceptions=True)

    outcomes = asyncio.run(main())
    assert [type(outcome) for outcome in outcomes].count(UploadError) == 1
    assert [type(outcome) for outcome in outcomes].count(Output) == 4


def test_the_files_of_one_input_travel_together_and_land_in_their_places(
    emulator, make_client, run_and_read
):
    @emulator.workflow("join", inputs={"files": "json"}, outputs={"copy": "json"})
    def join(files: list[str]) -> dict[str, object]:
        return {"copy": files}

    contents = [bytes([number]) * 1000 for number in range(12)]
    client = make_client(timeout=30)
    prediction = client.run("join", {"files": contents}, wait=False)
    stored = {each.key: each.file.read_bytes() for each in emulator.objects}
    found = [
        stored[url.partition("/store/")[2].partition("?")[0]] for url in prediction.input["files"]
    ]
    assert found == contents


def test_one_file_that_fails_fails_the_run_and_leaves_no_task(emulator, make_client, run_and_read):
    client, submits = make_client(timeout=30, max_retries=0), emulator.count("submit")
    emulator.faults.add("put", "store_internal_error", after=3)
    given = {str(number): bytes([number]) * 1000 for number in range(6)}
    with pytest.raises(UploadError) as caught:
        run_and_read(client, "echo", given)
    assert "nothing was submitted" in caught.value.__notes__[0]
    assert emulator.count("submit") == submits


def test_a_stream_that_cannot_be_rewound_is_sent_once(emulator, make_client):
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.left = CONTENT

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            piece = self.left[: len(buffer)]
            self.left = self.left[len(piece) :]
            buffer[: len(piece)] = piece
            return len(piece)

    assert make_client().run("echo", {"file": Pipe()})["copy"].read() == CONTENT
    emulator.faults.add("put", "store_internal_error")
    with pytest.raises(SpeedPixException, match="rewound"):
        make_client().run("echo", {"file": Pipe()})


@pytest.mark.parametrize(
    "options", [{"store_crc64": False}, {"store_crc64": False, "store_md5_etag": False}]
)
def test_a_store_without_checksums_is_no_error(clock, options):
    from speedpix_emulator import Emulator

    from speedpix import Client

    with Emulator(clock=clock, **options) as emulator, Client(
        emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock
    ) as client:
        assert client.files.create(CONTENT).size == len(CONTENT)
        if "store_md5_etag" not in options:
            emulator.faults.add("put", "wrong_etag")  # which says nothing of the content
            before = emulator.count("put")
            client.files.create(CONTENT)
            assert emulator.count("put") == before + 1
