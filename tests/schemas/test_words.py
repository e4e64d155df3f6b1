"""The schema's own words for a place, also where the value holds nothing or the keyword is new."""

from schemas.titles import Places
from schemas.words import words


def test_a_place_that_the_value_does_not_have_still_has_its_title() -> None:
    assert Places("learner", {}).at(["parentContacts", 0, "email"]).title == "E-mail address"
    assert Places("bundle", {"documents": 3}).at(["documents"]).title == "Documents"


def test_an_entry_of_a_list_is_called_what_it_is() -> None:
    report = {"type": "final-report"}

    assert Places("bundle", {"documents": [report]}).at(["documents", 0]).title == "Final report"
    assert Places("final-report", {}).at(["whatWorks", 3]).title == "Strategy"


def test_the_help_of_a_definition_is_found_through_references() -> None:
    assert (Places("transfer", {}).at(["learner", "upn"]).fix or "").startswith("A UPN has 13 characters")
    assert Places("transfer", {}).at(["learner", "fsmEligible"]).fix is None


def test_a_keyword_without_words_of_its_own_gets_general_ones() -> None:
    message, fix = words(Places("learner", {}).at(["upn"]), "contains", {})

    assert message == "'Unique pupil number (UPN)' does not meet the standard."
    assert fix == "Compare it with the schema."
    assert words(Places("learner", {}).at(["upn"]), "uniqueItems", {})[0].endswith(
        "holds the same entry twice."
    )
