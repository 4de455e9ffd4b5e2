"""Who may watch an endpoint, and who may see the secret of its webhooks."""

from __future__ import annotations

from tests.access.conftest import People, project
from tests.api_client import Client
from tests.kinds.served import altered
from tests.kinds.test_monitor import SECRET, SHOWN, UPDATE, made


def test_editors_watch_operators_see_the_secret_and_strangers_see_nothing(people: People, admin: Client) -> None:
    home = project(admin, "a", ann="OPERATOR", ed="EDITOR", vera="VIEWER")
    project(admin, "b", bob="OWNER")
    ann, ed, vera, bob = (people.person(name) for name in ("ann", "ed", "vera", "bob"))
    bank = made(people.database)
    altered(people.database, bank, project=home)
    input = {"name": "w", "endpointId": bank, "metric": "ERROR_RATE", "above": 0.1, "window": 60}
    assert [error["code"] for error in vera.refused("MonitorCreate", input=input)] == ["FORBIDDEN"]
    assert [error["code"] for error in bob.refused("MonitorCreate", input=input)] == ["NOT_FOUND"]
    node = ed.done("MonitorCreate", input=input)["node"]
    id = node["id"]
    assert node["project"]["id"] == home
    assert [error["code"] for error in vera.ask(UPDATE, id=id, input={"above": 0.2})["monitorUpdate"]["errors"]] == [
        "FORBIDDEN"
    ]
    assert vera.ask(SHOWN, id=id)["monitor"]["statusName"] == "ACTIVE"
    assert bob.ask(SHOWN, id=id)["monitor"] is None

    secret = ann.ask(SECRET, id=id)["monitorWebhookSecret"]["secret"]
    assert secret.startswith("whsec_")
    for person, code in ((ed, "FORBIDDEN"), (vera, "FORBIDDEN"), (bob, "NOT_FOUND")):
        assert person.ask(SECRET, id=id)["monitorWebhookSecret"] == {"secret": None, "errors": [{"code": code}]}
