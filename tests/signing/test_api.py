import signing
from signing.errors import SENTENCES, SigningError


def test_the_public_names_are_listed_and_documented() -> None:
    assert sorted(signing.__all__) == signing.__all__
    for name in signing.__all__:
        assert getattr(signing, name).__doc__


def test_every_code_has_one_plain_sentence() -> None:
    for code, sentence in SENTENCES.items():
        error = SigningError(code)
        assert (error.code, str(error)) == (code, sentence)
        assert sentence.endswith(".")
        assert sentence.count(".") == 1


def test_every_error_belongs_to_the_tree() -> None:
    errors = [getattr(signing, name) for name in signing.__all__ if name.endswith("Error")]
    assert all(issubclass(error, SigningError) for error in errors)
