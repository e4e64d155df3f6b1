"""The rules: every vector, every valid example, and anything at all."""

import copy
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import Scale, UnknownName, disclosure, routes, rules
from schemas.calendar import SchoolCalendar
from schemas.framework import Constructs

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
WORST = ("error", "warning", "notEvaluable", "info", "pass", "notApplicable")
Json = dict[str, Any]


def vectors() -> Iterator[Any]:
    for path in sorted((V1 / "vectors" / "rules").glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        for case in data["cases"]:
            yield pytest.param(data["rule"], case, id=f"{data['rule']}: {case['name']}")


@cache
def calendar(name: str) -> SchoolCalendar:
    return SchoolCalendar.parse(json.loads((V1 / "calendars" / f"{name}.json").read_text("utf-8")))


def evaluated(case: Json) -> tuple[rules.Result, ...]:
    """A vector's subject, with the profile, the calendar and the day that it names."""
    named, today = case.get("calendar"), case.get("today")
    return rules.evaluate(
        case["subject"],
        case.get("profile", "national"),
        calendar=None if named is None else calendar(named),
        today=None if today is None else date.fromisoformat(today),
    )


def example(kind: str, name: str) -> Json:
    value: Json = json.loads((V1 / "examples" / kind / "valid" / f"{name}.json").read_text("utf-8"))
    return value


def vector(rule: str, name: str) -> Json:
    data = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))
    subject: Json = next(case["subject"] for case in data["cases"] if case["name"] == name)
    return subject


def outcomes(subject: Json) -> dict[str, str]:
    """The worst outcome of each rule."""
    found: dict[str, str] = {}
    for result in rules.evaluate(subject):
        known = found.get(result.rule, "notApplicable")
        found[result.rule] = min(known, result.outcome, key=WORST.index)
    return found


PROFILE = example("learner-transfer-profile", "start-of-placement")
TRANSFER = example("transfer", "start-of-placement")


@pytest.mark.parametrize(("rule", "case"), list(vectors()))
def test_vector(rule: str, case: Json) -> None:
    before = copy.deepcopy(case["subject"])
    results = [result for result in evaluated(case) if result.rule == rule]
    worst = min((result.outcome for result in results), key=WORST.index)
    places = sorted({place for result in results if result.outcome == worst for place in result.pointers})
    assert {"outcome": worst, "pointers": places} == case["expect"], case["why"]
    assert case["subject"] == before


def test_every_rule_has_vectors_for_each_outcome_it_can_have() -> None:
    for rule, entry in rules.catalogue().items():
        data = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))
        assert data["rule"] == rule
        assert {"pass", entry.severity, "notEvaluable"} <= {
            case["expect"]["outcome"] for case in data["cases"]
        }
        assert len({case["name"] for case in data["cases"]}) == len(data["cases"])


@pytest.mark.parametrize("path", sorted((V1 / "examples").glob("*/valid/*.json")), ids=lambda p: f"{p.stem}")
def test_no_valid_example_is_rejected_for_anything_but_what_it_leaves_out(path: Path) -> None:
    value = json.loads(path.read_text("utf-8"))
    kind = path.parent.parent.name
    subject = (
        value
        if kind in {"bundle", "transfer"}
        else {"documents": [value]}
        if "type" in value
        else {kind: value}
    )
    rejected = {result.rule for result in rules.evaluate(subject) if result.rejects}
    assert rejected <= {"REI-03", "LA-02", "SUS-04", "SAF-08"}


def test_a_complete_transfer_passes_everything_that_can_be_judged() -> None:
    assert set(outcomes(TRANSFER).values()) <= {"pass", "notApplicable", "notEvaluable"}


def test_each_rule_speaks_even_where_it_concerns_nothing() -> None:
    results = rules.evaluate({"documents": []})
    national = [name for name, rule in rules.catalogue().items() if rule.profile == "national"]
    assert [result.rule for result in results] == national
    assert {result.outcome for result in results} == {"notApplicable"}


def test_a_document_without_a_type_is_not_evaluable_and_never_a_pass() -> None:
    assert set(outcomes({"documents": [{"version": 1}]}).values()) == {"notEvaluable"}


def test_only_an_error_of_a_rejecting_rule_rejects() -> None:
    bad = copy.deepcopy(PROFILE)
    bad["currentStrengths"][0]["sensitivity"] = "SG"
    del bad["whatWorks"]
    results = [result for result in rules.evaluate({"documents": [bad]}) if result.outcome == "error"]
    assert {result.rule: result.rejects for result in results} == {"PRF-09": True, "REC-01": False}


def test_a_result_becomes_a_finding_with_its_place_and_what_to_do() -> None:
    bad = copy.deepcopy(PROFILE)
    del bad["whatWorks"]
    [result] = [result for result in rules.evaluate({"documents": [bad]}) if result.outcome == "error"]
    finding = result.finding()
    assert (finding.code, finding.severity, finding.pointer) == ("REC-01", "error", "/documents/0/whatWorks")
    assert finding.message == "'What works' is missing from 'Learner transfer profile'."
    assert finding.fix


def test_a_pass_is_an_informational_finding() -> None:
    assert {result.finding().severity for result in rules.evaluate({"documents": []})} == {"info"}


def test_a_local_profile_runs_the_national_rules_under_its_own_name() -> None:
    results = rules.evaluate({"documents": [PROFILE]}, "leicestershire")
    wanted = {n for n, rule in rules.catalogue().items() if rule.profile in ("national", "leicestershire")}
    assert {result.rule for result in results} == wanted
    assert "LA-03" in wanted
    assert "OSD-05" not in wanted
    assert {result.profile for result in results} == {"leicestershire"}


def test_a_late_notice_is_flagged_with_the_earliest_start_and_never_rejected() -> None:
    late = vector("OSD-01", "notice on 18 September")
    results = rules.evaluate(late, calendar=calendar("northshire-2026-27"))
    [result] = [result for result in results if result.rule == "OSD-01"]
    assert (result.outcome, result.rejects) == ("error", False)
    assert result.fix == "The earliest start that this notice allows is Wednesday 2026-09-23."


def test_periods_counted_together_name_day_six() -> None:
    merged = vector("SUS-02", "merged, on day six")
    results = rules.evaluate(merged, calendar=calendar("northshire-2026-27"))
    assert [result.message for result in results if result.rule == "SUS-02"] == [
        "The periods count together: the sixth day is 2026-10-12."
    ]


def test_what_counts_school_days_never_passes_without_a_calendar() -> None:
    for rule in ("OSD-01", "SUS-01", "SUS-02", "SUS-05", "CAL-01"):
        data = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))
        for case in data["cases"]:
            found = {r.outcome for r in rules.evaluate(case["subject"]) if r.rule == rule}
            assert "pass" not in found, case["name"]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(UnknownName):
        rules.evaluate({"documents": []}, "elsewhere")


def test_the_catalogue_stands_in_families_and_in_plain_words() -> None:
    families = [name.split("-")[0] for name in rules.catalogue()]
    assert [family for family, _ in groupby(families)] == list(dict.fromkeys(families))
    for rule in rules.catalogue().values():
        assert rule.profile in rules.profiles()
        assert rule.statement.endswith(".")
        assert rule.fix.endswith(".")
        assert rule.inputs


def test_every_example_bundle_made_by_the_view_passes_the_receivers_check() -> None:
    stated = {*routes.conditions(), *disclosure.conditions()} - {"pupilAgreed"}
    for route in routes.all_routes():
        if route.document == PROFILE["type"] and route.desk == "general":
            readers = [route.to_role, *route.readers]
            author = {**PROFILE["author"], "role": route.from_role}
            seen = disclosure.view(PROFILE["type"], {**PROFILE, "author": author}, readers, conditions=stated)
            learner = disclosure.view("learner", TRANSFER["learner"], readers, conditions=stated)
            to = {"address": "urn:ltp:org:hollow-farm/general", "role": route.to_role, "readers": []}
            subject = {"bundleId": "b", "to": to, "documents": [seen], "learner": learner}
            assert outcomes(subject)["DPX-02"] in {"pass", "notEvaluable"}, route
            assert outcomes(subject)["PRF-09"] == "pass"


def test_the_full_record_is_too_much_for_most_readers() -> None:
    to = {"address": "urn:ltp:org:northshire/general", "role": "LA.SEN", "readers": []}
    subject = {"bundleId": "b", "to": to, "documents": [PROFILE], "learner": TRANSFER["learner"]}
    assert outcomes(subject)["DPX-02"] == "error"


# --- anything at all --------------------------------------------------------------------------------------

SUBJECTS = [
    TRANSFER,
    example("transfer", "end-of-placement"),
    example("bundle", "profile-to-provider"),
    example("bundle", "nil-return-to-dsl"),
    {"documents": [PROFILE, example("final-report", "end-of-placement")]},
    vector("OSD-08", "fits"),
    vector("OSD-03", "plan, parent and authority"),
    vector("OSD-11", "one was held a week before"),
    vector("SUS-03", "from day one"),
    vector("SUS-05", "short, with consent, before day six"),
    vector("LA-01", "on the fifth school day"),
    vector("FSM-02", "recorded before"),
    vector("PLC-05", "two providers and the school"),
    vector("PLC-11", "delivered before"),
    vector("PLC-12", "on the tenth school day"),
    vector("REG-01", "four full-time and one of 18 hours"),
    vector("PRF-03", "progress achieved on the scale of the starting point"),
    vector("PRF-12", "in order and reviewed"),
    vector("DPX-05", "the withdrawal reached who had the document"),
    vector("SAF-02", "relayed by delivery"),
    vector("SAF-03", "told, both running"),
    vector("SAF-10", "a week at known sites"),
    vector("SAF-11", "to the school's safeguarding lead"),
    vector("SAF-14", "in the year, on the fifth day"),
    vector("REI-06", "reviewed after the return"),
    vector("REI-09", "looked at on the day set"),
    vector("CTF-01", "sent a week later"),
    vector("POL-03", "a file with a name of its own"),
]
SECRET = "zq-free-text-zq"
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        "",
        "SG",
        SECRET,
        [],
        {},
        [None],
        {"role": 3},
        [{"type": "x"}],
        {SECRET: SECRET},
    ]
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from places(part, (*path, step))


PLACES = [[path for path in places(subject) if path] for subject in SUBJECTS]


def mutated(data: st.DataObject) -> Json:
    index = data.draw(st.integers(0, len(SUBJECTS) - 1))
    subject = copy.deepcopy(SUBJECTS[index])
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(PLACES[index]))
        holder: Any = subject
        for step in parents:
            holder = holder[step] if reachable(holder, step) else None
        if reachable(holder, last):
            if data.draw(st.booleans()):
                del holder[last]
            else:
                holder[last] = data.draw(ODD)
    return subject


def reachable(holder: object, step: object) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and step < len(holder)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_mutation_stops_the_rules_or_is_echoed(data: st.DataObject) -> None:
    profile = data.draw(st.sampled_from(["national", "trust-policy", "leicestershire", "policy-watch"]))
    results = rules.evaluate(mutated(data), profile, calendar=calendar("northshire-2026-27"))
    included = rules.profiles()[profile]
    assert {r.rule for r in results} == {n for n, r in rules.catalogue().items() if r.profile in included}
    for result in results:
        assert result.message
        assert SECRET not in json.dumps([result.pointers, result.message, result.fix])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_mutation_stops_a_view(data: st.DataObject) -> None:
    subject = mutated(data)
    documents = subject.get("documents")
    for value in documents if isinstance(documents, list) else []:
        if isinstance(value, dict):
            seen = disclosure.view("learner-transfer-profile", value, ["AP.LEAD", "HS.TCH"])
            assert disclosure.view("learner-transfer-profile", seen, ["AP.LEAD", "HS.TCH"]) == seen


@pytest.mark.parametrize(
    "subject", [None, [], "x", 3, {}, {"documents": "x"}, {"documents": [[]]}, {"to": 1}]
)
def test_what_is_no_subject_at_all_is_not_a_pass(subject: Any) -> None:
    assert "pass" not in {result.outcome for result in rules.evaluate(subject)}


def test_a_value_nested_too_deeply_is_not_evaluable() -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    found = outcomes({"documents": [PROFILE | {"currentStrengths": deep, "startingPoints": []}]})
    assert (found["PRF-01"], found["PRF-05"], found["PRF-09"]) == ("notEvaluable",) * 3
    learner = {"bundleId": "b", "to": {"role": "LA.INC"}, "learner": {"legalName": deep}}
    assert outcomes(learner)["DPX-02"] == "notEvaluable"


@pytest.mark.parametrize(("raw", "outcome"), [(5, "pass"), (6, "error"), (11, "error")])
def test_a_construct_has_bounds_of_its_own_within_its_scale(
    raw: int, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Scale(
        ref="urn:ltp:scale:parts:1", title="Parts", direction="none", decimals=0, minimum=0, maximum=10,
        step=1, labels={}, constructs={"total": (0, 10), "part": (0, 5)}, licence="open",
    )  # fmt: skip
    monkeypatch.setattr("schemas.rules.profile.scale", lambda _ref: parts)
    listed = Constructs(frozenset(parts.constructs), complete=True)
    monkeypatch.setattr("schemas.rules.profile.constructs", lambda _ref: listed)
    construct = {"scaleRef": parts.ref, "code": "part"}
    measured = {"construct": construct, "value": {"scaleRef": parts.ref, "raw": raw}}
    subject = {"documents": [{"type": "final-report", "frameworkProgress": [{"start": measured}]}]}
    assert outcomes(subject)["PRF-05"] == outcome


def test_dropping_any_required_item_never_makes_a_pass_of_a_failure() -> None:
    for name in PROFILE:
        if name not in {"type", "withheld"}:
            less = {key: value for key, value in PROFILE.items() if key != name}
            withheld = less | {"withheld": [{"pointer": f"/{name}", "reason": "never"}]}
            assert "REC-01" in outcomes({"documents": [less]})
            assert outcomes({"documents": [withheld]})["REC-01"] in {"pass", "notEvaluable"}


NOTICES = ("offsite-direction-notice", "suspension-provision-notice")
# A subsequent notice that names nobody to report to is valid in form and refused by SUS-04 at its sender.
PASSABLE = [
    pytest.param(kind, path, id=f"{kind}: {path.stem}")
    for kind in NOTICES
    for path in sorted((V1 / "examples" / kind / "valid").glob("*.json"))
    if not any(r.rejects for r in rules.evaluate({"documents": [json.loads(path.read_text("utf-8"))]}))
]


@pytest.mark.parametrize(("kind", "path"), PASSABLE)
def test_what_the_sender_may_send_the_receiver_never_refuses(kind: str, path: Path) -> None:
    value = json.loads(path.read_text("utf-8"))
    ways = [route for route in routes.all_routes() if route.document == kind and route.desk is not None]
    assert ways
    for route in ways:
        readers = [route.to_role, *route.readers]
        author = {**value["author"], "role": route.from_role}
        seen = disclosure.view(kind, {**value, "author": author}, readers)
        pupil = disclosure.view("learner", TRANSFER["learner"] | {"dateOfBirth": "2013-02-14"}, readers)
        subject = {"bundleId": "b", "to": {"role": route.to_role}, "documents": [seen], "learner": pupil}
        refused = {result.rule for result in rules.evaluate(subject) if result.rejects}
        adult = {"AGE-02"} if value.get("recipientType") == "pupil18Plus" else set()
        assert refused - {"DPX-01", "DPX-02"} <= adult, route


@pytest.mark.parametrize(("rule", "case"), list(vectors()))
def test_refusals_are_what_evaluation_would_reject(rule: str, case: Json) -> None:
    wanted = [result for result in rules.evaluate(case["subject"]) if result.rejects]
    assert [*rules.refusals(case["subject"])] == wanted


def test_what_is_found_in_the_placement_refuses_no_bundle_for_a_safeguarding_desk() -> None:
    bundle = example("bundle", "nil-return-to-dsl")
    assert rules.refusals(bundle) == ()
    bad = copy.deepcopy(bundle)
    bad["placement"] |= {"startDate": "2026-12-01", "plannedEndDate": "2026-10-01"}
    assert "PLC-02" in {result.rule for result in rules.evaluate(bad) if result.rejects}
    assert rules.refusals(bad) == ()
    elsewhere = {**bad, "to": {**bad["to"], "address": "urn:ltp:org:hollow-farm/general"}}
    assert "PLC-02" in {result.rule for result in rules.refusals(elsewhere)}


def test_twenty_nine_rules_can_refuse() -> None:
    assert sum(rule.may_reject for rule in rules.catalogue().values()) == 29
    assert len(rules.catalogue()) == 128 + 1  # the dictionary's own cardinalities are the one more
