"""Who may see, ask and operate an endpoint."""

from __future__ import annotations

from tests.access.conftest import People, project
from tests.api_client import Client
from tests.kinds.served import LOST, altered, ask, deployed, models, refused, shares

RECORD = """query($id: ID!) { inferenceRecord(requestId: $id) { modelVersion { id } endpoint { id } } }"""
READ = """query($id: ID!) { endpoint(id: $id) { metrics { requests byModelVersion { modelVersion { id } } }
  requests { nodes { modelVersion { id } } } versions { nodes { traffic { percent modelVersion { id } } } } } }"""


def test_an_endpoint_is_read_asked_and_operated_by_whom_its_project_lets(people: People, admin: Client) -> None:
    home = project(admin, "a", ann="OPERATOR", rex="REVIEWER", vera="VIEWER", ed="EDITOR")
    project(admin, "b", bob="OWNER")
    ann, rex, vera, ed, bob = (people.person(name) for name in ("ann", "rex", "vera", "ed", "bob"))
    own, foreign = models(people.database, admin.home, 2)
    altered(people.database, own, project=home)
    traffic = {"name": "x", "projectId": home, "traffic": shares((own, 100))}
    assert [error["code"] for error in ed.refused("Deploy", input=traffic)] == ["FORBIDDEN"]
    hidden = {**traffic, "traffic": shares((own, 50), (foreign, 50))}
    error = ann.refused("Deploy", input=hidden)[0]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "traffic", "1", "modelVersionId"])

    id = deployed(ann, (own, 100), projectId=home)
    asked = ask(rex, id)
    assert refused(vera, id, [LOST])["code"] == "FORBIDDEN"
    assert refused(bob, id, [LOST]) == {
        **refused(bob, "endpoint_none", [LOST]),
        "id": id,
        "message": MESSAGE.format(id),
    }
    for name, variables in (("Redeploy", {"id": id, "input": {"tags": []}}), ("Rollback", {"id": id, "to": 1})):
        assert [error["code"] for error in ed.refused(name, **variables)] == ["FORBIDDEN"]
        assert [error["code"] for error in bob.refused(name, **variables)] == ["NOT_FOUND"]
    for name in ("Stop", "Archive", "Trash"):
        assert [error["code"] for error in ed.refused(name, ids=[id])] == ["FORBIDDEN"], name
    assert [error["code"] for error in bob.refused("Stop", ids=[id])] == ["NOT_FOUND"]

    assert vera.ask(RECORD, id=asked["requestId"])["inferenceRecord"] == {
        "modelVersion": {"id": own},
        "endpoint": {"id": id},
    }
    assert vera.ask(READ, id=id)["endpoint"]["metrics"]["requests"] == 1, "only what was let through is counted"
    assert bob.ask(RECORD, id=asked["requestId"])["inferenceRecord"] is None
    assert bob.ask(READ, id=id)["endpoint"] is None
    assert bob.ask("{ endpoints { totalCount } }")["endpoints"]["totalCount"] == 0

    altered(people.database, own, project="project_default")
    shown = vera.ask(READ, id=id)["endpoint"]
    assert shown["metrics"]["byModelVersion"] == [{"modelVersion": None}]
    assert shown["requests"]["nodes"] == [{"modelVersion": None}]
    assert shown["versions"]["nodes"] == [{"traffic": [{"percent": 100, "modelVersion": None}]}]


MESSAGE = "There is no '{}' that you can see."
