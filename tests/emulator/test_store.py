"""The object store: pre-signed URLs, checksums, ranges, XML errors."""

from __future__ import annotations

import hashlib
import socket
import time
import xml.etree.ElementTree as ET

import httpx
import pytest

CONTENT = bytes(range(256)) * 40
PATIENCE, TURN = 30, 0.01  # seconds, for what the server does after its answer; between two looks


def xml_code(response):
    assert response.headers["content-type"] == "application/xml"
    return response.status_code, ET.fromstring(response.text).findtext("Code")


def crc64_xz(content):
    """CRC-64/XZ, bit by bit."""
    value = 0xFFFFFFFFFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xC96C5795D7870F42 if value & 1 else 0)
    return value ^ 0xFFFFFFFFFFFFFFFF


def test_check_value_of_the_crc(wire):
    assert crc64_xz(b"123456789") == 11051210869376104954
    place = wire.sign()
    response = wire.put(place["uploadUrl"], b"123456789")
    assert response.headers["x-oss-hash-crc64ecma"] == "11051210869376104954"


def test_a_place_without_an_access_url_is_read_without_a_query(wire, serve):
    open_wire = serve(access_urls=False)
    place = open_wire.sign()
    address = place["uploadUrl"].partition("?")[0]
    assert place["accessUrl"] is None
    assert open_wire.put(address, CONTENT).status_code == 403
    assert open_wire.put(place["uploadUrl"], CONTENT).status_code == 200
    assert open_wire.http.get(address).content == CONTENT
    closed = wire.upload(CONTENT).partition("?")[0]
    assert xml_code(wire.http.get(closed)) == (403, "AccessDenied")


def test_upload_and_download(wire):
    place = wire.sign("image/jpeg", "咖啡 & 茶.jpg")
    put = wire.put(place["uploadUrl"], CONTENT, "image/jpeg")
    assert (put.status_code, put.content) == (200, b"")
    assert put.headers["etag"] == f'"{hashlib.md5(CONTENT).hexdigest().upper()}"'
    assert put.headers["x-oss-hash-crc64ecma"] == str(crc64_xz(CONTENT))
    get = wire.http.get(place["accessUrl"])
    assert (get.status_code, get.content) == (200, CONTENT)
    assert get.headers["content-type"] == "image/jpeg"
    assert get.headers["etag"] == put.headers["etag"]
    assert get.headers["x-oss-hash-crc64ecma"] == put.headers["x-oss-hash-crc64ecma"]
    assert [stored.key for stored in wire.emulator.objects] == [place["objectKey"]]


def test_sign_tells_when_it_expires(serve, clock):
    wire = serve(upload_url_lifetime=60)
    assert wire.sign()["expireTime"] == round((clock.time() + 60) * 1000)


def test_each_sign_is_a_new_place(wire):
    assert wire.sign()["objectKey"] != wire.sign()["objectKey"]


def test_same_url_may_be_put_again(wire):
    place = wire.sign()
    for content in (b"first", b"second"):
        assert wire.put(place["uploadUrl"], content).status_code == 200
    assert wire.http.get(place["accessUrl"]).content == b"second"
    assert len(wire.emulator.objects) == 1


def test_empty_object(wire):
    url = wire.upload(b"")
    response = wire.http.get(url)
    assert (response.status_code, response.content) == (200, b"")
    assert xml_code(wire.http.get(url, headers={"range": "bytes=0-"})) == (416, "InvalidRange")


def test_content_type_must_be_the_declared_one(wire):
    place = wire.sign("image/png")
    response = wire.put(place["uploadUrl"], CONTENT, "image/jpeg")
    assert xml_code(response) == (403, "SignatureDoesNotMatch")
    assert wire.emulator.objects == []


@pytest.mark.parametrize("method", ["PUT", "GET"])
@pytest.mark.parametrize(
    "name",
    [
        "x-ca-key",
        "x-ca-timestamp",
        "x-sp-resource-config-id",
        "authorization",
        "cookie",
        "content-md5",
        "x-oss-meta-a",
    ],
)
def test_foreign_headers_are_refused(wire, method, name):
    url = wire.upload(CONTENT) if method == "GET" else wire.sign()["uploadUrl"]
    headers = {name: "value", "content-type": "image/png"}
    response = wire.http.request(method, url, headers=headers)
    assert xml_code(response) == (403, "SignatureDoesNotMatch")


def test_upload_url_does_not_download(wire):
    place = wire.sign()
    wire.put(place["uploadUrl"], CONTENT)
    assert xml_code(wire.http.get(place["uploadUrl"])) == (403, "SignatureDoesNotMatch")
    assert xml_code(wire.put(place["accessUrl"], CONTENT)) == (403, "SignatureDoesNotMatch")


def test_url_expires(serve, clock):
    wire = serve(upload_url_lifetime=60)
    place = wire.sign()
    clock.advance(59)
    assert wire.put(place["uploadUrl"], CONTENT).status_code == 200
    clock.advance(2)
    assert xml_code(wire.put(place["uploadUrl"], CONTENT)) == (403, "AccessDenied")
    assert xml_code(wire.http.get(place["accessUrl"])) == (403, "AccessDenied")


def test_url_of_another_object_or_time_is_refused(wire):
    first, second = httpx.URL(wire.upload(b"one")), httpx.URL(wire.upload(b"two"))
    crossed = first.copy_with(path=second.path)
    assert xml_code(wire.http.get(crossed)) == (403, "SignatureDoesNotMatch")
    later = first.copy_merge_params({"Expires": "99999999999"})
    assert xml_code(wire.http.get(later)) == (403, "SignatureDoesNotMatch")
    assert xml_code(wire.http.get(first.copy_with(query=None))) == (403, "AccessDenied")


def test_object_that_was_never_put(wire):
    assert xml_code(wire.http.get(wire.sign()["accessUrl"])) == (404, "NoSuchKey")


def test_other_methods(wire):
    assert xml_code(wire.http.delete(wire.upload(CONTENT))) == (405, "MethodNotAllowed")


def test_head(wire):
    response = wire.http.head(wire.upload(CONTENT))
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(CONTENT))
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=10000-", 10000, len(CONTENT) - 1),
        ("bytes=-100", len(CONTENT) - 100, len(CONTENT) - 1),
        ("bytes=5-999999", 5, len(CONTENT) - 1),
        ("bytes=-999999", 0, len(CONTENT) - 1),
    ],
)
def test_range(wire, header, first, last):
    response = wire.http.get(wire.upload(CONTENT), headers={"range": header})
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert response.content == CONTENT[first : last + 1]
    assert response.headers["x-oss-hash-crc64ecma"] == str(crc64_xz(CONTENT))


@pytest.mark.parametrize("header", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_range_outside_the_object(wire, header):
    response = wire.http.get(wire.upload(CONTENT), headers={"range": header})
    assert xml_code(response) == (416, "InvalidRange")


@pytest.mark.parametrize("header", ["bytes=-", "bytes=5-2", "lines=1-2", "bytes=0-1,4-5", "bytes"])
def test_range_that_is_none_gives_the_whole_object(wire, header):
    response = wire.http.get(wire.upload(CONTENT), headers={"range": header})
    assert (response.status_code, response.content) == (200, CONTENT)


def test_if_match(wire):
    url = wire.upload(CONTENT)
    etag = wire.http.get(url).headers["etag"]
    same = wire.http.get(url, headers={"range": "bytes=5-", "if-match": etag})
    assert (same.status_code, same.content) == (206, CONTENT[5:])
    other = wire.http.get(url, headers={"range": "bytes=5-", "if-match": '"0"'})
    assert xml_code(other) == (412, "PreconditionFailed")


def test_checksums_can_be_left_out(serve):
    wire = serve(store_crc64=False, store_md5_etag=False)
    response = wire.http.get(wire.upload(CONTENT))
    assert "x-oss-hash-crc64ecma" not in response.headers
    assert len(response.headers["etag"].strip('"')) != 32


def test_large_object_in_pieces(wire):
    pieces = [bytes([number]) * 100_000 for number in range(50)]
    place = wire.sign()
    assert wire.put(place["uploadUrl"], iter(pieces)).status_code == 200
    received = wire.http.get(place["accessUrl"])
    assert received.content == b"".join(pieces)
    assert received.headers["etag"].strip('"') == hashlib.md5(received.content).hexdigest().upper()


def test_upload_that_the_client_breaks_off(wire):
    place = wire.sign()
    url = httpx.URL(place["uploadUrl"])
    with socket.create_connection((url.host, url.port)) as connection:
        head = f"PUT {url.raw_path.decode()} HTTP/1.1\r\nhost: {url.host}\r\n"
        head += "content-type: image/png\r\ncontent-length: 1000000\r\n\r\n"
        connection.sendall(head.encode() + bytes(100_000))
        while not any(each.body_size for each in wire.emulator.requests):
            pass
    wire.upload(b"another")
    (stored,) = wire.emulator.objects
    assert stored.size == len(b"another")
    end = time.monotonic() + PATIENCE  # the server may hear of the end of the line only later
    while len(list(stored.file.parent.iterdir())) > 1 and time.monotonic() < end:
        time.sleep(TURN)
    assert list(stored.file.parent.iterdir()) == [stored.file]


def test_store_of_its_own_origin(serve):
    wire = serve(separate_store=True)
    url = wire.upload(CONTENT)
    assert url.startswith(wire.emulator.store_url)
    assert wire.emulator.store_url != wire.emulator.url
    assert wire.http.get(url).content == CONTENT
    elsewhere = url.replace(wire.emulator.store_url, wire.emulator.url)
    assert wire.http.get(elsewhere).status_code == 404


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b\\c", "..", "\x00\n", "长" * 300, "\ud800"]
)
def test_file_names_are_made_safe(wire, name):
    place = wire.sign(name=name)
    assert wire.put(place["uploadUrl"], CONTENT).status_code == 200
    assert wire.http.get(place["accessUrl"]).content == CONTENT
    folder, random, kept = place["objectKey"].split("/")
    assert (folder, len(random)) == ("temp", 24)
    assert kept not in {"", ".", ".."}
    assert kept.isprintable()
