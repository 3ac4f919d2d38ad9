"""Chromium, driven by Selenium, in front of an emulator of its own."""

from __future__ import annotations

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait
from speedpix_emulator import Emulator

from speedpix import Client

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 20  # until the page shows something, or never will


@pytest.fixture
def emulator():
    with Emulator() as running:
        yield running


@pytest.fixture
def client(emulator):
    with Client(emulator.app_key, emulator.app_secret, emulator.url) as opened:
        yield opened


@pytest.fixture
def language():
    """The language that the browser asks for."""
    return "en"


@pytest.fixture
def browser(tmp_path, language):
    """A browser with an empty profile; what it complains about fails the test."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile = tmp_path / "profile"
    for flag in (*FLAGS, f"--accept-lang={language}", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options, service) as opened:
        yield opened
        assert [each["message"] for each in opened.get_log("browser")] == []


@pytest.fixture
def until(browser):
    """A function that waits until its argument, a function, returns something true."""

    def wait(condition):
        return WebDriverWait(browser, SECONDS, 0.1).until(lambda _: condition())

    return wait


@pytest.fixture
def screen(browser):
    """A function that sets the screen's size and colours, and returns the browser."""

    def show(width, height, colours):
        media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        return browser

    return show
