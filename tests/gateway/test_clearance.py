"""A safeguarding document is never held back by a finding about something else."""

from __future__ import annotations

import copy
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, World

EXAMPLES = Path(__file__).parent.parent.parent / "schemas" / "v1" / "examples"
DSL, GENERAL = "urn:ltp:org:ash-vale/dsl", "urn:ltp:org:ash-vale/general"


def example(kind: str, name: str) -> Json:
    value: Json = json.loads((EXAMPLES / kind / "valid" / f"{name}.json").read_text("utf-8"))
    return value


def concern(**members: Any) -> Json:
    """A concern from Hollow Farm's safeguarding lead to Ash Vale's, under an id of its own."""
    value = copy.deepcopy(example("transfer", "concern-to-the-school"))
    value.pop("deadline", None)
    return {**value, "transferId": str(uuid.uuid4()), **members}


def with_attendance(transfer: Json, possible: int) -> Json:
    """The same transfer with a week's attendance for the school's attendance officer; 10 sessions are accounted for."""
    week = example("attendance-summary", "week-at-an-unregistered-setting")
    week |= {"possible": possible, "attended": 10, "authorised": 0, "unauthorised": 0}
    week |= {"author": {"role": "AP.ADM", "organisation": "urn:ltp:org:hollow-farm", "name": "Ffion Parry"}}
    recipient = {"organisation": "urn:ltp:org:ash-vale", "role": "HS.ATT", "documents": [week["documentId"]]}
    return {
        **transfer,
        "documents": [*transfer["documents"], week],
        "recipients": [*transfer["recipients"], recipient],
    }


def errors(answer: Any) -> set[str]:
    return {finding["code"] for finding in answer.json()["findings"] if finding["severity"] == "error"}


def test_a_transfer_that_is_in_order_leaves_whole(world: World) -> None:
    transfer = with_attendance(concern(), possible=10)
    answer = world.hollow.send(transfer)
    assert answer.status_code == 202, answer.text
    assert set(world.hollow.sent(transfer)) == {DSL, GENERAL}
    assert "transfer.partly-sent" not in errors(answer)


def test_a_concern_leaves_although_another_document_of_the_transfer_is_refused(world: World) -> None:
    transfer = with_attendance(concern(), possible=11)
    answer = world.hollow.send(transfer)
    assert answer.status_code == 202, answer.text
    assert set(world.hollow.sent(transfer)) == {DSL}
    assert {"ATT-09", "transfer.partly-sent"} <= errors(answer)


def test_a_concern_leaves_although_the_placement_contradicts_itself(world: World) -> None:
    placement = {**concern()["placement"], "startDate": "2026-12-01", "plannedEndDate": "2026-10-01"}
    transfer = concern(placement=placement)
    answer = world.hollow.send(transfer)
    assert answer.status_code == 202, answer.text
    assert set(world.hollow.sent(transfer)) == {DSL}
    assert "PLC-02" in errors(answer)
    world.settle()
    [received] = [row for row in world.ash.received() if row.desk == "dsl"]
    assert received.state == "delivered"


def test_a_concern_that_is_wrong_itself_does_not_leave(world: World) -> None:
    transfer = concern()
    transfer["recipients"] = [{**recipient, "role": "HS.APL"} for recipient in transfer["recipients"]]
    answer = world.hollow.send(transfer)
    assert answer.status_code == 422
    assert world.hollow.rows("transfer") == []


def test_a_profile_and_its_companion_go_together_or_not_at_all(world: World) -> None:
    transfer = world.start()
    profile = next(doc for doc in transfer["documents"] if doc["type"] == "learner-transfer-profile")
    profile["currentStrengths"][0]["sensitivity"] = "SG"
    answer = world.ash.send(transfer)
    assert answer.status_code == 422
    assert "PRF-09" in errors(answer)
    assert world.ash.rows("transfer") == []


def test_a_transfer_that_is_only_partly_in_order_is_not_called_sendable(world: World) -> None:
    for possible, sendable in ((10, True), (11, False)):
        bearer = world.hollow.bearer("validate dsl", "AP.DSL", "urn:ltp:org:hollow-farm")
        transfer = with_attendance(concern(), possible)
        answer = world.hollow.client.post("/api/v1/validate", json=transfer, headers=bearer)
        assert answer.json()["sendable"] is sendable
