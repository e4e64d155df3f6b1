"""Check what this project writes against schemas of others that it may not carry: `make check-samples`.

SAMPLES is a folder that holds case/official_case-v1p1-cfpackage.schema.json, the closed schema of CASE 1.1.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft201909Validator

from schemas import case
from schemas.framework import frameworks

OFFICIAL = Path("case") / "official_case-v1p1-cfpackage.schema.json"


def check_case(samples: Path) -> int:
    """Hold every registered framework against the official schema and return the number of faults."""
    schema = json.loads((samples / OFFICIAL).read_text("utf-8"))
    validator = Draft201909Validator(schema, format_checker=Draft201909Validator.FORMAT_CHECKER)
    faults = 0
    for name, version in frameworks():
        errors = list(validator.iter_errors(case.package(name, version)))
        faults += len(errors)
        print(f"{name} {version}: {len(errors)} faults against CASE 1.1")
        for error in errors:
            print(f"  {error.json_path}: {error.message}")
    return faults


def main(arguments: list[str]) -> int:
    """Run every check on one folder of samples; 0 when nothing is wrong, 1 for faults, 2 without samples."""
    samples = Path(arguments[0]) if len(arguments) == 1 and arguments[0] else None
    if samples is None or not (samples / OFFICIAL).is_file():
        print(f"Say where the samples are: make check-samples SAMPLES=DIR, with DIR/{OFFICIAL} in it.")
        return 2
    return 1 if check_case(samples) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
