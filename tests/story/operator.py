"""The second half of the life, told over HTTP with the contract's operations: served, watched and improved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api_client import Client
from tests.story.teller import TRAINED, Story

ENDPOINT = """query($id: ID!) { endpoint(id: $id) {
  statusName version { number traffic { percent modelVersion { id } } } health { statusName reason } } }"""


@dataclass
class Operator:
    """Deploys what a story trained, and acts on what comes of it."""

    api: Client
    story: Story

    def another_version(self) -> str:
        """A second model version: of the job that retries one which was canceled."""
        train = {
            "name": "once more",
            "trainingSheetId": self.story.ids["pairs-train"],
            "model": self.story.name,
            "evaluateOn": [self.story.ids["pairs-test"]],
        }
        job = self.api.done("Train", input=train)["node"]["id"]
        self.api.done("JobCancel", ids=[job])
        self.ended(job)
        retried: str = self.api.done("JobRetry", ids=[job])["nodes"][0]["id"]
        found = self.ended(retried)
        assert found["statusName"] == "SUCCEEDED", found
        assert self.api.run("Job", id=retried)["retryOf"] == {"id": job}
        return str(found["produced"]["id"])

    def ended(self, job: str) -> dict[str, Any]:
        """The job once it has ended."""
        states = ("SUCCEEDED", "FAILED", "CANCELED", "LOST")
        found = self.api.wait(TRAINED, lambda data: data["trainingJob"]["statusName"] in states, id=job)
        job_found: dict[str, Any] = found["trainingJob"]
        return job_found

    def deploy(self, traffic: dict[str, int], name: str = "answers", **more: Any) -> str:
        """A new endpoint, once it is live."""
        shares = [{"modelVersionId": id, "percent": percent} for id, percent in traffic.items()]
        made = self.api.done("Deploy", input={"name": name, "traffic": shares, **more})
        id: str = made["node"]["id"]
        self.live(id, 1)
        return id

    def live(self, endpoint: str, number: int) -> dict[str, Any]:
        """The endpoint once that version serves."""
        found = self.api.wait(
            ENDPOINT,
            lambda data: (
                (data["endpoint"]["statusName"], (data["endpoint"]["version"] or {}).get("number"))
                == ("ONLINE", number)
            ),
            id=endpoint,
        )
        shown: dict[str, Any] = found["endpoint"]
        return shown

    def reached(self, endpoint: str, status: str) -> None:
        """Waits for the status."""
        self.api.wait(ENDPOINT, lambda data: data["endpoint"]["statusName"] == status, id=endpoint)

    def ask(self, endpoint: str, text: str) -> dict[str, Any]:
        """What the endpoint answers to one question."""
        answer: dict[str, Any] = self.api.run("Ask", id=endpoint, inputs=[{"text": text}])
        assert answer["errors"] == [], answer
        return answer
