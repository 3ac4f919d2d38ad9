"""The committed client is exactly what the committed contract generates."""

from __future__ import annotations

from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_committed_client_is_what_the_contract_generates(
    generate, committed_client: Path, tmp_path: Path
) -> None:
    fresh = contents(generate(tmp_path) / "speedpix_api")
    committed = contents(committed_client / "speedpix_api")

    differing = [
        name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name)
    ]

    assert not differing, f"run `make generate` and read the diff of {sorted(differing)}"


def test_generating_over_an_older_client_leaves_nothing_of_it(generate, tmp_path: Path) -> None:
    fresh = contents(generate(tmp_path))
    (tmp_path / "speedpix_api" / "stray.py").write_text("", encoding="utf-8")
    (tmp_path / "speedpix_api" / "client.py").write_text("edited by hand", encoding="utf-8")

    assert contents(generate(tmp_path)) == fresh


def test_a_folder_of_another_kind_is_never_deleted(generator, tmp_path: Path) -> None:
    keepsake = tmp_path / "speedpix_api" / "keepsake.txt"
    keepsake.parent.mkdir()
    keepsake.write_text("mine", encoding="utf-8")

    done = generator(f"--output={keepsake.parent}")

    assert done.returncode != 0
    assert "does not look like a generated package" in done.stderr
    assert keepsake.read_text(encoding="utf-8") == "mine"
