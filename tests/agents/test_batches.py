"""Many runs by an assistant, over a manifest."""

from __future__ import annotations

import asyncio

from .conftest import User, text


def batch(count, **more):
    inputs = [{"image": "@photo.jpg", "sku": f"s{number}"} for number in range(count)]
    given = {"workflow_id": "copy", "inputs": inputs, "manifest": "shop.sqlite", "key": "sku"}
    return {**given, "folder": "out", **more}


def test_a_batch_is_asked_for_once_saved_and_paid_once(talk, emulator, folder):
    before, user = emulator.count("submit"), User("accept", pay=True)
    told = []

    async def hear(done, total, _message):
        told.append((done, total))

    async def make(client):
        first = await client.call_tool("run_batch", batch(3), progress_callback=hear)
        again = await client.call_tool("run_batch", batch(3))
        return first, again, await client.call_tool("get_batch", {"manifest": "shop.sqlite"})

    first, again, got = talk(make, user=user)
    assert first.structured_content["counts"]["succeeded"] == 3
    assert again.structured_content["counts"]["skipped"] == 3
    assert got.structured_content["state"] == "ended"
    assert emulator.count("submit") == before + 3
    assert "3 inputs" in user[0]
    assert told[-1][1] == 3
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        f"s{number}-images.jpeg" for number in range(3)
    ]


def test_a_budget_bounds_a_batch_and_another_server_knows_its_manifest(talk, emulator):
    before = emulator.count("submit")

    async def make(client):
        return await client.call_tool("run_batch", batch(3))

    made = talk(make, "--max-runs", "2")
    assert made.structured_content["counts"]["succeeded"] == 2
    assert "max_runs=2" in made.structured_content["stopped"]
    assert emulator.count("submit") == before + 2
    got = talk(lambda client: client.call_tool("get_batch", {"manifest": "shop.sqlite"}))
    assert got.structured_content["counts"] == {"succeeded": 2}


def test_batches_that_ended_are_not_kept_for_ever(talk):
    async def make(client):
        for number in range(6):
            given = {**batch(1, manifest=f"{number}.sqlite"), "confirm_paid": True}
            await client.call_tool("run_batch", given)
        asked = ({"manifest": f"{number}.sqlite"} for number in range(6))
        return [await client.call_tool("get_batch", each) for each in asked]

    states = [got.structured_content["state"] for got in talk(make)]
    assert [state == "ended" for state in states] == [False, *[True] * 5]
    assert states[0].startswith("not driven")


def test_a_batch_under_way_is_told_and_not_begun_twice(talk, clock):
    slow = {
        "workflow_id": "slow",
        "inputs": [{"n": 1}],
        "manifest": "slow.sqlite",
        "wait_seconds": 0,
        "confirm_paid": True,
    }

    async def make(client):
        begun = await client.call_tool("run_batch", slow)
        twice = await client.call_tool("run_batch", slow)
        while (await client.call_tool("list_runs")).structured_content["runs"] == [] and (
            await client.call_tool("get_batch", {"manifest": "slow.sqlite"})
        ).structured_content["counts"]["running"] == 0:
            await asyncio.sleep(0)
        clock.advance(60)
        asking = {"manifest": "slow.sqlite", "wait_seconds": 50}
        return begun, twice, await client.call_tool("get_batch", asking)

    begun, twice, ended = talk(make)
    assert begun.structured_content["state"].startswith("running")
    assert twice.is_error
    assert "get_batch" in text(twice)
    assert ended.structured_content["counts"]["succeeded"] == 1


def test_what_is_wrong_is_told(talk, tmp_path, folder):
    async def make(client):
        failed = {
            "workflow_id": "failing",
            "inputs": [{"n": 1}],
            "manifest": "f.sqlite",
            "confirm_paid": True,
        }
        return [
            await client.call_tool("run_batch", batch(1)),
            await client.call_tool("run_batch", batch(1, manifest="../x", confirm_paid=True)),
            await client.call_tool("run_batch", batch(1, folder="..", confirm_paid=True)),
            await client.call_tool("get_batch", {"manifest": "none.sqlite"}),
            await client.call_tool("run_batch", failed),
        ]

    *refused, failed = talk(make)
    assert all(each.is_error for each in refused)
    told = [text(each) for each in refused]
    assert "confirm_paid" in told[0]
    assert "outside of the folders" in told[1]
    assert "outside of the folders" in told[2]
    assert "no manifest" in told[3]
    [line] = failed.structured_content["troubled"]
    assert line["status"] == "failed"
    assert "out of luck" in line["error"]
    assert not (tmp_path / "x").exists()
