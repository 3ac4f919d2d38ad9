"""The built wheel: what is in it, and that it works where it is installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import speedpix

# By path: this folder's name is that of a package that pytest itself uses.
_spec = importlib.util.spec_from_file_location(
    "speedpix_pythons", Path(__file__).with_name("pythons.py")
)
pythons = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = pythons  # attrs looks a class's module up
_spec.loader.exec_module(pythons)

FOUND = pythons.discover()
# The oldest with the lowest dependencies, the newest with the newest; all that there is, if one.
CASES = [(FOUND[0], pythons.LOWEST, "lowest"), (FOUND[-1], (), "newest")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return pythons.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_three_packages_and_nothing_else(names):
    packages = {name.partition("/")[0] for name in names}
    info = {package for package in packages if package.endswith(".dist-info")}
    assert packages - info == {"speedpix", "speedpix_api", "speedpix_emulator"}
    assert len(info) == 1


@pytest.mark.parametrize("package", ["speedpix", "speedpix_api", "speedpix_emulator"])
def test_each_package_is_typed_and_whole(names, package):
    assert f"{package}/py.typed" in names
    assert f"{package}/__init__.py" in names
    folder = Path(importlib.util.find_spec(package).origin).parent
    modules = {f"{package}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.py")}
    assert modules <= set(names)


# Code, the pages that a batch and the emulator show in a browser, and the table of translations.
SHIPPED = (".py", ".html", ".css", ".js", ".svg", ".po")


def test_no_tests_caches_or_cassettes(names):
    for name in names:
        *folders, file = name.split("/")
        assert "tests" not in folders
        assert not file.startswith(("test_", "conftest"))
        assert not name.endswith((".pyc", ".yaml", ".yml"))
        assert ".dist-info" in name or name.endswith((*SHIPPED, "py.typed"))


IN_A_ZIP = """
import sys
from speedpix import Client
from speedpix.cli.app import run

batch = Client("k", "s").map("any", [])
list(batch)
batch.report(sys.argv[1])
sys.exit(run(["--help"]))
"""


def test_it_works_unpacked_or_not(wheel, tmp_path):
    """Some put all of a program into one zip; a wheel is one."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_ZIP, "report.html"],
        capture_output=True,
        check=True,
        cwd=tmp_path,  # where no package is
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(wheel), "PYTHONUTF8": "1", "LC_ALL": "zh_CN.UTF-8"},
    )
    assert "运行" in done.stdout
    assert (tmp_path / "report.html").read_bytes()


def test_the_licence_is_in_it(names):
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_metadata_keeps_the_guides_promises(metadata):
    assert metadata["Name"] == "speedpix"
    assert metadata["Version"] == speedpix.__version__
    assert metadata["Requires-Python"] == ">=3.8"
    core = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(line.split("<")[0].split(">")[0].split(";")[0].strip() for line in core) == [
        "attrs",
        "httpx",
        "python-dateutil",
        "typing-extensions",
    ]
    assert "emulator" in metadata.get_all("Provides-Extra")


@pytest.fixture(scope="module")
def emulator():
    with pythons.serve() as running:
        yield running


@pytest.mark.parametrize(
    ("python", "requirements"),
    [pytest.param(*case[:2], id=f"{case[0]}-{case[2]}") for case in CASES],
)
def test_the_wheel_works_where_it_is_installed(python, requirements, wheel, emulator, tmp_path):
    installed = pythons.install(python, wheel, tmp_path / "venv", requirements)
    pythons.smoke(installed, emulator, tmp_path)
