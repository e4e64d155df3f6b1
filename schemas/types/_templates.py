"""The part of each file that does not depend on the schemas, kept in the language that it is written in."""

from importlib import resources


def filled(name: str, **parts: str) -> str:
    """Return a template with each `@@NAME@@` replaced."""
    text = (resources.files("schemas") / "types" / "templates" / name).read_text(encoding="utf-8")
    for part, content in parts.items():
        text = text.replace(f"@@{part}@@", content)
    return text
