"""The HTML that a notebook shows: whatever the service says, it is text there, never markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from speedpix.gateway.settings import read_settings
from speedpix.session import shared_session
from speedpix.values.link import Origin
from speedpix.values.output import as_output, wrap

ORIGIN = Origin(shared_session(read_settings("key", "secret")))
HOSTILE = "\"'><img src=x onerror=alert(1)></figure><script>alert(1)</script>&lt;b&gt;"
ALLOWED = {
    "div": {"style"},
    "b": set(),
    "figure": {"style"},
    "figcaption": {"style"},
    "a": {"href", "target", "rel"},
    "img": {"src", "alt", "style"},
    "video": {"controls", "preload", "src", "style"},
    "audio": {"controls", "preload", "src", "style"},
}


class Page(HTMLParser):
    """What a browser makes of some HTML."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def shown(fields):
    """An output as a notebook shows it, in which nothing may be but what is allowed."""
    page = Page(as_output(fields, ORIGIN)._repr_html_())
    check(page)
    return page


def check(page):
    for tag, attributes in page.elements:
        assert set(attributes) <= ALLOWED[tag]
        for name in {"href", "src"} & set(attributes):
            assert attributes[name].startswith(("http://", "https://", "data:image/"))


def file(url="https://store.test/a.mp4", **facts):
    return wrap({"url": url, **facts}, ORIGIN)


def test_a_video_and_a_sound_have_players():
    page = shown({"clip": "https://s.test/a.mp4", "song": {"url": "https://s.test/b.wav?a=1&b=2"}})
    assert [each["src"] for each in page.attributes("video")] == ["https://s.test/a.mp4"]
    assert [each["src"] for each in page.attributes("audio")] == ["https://s.test/b.wav?a=1&b=2"]
    assert page.text == "clipsong"


@pytest.mark.parametrize(
    ("url", "facts", "tag"),
    [
        ("https://s.test/view", {"type": "video"}, "video"),
        ("https://s.test/view", {"type": "output", "format": "mp4"}, "video"),
        ("https://s.test/a.mp3", {"type": HOSTILE}, "audio"),
        ("https://s.test/a.zip", {"type": "file"}, "a"),
        ("https://s.test/view", {}, "a"),
    ],
)
def test_the_kind_is_what_the_service_says_or_the_names(url, facts, tag):
    assert Page(file(url, **facts)._repr_html_()).attributes(tag)


@pytest.mark.parametrize("extension", ["mp4", "mp3", "png", "zip"])
def test_hostile_values_are_text(extension):
    url = f"https://store.test/a.{extension}?{HOSTILE}"
    facts = {"type": HOSTILE, "filename": f"{HOSTILE}.{extension}", "width": HOSTILE}
    page = shown({HOSTILE: [{"url": url, **facts}], "text": HOSTILE, "deep": {HOSTILE: [HOSTILE]}})
    assert HOSTILE in page.text
    assert Page(file(url, **facts)._repr_html_()).attributes("script") == []
    check(Page(file(url, **facts)._repr_html_()))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_only_web_addresses_are_linked(url):
    for kind in ("image", "video", "audio", "file"):
        changed = file(type=kind)
        changed["url"] = url  # no longer what the service sent, which would be no file
        page = Page(changed._repr_html_())
        check(page)
        assert not page.attributes("a")


def test_a_picture_that_cannot_be_fetched_is_a_link_with_the_reason():
    page = Page(file("https://store.test/a.png", filename="a.png")._repr_html_())  # no network here
    assert page.attributes("a")[0]["href"] == "https://store.test/a.png"
    assert "a.png can't be shown: " in page.text
    assert page.attributes("img") == []


def test_captions_are_keys_or_the_name_and_size():
    assert shown({"style": {"ref": ["https://s.test/a.mp4"]}}).text == "style / ref / 0"
    page = Page(file(filename="clip.mp4", width=640, height=480)._repr_html_())
    assert page.text == "clip.mp4 · 640 × 480"


def test_what_is_no_file_is_text():
    page = shown(
        {
            "clip": {"url": "https://s.test/a.mp4", "width": 7},
            "text": "一幅画",
            "facts": {"frames": 3, "deep": [None, True]},
            "mixed": {"clip": "https://s.test/b.mp4", "seed": 42},
        }
    )
    assert "text: 一幅画" in page.text
    assert 'facts: {"frames": 3, "deep": [null, true]}' in page.text
    assert "mixed / seed: 42" in page.text
    assert "width" not in page.text


def test_long_values_and_many_files_are_cut_short():
    page = shown({"files": [f"https://s.test/{n}.mp4" for n in range(30)], "text": "x" * 9999})
    assert len(page.attributes("video")) == 24
    assert "and 6 more files" in page.text
    assert "x" * 500 + "…" in page.text
    assert "x" * 501 not in page.text


def test_what_cannot_be_written_is_left_out():
    endless = []
    endless.append(endless)
    deep = "end"
    for _ in range(1_000_000):  # more than the stack of any Python has room for
        deep = [deep]
    output = as_output({"clip": "https://s.test/a.mp4"}, ORIGIN)
    output.update(endless=endless, deep=deep, other=object(), broken="\ud800", **{"\ud800": 1})
    page = Page(output._repr_html_())
    check(page)
    assert page.text.encode()  # it can be sent to the notebook
    assert "endless: …deep: …other: …" in page.text
    assert output["clip"]._repr_html_()


def test_an_output_without_files_is_shown_as_the_dict_that_it_is():
    assert as_output({"text": "x", "list": [1]}, ORIGIN)._repr_html_() is None
    assert as_output({}, ORIGIN)._repr_html_() is None
