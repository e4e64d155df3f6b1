"""The framework's areas and the demonstration scale."""

import pytest

import schemas
from schemas import UnknownName

FRAMEWORK = "urn:ltp:framework:ap-framework"


def test_the_framework_has_eighteen_areas_in_five_domains() -> None:
    areas = schemas.areas(FRAMEWORK, "1.0.0")

    assert len(areas) == 18
    domains = [area.domain for area in areas.values()]
    counts = {domain: domains.count(domain) for domain in domains}
    assert counts == {"esi": 5, "pmi": 3, "rc": 4, "ta": 4, "soc": 2}


def test_an_area_sits_in_the_domain_that_its_code_begins_with() -> None:
    for code, area in schemas.areas(FRAMEWORK, "1.0.0").items():
        assert code == area.code
        assert code.split(".")[0] == area.domain


def test_an_area_carries_the_words_of_its_source() -> None:
    area = schemas.areas(FRAMEWORK, "1.0.0")["esi.moral-and-ethics"]

    assert (area.label, area.domain_label) == ("Moral and ethics", "Emotional Self & Identity")


@pytest.mark.parametrize(
    ("framework", "version"), [(FRAMEWORK, "2.0.0"), ("urn:ltp:framework:other", "1.0.0"), ("", "")]
)
def test_an_unknown_framework_is_refused(framework: str, version: str) -> None:
    with pytest.raises(UnknownName, match="framework"):
        schemas.areas(framework, version)


def test_the_demonstration_scale_holds_one_to_five() -> None:
    scale = schemas.scale("urn:ltp:scale:demo-5:1")

    assert [raw for raw in range(-1, 8) if scale.holds(raw)] == [1, 2, 3, 4, 5]
    assert scale.labels[5] == "independently, in more than one setting"
    assert (scale.decimals, scale.direction, scale.licence) == (0, "higherIsBetter", "open")


@pytest.mark.parametrize("ref", ["urn:ltp:scale:demo-5:2", "urn:ltp:scale:nobodys:1", ""])
def test_an_unknown_scale_is_refused(ref: str) -> None:
    with pytest.raises(UnknownName, match="scale"):
        schemas.scale(ref)
