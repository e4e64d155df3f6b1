"""The final report as a page: what it shows, what it never shows, and what it calls progress."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

import schemas
from gateway.pages import ManyFinalReportsError, NoFinalReportError, render_final_report
from gateway.pages.progress import Outcome, Progress, compare, summary
from gateway.pages.reference import published, registered
from gateway.pages.wording import day, moment, percentage, scaled
from schemas import disclosure

HOLLOW, ASH = "urn:ltp:org:hollow-farm", "urn:ltp:org:ash-vale"
DEMO = "urn:ltp:scale:demo-5:1"
HOSTILE = "<script>alert('x')</script><img src=https://bad.example/x.png onerror=alert(1)>"
EVIDENCE: dict[str, Any] = {
    "sender": "Hollow Farm",
    "receiver": "Ash Vale School",
    "receipts": [
        {"status": "delivered", "at": 1797066720},
        {"status": "opened", "at": 1797067920, "by": {"role": "HS.HT"}},
    ],
    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "verified": True,
}


def provenance(**more: Any) -> dict[str, Any]:
    return {
        "authorRole": "AP.KEY",
        "authorOrg": HOLLOW,
        "authoredOn": "2026-12-01",
        "basis": "observed",
        **more,
    }


def strategy(number: int, effect: str, text: str, delivery: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "effect": effect,
        "text": text,
        "delivery": delivery,
        "provenance": provenance(),
        **more,
    }


def assessment(identifier: str, area: str, raw: int, *, end: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "areaRef": area,
        "phase": "final" if end else "startingPoint",
        "status": "assessed",
        "value": {"scaleRef": DEMO, "raw": raw},
        "assessedOn": "2026-12-04" if end else "2026-09-11",
        "assessor": {"role": "AP.KEY", "organisation": HOLLOW},
        "informant": "keyWorker",
        "setting": "ap",
        "evidence": [{"type": "observation", "date": "2026-09-11", "summary": "Seen in lessons."}],
        "provenance": provenance(),
        **more,
    }


def pair(area: str, start: int, now: int, **end: Any) -> dict[str, Any]:
    name = area.replace(".", "-")
    return {
        "areaRef": area,
        "start": assessment(f"{name}-1", area, start),
        "end": assessment(f"{name}-2", area, now, end=True, **end),
    }


def statement(identifier: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "text": text, "provenance": provenance(), **more}


def framework() -> list[dict[str, Any]]:
    moves = {
        "esi.emotional-intelligence": (2, 3),
        "esi.self-awareness": (2, 4),
        "esi.resilience": (1, 3),
        "esi.adaptability-flexibility": (2, 4),
        "pmi.self-management": (2, 4),
        "pmi.personal-health": (3, 3),
        "pmi.independence": (3, 4),
        "rc.social-skills": (2, 3),
        "rc.communication": (2, 4),
        "rc.leadership": (3, 2),
        "ta.problem-solving": (3, 4),
        "ta.creativity": (4, 5),
        "ta.goal-setting": (1, 3),
    }
    parents = pair("soc.impact-of-social-media", 2, 3, informant="parent")
    unseen = pair(
        "soc.british-values", 3, 3, status="notEvidenced", reason="No lesson on this in the autumn."
    )
    del unseen["end"]["value"]
    return [*(pair(area, *raws) for area, raws in moves.items()), parents, unseen]


def final_report() -> dict[str, Any]:
    return {
        "type": "final-report",
        "schemaVersion": "1.0",
        "documentId": "5f0c3a3e-5a0e-4c56-9c60-3f1f7f1b5d01",
        "version": 2,
        "supersedes": {"documentId": "5f0c3a3e-5a0e-4c56-9c60-3f1f7f1b5d01", "version": 1},
        "placementId": "7a1e1d3c-93b5-4f0e-8f40-5f6f0f8c2b02",
        "createdAt": "2026-12-10T15:30:00Z",
        "author": {"role": "AP.LEAD", "organisation": HOLLOW, "name": "Rowan Tillery"},
        "pupilVoice": [
            {
                "id": "v1",
                "question": "What should your teachers know?",
                "response": "Tell me before things change. When I go quiet I am not rude, I am thinking. "
                "I want to do the motor vehicle course and I want to sit near the door.",
                "method": "conversation",
                "capturedOn": "2026-12-02",
                "capturedByRole": "AP.KEY",
                "supportUsed": ["symbols"],
                "sharingPreference": "everyoneInvolved",
                "ownWords": True,
                "provenance": provenance(basis="reported"),
            },
        ],
        "whatWorks": [
            strategy(
                1,
                "works",
                "A two-minute warning before a change of task",
                {
                    "who": "Any adult in the room",
                    "how": "Quietly, at the desk, once",
                    "wordsToUse": "Two more minutes, then we pack up.",
                    "avoid": "Announcing it to the room",
                },
                areaRefs=["esi.adaptability-flexibility", "pmi.self-management"],
                settingsTried=["ap", "home"],
                pupilAgrees="yes",
            ),
            strategy(
                2,
                "works",
                "Ten minutes with one named adult at the start of the day",
                {
                    "who": "Key adult",
                    "how": "Look at the day together, choose one goal",
                    "when": "8:45, daily",
                },
                areaRefs=["ta.goal-setting"],
                pupilAgrees="yes",
            ),
            strategy(
                3,
                "partlyWorks",
                "A card to leave the room for five minutes",
                {"who": "Subject teachers", "how": "Nod, no questions; check in on return"},
                pupilAgrees="notAsked",
            ),
        ],
        "whatDoesNotWork": [
            strategy(
                4,
                "doesNotWork",
                "Being spoken to about behaviour in front of others",
                {"avoid": "Raising voices; standing over the desk", "how": "Talk later, side by side"},
                pupilAgrees="yes",
                provenance=provenance(
                    disputed={"by": "PAR", "note": "At home it depends on who speaks.", "on": "2026-12-03"}
                ),
            ),
            strategy(5, "doesNotWork", "Seats in the middle of a full room", {}, pupilAgrees="yes"),
        ],
        "frameworkProgress": framework(),
        "interventionsAndImpact": [
            {
                "id": "i1",
                "name": "Talk time",
                "type": "Mentoring",
                "provider": "Hollow Farm",
                "start": "2026-09-14",
                "end": "2026-12-04",
                "dose": {"sessions": 22, "minutes": 30},
                "targetAreaRefs": ["esi.emotional-intelligence", "rc.communication"],
                "impact": {
                    "statement": "Names what is wrong before leaving a lesson, in four out of five cases.",
                    "date": "2026-12-04",
                    "judgement": "positive",
                },
                "continue": True,
                "provenance": provenance(),
            },
            {
                "id": "i2",
                "name": "Leading the animal care group",
                "start": "2026-10-05",
                "end": "2026-11-20",
                "impact": {"statement": "Found it too much with more than four others.", "judgement": "none"},
                "continue": False,
                "provenance": provenance(),
            },
        ],
        "attendanceRecord": {
            "possible": 130,
            "attended": 118,
            "authorised": 8,
            "unauthorised": 4,
            "byTerm": [
                {"term": "Autumn 1", "possible": 70, "attended": 61, "authorised": 5, "unauthorised": 4},
                {"term": "Autumn 2", "possible": 60, "attended": 57, "authorised": 3, "unauthorised": 0},
            ],
        },
        "academicAttainmentAndProgress": [
            {
                "subject": "English",
                "start": "Entry 3",
                "end": "Level 1",
                "qualification": "Functional Skills",
            },
            {"subject": "Mathematics", "start": "Entry 2", "end": "Entry 3"},
            {"subject": "Motor vehicle", "end": "Two units passed", "qualification": "Level 1 award"},
        ],
        "behaviourChangeEvidence": [
            {
                "id": "e1",
                "type": "incidentTrend",
                "date": "2026-12-04",
                "summary": "Left lessons without leave 14 times in September and twice in November.",
                "provenance": provenance(),
            }
        ],
        "achievements": [
            statement("c1", "Rebuilt a bicycle for the school fair", areaRefs=["ta.achievement"]),
            statement("c2", "Came in every day in November"),
        ],
        "remainingPriorities": [
            statement("p2", "Eating lunch with others", order=2, ownerRole="HS.SEN", byWhen="2027-02-12"),
            statement("p1", "Staying for whole lessons in larger groups", order=1, ownerRole="HS.APL"),
        ],
        "recommendedSupport": [
            statement(
                "r1", "A named adult to meet at the gate", who="Pastoral team", **{"from": "2027-01-04"}
            ),
        ],
    }


def make_bundle(report: dict[str, Any] | None = None, **learner: Any) -> dict[str, Any]:
    return {
        "bundleId": "0d1c3a52-7f0b-4b7c-8a66-8d4b6a1c1a03",
        "transferId": "c0a5b6f4-4a8e-4b3c-9d26-0c7a4b7e9d04",
        "from": {"organisation": HOLLOW, "role": "AP.LEAD", "name": "Rowan Tillery"},
        "to": {"address": f"{ASH}/general", "role": "HS.HT", "readers": ["HS.SEN"]},
        "createdAt": "2026-12-10T15:31:00Z",
        "learner": {
            "upn": "Z999100119001",
            "legalName": {"forename": "Leander", "middleNames": "Jo", "surname": "Quillfeather"},
            "preferredName": "Leah",
            "dateOfBirth": "2012-03-14",
            "yearGroup": "9",
            "homeSchool": {"name": "Ash Vale School", "organisation": ASH},
            **learner,
        },
        "placement": {
            "placementId": "7a1e1d3c-93b5-4f0e-8f40-5f6f0f8c2b02",
            "provider": {"organisation": HOLLOW, "providerName": "Hollow Farm"},
            "startDate": "2026-09-07",
            "plannedEndDate": "2026-12-18",
        },
        "documents": [report if report is not None else final_report()],
        "attachments": [],
    }


def page(report: dict[str, Any] | None = None, **evidence: Any) -> str:
    return render_final_report(make_bundle(report), {**EVIDENCE, **evidence})


def changed(**members: Any) -> dict[str, Any]:
    """The report with other members; a member of `None` is taken out."""
    both = {**final_report(), **members}
    return {name: value for name, value in both.items() if value is not None}


def section(html: str, heading: str) -> str:
    """The words of one section, without markup."""
    body = html.split(f"<h2>{heading}</h2>")[1].split("</section>")[0].split("</footer>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


class Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "br", "hr", "img", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_the_example_is_a_valid_final_report() -> None:
    assert schemas.validate("final-report", final_report()) == ()


def test_the_page_says_who_it_is_about() -> None:
    html = page()
    for words in ("Leah", "Leander Jo Quillfeather", "14 March 2012", "Year group", "Ash Vale School"):
        assert words in html


def test_the_title_holds_no_name_because_browsers_offer_it_as_a_file_name() -> None:
    found = re.search(r"<title>(.*?)</title>", page())
    assert found is not None
    assert found[1] == "Final report of a placement"


def test_what_helps_comes_before_everything_that_is_measured() -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", page())
    assert headings == [
        "In the pupil’s own words",
        "What works",
        "What does not work",
        "Progress from start to now",
        "Interventions and their impact",
        "Attendance",
        "Academic attainment and progress",
        "How behaviour has changed",
        "Achievements",
        "Remaining priorities",
        "Recommended support",
        "Who wrote this report",
        "Delivery evidence",
    ]


def test_a_strategy_says_how_to_deliver_it_and_who_says_so() -> None:
    words = section(page(), "What works")
    for part in (
        "A two-minute warning before a change of task",
        "Who Any adult in the room",
        "Say Two more minutes, then we pack up.",
        "Avoid Announcing it to the room",
        "Areas Adaptability/flexibility; Self-management",
        "Pupil agrees Yes",
        "Effect Partly works",
        "Observed · Key worker, alternative provider, Hollow Farm · 1 December 2026",
    ):
        assert part in words


def test_a_dispute_travels_with_its_statement() -> None:
    words = section(page(), "What does not work")
    assert "3 December 2026: At home it depends on who speaks." in words
    assert "Disputed" in words
    assert "Disputed" not in section(page(), "What works")


def test_only_the_pupils_own_words_stand_in_quotation_marks() -> None:
    voice = final_report()["pupilVoice"][0]
    retold = page(changed(pupilVoice=[{**voice, "ownWords": False}]))
    assert "<blockquote>" in page()
    assert "<blockquote>" not in retold
    assert "Not word for word" in retold


def test_every_section_shows_its_content() -> None:
    html = page()
    expected = {
        "Interventions and their impact": "22 sessions of 30 minutes",
        "Attendance": "Autumn 1 70 61 (87.1%) 5 4",
        "Academic attainment and progress": "English Entry 3 Level 1 Functional Skills",
        "How behaviour has changed": "Left lessons without leave 14 times",
        "Achievements": "Rebuilt a bicycle for the school fair",
        "Recommended support": "Who Pastoral team From 4 January 2027",
        "Who wrote this report": "Rowan Tillery, Lead, alternative provider, Hollow Farm",
    }
    for heading, words in expected.items():
        assert words in section(html, heading)


def test_priorities_stand_in_their_order() -> None:
    words = section(page(), "Remaining priorities")
    assert words.index("Staying for whole lessons") < words.index("Eating lunch with others")


def test_each_domain_is_a_table_with_the_domain_as_its_caption() -> None:
    captions = re.findall(r"<caption>(.*?)</caption>", page())
    assert captions[:5] == [
        "Emotional Self &amp; Identity",
        "Personal Management &amp; Independence",
        "Relationships &amp; Communication",
        "Thinking &amp; Achievement",
        "Society &amp; Citizenship",
    ]


def test_a_domain_without_a_reported_area_has_no_table() -> None:
    html = page(changed(frameworkProgress=[pair("pmi.independence", 2, 3)]))
    assert "Personal Management &amp; Independence</caption>" in html
    assert "Thinking &amp; Achievement</caption>" not in html


def test_areas_of_a_domain_that_are_not_reported_are_named() -> None:
    assert "Nothing reported for: Moral and ethics." in section(page(), "Progress from start to now")


def test_an_area_of_another_framework_is_shown_with_its_code() -> None:
    words = section(
        page(changed(frameworkProgress=[pair("xx.something", 2, 3)])), "Progress from start to now"
    )
    assert "Areas of another framework" in words
    assert "xx.something" in words


def test_the_sentence_counts_areas() -> None:
    assert (
        "Leah has moved up in 11 of 15 areas, stayed the same in 1 and gone down in 1. "
        "In 2 no change can be compared, like for like."
    ) in section(page(), "Progress from start to now")


def test_a_row_shows_both_values_with_labels_and_the_change_in_words() -> None:
    html = page(changed(frameworkProgress=[pair("esi.resilience", 1, 3)]))
    assert (
        "Resilience 1 not yet seen Key worker, 11 September 2026 "
        "3 with some support Key worker, 4 December 2026 up 2"
    ) in section(html, "Progress from start to now")


def test_a_drawing_is_hidden_from_assistive_technology_and_styled_by_attributes() -> None:
    html = page(changed(frameworkProgress=[pair("esi.resilience", 1, 3)]))
    drawing = html[html.index("<svg") : html.index("</svg>")]
    assert 'aria-hidden="true"' in drawing
    assert "style=" not in drawing
    assert "class=" not in drawing
    assert "stroke-dasharray" not in drawing


def test_a_fall_is_drawn_dashed() -> None:
    assert "stroke-dasharray" in page(changed(frameworkProgress=[pair("esi.resilience", 3, 1)]))


@pytest.mark.parametrize(
    "end",
    [
        {"value": {"scaleRef": "urn:ltp:scale:demo-5:2", "raw": 3}},
        {"value": {"scaleRef": "urn:ltp:scale:other:1", "raw": 3}},
        {"informant": "parent"},
        {"informant": None},
        {"status": "notEvidenced"},
        {"value": None},
        {"value": {"scaleRef": DEMO, "raw": 6}},
        {"construct": {"scaleRef": DEMO, "code": "part"}},
    ],
)
def test_what_is_not_like_for_like_gets_no_arrow_and_a_reason(end: dict[str, Any]) -> None:
    html = page(changed(frameworkProgress=[pair("esi.resilience", 2, 3, **end)]))
    assert "<svg" not in html
    assert "not comparable" in section(html, "Progress from start to now")
    found = compare(*ends(pair("esi.resilience", 2, 3, **end)), registered)
    assert found.outcome is Outcome.NOT_COMPARABLE
    assert found.reason


def test_like_for_like_gets_its_arrow() -> None:
    html = page(changed(frameworkProgress=[pair("esi.resilience", 2, 3)]))
    assert html.count("<svg") == 1
    assert "not comparable" not in html


def ends(found: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return found["start"], found["end"]


@pytest.mark.parametrize(
    ("raws", "outcome", "words"),
    [((2, 4), Outcome.BETTER, "up 2"), ((3, 2), Outcome.WORSE, "down 1"), ((3, 3), Outcome.SAME, "same")],
)
def test_progress_where_higher_is_better(raws: tuple[int, int], outcome: Outcome, words: str) -> None:
    assert compare(*ends(pair("esi.resilience", *raws)), registered) == Progress(outcome, words)


@pytest.mark.parametrize(
    ("raws", "outcome", "words", "reason"),
    [
        ((4, 2), Outcome.BETTER, "down 0.2", "better: on this scale lower is better"),
        ((2, 3), Outcome.WORSE, "up 0.1", "worse: on this scale lower is better"),
        ((3, 3), Outcome.SAME, "same", ""),
    ],
)
def test_progress_where_lower_is_better(
    raws: tuple[int, int], outcome: Outcome, words: str, reason: str
) -> None:
    scale = replace(schemas.scale(DEMO), direction="lowerIsBetter", decimals=1)
    found = compare(*ends(pair("esi.resilience", *raws)), lambda _: scale)
    assert found == Progress(outcome, words, reason, lower_is_better=True)


def test_a_scale_without_a_better_direction_shows_the_change_and_judges_nothing() -> None:
    scale = replace(schemas.scale(DEMO), direction="none")
    found = compare(*ends(pair("esi.resilience", 2, 4)), lambda _: scale)
    assert (found.outcome, found.words) == (Outcome.CHANGED, "up 2")


def test_a_construct_is_compared_on_its_own_bounds_and_not_judged() -> None:
    scale = replace(schemas.scale(DEMO), constructs={"part": (0, 10)})
    start, end = (
        {
            **found,
            "construct": {"scaleRef": DEMO, "code": "part"},
            "value": {"scaleRef": DEMO, "raw": raw},
        }
        for found, raw in zip(ends(pair("esi.resilience", 1, 1)), (0, 10), strict=True)
    )
    assert compare(start, end, lambda _: scale).outcome is Outcome.CHANGED


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ({}, ""),
        ({"a": [Progress(Outcome.BETTER, "up 1")]}, "Sam has moved up in 1 of 1 area."),
        (
            {"a": [Progress(Outcome.SAME, "same")]},
            "Sam has moved up in 0 of 1 area and stayed the same in 1.",
        ),
        (
            {"a": [Progress(Outcome.NOT_COMPARABLE, "not comparable")]},
            "Sam has no change that can be compared, like for like, in 1 area.",
        ),
        (
            {"a": [Progress(Outcome.BETTER, "down 1", lower_is_better=True)]},
            "Sam has improved in 1 of 1 area.",
        ),
        (
            {"a": [Progress(Outcome.BETTER, "up 1"), Progress(Outcome.WORSE, "down 1")]},
            "Sam has no change that can be compared, like for like, in 1 area.",
        ),
    ],
)
def test_the_summary_sentence(areas: dict[str, list[Progress]], expected: str) -> None:
    assert summary("Sam", areas) == expected


def test_there_is_no_average_and_no_total_over_areas() -> None:
    words = section(page(), "Progress from start to now").lower()
    assert not re.search(r"average|mean\b|total|overall|score|rank", words)


def test_withheld_and_absent_are_told_apart() -> None:
    absent = page(changed(achievements=None))
    withheld = page(changed(achievements=None, withheld=[{"pointer": "/achievements", "reason": "never"}]))
    assert section(absent, "Achievements") == "None recorded."
    assert section(withheld, "Achievements") == "Not shared with this reader."


@pytest.mark.parametrize(
    ("member", "heading"),
    [
        ("pupilVoice", "In the pupil’s own words"),
        ("frameworkProgress", "Progress from start to now"),
        ("attendanceRecord", "Attendance"),
        ("academicAttainmentAndProgress", "Academic attainment and progress"),
    ],
)
def test_every_kind_of_part_can_be_withheld(member: str, heading: str) -> None:
    entry = {"pointer": f"/{member}", "reason": "condition"}
    assert (
        section(page(changed(**{member: None}, withheld=[entry])), heading) == "Not shared with this reader."
    )
    assert section(page(changed(**{member: None})), heading) == "None recorded."


def test_a_summary_says_that_it_is_one_and_that_the_wording_is_not_shared() -> None:
    summarised = [{"id": "p1", "order": 1, "ownerRole": "HS.SEN", "provenance": provenance()}]
    entry = {"pointer": "/remainingPriorities", "reason": "summary"}
    words = section(page(changed(remainingPriorities=summarised, withheld=[entry])), "Remaining priorities")
    assert "This reader may not be shown all of it." in words
    assert "Wording not shared with this reader." in words


def test_the_view_of_a_class_teacher_shows_less_than_that_of_the_headteacher() -> None:
    words = "Left lessons without leave 14 times"
    views = {role: disclosure.view("final-report", final_report(), [role]) for role in ("HS.HT", "HS.TCH")}
    assert words in page(views["HS.HT"])
    teacher = page(views["HS.TCH"])
    assert words not in teacher
    assert "Wording not shared with this reader." in section(teacher, "How behaviour has changed")


def test_an_empty_list_in_a_summary_was_never_recorded() -> None:
    entry = {"pointer": "/achievements", "reason": "summary"}
    assert section(page(changed(achievements=[], withheld=[entry])), "Achievements") == "None recorded."


def test_a_withheld_date_of_birth_says_so_and_an_absent_one_says_nothing() -> None:
    bundle = make_bundle(withheld=[{"pointer": "/dateOfBirth", "reason": "projection"}])
    del bundle["learner"]["dateOfBirth"]
    assert re.search(r"Date of birth</dt><dd>Not shared", render_final_report(bundle, EVIDENCE))
    del bundle["learner"]["withheld"]
    assert "Date of birth" not in render_final_report(bundle, EVIDENCE)


def test_hostile_text_is_shown_as_text() -> None:
    report = final_report()
    report["achievements"][0]["text"] = HOSTILE
    report["pupilVoice"][0]["response"] = HOSTILE
    report["frameworkProgress"][0]["end"]["narrative"] = HOSTILE
    bundle = make_bundle(report, preferredName=HOSTILE)
    html = render_final_report(bundle, {**EVIDENCE, "sender": HOSTILE, "content_sha256": HOSTILE})
    reader = read(html)
    assert not {"script", "img"} & set(reader.tags)
    assert html.count("&lt;script&gt;") >= 6


def test_the_page_is_well_formed_and_brings_nothing_from_outside() -> None:
    html = page()
    reader = read(html)
    assert reader.open == []
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(reader.tags)
    names = {name for name, _ in reader.attributes}
    assert not {"src", "href", "srcset", "action", "style", "xlink:href"} & names
    assert not [name for name in names if name.startswith("on")]
    urls = [value for name, value in reader.attributes if "://" in value and name != "xmlns"]
    assert urls == []
    assert not re.search(r"url\(|@import", html)


def test_the_page_states_its_language_and_one_first_heading() -> None:
    html = page()
    assert html.startswith("<!DOCTYPE html>")
    assert '<html lang="en-GB">' in html
    assert html.count("<h1>") == 1


def test_receipts_are_told_in_london_time() -> None:
    words = section(page(), "Delivery evidence")
    assert "Delivered, 12 December 2026 at 09:12 GMT" in words
    assert "Opened by Headteacher, home school, 12 December 2026 at 09:32 GMT" in words
    assert EVIDENCE["content_sha256"] in words
    assert "Open source. Not a government service." in words


def test_a_page_without_receipts_says_so() -> None:
    assert "No receipt yet." in section(page(receipts=[]), "Delivery evidence")


@pytest.mark.parametrize("verified", [False, None, "yes", 1])
def test_an_unverified_report_warns_at_the_top(verified: object) -> None:
    html = page(verified=verified)
    assert html.index("Not verified.") < html.index("<h2>")
    assert "Signatures: not checked." in html


def test_a_verified_report_does_not_warn() -> None:
    html = page()
    assert "Not verified." not in html
    assert "Signatures checked: valid." in html


def test_nothing_prints_as_none() -> None:
    bare = {"type": "final-report", "whatWorks": [{"id": "s1"}], "frameworkProgress": [{"areaRef": "x.y"}]}
    for bundle in ({"documents": [bare]}, make_bundle(bare), make_bundle()):
        assert not re.search(r"\bNone\b(?! recorded)|Undefined|\{\{", render_final_report(bundle, {}))


@pytest.mark.parametrize("wrong", [None, 7, "text", ["text", 7, None], {"a": 1}, [[]], [{}]])
def test_a_malformed_part_never_raises(wrong: object) -> None:
    members = [name for name in final_report() if name not in ("type", "schemaVersion")]
    for name in members:
        assert "</html>" in page({**final_report(), name: wrong})
    for name in ("learner", "placement", "from", "to"):
        assert "</html>" in render_final_report({**make_bundle(), name: wrong}, {"receipts": wrong})


def test_a_bundle_without_a_final_report_is_refused() -> None:
    with pytest.raises(NoFinalReportError) as caught:
        render_final_report({"documents": [{"type": "receipt"}]}, EVIDENCE)
    assert caught.value.code == "no_final_report"


def test_a_bundle_with_two_final_reports_is_refused() -> None:
    with pytest.raises(ManyFinalReportsError) as caught:
        render_final_report({"documents": [final_report(), final_report()]}, EVIDENCE)
    assert caught.value.code == "many_final_reports"


def test_the_bundle_is_left_as_it_was_and_the_page_is_always_the_same() -> None:
    bundle = make_bundle()
    before = deepcopy(bundle)
    assert render_final_report(bundle, EVIDENCE) == render_final_report(bundle, EVIDENCE)
    assert bundle == before


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2027-01-04", "4 January 2027"),
        ("2026-07-31T23:30:00Z", "1 August 2026"),
        ("2026-12-31T23:30:00.123Z", "31 December 2026"),
        ("soon", "soon"),
        (None, ""),
    ],
)
def test_dates_in_words(written: object, words: str) -> None:
    assert day(written) == words


@pytest.mark.parametrize(
    ("epoch", "words"),
    [(1785540600, "1 August 2026 at 00:30 BST"), (True, ""), ("1", ""), (10**30, "")],
)
def test_instants_in_london(epoch: object, words: str) -> None:
    assert moment(epoch) == words


@pytest.mark.parametrize(
    ("raw", "decimals", "words"), [(125, 1, "12.5"), (-5, 2, "-0.05"), (7, 0, "7"), (0, 1, "0.0")]
)
def test_whole_numbers_with_decimals(raw: int, decimals: int, words: str) -> None:
    assert scaled(raw, decimals) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"), [(61, 70, "87.1%"), (0, 5, "0.0%"), (1, 0, ""), (None, 5, ""), (True, 5, "")]
)
def test_percentages_are_whole_number_arithmetic(part: object, whole: object, words: str) -> None:
    assert percentage(part, whole) == words


def test_titles_come_from_the_published_data() -> None:
    reference = published()
    assert reference.area("rc.social-skills") == "Social skills"
    assert reference.role("HS.HT") == "Headteacher, home school"
    assert reference.role("XX.NEW") == "XX.NEW"
