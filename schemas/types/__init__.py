"""Types for vendors, written from the schemas: Python, TypeScript, C#, Java and PHP.

Nothing here is normative, and nothing that is written here is kept in the repository: what the types say is
read from the schemas each time, so that the two cannot differ. A type holds the form of a value only; its
patterns, bounds and combinations are for a validator.
"""

from collections.abc import Callable, Mapping

from schemas.types import _csharp, _java, _php, _python, _typescript
from schemas.types._model import Model
from schemas.types._read import model

__all__ = ["LANGUAGES", "files"]

_WRITERS: Mapping[str, tuple[str, Callable[[Model], str]]] = {
    "python": ("ltp_types.py", _python.write),
    "typescript": ("ltp-types.ts", _typescript.write),
    "csharp": ("LtpTypes.cs", _csharp.write),
    "java": ("ltp/LtpTypes.java", _java.write),
    "php": ("LtpTypes.php", _php.write),
}
LANGUAGES = tuple(_WRITERS)


def files() -> dict[str, str]:
    """Return the text of each file by its path, such as `python/ltp_types.py`."""
    found = model()
    return {f"{language}/{name}": write(found) for language, (name, write) in _WRITERS.items()}
