"""The guide's complete programs and shell commands, each run as a process of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"


def assert_picture(path):
    with Image.open(path) as image:
        image.load()


def test_the_simplest_way_cuts_out_a_real_photo(guide, new_jobs):
    shutil.copy(EXAMPLES / "coffee.jpg", "input.jpg")

    assert guide.script("04_simplest.py") == ""

    with Image.open("output.png") as image:
        assert image.getpixel((0, 0)) == (255, 255, 255)  # the background is white
    (job,) = new_jobs()
    assert (job.workflow_id, job.submission.alias_id) == ("your_workflow_id", "main")
    assert job.inputs["text"] == "一幅美丽的山水画"
    assert guide.sent(job.inputs["image"]) == (EXAMPLES / "coffee.jpg").read_bytes()


@pytest.mark.parametrize(
    ("name", "saved"),
    [("05_asynchronous.py", "async_result.png"), ("06_global_function.py", "global_output.png")],
)
def test_the_other_ways_do_the_same(guide, new_jobs, name, saved):
    guide.give("input.jpg")

    assert guide.script(name) == ""

    assert_picture(saved)
    (job,) = new_jobs()
    assert guide.sent(job.inputs["image"]) == Path("input.jpg").read_bytes()


def test_shared_and_dedicated_resources(guide, new_jobs):
    assert guide.script("08_resource_config.py") == ""

    dedicated = "your-dedicated-resource-id"
    assert [job.resource_config_id for job in new_jobs()] == [None, dedicated, dedicated]
    assert {job.inputs["prompt"] for job in new_jobs()} == {"一个美丽的风景"}


def test_way_1_the_options_form(guide, new_jobs):
    guide.give("input.jpg")

    assert guide.script("26_way_1_simplest.py") == ""

    (job,) = new_jobs()
    assert (job.submission.alias_id, set(job.inputs)) == ("main", {"prompt", "image"})
    assert guide.sent(job.inputs["image"]) == Path("input.jpg").read_bytes()


def test_an_uploaded_file_in_a_run(guide, new_jobs):
    guide.give("input-image.jpg")

    assert guide.script("29_upload_file.py") == "处理后的图片已保存\n"

    assert_picture("processed-result.png")
    (job,) = new_jobs()
    assert guide.sent(job.inputs["image"]) == Path("input-image.jpg").read_bytes()
    assert job.inputs["prompt"] == "处理这张图片"


def test_two_uploaded_files_in_a_run(guide, new_jobs):
    guide.give("background.jpg", "mask.png")

    assert guide.script("30_upload_files.py") == ""

    assert_picture("composite-result.png")
    (job,) = new_jobs()
    assert guide.sent(job.inputs["background_image"]) == Path("background.jpg").read_bytes()
    assert guide.sent(job.inputs["mask_image"]) == Path("mask.png").read_bytes()


def test_the_end_to_end_example(guide, new_jobs):
    guide.give("input.jpg", "style.jpg")

    printed = guide.script("32_end_to_end.py")

    assert_picture("processed_result.png")
    (job,) = new_jobs()
    size = Path("processed_result.png").stat().st_size
    assert printed.splitlines() == [
        "文件上传成功:",
        f" 输入图片: {job.inputs['source_image']}",
        f" 风格图片: {job.inputs['style_image']}",
        "开始处理...",
        "处理完成,结果已保存到: ./processed_result.png",
        f"输出文件大小: {size} bytes",
    ]
    assert guide.sent(job.inputs["style_image"]) == Path("style.jpg").read_bytes()
    assert (job.inputs["strength"], job.inputs["steps"]) == (0.8, 20)


def test_a_virtual_environment(guide):
    prefix = 'python -c "import sys; print(sys.prefix)"'
    printed = guide.shell("01_create_environment.sh", then=prefix)

    version, prefix = printed.splitlines()
    assert version.startswith("Python 3.")
    assert Path(prefix).resolve() == Path("venv").resolve()


def test_the_credentials_in_the_environment(guide):
    printed = guide.shell(
        "02_set_credentials.sh", then='python -c "import speedpix; print(speedpix.Client())"'
    )

    assert printed == "Client(app_key='your-app-key', endpoint='https://your-endpoint.com')\n"


def test_the_distributions_name(guide, monkeypatch):
    """Pip finds it installed here, and uv notes it down; neither asks an index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_FROZEN", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    project = Path("pyproject.toml")
    project.write_text('[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.8"\n')

    printed = guide.shell("03_install.sh")

    assert "Requirement already satisfied: speedpix" in printed
    assert '"speedpix"' in project.read_text()


def test_quickstart_leaves_its_result(guide, emulator, new_jobs):
    """`quickstart.py` is the example of that name, on its photo and the sample workflow."""
    emulator.next_run("white-background", duration=0, queue=())
    for name in ("quickstart.py", "coffee.jpg"):
        shutil.copy(EXAMPLES / name, name)

    printed = guide.shell("07_try_it.sh")

    assert "SpeedPix SDK 安装成功!" in printed
    assert printed.splitlines()[-1].endswith("result.png")
    assert_picture("result.png")
    (job,) = new_jobs()
    assert job.workflow_id == "white-background"
