"""What is imported, and when."""

from __future__ import annotations

import json
import subprocess
import sys

# Of the standard library, what is large or has no part in an import that does nothing.
HEAVY = {
    "asyncio",
    "concurrent",
    "ctypes",
    "dataclasses",
    "decimal",
    "email",
    "hashlib",
    "http",
    "inspect",
    "json",
    "logging",
    "multiprocessing",
    "socket",
    "sqlite3",
    "ssl",
    "tempfile",
    "urllib",
    "xml",
}


def modules_after(code):
    """Return the modules that a program imports, in a process of its own."""
    program = (
        f"import sys; before = set(sys.modules); {code}; after = set(sys.modules) - before; "
        "import json; print(json.dumps(sorted(after)))"
    )
    process = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout)


def packages(modules):
    return {name.partition(".")[0] for name in modules}


def test_importing_the_package_imports_nothing_of_it_but_its_version():
    own = [name for name in modules_after("import speedpix") if name.startswith("speedpix")]
    assert own == ["speedpix", "speedpix.version"]


def test_importing_the_package_imports_no_other_package():
    found = packages(modules_after("import speedpix"))
    assert found - sys.stdlib_module_names == {"speedpix"}


def test_importing_the_package_imports_nothing_heavy():
    assert packages(modules_after("import speedpix")) & HEAVY == set()


def test_a_client_imports_neither_pictures_nor_numbers_nor_a_database():
    found = packages(modules_after("from speedpix import Client; Client('key', 'secret')"))
    assert found & {"numpy", "PIL", "cv2", "sqlite3", "speedpix_emulator"} == set()


def test_a_run_imports_opentelemetry_only_when_the_program_has(emulator, sample_image):
    run = (
        "from speedpix import Client; "
        f"client = Client({emulator.app_key!r}, {emulator.app_secret!r}, {emulator.url!r}); "
        f"fields = {{'text': 'x', 'image': {str(sample_image)!r}}}; "
        "client.run('white-background', fields, wait=False); "
        "client.predictions.create('white-background', fields)"
    )
    assert "opentelemetry" not in packages(modules_after(run))
    assert "opentelemetry" in packages(modules_after(f"import opentelemetry.trace; {run}"))
