"""Single runs by an assistant, over real stdio."""

from __future__ import annotations

import asyncio
import base64
import io

import pytest
from PIL import Image

from .conftest import User, text

ECHO = {"workflow_id": "echo", "input": {"text": "山水"}}


def size_of(picture):
    with Image.open(picture) as opened:
        return opened.size


def test_a_picture_is_made_on_request(talk, folder):
    async def make(client):
        photo = {"image": "@photo.jpg"}
        ran = await client.call_tool(
            "run_workflow", {"workflow_id": "copy", "input": photo, "confirm_paid": True}
        )
        run = ran.structured_content
        assert run["status"] == "succeeded"
        return run, await client.call_tool("save_outputs", {"id": run["id"]})

    run, saved = talk(make)
    [path] = saved.structured_content["saved"]
    assert path == str(folder.resolve() / run["id"] / "images.jpeg")
    assert size_of(path) == (1600, 800)
    [shown] = [each for each in saved.content if each.type == "image"]
    assert size_of(io.BytesIO(base64.b64decode(shown.data))) == (768, 384)


def test_the_server_tells_the_order_of_calls(talk):
    async def look(client):
        return client.instructions, (await client.list_tools()).tools

    instructions, tools = talk(look)
    names = ["run_workflow", "wait_run", "save_outputs"]
    assert sorted(names, key=instructions.index) == names
    assert {each.name for each in tools} == {
        *names,
        "get_run",
        "list_runs",
        "upload_file",
        "run_batch",
        "get_batch",
    }


def test_a_wait_that_expires_is_no_error_and_the_run_is_taken_up(talk, clock, emulator):
    before = emulator.count("submit")

    async def make(client):
        run = {"workflow_id": "slow", "input": {}, "confirm_paid": True, "wait_seconds": 0.1}
        begun = await client.call_tool("run_workflow", run)
        run_id = begun.structured_content["id"]
        told = []

        async def hear(_progress, _total, message):
            told.append(message)

        asked = await client.call_tool("get_run", {"id": run_id})
        waited = await client.call_tool(
            "wait_run", {"id": run_id, "wait_seconds": 0.1}, progress_callback=hear
        )
        clock.advance(60)
        done = await client.call_tool("wait_run", {"id": run_id})
        listed = await client.call_tool("list_runs")
        return begun, asked, waited, done, listed, told

    begun, asked, waited, done, listed, told = talk(make)
    for each in (begun, asked, waited):
        assert not each.is_error
        assert each.structured_content["status"] in ("waiting", "running")
        assert "wait_run" in each.structured_content["next"]
    assert any(message.startswith(("waiting", "running")) for message in told)
    assert done.structured_content["status"] == "succeeded"
    assert listed.structured_content["runs"][0]["id"] == done.structured_content["id"]
    assert emulator.count("submit") == before + 1


class TestErrors:
    def test_a_run_that_failed_tells_why_and_what_it_costs(self, talk):
        run = {"workflow_id": "failing", "input": {}, "confirm_paid": True}
        failed = talk(lambda client: client.call_tool("run_workflow", run))
        assert failed.is_error
        assert failed.structured_content["error"] == "out of luck"
        assert "ask the user" in failed.structured_content["next"]

    def test_a_refusal_names_what_the_service_said(self, talk):
        run = {"workflow_id": "nowhere", "input": {}, "confirm_paid": True}
        refused = talk(lambda client: client.call_tool("run_workflow", run))
        assert refused.is_error
        assert "nowhere" in text(refused)

    def test_a_submit_in_doubt_is_not_repeated(self, talk, emulator):
        emulator.faults.add("submit", "drop_after")
        before = emulator.count("submit")
        run = {"workflow_id": "echo", "input": {}, "confirm_paid": True}
        unknown = talk(lambda client: client.call_tool("run_workflow", run))
        assert unknown.is_error
        assert "Do not repeat it" in text(unknown)
        assert emulator.count("submit") == before + 1

    def test_no_secret_is_told(self, talk, emulator):
        async def provoke(client):
            answers = [await client.call_tool("get_run", {"id": "nobody"})]
            answers += [await client.call_tool("save_outputs", {"id": "nobody"})]
            return answers

        for answer in talk(provoke):
            assert answer.is_error
            assert emulator.app_secret not in text(answer)


class TestCancellation:
    def test_a_run_whose_call_was_cancelled_goes_on_and_is_listed(self, talk, emulator, clock):
        before = emulator.count("submit")

        async def make(client):
            under_way = asyncio.Event()

            async def hear(*_news):
                under_way.set()

            run = {"workflow_id": "slow", "input": {}, "confirm_paid": True, "wait_seconds": 50}
            call = asyncio.ensure_future(
                client.call_tool("run_workflow", run, progress_callback=hear)
            )
            await under_way.wait()
            call.cancel()
            await asyncio.wait([call])
            listed = await client.call_tool("list_runs")
            clock.advance(60)
            [run] = listed.structured_content["runs"]
            return await client.call_tool("wait_run", {"id": run["id"]})

        assert talk(make).structured_content["status"] == "succeeded"
        assert emulator.count("submit") == before + 1


class TestPayment:
    def test_nothing_is_paid_unasked(self, talk, emulator):
        before = emulator.count("submit")
        refused = talk(lambda client: client.call_tool("run_workflow", ECHO))
        assert refused.is_error
        assert "confirm_paid" in text(refused)
        assert emulator.count("submit") == before

    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    def test_the_user_is_asked_where_the_host_can(self, talk, mode):
        user = User("accept", pay=True)
        ran = talk(lambda client: client.call_tool("run_workflow", ECHO), user=user, mode=mode)
        assert ran.structured_content["status"] == "succeeded"
        [question] = user
        assert "echo" in question
        assert "山水" in question

    @pytest.mark.parametrize(
        "user", [User("decline"), User("cancel"), User("accept", pay=False)], ids=str
    )
    def test_what_the_assistant_confirms_does_not_overrule_the_user(self, talk, emulator, user):
        before = emulator.count("submit")
        run = {**ECHO, "confirm_paid": True}
        refused = talk(lambda client: client.call_tool("run_workflow", run), user=user)
        assert refused.is_error
        assert "did not agree" in text(refused)
        assert emulator.count("submit") == before

    def test_a_budget_allows_so_many_runs_and_no_more(self, talk, emulator):
        before, user = emulator.count("submit"), User("accept", pay=True)

        async def make(client):
            refused = await client.call_tool("run_workflow", {"workflow_id": "no", "input": {}})
            runs = [await client.call_tool("run_workflow", ECHO) for _ in range(3)]
            return refused, runs

        refused, runs = talk(make, "--max-runs", "2", user=user)
        assert refused.is_error  # and was not paid, so that it does not count
        assert [each.is_error for each in runs] == [False, False, True]
        assert "--max-runs" in text(runs[2])
        assert user == []
        assert emulator.count("submit") == before + 3


class TestFolders:
    def test_nothing_is_read_elsewhere(self, talk, emulator, tmp_path, folder):
        (tmp_path / "secret.txt").write_text("a secret")
        (folder / "link").symlink_to(tmp_path)
        paths = ["../secret.txt", str(tmp_path / "secret.txt"), "link/secret.txt"]
        before = emulator.count("sign")

        async def read(client):
            runs = [
                {"workflow_id": "copy", "input": {"image": f"@{path}"}, "confirm_paid": True}
                for path in paths
            ]
            return [
                *[await client.call_tool("run_workflow", run) for run in runs],
                *[await client.call_tool("upload_file", {"path": path}) for path in paths],
            ]

        for refused in talk(read):
            assert refused.is_error
            assert "outside of the folders" in text(refused)
        assert emulator.count("sign") == before

    def test_nothing_is_written_elsewhere(self, talk, tmp_path, folder):
        (folder / "link").symlink_to(tmp_path)
        before = sorted(tmp_path.iterdir())

        async def write(client):
            run = {"workflow_id": "copy", "input": {"image": "@photo.jpg"}, "confirm_paid": True}
            ran = await client.call_tool("run_workflow", run)
            made = ran.structured_content["id"]
            return [
                await client.call_tool("save_outputs", {"id": made, "folder": place})
                for place in ("..", "link", "/")
            ]

        for refused in talk(write):
            assert refused.is_error
            assert "outside of the folders" in text(refused)
        assert sorted(tmp_path.iterdir()) == before

    def test_text_that_looks_like_a_path_is_text(self, talk):
        run = {"workflow_id": "echo", "input": {"a": "./photo.jpg", "b": "@@x"}}
        ran = talk(lambda client: client.call_tool("run_workflow", run), "--max-runs", "1")
        given = ran.structured_content["output"]["given"]
        assert given == {"a": "./photo.jpg", "b": "@x"}

    def test_an_upload_is_used_in_a_run(self, talk):
        async def make(client):
            file = (await client.call_tool("upload_file", {"path": "photo.jpg"})).structured_content
            run = {"workflow_id": "copy", "input": {"image": file["url"]}}
            return await client.call_tool("run_workflow", run)

        assert talk(make, "--max-runs", "1").structured_content["status"] == "succeeded"

    def test_without_a_folder_there_are_no_files(self, talk):
        refused = talk(
            lambda client: client.call_tool("upload_file", {"path": "photo.jpg"}), folders=()
        )
        assert "without a folder" in text(refused)
