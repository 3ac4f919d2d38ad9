"""What was moved against what the store says it has."""

from __future__ import annotations

import base64
import hashlib
import lzma

import pytest

from speedpix.files.checksums import Digest, expected_of

CHECK_VALUE = "11051210869376104954"  # CRC-64/XZ of "123456789", as published
CONTENT = b"123456789"
MD5 = hashlib.md5(CONTENT).hexdigest()
CONTENT_MD5, OTHER_MD5 = (
    base64.b64encode(hashlib.md5(content).digest()).decode() for content in (CONTENT, b"other")
)


def difference(headers, *pieces):
    digest = Digest()
    for piece in pieces or (CONTENT,):
        digest.update(piece)
    return digest.difference(expected_of(headers))


@pytest.mark.parametrize("size", [1, 2, 4, 9])
def test_the_published_check_value_in_pieces_of_any_size(size):
    pieces = [CONTENT[start : start + size] for start in range(0, 9, size)]
    assert difference({"x-oss-hash-crc64ecma": CHECK_VALUE}, *pieces) is None


def test_another_crc_is_told():
    assert difference({"x-oss-hash-crc64ecma": "1"}) == "the CRC-64"
    assert difference({"x-oss-hash-crc64ecma": CHECK_VALUE}, b"123456780") == "the CRC-64"


def test_the_crc_of_nothing_is_zero():
    assert Digest().difference(expected_of({"x-oss-hash-crc64ecma": "0"})) is None
    assert Digest().difference(expected_of({"x-oss-hash-crc64ecma": "1"})) == "the CRC-64"


def test_pieces_larger_than_a_chunk_of_the_format():
    """Compare with the format's own encoder, by way of the bytes that it writes."""
    content = bytes(range(256)) * 1024 + b"end"
    stream = lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_CRC64)
    index = stream.rindex(b"YZ")  # the footer ends the stream
    backward = int.from_bytes(stream[index - 6 : index - 2], "little")
    end_of_block = index - 10 - (backward + 1) * 4
    crc = int.from_bytes(stream[end_of_block - 8 : end_of_block], "little")
    headers = {"x-oss-hash-crc64ecma": str(crc)}
    assert difference(headers, content) is None
    assert difference(headers, content[:100_000], content[100_000:]) is None
    assert difference(headers, content[:-1], b"?") == "the CRC-64"


def test_without_a_crc_the_content_md5_counts():
    assert difference({"content-md5": CONTENT_MD5}) is None
    assert difference({"content-md5": f" {CONTENT_MD5} "}) is None
    assert difference({"content-md5": CONTENT_MD5}, b"other") == "the MD5"


@pytest.mark.parametrize("etag", [MD5, MD5.upper(), f'"{MD5}"', '"0123456789abcdef"', "W/x"])
def test_an_etag_says_nothing_of_the_content(etag):
    assert difference({"etag": etag}, b"other") is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": ""},
        {"etag": '"D41D8CD98F00B204E9800998ECF8427E-3"'},
        {"etag": 'W/"abc"'},
        {"etag": "5f4dcc3b"},
        {"content-md5": ""},
        {"content-md5": MD5},
        {"content-md5": "no base64"},
        {"content-md5": "é"},
        {"content-md5": "YQ=="},
        {"x-oss-hash-crc64ecma": ""},
        {"x-oss-hash-crc64ecma": "none"},
        {"x-oss-hash-crc64ecma": "-1"},
        {"x-oss-hash-crc64ecma": str(1 << 64)},
        {"x-oss-hash-crc64ecma": "١٢"},
    ],
)
def test_what_says_nothing_is_no_difference(headers):
    assert difference(headers) is None


def test_the_crc_counts_before_the_md5():
    assert difference({"x-oss-hash-crc64ecma": CHECK_VALUE, "content-md5": OTHER_MD5}) is None
    assert difference({"x-oss-hash-crc64ecma": "1", "content-md5": CONTENT_MD5}) == "the CRC-64"
