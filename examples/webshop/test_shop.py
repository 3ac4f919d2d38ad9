"""The shop's tests: the whole of it, against an emulator, in no real time."""

import io

import pytest
from PIL import Image
from shop import LARGEST_PHOTO, app
from starlette.testclient import TestClient


@pytest.fixture
def shop(speedpix_emulator):
    """The shop, and a SpeedPix whose workflow takes no more work than a test needs."""

    @speedpix_emulator.workflow(
        "white-background",
        inputs={"image": "image", "text": "text"},
        outputs={"images": "image"},
    )
    def white_background(image, text):
        return {"images": Image.new("RGB", image.size, "white")}

    with TestClient(app) as client:
        yield client


@pytest.fixture
def photo():
    file = io.BytesIO()
    Image.new("RGB", (48, 32), "teal").save(file, "JPEG")
    return file.getvalue()


def test_a_photo_becomes_a_picture_on_white(shop, photo):
    answer = shop.post("/products", params={"name": "cup"}, content=photo)
    assert answer.status_code == 202

    answer = shop.get(f"{answer.headers['Location']}/picture")
    assert answer.status_code == 200
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (48, 32)
    assert picture.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.speedpix(duration=60)
def test_customers_see_how_far_it_is(shop, photo, speedpix_emulator):
    product = shop.post("/products", content=photo).headers["Location"]
    assert shop.get(product).json() == {"status": "running", "percent": 0, "error": None}

    speedpix_emulator.clock.advance(15)
    assert shop.get(product).json()["percent"] == 25
    early = shop.get(f"{product}/picture")
    assert (early.status_code, early.headers["Retry-After"]) == (409, "45")

    speedpix_emulator.clock.advance(45)
    assert shop.get(product).json() == {"status": "succeeded", "percent": 100, "error": None}


@pytest.mark.speedpix(failure="out of memory")
def test_a_run_that_fails(shop, photo):
    product = shop.post("/products", content=photo).headers["Location"]
    assert shop.get(product).json()["status"] == "failed"
    answer = shop.get(f"{product}/picture")
    assert answer.status_code == 502
    assert "out of memory" in answer.text


@pytest.mark.speedpix(
    faults=[
        ("sign", "drop_after"),
        ("put", "store_unavailable"),
        ("submit", "throttled"),
        ("progress", "unavailable", 2),
        ("get", "cut"),
    ]
)
def test_a_bad_network_is_not_noticed(shop, photo, speedpix_emulator):
    product = shop.post("/products", content=photo).headers["Location"]
    assert shop.get(f"{product}/picture").status_code == 200
    assert speedpix_emulator.faults.pending == 0
    assert len(speedpix_emulator.jobs) == 1


@pytest.mark.speedpix(faults=[("submit", "drop_after")])
def test_what_may_have_been_paid_for_is_not_asked_for_again(shop, photo, speedpix_emulator):
    answer = shop.post("/products", content=photo)
    assert answer.status_code == 502
    assert "Retry-After" not in answer.headers
    assert len(speedpix_emulator.jobs) == 1


@pytest.mark.speedpix(faults=[("submit", "quota_exhausted")])
def test_a_quota_that_is_used_up(shop, photo):
    answer = shop.post("/products", content=photo)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


@pytest.mark.speedpix(faults=[("*", "drop_before", 100)])
def test_a_service_that_is_down(shop, photo):
    answer = shop.post("/products", content=photo)
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "5")


def test_what_is_no_photo_is_not_sent(shop, speedpix_emulator):
    assert shop.post("/products", content=b"<svg/>").status_code == 422
    assert speedpix_emulator.requests == []


def test_a_photo_that_is_too_large(shop, photo, speedpix_emulator):
    assert shop.post("/products", content=photo + bytes(LARGEST_PHOTO)).status_code == 413
    assert speedpix_emulator.requests == []


def test_a_name_is_never_a_file_of_the_server(shop, photo, speedpix_emulator, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(photo)
    assert shop.post("/products", params={"name": secret}, content=photo).status_code == 202
    assert speedpix_emulator.jobs[0].inputs["text"] == str(secret)


def test_an_unknown_product(shop):
    assert shop.get("/products/none").status_code == 404
