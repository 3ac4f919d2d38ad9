"""Generate the low-level client `speedpix_api` from the contract.

Run it with the development environment's interpreter, which need not be activated:

    .venv/bin/python openapi/generator/generate.py [--contract FILE] [--output DIR]

The same contract always gives the same bytes: the generator and the formatter are pinned exactly,
their settings are all in the files beside this one, and the output folder is made anew.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PINNED = ("openapi-python-client", "ruff")


def main() -> None:
    """Generate the client, or exit with a message and the status 1."""
    arguments = parse_arguments()
    check_pins()
    with tempfile.TemporaryDirectory() as scratch:
        templates = Path(scratch, "templates")
        package = Path(scratch, "package")
        write_templates(templates)
        run_generator(arguments.contract, templates, package)
        replace(arguments.output, package)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Generate the low-level client from the contract.")
    parser.add_argument(
        "--contract",
        type=Path,
        default=ROOT / "openapi" / "speedpix.yaml",
        help="the OpenAPI document (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "generated" / "speedpix_api",
        help="the package's folder, which is deleted first (default: %(default)s)",
    )
    return parser.parse_args()


def check_pins() -> None:
    """Exit unless each pinned tool is installed in exactly the version of pyproject.toml."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = "\n".join(pyproject["project"]["optional-dependencies"]["dev"])
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", requirements, flags=re.MULTILINE))
    for name in PINNED:
        if name not in pins:
            sys.exit(f"pyproject.toml: the dev extra must pin {name} with ==")
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "none"
        if installed != pins[name]:
            sys.exit(
                f"{name} {pins[name]} is needed, {installed} is installed in {sys.prefix}: "
                "install the project's dev extra"
            )


def write_templates(target: Path) -> None:
    """Write the generator's templates into `target`, changed by python38.patch.

    A patch that no longer fits, after another version was pinned, is an error.
    """
    spec = find_spec("openapi_python_client")
    if spec is None or spec.origin is None:
        sys.exit("openapi-python-client is not installed")
    shutil.copytree(Path(spec.origin).with_name("templates"), target)
    run(
        ["git", "apply", "-p1", str(HERE / "python38.patch")],
        # Without this, git would look for a repository around the temporary folder.
        env={"GIT_CEILING_DIRECTORIES": str(target.parent)},
        folder=target,
    )


def run_generator(contract: Path, templates: Path, output: Path) -> None:
    """Generate the client of `contract` into the new folder `output`; a warning is an error."""
    tools = str(Path(sys.executable).parent)
    run(
        [
            sys.executable,
            "-m",
            "openapi_python_client",
            "generate",
            f"--path={contract.resolve()}",
            f"--config={HERE / 'config.yaml'}",
            f"--custom-template-path={templates}",
            f"--output-path={output}",
            "--meta=none",
            "--fail-on-warning",
        ],
        # The hooks call ruff by name: the one beside the interpreter, activated or not.
        env={"PATH": os.pathsep.join([tools, os.environ.get("PATH", os.defpath)])},
    )
    (output / "py.typed").touch()


def replace(target: Path, package: Path) -> None:
    """Put `package` in the place of `target`, once it is known to be whole."""
    if target.exists():
        if any(target.iterdir()) and not (target / "py.typed").exists():
            sys.exit(f"{target} does not look like a generated package: delete it yourself")
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(package, target)
    print(f"Generated {target}")


def run(command: list[str], env: dict[str, str], folder: Path | None = None) -> None:
    """Run a command silently, with more environment; exit with all it said when it fails."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's own
        command,
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
