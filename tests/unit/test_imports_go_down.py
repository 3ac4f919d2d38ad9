"""Imports go down the page, in the SDK and in the emulator: lazy and type-only ones, too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from graphlib import CycleError, TopologicalSorter

ROOT = Path(__file__).parents[2]

# From the top down. A module imports what is below its line, and in its own folder; what stands
# beside it on its line is as closed to it as what is above.
ORDERS = {
    "speedpix": """
        __main__ pytest_plugin
        cli
        agents testing
        __init__
        shortcuts
        client
        resources
        session
        batch
        predictions
        observing
        display
        files
        inputs
        gateway transports
        exceptions
        values
        flow
        logs
        printable
        constants forks version
    """,
    "emulator/speedpix_emulator": """
        __main__ __init__
        emulator
        app serving fault_catalogue white_background page
        gateway
        runs
        store
        exchanges
        clock limits
    """,
}


@pytest.mark.parametrize("package", ORDERS)
def test_every_import_goes_down(package):
    found = faults(ROOT / package, ORDERS[package])
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "imported",
    [
        "from .high import name",
        "from . import high",
        "import package.high",
        "def later():\n    from package import high",
        "if TYPE_CHECKING:\n    from .high import Name",
    ],
)
def test_an_import_that_goes_up_is_named_with_the_rule(tmp_path, imported):
    package = package_of(tmp_path, {"high": "", "low": imported})
    found = "package.low imports package.high: imports go down, and high is not below low"
    assert faults(package, "high\nlow") == [found]


def test_an_import_from_beside_goes_up_as_well(tmp_path):
    package = package_of(tmp_path, {"left": "from . import right", "right": ""})
    assert len(faults(package, "left right")) == 1


def test_a_circle_within_a_folder_is_named(tmp_path):
    modules = {"folder/one": "from . import two", "folder/two": "from .one import name"}
    [found] = faults(package_of(tmp_path, modules), "folder")
    assert found.startswith("a circle of imports: package.folder.")


def test_a_module_without_a_line_is_named(tmp_path):
    package = package_of(tmp_path, {"new": ""})
    assert faults(package, "old") == ["package.new: new has no line in the order"]


def package_of(directory, modules):
    package = directory / "package"
    for name, text in modules.items():
        file = package / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return package


def faults(package, order):
    """Return what runs against the order, a sentence each: imports that go up, and a circle."""
    heights = {
        part: -line for line, parts in enumerate(order.split("\n")) for part in parts.split()
    }
    modules = {name_of(file, package.parent): file for file in sorted(package.rglob("*.py"))}
    graph = {name: imports(name, file, modules) for name, file in modules.items()}
    parts = {name: f"{name}.__init__".split(".")[1] for name in modules}
    found = [
        f"{name}: {parts[name]} has no line in the order"
        for name in modules
        if parts[name] not in heights
    ]
    found += [
        f"{name} imports {imported}: imports go down, "
        f"and {parts[imported]} is not below {parts[name]}"
        for name in modules
        for imported in sorted(graph[name])
        if heights.get(parts[imported], 0) >= heights.get(parts[name], 0)
        and parts[imported] != parts[name]
    ]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"a circle of imports: {' ← '.join(error.args[1])}")
    return found


def name_of(file, root):
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(name, file, modules):
    """Return the modules of the package that a module imports, wherever in its text."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            folders = package.split(".")[: len(package.split(".")) + 1 - node.level]
            source = ".".join([*(folders if node.level else []), *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                found.add(whole if whole in modules else source)
    return found & modules.keys()
