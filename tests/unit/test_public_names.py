"""What `import speedpix` offers: complete, typed, documented, and the same in sync and async."""

from __future__ import annotations

import ast
import importlib
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest
import speedpix_api.api.scc as endpoints

import speedpix
from speedpix import Client, File, FileOutput, Files, Output, Prediction, Predictions

SOURCE = Path(speedpix.__file__).parent


def test_all_is_what_can_be_imported():
    namespace = {}
    exec("from speedpix import *", namespace)  # what a user may write
    assert set(speedpix.__all__) == set(namespace) - {"__builtins__"}
    assert len(set(speedpix.__all__)) == len(speedpix.__all__)
    assert set(speedpix.__all__) <= set(dir(speedpix))


def test_all_is_what_the_type_checker_sees():
    tree = ast.parse((SOURCE / "__init__.py").read_text("utf-8"))
    typed = {
        alias.asname
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert typed == set(speedpix.__all__) - {"__version__"}


def test_every_endpoint_is_reachable():
    generated = {path.stem for path in Path(endpoints.__file__).parent.glob("[!_]*.py")}
    assert generated <= set(speedpix.__all__)
    for name in generated:
        assert getattr(speedpix, name) is importlib.import_module(f"{endpoints.__name__}.{name}")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        _ = speedpix.Klient


def test_importing_imports_nothing_heavy():
    """Ask another interpreter: in this one everything is imported already."""
    heavy = ("httpx", "attrs", "speedpix_api", "speedpix.client", "numpy", "PIL")
    script = f"import sys, speedpix; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [name for name in speedpix.__all__ if name[0].isupper()])
def test_every_class_is_documented(name):
    assert inspect.getdoc(getattr(speedpix, name))


@pytest.mark.parametrize("kind", [Client, Files, File, FileOutput, Output, Prediction, Predictions])
def test_every_public_member_is_documented(kind):
    for name, member in vars(kind).items():
        if not name.startswith("_") and callable(member):
            assert inspect.getdoc(member), name


TWINS = [
    (Client.run, Client.async_run),
    (Files.create, Files.async_create),
    (Predictions.create, Predictions.async_create),
    (Predictions.get, Predictions.async_get),
    (Prediction.wait, Prediction.async_wait),
    (Prediction.result, Prediction.async_result),
    (Prediction.reload, Prediction.async_reload),
    (FileOutput.save, FileOutput.async_save),
    (FileOutput.read, FileOutput.async_read),
    (FileOutput.open, FileOutput.async_open),
    (FileOutput.to_pil, FileOutput.async_to_pil),
    (FileOutput.to_numpy, FileOutput.async_to_numpy),
    (Output.save_all, Output.async_save_all),
    (speedpix.run, speedpix.async_run),
]


def shown(function):
    """A signature as it is shown; who awaits may be told by a coroutine function."""
    return str(inspect.signature(function)).replace("AsyncListener", "Listener")


@pytest.mark.parametrize(("blocking", "awaited"), TWINS, ids=lambda twin: twin.__qualname__)
def test_sync_and_async_have_the_same_signature(blocking, awaited):
    assert shown(blocking) == shown(awaited)
    assert inspect.iscoroutinefunction(awaited)
    assert not inspect.iscoroutinefunction(blocking)


def test_every_async_method_is_in_the_table():
    public = {Client, Files, File, FileOutput, Output, Prediction, Predictions}
    found = {
        member
        for kind in public
        for name, member in vars(kind).items()
        if name.startswith("async_")
    }
    assert found == {awaited for _, awaited in TWINS} - {speedpix.async_run}


def overloads(path, function):
    """The overloads of a function, as source, with what is async or its own left out."""
    tree = ast.parse(path.read_text("utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function:
            names = [ast.unparse(decorator) for decorator in node.decorator_list]
            if names == ["overload"]:
                arguments = node.args
                arguments.args = [each for each in arguments.args if each.arg != "self"]
                kept = [
                    (each, default)
                    for each, default in zip(
                        arguments.kwonlyargs, arguments.kw_defaults, strict=True
                    )
                    if each.arg != "client"
                ]
                arguments.kwonlyargs = [each for each, _ in kept]
                arguments.kw_defaults = [default for _, default in kept]
                text = ast.unparse(arguments).replace("AsyncRunOptions", "RunOptions")
                found.append((text, ast.unparse(node.returns)))
    return found


def test_the_four_ways_to_run_have_the_same_overloads():
    ways = [
        overloads(SOURCE / "client.py", "run"),
        overloads(SOURCE / "client.py", "async_run"),
        overloads(SOURCE / "shortcuts.py", "run"),
        overloads(SOURCE / "shortcuts.py", "async_run"),
    ]
    assert len(ways[0]) == 4
    assert all(way == ways[0] for way in ways)


def test_the_packages_are_marked_as_typed():
    for package in ("speedpix", "speedpix_api", "speedpix_emulator"):
        folder = Path(importlib.import_module(package).__file__).parent
        assert (folder / "py.typed").is_file()


SUBMITTING = {
    "alias_id": "str | None",
    "version_id": "str | None",
    "file_encoding_strategy": "Literal['url', 'base64'] | None",
    "resource_config_id": "str | None",
    "randomise_seeds": "bool | None",
    "return_temp_files": "bool | None",
    "label": "str | None",
}
WAITING = {
    "wait": "bool",
    "polling_interval": "float | None",
    "wait_timeout": "float | None",
    "progress": "bool | None",
    "on_progress": "Listener | None",
}
DEFAULTS = {"wait": True, "file_encoding_strategy": "url", "progress": False}


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (Client.run, {**SUBMITTING, **WAITING}),
        (Client.async_run, {**SUBMITTING, **WAITING}),
        (speedpix.run, {"client": "Client | None", **SUBMITTING, **WAITING}),
        (speedpix.async_run, {"client": "Client | None", **SUBMITTING, **WAITING}),
        (Predictions.create, SUBMITTING),
        (Predictions.async_create, SUBMITTING),
    ],
)
def test_help_shows_every_option_with_its_type_and_default(function, options):
    found = {
        name: (
            parameter.annotation.replace("AsyncListener", "Listener").replace('"', "'"),
            parameter.default,
        )
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert found == {name: (kind, DEFAULTS.get(name)) for name, kind in options.items()}
    helped = pydoc.render_doc(function)
    assert [name for name in options if f"{name}: " not in helped] == []
