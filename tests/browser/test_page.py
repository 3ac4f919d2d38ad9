"""The emulator's page in a real browser: `make test-browser`."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from speedpix import APIError, AuthenticationError, Client

COFFEE = Path(__file__).parents[2] / "examples" / "coffee.jpg"
SIZES = [(1280, 900), (390, 844)]  # a desktop's, a phone's
WORKFLOW = "white-background"


@pytest.fixture
def page(browser, emulator, until):
    """A function that returns what a CSS selector finds on the page, which is live."""
    browser.get(emulator.url + "/")
    until(lambda: browser.find_element(By.ID, "live").get_attribute("class") == "on")
    return lambda selector: browser.find_elements(By.CSS_SELECTOR, selector)


def text(elements):
    return " ".join(element.text for element in elements)


def test_a_run_from_its_start_to_its_pictures(page, client, emulator, until, browser):
    assert "No run yet" in text(page("#no-runs"))
    prediction = client.run(WORKFLOW, {"image": COFFEE, "text": "<b>咖啡</b>"}, wait=False)
    until(lambda: page(".run progress") and "GrabCut" in text(page(".run")))
    prediction.wait()
    until(lambda: len(page(".run figure img")) == 4)
    assert "succeeded" in text(page(".run"))
    assert "text: <b>咖啡</b>" in text(page(".run"))
    loaded = "return [...document.images].every(image => image.complete && image.naturalWidth > 0)"
    until(lambda: browser.execute_script(loaded))
    assert text(page("#objects-title")) == "Store (5)"


def test_a_click_shows_requests_and_answers(page, client, until, emulator):
    client.run(WORKFLOW, {"image": COFFEE, "text": "咖啡"})
    until(lambda: "succeeded" in text(page(".run")))
    page(".run")[0].click()
    until(lambda: page("#conversation > details"))
    for exchange in page("#conversation > details > summary"):
        exchange.click()
    told = text(page("#conversation"))
    for operation in ("sign", "put", "submit", "progress", "result"):
        assert f"{operation} HTTP 200" in told
    assert '"text": "咖啡"' in told
    assert "Signature" not in told
    assert emulator.app_secret not in told


def test_what_was_refused_and_why(page, client, emulator, until):
    with pytest.raises(APIError):
        client.run(WORKFLOW, {"image": COFFEE})
    with Client(emulator.app_key, "wrong", emulator.url) as wrong, pytest.raises(
        AuthenticationError
    ):
        wrong.run(WORKFLOW, {})
    until(lambda: len(page("#refusals > li")) == 2)
    told = text(page("#refusals"))
    assert "inputs.text: required, and not given" in told
    assert "the app secret differs" in told
    page("#refusals summary")[0].click()
    assert "content-md5" in text(page("#refusals"))


def test_a_fault_is_set_and_cleared(page, emulator, until):
    until(lambda: page("#name option"))
    Select(page("#operation")[0]).select_by_value("progress")
    Select(page("#name")[0]).select_by_value("unavailable")
    page("#times")[0].clear()
    page("#times")[0].send_keys("3")
    page("#fault button")[0].click()
    until(lambda: "progress: unavailable × 3" in text(page("#faults")))
    assert emulator.faults.pending == 3
    page("#faults button")[0].click()
    until(lambda: not page("#faults li"))
    assert emulator.faults.pending == 0


@pytest.mark.parametrize("language", ["zh-CN"])
def test_a_chinese_browser_is_spoken_to_in_chinese(page, client, emulator, until, browser):
    assert browser.title == "SpeedPix 模拟器"
    assert "还没有任务" in text(page("#no-runs"))
    client.run(WORKFLOW, {"image": COFFEE, "text": "Runs"})
    with pytest.raises(APIError):
        client.run(WORKFLOW, {"image": COFFEE})
    emulator.faults.add("progress", "unavailable", times=3)
    until(lambda: "成功" in text(page(".run")) and page("#faults > li"))
    until(lambda: "submit · 服务拒绝" in text(page("#refusals")))
    assert text(page("main h2")) == "任务（1） 被拒绝的请求 故障 对象存储（5）"
    assert text(page("#live")) == "实时"
    assert "text: Runs" in text(page(".run"))  # what the user wrote stays
    page(".run")[0].click()
    until(lambda: page("#conversation > details"))
    page("#conversation > details > summary")[0].click()
    assert "请求内容，" in text(page("#conversation"))
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    "look",
    [(width, height, colours) for width, height in SIZES for colours in ("light", "dark")],
    ids=str,
)
def test_it_fits_the_screen_and_can_be_read(page, client, until, screen, look):
    browser, colours = screen(*look), look[2]
    client.run(WORKFLOW, {"image": COFFEE, "text": "long-" * 40})
    until(lambda: len(page(".run figure img")) == 4)
    width, inner = browser.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert width <= inner
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 3 * 128) == (colours == "light")


def test_it_says_when_the_emulator_is_gone(page, emulator, until, browser):
    emulator.stop()
    until(lambda: "does not answer" in text(page("#live")))
    browser.get_log("browser")  # the connection that is lost is what is tested
