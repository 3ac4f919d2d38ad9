"""Values and the client behind them: by hand there is none, and pickled it is the environment's."""

from __future__ import annotations

import copy
import pickle

import pytest

from speedpix import ConfigurationError, Output, Prediction
from speedpix.gateway.settings import read_settings
from speedpix.session import shared_session
from speedpix.values.link import Origin
from speedpix.values.output import as_output

FIELDS = {"image": {"url": "https://store.test/a.png"}}


@pytest.fixture
def session():
    return shared_session(read_settings("key", "secret"))


@pytest.mark.parametrize(
    "act",
    [
        lambda: Prediction(id="run-1").wait(),
        lambda: Prediction(id="run-1").stream(),
        lambda: Prediction(id="run-1").reload(),
        lambda: Output({"text": "x"}).save_all("out"),
        lambda: as_output(FIELDS, Origin())["image"].save("a.png"),
    ],
)
def test_a_value_made_by_hand_says_where_to_get_one_with_a_client(act):
    with pytest.raises(RuntimeError, match=r"client\.predictions\.get"):
        act()


def test_a_copy_keeps_its_client(session):
    prediction = Prediction(id="run-1", link=session)
    assert copy.copy(prediction).link is copy.deepcopy(prediction).link is session
    output = as_output(FIELDS, Origin(session))
    assert copy.deepcopy(output)["image"].origin.link is session


def test_unpickled_it_is_the_environments_when_it_is_used(session, monkeypatch):
    prediction = pickle.loads(pickle.dumps(Prediction(id="run-1", link=session)))
    with pytest.raises(ConfigurationError, match="SPEEDPIX_APP_KEY"):
        prediction.reload()
    monkeypatch.setenv("SPEEDPIX_APP_KEY", "other-key")
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", "other-secret")
    assert prediction.link.gateway.settings.app_key == "other-key"
