"""The manifest: what is written in it stays to be written until it is."""

from __future__ import annotations

import sys
import threading

import pytest
from full_disk import files_of_at_most

from speedpix.batch.manifest.entry import OPEN, SUBMITTING, Entry
from speedpix.batch.manifest.manifest import open_manifest
from speedpix.exceptions import ManifestError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.sqlite"


def entry(manifest, number, state=SUBMITTING, **more):
    return Entry(f"key {number}", b"digest", state, number, manifest.call, manifest.call, **more)


def kept(path):
    """Return what another call finds, by key."""
    manifest = open_manifest(path)
    try:
        return {found.key: found for found in manifest._read("", ())}
    finally:
        manifest.close()


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit")
def test_what_a_full_disk_did_not_take_is_written_when_there_is_room(path):
    manifest = open_manifest(path)
    manifest.put(entry(manifest, 0))
    manifest.put(entry(manifest, 1))
    manifest.commit()
    with files_of_at_most(path.stat().st_size):
        manifest.put(entry(manifest, 0, OPEN, prediction_id="paid"))
        for _ in range(2):  # as by a report, and then by whoever relies on it
            with pytest.raises(ManifestError):
                manifest.commit()
        manifest.remove("key 1")
    manifest.close()
    found = kept(path)
    assert list(found) == ["key 0"]
    assert (found["key 0"].state, found["key 0"].prediction_id) == (OPEN, "paid")


def test_an_interrupted_commit_is_done_by_the_next(path):
    manifest = open_manifest(path)
    manifest.put(entry(manifest, 0))
    manifest.put(entry(manifest, 1)._replace(position=Interrupting()))
    with pytest.raises(KeyboardInterrupt):
        manifest.commit()
    manifest.commit()
    manifest.close()
    assert list(kept(path)) == ["key 0", "key 1"]


class Interrupting:
    """A position at whose writing Ctrl-C comes, once."""

    come = False

    def __conform__(self, _protocol):
        if not self.come:
            self.come = True
            raise KeyboardInterrupt
        return 1


def test_what_is_written_while_another_thread_commits_is_kept(path):
    manifest = open_manifest(path)

    class Late(Entry):
        """An entry that is taken apart when another thread, as for a report, commits."""

        def __iter__(self):
            thread = threading.Thread(target=manifest.commit)
            thread.start()
            thread.join()
            return super().__iter__()

    manifest.put(entry(manifest, 0))
    manifest.put(Late(*entry(manifest, 1)))
    manifest.close()
    assert list(kept(path)) == ["key 0", "key 1"]
