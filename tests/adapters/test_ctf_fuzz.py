"""Damaged files: whatever happens to the bytes, the reader answers in its own words."""

import io
from datetime import date
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import ADAPTERS, CannotRead, Draft, Hints
from schemas.findings import Finding
from schemas.validate import validate

SAMPLES = Path(__file__).parent / "samples" / "ctf"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.xml"))
HINTS = Hints(today=date(2026, 11, 24))
CANARIES = ("Brien", "Šmíd", "Zoë", "OKONKWO", "Hale", "Tŷ", "Siân", "TESTER", "99910011", "families")
# Members that a full record needs and a file may lack: everything else about a draft must be right.
MAY_BE_MISSING = "schema.required"


@cache
def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


def speaks_plainly(data: bytes) -> None:
    findings: list[Finding] = []
    drafts, foreign = 0, None
    try:
        for item in ADAPTERS.reader("ctf")(io.BytesIO(data), HINTS):
            if isinstance(item, Finding):
                findings.append(item)
            elif isinstance(item, Draft):
                drafts += 1
                faults = {each.code for each in validate("learner", item.value)}
                assert faults <= {MAY_BE_MISSING}, faults
    except CannotRead as refusal:
        findings.extend(refusal.findings)
        foreign = refusal.__context__
    assert foreign is None
    assert findings or drafts
    told = " ".join(str(each.to_json()) for each in findings)
    assert not any(canary in told for canary in CANARIES)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(sample(draw(st.sampled_from(NAMES))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["set", "cut", "insert", "drop", "swap"])):
            case "set" if data:
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at:]
            case "insert":
                data[at:at] = draw(
                    st.sampled_from([b"&", b"<", b"<!DOCTYPE x>", b"\0", b"\xff", b"&x;", b"<![CDATA["])
                )
            case "drop":
                del data[at : at + draw(st.integers(1, 40))]
            case "swap":
                data[at : at + 12] = data[at : at + 12][::-1]
    return bytes(data)


@st.composite
def rewritten(draw: st.DrawFn) -> bytes:
    """A well-formed file in which one text is replaced by another."""
    name = draw(st.sampled_from(["two-pupils", "partial", "ctf19-gender"]))
    parts = sample(name).decode().split(">")
    leaves = [i for i, part in enumerate(parts) if "</" in part and part.partition("</")[0].strip()]
    at = draw(st.sampled_from(leaves))
    safe = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="<>&￾￿")
    text = draw(
        st.text(safe, max_size=30) | st.sampled_from(["0", "-1", "9" * 250, "2012-02-30", "a\nb", "TRUE"])
    )
    parts[at] = text + "</" + parts[at].partition("</")[2]
    return ">".join(parts).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damage_never_lets_a_foreign_error_or_a_name_out(data: bytes) -> None:
    speaks_plainly(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rewritten())
def test_any_text_in_any_place_still_gives_a_draft_the_schema_allows(data: bytes) -> None:
    speaks_plainly(data)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    speaks_plainly(data)
    speaks_plainly(b"<CTfile>" + data)


def test_the_samples_themselves_are_answered() -> None:
    for name in NAMES:
        speaks_plainly(sample(name))
