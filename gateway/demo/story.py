"""The five steps of the demonstration, through the same APIs that every user has."""

import copy
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import orjson

from adapters import ADAPTERS, Draft, Hints
from gateway.client import LocalApi
from gateway.demo.network import Network
from gateway.demo.proof import fully_signed
from gateway.prepare import prepare
from schemas import Finding

Say = Callable[[str], None]
Json = dict[str, Any]

_WAIT_S = 30.0
_SECOND = "7e1c9a40-52d8-4b6f-8e31-0000000000a2"


@dataclass(slots=True)
class Story:
    """What the demonstration did, for its last lines and for ``-o json``."""

    states: list[Json] = field(default_factory=list)
    page: str = ""
    #: The bundle with the final report.
    report: str = ""
    arrived: Json = field(default_factory=dict)


def tell(network: Network, say: Say) -> Story:
    """Plays the whole story. Raises RuntimeError when something is not as it has to be."""
    story = Story()
    school = network.school.api(
        "Ash Vale MIS", ("validate", "transfers", "inbox", "dsl"), ("HS.SEN", "HS.DSL")
    )
    transfer = _read(school, say)
    _send(network, school, transfer, say)
    _survive(network, school, transfer, story, say)
    _return(network, story, say)
    story.states = [*_states(school, transfer["transferId"]), *_states(school, _SECOND), *story.states]
    return story


# --- 1 ------------------------------------------------------------------------------------------------------


def _read(school: LocalApi, say: Say) -> Json:
    say("1. Ash Vale School reads a class file (CTF) and the profile of one pupil in it")
    draft = _data("start-of-placement.ltp.json")
    class_file = (resources.files("gateway.demo") / "data" / "ash-vale-ctf.xml").read_bytes()
    items = list(ADAPTERS.reader("ctf")(io.BytesIO(class_file), Hints()))
    done = prepare(draft, [item for item in items if isinstance(item, Draft)])
    for finding in (*(item for item in items if isinstance(item, Finding)), *done.findings):
        say(f"   {_sentence(finding.to_json())}")
    answer = school.post("/validate", done.transfer)
    for finding in answer["findings"]:
        say(f"   {_sentence(finding)}")
    _must(answer["sendable"], "the transfer can be sent")
    say("   nothing of this stops it: what is flagged is sent all the same")
    return done.transfer


def _sentence(finding: Mapping[str, Any]) -> str:
    mark = {"error": "!!", "warning": "! "}.get(str(finding["severity"]), "· ")
    return f"{mark} {finding['message']}"


# --- 2 ------------------------------------------------------------------------------------------------------


def _send(network: Network, school: LocalApi, transfer: Json, say: Say) -> None:
    say("2. It sends the transfer; the gateway splits it by what each role may see")
    school.post("/transfers", transfer, idempotency_key="demo-start")
    _wait("all three bundles delivered", lambda: _all_in(school, transfer["transferId"], "delivered"))
    lead = network.provider.api("Col Hartley", ("inbox",), ("AP.LEAD",))
    dsl = network.provider.api("Ffion Parry", ("inbox", "dsl"), ("AP.DSL",))
    officer = network.authority.api("Inclusion officer", ("inbox",), ("LA.INC",))
    for who, api, expected in (
        ("Hollow Farm, general desk", lead, "learner-transfer-profile"),
        ("Hollow Farm, DSL desk", dsl, "safeguarding-chronology"),
        ("Northshire Council", officer, "placement-notification"),
    ):
        types = [_types(api, bundle) for bundle in api.get("/inbox")["bundles"]]
        _must(types == [[expected]], f"{who} has exactly the {expected}")
        say(f"   {who:<28} has the {expected.replace('-', ' ')} and nothing else")
    for bundle in lead.get("/inbox")["bundles"]:
        lead.post(f"/inbox/{bundle['bundleId']}/accept")


def _types(api: LocalApi, bundle: Json) -> list[str]:
    opened = api.get(f"/inbox/{bundle['bundleId']}")
    return [document["type"] for document in opened["body"]["documents"]]


# --- 3 ------------------------------------------------------------------------------------------------------


def _survive(network: Network, school: LocalApi, first: Json, story: Story, say: Say) -> None:
    say("3. It sends a second version while the provider's gateway hangs and is then killed")
    second = _second_version(first)
    network.provider.freeze()
    school.post("/transfers", second, idempotency_key="demo-second")
    _wait("a delivery on its way", lambda: "delivering" in _each_state(school, _SECOND))
    say("   the provider's gateway hangs (SIGSTOP); state: delivering")
    network.provider.kill()
    say("   the provider's gateway is killed (SIGKILL) and started again")
    network.provider.start()
    school.post("/transfers", second, idempotency_key="demo-second")
    say("   the same transfer is posted again with its Idempotency-Key")
    network.provider.wait_ready()
    _wait("the second version delivered", lambda: _all_in(school, _SECOND, "delivered"))
    lead = network.provider.api("Bryony Tate", ("inbox",), ("AP.LEAD",))
    dsl = network.provider.api("Ffion Parry", ("inbox", "dsl"), ("AP.DSL",))
    story.arrived = {"general": _arrived(lead, _SECOND), "dsl": _arrived(dsl, _SECOND)}
    _must(story.arrived == {"general": 1, "dsl": 1}, "everything arrived exactly once")
    say("   everything arrived exactly once: 1 bundle on the general desk, 1 on the DSL desk")


def _second_version(first: Json) -> Json:
    second = copy.deepcopy(first)
    second["transferId"] = _SECOND
    provider = second["recipients"][0]["organisation"]
    second["recipients"] = [r for r in second["recipients"] if r["organisation"] == provider]
    second["documents"] = [d for d in second["documents"] if d["type"] != "placement-notification"]
    for document in second["documents"]:
        document["supersedes"] = {"documentId": document["documentId"], "version": document["version"]}
        document["version"] += 1
    return second


def _arrived(api: LocalApi, transfer_id: str) -> int:
    return sum(bundle["transferId"] == transfer_id for bundle in api.get("/inbox")["bundles"])


# --- 4 ------------------------------------------------------------------------------------------------------


def _return(network: Network, story: Story, say: Say) -> None:
    say("4. At the end of the placement Hollow Farm sends its final report")
    provider = network.provider.api("Col Hartley", ("transfers",), ("AP.LEAD",))
    report = _data("end-of-placement.ltp.json")
    transfer_id = provider.post("/transfers", report, idempotency_key="demo-report")["transferId"]
    _wait("the report delivered", lambda: _all_in(provider, transfer_id, "delivered"))
    senco = network.school.api("Ms Castellan", ("inbox",), ("HS.HT",))
    bundle = next(b for b in senco.get("/inbox")["bundles"] if b["transferId"] == transfer_id)
    senco.get(f"/inbox/{bundle['bundleId']}")
    _wait("the receipt 'opened' at the provider", lambda: _all_in(provider, transfer_id, "opened"))
    say("   Ash Vale School opened it; Hollow Farm has the signed receipt that says so")
    senco.post(f"/inbox/{bundle['bundleId']}/accept")
    _wait("the receipt 'accepted' at the provider", lambda: _all_in(provider, transfer_id, "accepted"))
    say("   Ash Vale School accepted it into its record")
    story.page = senco.page(f"/inbox/{bundle['bundleId']}")
    story.states = _states(provider, transfer_id)
    story.report = bundle["bundleId"]
    _wait("the provider's log signed by two witnesses", lambda: fully_signed(network.provider))
    say("   the other two gateways have signed the provider's public log as well")


# --- shared -------------------------------------------------------------------------------------------------


def _data(name: str) -> Json:
    value: Json = orjson.loads((resources.files("gateway.demo") / "data" / name).read_bytes())
    return value


def _each_state(api: LocalApi, transfer_id: str) -> list[str]:
    return [bundle["state"] for bundle in api.get(f"/transfers/{transfer_id}")["bundles"]]


def _all_in(api: LocalApi, transfer_id: str, status: str) -> bool:
    """Whether every bundle of a transfer has a verified receipt with this status."""
    bundles = api.get(f"/transfers/{transfer_id}")["bundles"]
    return all(status in [receipt["status"] for receipt in bundle["receipts"]] for bundle in bundles)


def _states(api: LocalApi, transfer_id: str) -> list[Json]:
    bundles = api.get(f"/transfers/{transfer_id}")["bundles"]
    return [
        {
            "to": f"{bundle['to']['role']} at {bundle['to']['address'].rpartition(':')[2]}",
            "state": bundle["state"],
            "receipts": [receipt["status"] for receipt in bundle["receipts"]],
        }
        for bundle in bundles
    ]


def _wait(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"This did not happen in {_WAIT_S:.0f} seconds: {what}.")
        time.sleep(0.02)


def _must(is_so: bool, what: str) -> None:
    if not is_so:
        raise RuntimeError(f"This is not so: {what}.")
