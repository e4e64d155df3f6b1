import pytest

from schemas.identifiers import (
    CheckCharacterError,
    IdentifierError,
    Upn,
    check_uln,
    check_upn,
    upn_check_letter,
)


@pytest.mark.parametrize("text", ["Z999100119001", "R201100018042"])
def test_a_permanent_upn_with_the_right_check_letter_is_returned(text: str) -> None:
    assert check_upn(text) == Upn(text)
    assert not check_upn(text).temporary


@pytest.mark.parametrize("text", ["K99910011900A", "T20110001804V"])
def test_a_temporary_upn_is_recognised_by_its_last_letter(text: str) -> None:
    assert check_upn(text).temporary


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z99910011900",
        "Z9991001190011",
        "z999100119001",
        " Z999100119001",
        "Z999100119001\n",
        "I999100119001",
        "Z99910011900O",
        "Z9991001190S1",
        "Z99910011900١",
        "9999100119001",
    ],
)
def test_a_text_of_another_form_is_not_a_upn(text: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_upn(text)
    assert caught.value.code == "form"


@pytest.mark.parametrize("text", ["A999100119001", "Z999100119002", "A99910011900A", "K99910011900B"])
def test_a_wrong_check_letter_is_told_apart_from_a_wrong_form(text: str) -> None:
    with pytest.raises(CheckCharacterError) as caught:
        check_upn(text)
    assert caught.value.code == "check"


def test_the_check_letter_can_be_computed() -> None:
    assert upn_check_letter("999100119001") == "Z"
    assert upn_check_letter("99910011900A") == "K"
    with pytest.raises(IdentifierError):
        upn_check_letter("99910011900")


def test_neither_errors_nor_repr_repeat_the_number() -> None:
    with pytest.raises(CheckCharacterError) as caught:
        check_upn("A999100119001")
    assert "999100119001" not in str(caught.value)
    assert "999100119001" not in repr(check_upn("Z999100119001"))


def test_a_valid_uln_is_returned() -> None:
    assert check_uln("1000000043") == "1000000043"


def test_the_placeholder_uln_counts_as_none() -> None:
    assert check_uln("9999999999") is None


@pytest.mark.parametrize("text", ["", "0000000043", "100000004", "10000000430", "100000004a", "١٠٠٠٠٠٠٠٤٣"])
def test_a_text_of_another_form_is_not_a_uln(text: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_uln(text)
    assert caught.value.code == "form"


@pytest.mark.parametrize("text", ["1000000044", "1000000063"])
def test_a_uln_with_a_wrong_check_digit_is_refused(text: str) -> None:
    with pytest.raises(CheckCharacterError):
        check_uln(text)
