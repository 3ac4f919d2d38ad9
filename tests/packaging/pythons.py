"""Try the built wheel on the Pythons of this machine: `make test-pythons`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from attrs import field, frozen
from speedpix_emulator import Emulator

import speedpix

ROOT = Path(__file__).parents[2]
SMOKE = Path(__file__).with_name("smoke.py")
PHOTO = ROOT / "tests" / "data" / "product.png"
OLDEST_SUPPORTED = (3, 8)
# What pyproject.toml promises to work with at least.
LOWEST = (
    "attrs==22.2.0",
    "httpcore==1.0.0",
    "httpx==0.27.0",
    "python-dateutil==2.8.2",
    "typing_extensions==4.1.1",
)


@frozen(order=True)
class Python:
    """Hold an interpreter: its version and where it is."""

    version: tuple[int, int]
    path: Path = field(order=False)

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def discover() -> list[Python]:
    """Return one interpreter of each version of Python 3.8 and later, oldest first."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    named = [shutil.which(f"python3.{minor}") for minor in range(8, 20)]
    candidates = [
        sys.executable,
        *sorted(pyenv.glob("versions/*/bin/python")),
        *(path for path in named if path),
    ]
    found: dict[tuple[int, int], Python] = {}
    for path in map(Path, candidates):
        version = _version(path)
        if version is not None and version >= OLDEST_SUPPORTED:
            found.setdefault(version, Python(version, path))
    return sorted(found.values())


def _version(path: Path) -> tuple[int, int] | None:
    """Return a CPython's version, or None if it is none or does not start (a pyenv shim, say)."""
    script = "import sys, venv; print(sys.implementation.name, *sys.version_info[:2])"
    done = subprocess.run([path, "-c", script], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or words[0] != "cpython":
        return None
    return int(words[1]), int(words[2])


def build(folder: Path) -> Path:
    """Build the source distribution, and from it the wheel; return the wheel."""
    _checked([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(python: Python, wheel: Path, folder: Path, requirements: tuple[str, ...]) -> Path:
    """Install a wheel into a fresh environment; return the environment's interpreter."""
    _checked([python.path, "-m", "venv", folder])
    installed = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [installed, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    _checked([*pip, wheel, *requirements])
    return installed


def smoke(installed: Path, emulator: Emulator, folder: Path) -> None:
    """Use the installed package end to end against an emulator, all warnings being errors."""
    shutil.copy(PHOTO, folder / "input.png")
    (folder / "saved").mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "SPEEDPIX_"))
    }
    environment.update(
        SPEEDPIX_APP_KEY=emulator.app_key,
        SPEEDPIX_APP_SECRET=emulator.app_secret,
        SPEEDPIX_ENDPOINT=emulator.url,
    )
    names = json.dumps(sorted(speedpix.__all__))
    _checked([installed, "-W", "error", SMOKE, names, folder], cwd=folder, env=environment)


def serve() -> Emulator:
    """Return an emulator, not started yet, with the workflow that the smoke test runs."""
    emulator = Emulator()

    @emulator.workflow(
        "smoke",
        inputs={"image": "file", "text": "text"},
        outputs={"images": "image", "text": "text"},
    )
    def echo(image: bytes, text: str) -> dict[str, object]:
        return {"images": image, "text": text}

    return emulator


def _checked(command: list[object], **options: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    if done.returncode:
        message = f"{' '.join(map(str, command))} failed:\n{done.stdout}"
        raise AssertionError(message)


def main() -> int:
    """Smoke-test the wheel on all Pythons, or on the oldest and the newest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="not only the oldest and the newest")
    everything = parser.parse_args().all
    pythons = discover()
    chosen = pythons if everything else sorted({pythons[0], pythons[-1]})
    with tempfile.TemporaryDirectory() as name, serve() as emulator:
        folder = Path(name)
        wheel = build(folder / "dist")
        for python in chosen:
            requirements = LOWEST if python is pythons[0] else ()
            work = folder / str(python)
            work.mkdir()
            smoke(install(python, wheel, work / "venv", requirements), emulator, work)
            kind = "the lowest" if requirements else "the newest"
            sys.stdout.write(f"Python {python}: works, with {kind} dependencies\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
