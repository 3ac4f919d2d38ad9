"""The report to look at: one page, whole by itself, and nothing in it but what happened."""

from __future__ import annotations

import io
import json
import re
import tracemalloc

import pytest
from PIL import Image
from speedpix_emulator import OutputFile

from speedpix import InputError
from speedpix.batch.manifest.entry import SUCCEEDED, Entry
from speedpix.batch.manifest.manifest import open_manifest
from speedpix.batch.reports.report import write_report

ITEM = re.compile(r'<script type="application/json">(.*)</script>')


@pytest.fixture
def shaded(emulator):
    """A workflow that gives a picture as PNG; it fails for a caption that tells it to."""

    @emulator.workflow(
        "shade", inputs={"image": "file", "caption": "text"}, outputs={"shaded": "file"}
    )
    def shade(image, caption):
        if "fail" in caption:
            raise ValueError(caption)
        return {"shaded": OutputFile(picture("PNG"), "shaded.png", "image/png")}

    return "shade"


def picture(kind, size=(400, 300)):
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(buffer, kind)
    return buffer.getvalue()


def items(path):
    return [json.loads(each) for each in ITEM.findall(path.read_text("utf-8"))]


def test_before_and_after_side_by_side(client, shaded, photo, tmp_path, manifest):
    evil = "</script><script>alert(1)</script><!-- fail"
    inputs = [
        {"sku": "茶杯", "image": photo("a.jpg", picture("JPEG")), "caption": "cup"},
        {"sku": evil, "image": photo("b.jpg", picture("JPEG", (300, 400))), "caption": evil},
        {"sku": "gone", "image": tmp_path / "gone.jpg", "caption": "gone"},
    ]
    batch = client.map(shaded, inputs, key="sku", save_to=tmp_path / "out", manifest=manifest)
    list(batch)
    path = batch.report(tmp_path / "r.html")
    first, second, third = items(path)
    assert [each["status"] for each in (first, second, third)] == ["succeeded", "failed", "failed"]
    [before], [after] = first["before"], first["after"]
    assert before.startswith("data:image/jpeg;base64,")
    assert after.startswith("data:image/")
    assert (second["key"], len(second["before"]), second["after"]) == (evil, 1, [])
    assert evil in second["error"]
    assert "gone.jpg" in third["error"]
    text = path.read_text("utf-8")
    assert evil not in text
    assert text.count("</script>") == 4  # one an item, and the page's own
    assert "default-src 'none'" in text
    assert "http://" not in text
    assert "https://" not in text


def test_an_item_without_a_key_is_called_as_people_know_it(client, shaded, photo, tmp_path):
    inputs = [
        {"image": photo("茶杯.jpg", picture("JPEG")), "caption": "cup"},
        {"image": "no file", "caption": "fail"},
        *(InputError("a line that can't be read"), InputError("a line that can't be read")),
    ]
    batch = client.map(shaded, inputs)
    list(batch)
    names = [each["name"] for each in items(batch.report(tmp_path / "r.html"))]
    assert names == ["茶杯.jpg", "#2", "#3", "#4"]
    lines = batch.report(tmp_path / "r.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["file"] for line in lines] == [str(inputs[0]["image"]), *[None] * 3]


def test_a_report_of_many_takes_little_memory_and_less_than_a_browser_can_open(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("speedpix.batch.reports.page.REPORT_LIMIT", 100_000)
    (tmp_path / "a.jpg").write_bytes(picture("JPEG"))
    found = open_manifest(None)
    saved = json.dumps([str(tmp_path / "a.jpg")] * 9)
    for number in range(2000):
        entry = Entry(str(number), b"", SUCCEEDED, number, found.call, found.call, saved=saved)
        found.put(entry)
    tracemalloc.start()
    path = write_report(tmp_path / "r.html", found)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found.close()
    several = items(path)
    assert len(several) == 2000
    assert len(several[0]["after"]) == 4
    assert several[-1]["after"] == []
    assert path.stat().st_size < 100_000 + 2000 * 1200
    assert most < 8 << 20
