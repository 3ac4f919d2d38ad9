"""An emulator that copies a file, a batch of its own, and what is true of it at its end."""

from __future__ import annotations

from collections import Counter

import pytest
from speedpix_emulator import Emulator, OutputFile

from speedpix import Client

COUNT = 60


@pytest.fixture
def emulator():
    with Emulator() as running:

        @running.workflow(
            "copy",
            inputs={"file": "file", "label": "text"},
            outputs={"copy": "file"},
            duration=0.1,
        )
        def copy(file, label):
            return {"copy": OutputFile(file, f"{label}.bin", "application/octet-stream")}

        yield running


@pytest.fixture
def run_killing(emulator, tmp_path):
    """A function that runs a batch by an executor, kills a worker on the way, and looks at all."""

    def run(executor, kill):
        inputs = []
        for number in range(COUNT):
            path = tmp_path / f"{number}.bin"
            path.write_bytes(f"photo {number} ".encode() * 200)
            inputs.append({"file": path, "label": f"photo {number}"})
        results = []
        with Client(emulator.app_key, emulator.app_secret, emulator.url) as client:
            batch = client.map("copy", inputs, save_to=tmp_path / "out", executor=executor)
            for result in batch:
                results.append(result)
                if len(results) == 3:
                    kill()
        assert Counter(result.status for result in results) == {"succeeded": COUNT}
        for result in results:
            assert result.saved[0].read_bytes() == inputs[result.index]["file"].read_bytes()
        paid = Counter(job.inputs["label"] for job in emulator.jobs)
        assert len(paid) == COUNT
        assert set(paid.values()) == {1}

    return run
