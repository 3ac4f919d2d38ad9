"""Fetching one file: verified, resumed where it broke, in place whole or not at all."""

from __future__ import annotations

import base64
import gzip
import hashlib
import logging
import os
import tracemalloc

import pytest

from speedpix import APIConnectionError, APITimeoutError, DownloadError
from speedpix.constants import CHUNK_SIZE, SYNC_STEP
from speedpix.files.download import Bounds, download
from speedpix.files.save import read, save
from speedpix.files.sinks import Memory
from speedpix.flow.effects import Receive, Work
from speedpix.values.link import Origin
from speedpix.values.output import wrap

from ..stage import Piecewise, Stage

URL = "https://store.test/out/picture.png?Expires=1&Signature=abc"
CONTENT = b"123456789"
HEADERS = {
    "content-length": "9",
    "etag": f'"{hashlib.md5(CONTENT).hexdigest()}"',
    "x-oss-hash-crc64ecma": "11051210869376104954",
}
CONTENT_MD5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
BROKE = APIConnectionError("the line broke")


def whole(*pieces, **headers):
    return Piecewise(200, {**HEADERS, **dashed(headers)}, list(pieces or (CONTENT,)))


def part(start, *pieces, **headers):
    content_range = {"content-range": f"bytes {start}-8/9", "content-length": str(9 - start)}
    return Piecewise(
        206, {**HEADERS, **content_range, **dashed(headers)}, list(pieces or (CONTENT[start:],))
    )


def refusal(status, code=""):
    body = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
    return Piecewise(status, {}, [body] if body else [])


def dashed(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def fetch(stage, *answers, renew=None):
    memory = Memory()
    assert stage.run(download(stage.gateway, URL, memory, renew), *answers) == len(memory.content)
    assert all(answer.closed for answer in answers if isinstance(answer, Piecewise))
    return bytes(memory.content)


def test_a_file_in_one_piece_and_in_many(stage):
    assert fetch(stage, whole()) == CONTENT
    assert fetch(stage, whole(b"123", b"456", b"789")) == CONTENT
    assert stage.requests[0].url == URL  # opaque: exactly as it came


def test_nothing_but_the_request_itself_is_sent(stage):
    fetch(stage, whole())
    assert set(stage.requests[0].headers) == {"user-agent", "accept-encoding"}
    assert stage.requests[0].headers["accept-encoding"] == "identity"


def test_a_broken_transfer_goes_on_where_it_broke(stage):
    assert fetch(stage, whole(b"1234", BROKE), part(4, b"56", BROKE), part(6)) == CONTENT
    assert [request.headers.get("range") for request in stage.requests] == [
        None,
        "bytes=4-",
        "bytes=6-",
    ]
    assert stage.requests[1].headers["if-match"] == HEADERS["etag"]


@pytest.mark.parametrize(
    "answer",
    [
        whole(),
        part(3, b"456789"),
        part(4, content_range="bytes */9"),
        part(4, content_range="nonsense"),
        part(4, etag='"another"'),
        refusal(412, "PreconditionFailed"),
        refusal(416, "InvalidRange"),
    ],
    ids=range(7),
)
def test_what_is_not_the_rest_starts_again(stage, answer):
    answers = [whole(b"1234", BROKE), answer]
    if answer.status != 200:
        answers.append(whole())
    assert fetch(stage, *answers) == CONTENT
    assert "range" not in stage.requests[-1].headers or answer.status == 200


def test_without_an_etag_a_broken_transfer_starts_again(stage):
    without = {name: value for name, value in HEADERS.items() if name != "etag"}
    assert fetch(stage, Piecewise(200, without, [b"1234", BROKE]), whole()) == CONTENT
    assert "range" not in stage.requests[1].headers


@pytest.mark.parametrize(
    "bad",
    [
        whole(b"1234"),
        whole(CONTENT + b"0"),
        whole(b"123456780"),
        Piecewise(200, {"content-md5": CONTENT_MD5}, [b"123456780"]),
        part(1),
        refusal(500, "InternalError"),
        refusal(503),
    ],
    ids=range(7),
)
def test_what_is_not_the_file_is_fetched_again(stage, bad):
    assert fetch(stage, bad, *([part(4)] if bad.pieces == [b"1234"] else [whole()])) == CONTENT


def test_a_store_that_tells_nothing_is_believed(stage):
    assert fetch(stage, Piecewise(200, {}, [b"any", b"thing"])) == b"anything"


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchKey"), (403, "SignatureDoesNotMatch")])
def test_what_would_be_refused_again_ends_it(stage, status, code):
    with pytest.raises(DownloadError, match=code) as caught:
        fetch(stage, refusal(status, code))
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert "https://store.test/out/picture.png" in str(caught.value)
    assert "Signature=" not in str(caught.value)


def test_attempts_are_bounded(stage):
    with pytest.raises(DownloadError):
        fetch(stage, *[refusal(500)] * 6)


def test_an_expired_url_is_renewed_once(stage):
    def renew():
        return "https://store.test/fresh"
        yield

    assert fetch(stage, refusal(403, "AccessDenied"), whole(), renew=renew) == CONTENT
    assert stage.requests[1].url == "https://store.test/fresh"
    with pytest.raises(DownloadError, match=r"predictions\.get"):
        fetch(stage, refusal(403, "AccessDenied"), refusal(403, "AccessDenied"), renew=renew)


def test_an_expired_url_that_cannot_be_renewed_says_what_to_do(stage):
    with pytest.raises(DownloadError, match="fresh URLs"):
        fetch(stage, refusal(403, "AccessDenied"))


# To disk -------------------------------------------------------------------------------------


def store(stage, target, *answers, filename=None):
    facts = {} if filename is None else {"filename": filename}
    file = wrap({"url": URL, **facts}, Origin())
    return stage.run(save(stage.gateway, file, target), *(answers or (whole(),)))


def test_a_file_and_its_folders_are_made(stage, tmp_path):
    target = tmp_path / "a" / "b" / "picture.png"
    assert store(stage, target) == target
    assert target.read_bytes() == CONTENT
    assert os.listdir(target.parent) == ["picture.png"]


def test_a_small_file_takes_few_turns_of_threads_and_little_memory(stage, tmp_path, monkeypatch):
    turns = []

    def perform(effect):
        turns.extend([effect] if isinstance(effect, Work) else [])
        return Stage.perform(stage, effect)

    monkeypatch.setattr(stage, "perform", perform)
    store(stage, tmp_path / "warm-up.png")
    turns.clear()
    tracemalloc.start()
    try:
        store(stage, tmp_path / "picture.png")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(turns) == 3
    assert peak < CHUNK_SIZE / 4


@pytest.mark.parametrize("target", ["existing", "new/", "existing/"])
def test_in_a_folder_the_file_keeps_its_name(stage, tmp_path, target):
    (tmp_path / "existing").mkdir()
    saved = store(stage, os.path.join(tmp_path, target))
    assert saved == tmp_path / target / "picture.png"
    assert saved.read_bytes() == CONTENT


def test_in_a_folder_a_servers_name_cannot_leave_it(stage, tmp_path):
    saved = store(stage, tmp_path, filename="../../evil.png")
    assert saved == tmp_path / "evil.png"


def test_an_existing_file_is_replaced_whole(stage, tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"a longer file that was here before")
    store(stage, str(target))
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "answers", [[refusal(404, "NoSuchKey")], [whole(b"12", KeyboardInterrupt())]]
)
def test_a_failed_download_leaves_everything_as_it_was(stage, tmp_path, answers):
    target = tmp_path / "a.png"
    target.write_bytes(b"before")
    with pytest.raises((DownloadError, KeyboardInterrupt)):
        store(stage, target, *answers)
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_restart_begins_the_file_anew(stage, tmp_path):
    saved = store(stage, tmp_path / "a.png", whole(b"xxxx", BROKE), whole())
    assert saved.read_bytes() == CONTENT


def test_a_target_that_cannot_be_written_is_told_before_anything_is_fetched(stage, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="can't be written"):
        store(stage, tmp_path / "file" / "a.png")
    with pytest.raises(DownloadError, match="can't be written"):
        store(stage, "bad\0name.png")
    assert stage.requests == []


def test_the_home_directory_may_be_abbreviated(stage, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert store(stage, "~/a.png") == tmp_path / "a.png"


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_disk_that_fails_is_told_and_nothing_left_behind(stage, tmp_path, monkeypatch, failing):
    def full(*_arguments, **_options):
        message = "no space left on device"
        raise OSError(message)

    monkeypatch.setattr(os, failing, full)
    (tmp_path / "a.png").write_bytes(b"before")
    with pytest.raises(DownloadError, match=r"can't be written.*no space left"):
        store(stage, tmp_path / "a.png")
    assert os.listdir(tmp_path) == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"before"


MEBIBYTE = bytes(range(256)) * 4096
STEP = SYNC_STEP // len(MEBIBYTE)  # in mebibytes


def mebibytes(count, cut=0):
    length = str(count * len(MEBIBYTE))
    return Piecewise(200, {"content-length": length}, [MEBIBYTE] * (count - cut))


def test_a_large_file_is_brought_to_disk_while_it_comes(stage, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))

    saved = store(stage, tmp_path / "a.bin", mebibytes(2 * STEP + 1))

    assert saved.read_bytes() == MEBIBYTE * (2 * STEP + 1)
    assert synced[:2] == [SYNC_STEP, 2 * SYNC_STEP]
    assert synced[-1] == saved.stat().st_size


@pytest.mark.parametrize("cut", [0, 1], ids=["whole", "broken off"])
def test_a_disk_that_fails_on_the_way_is_told(stage, tmp_path, monkeypatch, cut):
    def full(_file):
        message = "no space left on device"
        raise OSError(message)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DownloadError, match=r"can't be written.*no space left"):
        store(stage, tmp_path / "a.bin", mebibytes(STEP + 1, cut))
    assert os.listdir(tmp_path) == []


# Redirects of the store: there is no secret to give away ---------------------------------------


def redirect(location):
    return Piecewise(302, {"location": location})


def test_a_redirect_of_the_store_is_followed(stage):
    assert fetch(stage, redirect("/mirror.png"), redirect("https://m.test/x"), whole()) == CONTENT
    assert [request.url for request in stage.requests] == [
        URL,
        "https://store.test/mirror.png",
        "https://m.test/x",
    ]


def test_redirects_in_a_circle_end(stage):
    with pytest.raises(DownloadError, match="302"):
        fetch(stage, *[redirect(URL) for _ in range(36)])


def test_a_page_instead_of_the_file_is_fetched_again(stage):
    page = Piecewise(200, {"content-type": "text/html"}, [b"<html>log in</html>"])
    assert fetch(stage, page, whole()) == CONTENT


def test_a_redirect_from_https_to_plain_http_is_not_followed(stage):
    with pytest.raises(DownloadError, match="redirects from https to plain http"):
        fetch(stage, redirect("http://store.test/picture.png"))
    assert len(stage.requests) == 1


# What a store may do that is right all the same ------------------------------------------------


def test_a_206_with_the_whole_range_is_the_whole_file(stage):
    assert fetch(stage, part(0)) == CONTENT


def test_a_206_with_the_whole_range_instead_of_the_rest_is_the_whole_file(stage):
    assert fetch(stage, whole(b"1234", BROKE), part(0)) == CONTENT
    assert len(stage.requests) == 2


def test_a_part_of_what_was_asked_for_counts(stage):
    first = part(4, b"56", content_range="bytes 4-5/9", content_length="2")
    assert fetch(stage, whole(b"1234", BROKE), first, part(6)) == CONTENT
    assert stage.requests[-1].headers["range"] == "bytes=6-"


@pytest.mark.parametrize("etag", [f'"{"0" * 32}"', '"0123456789ABCDEF0123456789ABCDEF"', '"x-3"'])
def test_an_etag_that_is_no_md5_refuses_nothing(stage, etag):
    assert fetch(stage, Piecewise(200, {"etag": etag, "content-length": "9"}, [CONTENT])) == CONTENT


def test_a_weak_etag_does_not_serve_to_go_on(stage):
    weak = whole(b"1234", BROKE, etag='W/"x"')
    assert fetch(stage, weak, whole()) == CONTENT
    assert "range" not in stage.requests[1].headers


PACKED = gzip.compress(CONTENT, mtime=0)


def packed(*pieces, **headers):
    headers = {"content_encoding": "gzip", "content_length": str(len(PACKED)), **headers}
    return whole(*(pieces or (PACKED,)), **headers)


@pytest.mark.parametrize(
    "answer",
    [
        packed(x_oss_hash_crc64ecma=""),
        packed(),  # compressed on the way: the checksum is that of the content
        packed(x_oss_hash_crc64ecma="", content_md5=CONTENT_MD5),
        packed(
            x_oss_hash_crc64ecma="",
            content_md5=base64.b64encode(hashlib.md5(PACKED).digest()).decode(),
        ),
        packed(*(PACKED[at : at + 1] for at in range(len(PACKED))), content_encoding="x-gzip"),
        packed(PACKED + PACKED[:0], content_encoding="GZIP"),
        whole(content_encoding="gzip"),  # it only says so
        whole(content_encoding="br"),
    ],
    ids=range(8),
)
def test_what_is_stored_as_gzip_is_decompressed(stage, answer):
    assert fetch_content(stage, answer) == CONTENT


def fetch_content(stage, *answers):
    memory = Memory()
    stage.run(download(stage.gateway, URL, memory), *answers)
    return bytes(memory.content)


def test_a_broken_transfer_of_gzip_goes_on_where_it_broke(stage):
    rest = PACKED[7:]
    content_range = f"bytes 7-{len(PACKED) - 1}/{len(PACKED)}"
    answer = part(7, rest, content_range=content_range, content_length=str(len(rest)))
    assert fetch_content(stage, packed(PACKED[:7], BROKE), answer) == CONTENT


def test_damaged_gzip_is_fetched_again(stage):
    damaged = PACKED[:-6] + b"xxxxxx"
    assert fetch_content(stage, packed(damaged, x_oss_hash_crc64ecma=""), packed()) == CONTENT


# Over https first -------------------------------------------------------------------------------

PLAIN_URL = "http://store.test:80/a.png?Expires=1"


def test_a_plain_address_is_tried_over_https_first(stage):
    memory = Memory()
    stage.run(download(stage.gateway, PLAIN_URL, memory), whole())
    assert bytes(memory.content) == CONTENT
    assert [request.url for request in stage.requests] == ["https://store.test/a.png?Expires=1"]


@pytest.mark.parametrize(
    "answer",
    [APIConnectionError("refused", sent=False), refusal(404), redirect(PLAIN_URL)],
    ids=["refused", "not there", "redirected back"],
)
def test_then_over_http_with_one_warning(stage, answer, caplog):
    caplog.set_level(logging.WARNING, "speedpix")
    stage.run(download(stage.gateway, PLAIN_URL, Memory()), answer, whole())
    stage.run(download(stage.gateway, PLAIN_URL, Memory()), whole())
    assert [request.url[:6] for request in stage.requests] == ["https:", "http:/", "http:/"]
    assert ["come over plain http" in record.message for record in caplog.records] == [True]
    assert "Expires" not in caplog.text


def test_what_is_out_of_bounds_over_https_is_not_fetched_over_http(stage):
    def late(answer):
        return lambda _request: stage.clock.sleep(6) or answer

    for limit, answer in ((8, whole()), (9, late(whole())), (9, late(APITimeoutError("silence")))):
        bounds = Bounds(stage.clock.monotonic() + 5, 5, limit)
        with pytest.raises(DownloadError, match=r"store\.test:80/a\.png: it (has|did not)"):
            stage.run(download(stage.gateway, PLAIN_URL, Memory(), bounds=bounds), answer)
    stage.run(download(stage.gateway, PLAIN_URL, Memory()), whole())
    assert {request.url[:6] for request in stage.requests} == {"https:"}


# Only from where it may -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "fetched"),
    [
        (["store.test"], True),
        (["STORE.test"], True),
        (["store.test:443"], False),
        (["*.test"], True),
        (["other.test", "*.store.test"], False),
        (["tore.test"], False),
    ],
)
def test_files_come_from_the_hosts_that_were_named(hosts, fetched):
    stage = Stage(download_hosts=hosts)
    if fetched:
        assert fetch(stage, whole()) == CONTENT
    else:
        with pytest.raises(DownloadError, match=r"store\.test is not among this client's"):
            fetch(stage)
        assert stage.requests == []


def test_a_redirect_leads_to_no_other_host():
    stage = Stage(download_hosts=["store.test"])
    with pytest.raises(DownloadError, match=r"elsewhere\.test is not among"):
        fetch(stage, redirect("https://elsewhere.test/"))


# Told of, and in time ---------------------------------------------------------------------------


def test_progress_is_told(stage):
    told = []
    bounds = Bounds(listener=told.append)
    stage.run(download(stage.gateway, URL, Memory(), bounds=bounds), mebibytes(3))
    size = len(MEBIBYTE)
    assert sorted(set(told)) == told[:3] == [(n * size, 3 * size) for n in (1, 2, 3)]


def test_what_takes_too_long_ends(stage):
    answer = mebibytes(9)
    perform = stage.perform

    def taking_a_second(effect):
        if isinstance(effect, Receive):
            stage.clock.sleep(1)
        return perform(effect)

    stage.perform = taking_a_second
    bounds = Bounds(stage.clock.monotonic() + 5, 5)
    with pytest.raises(DownloadError, match=r"picture\.png: it did not come within 5 s"):
        stage.run(download(stage.gateway, URL, Memory(), bounds=bounds), answer)
    assert stage.timeouts == [5]


def test_to_renew_a_url_takes_no_longer_either(stage):
    def silence(_request):
        stage.clock.sleep(stage.timeouts[-1])
        return APITimeoutError("no answer")

    file, start = wrap(URL, Origin(prediction_id="run-1")), stage.clock.monotonic()
    reading = read(stage.gateway, file, Bounds(start + 5, 5))
    with pytest.raises(DownloadError, match=r"picture\.png: it did not come within 5 s"):
        stage.run(reading, refusal(403, "AccessDenied"), silence)
    assert stage.clock.monotonic() == start + 5
