"""Names of downloaded files: the server proposes, nothing unsafe is used."""

from __future__ import annotations

import pytest

from speedpix.values.names import file_names, safe_name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("picture.png", "picture.png"),
        ("一幅画.png", "一幅画.png"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        (r"..\..\windows\system.ini", "system.ini"),
        (r"C:\a.png", "a.png"),
        ("a:b*c?.png", "a_b_c_.png"),
        ('<a>|"b".png', "_a___b_.png"),
        ("a\0b\nc.png", "a_b_c.png"),
        ("..", "output"),
        (".", "output"),
        ("", "output"),
        ("   ", "output"),
        (".hidden", "hidden"),
        ("trailing. . ", "trailing"),
        ("con", "_con"),
        ("CON.png", "_CON.png"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1.txt", "_com1.txt"),
        ("lpt9", "_lpt9"),
        ("console.png", "console.png"),
        ("dir/", "output"),
    ],
)
def test_a_safe_name(given, safe):
    assert safe_name(given) == safe


def test_a_long_name_is_cut_and_keeps_its_extension():
    name = safe_name("x" * 5000 + ".png")
    assert len(name) <= 150
    assert name.endswith(".png")
    assert len(safe_name("a." + "x" * 5000)) <= 150


@pytest.mark.parametrize(
    "code",
    [0x80, 0x9B, 0x9F, 0x61C, 0x200B, 0x200E, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028, 0xFEFF],
)
def test_what_a_terminal_obeys_or_turns_a_name_around_is_left_out(code):
    assert safe_name(f"a{chr(code)}gpj.exe") == "a_gpj.exe"
    assert file_names([((f"a{chr(code)}b",), ".png")]) == ["a_b.png"]


def test_what_joins_letters_and_emoji_stays():
    assert safe_name("👩‍🎨.png") == "👩‍🎨.png"
