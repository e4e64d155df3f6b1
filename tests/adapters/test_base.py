from adapters import CannotRead, Hints, Loss, LossReport
from schemas.findings import Finding


def test_the_limits_have_the_published_defaults() -> None:
    hints = Hints()
    assert (hints.max_bytes, hints.max_pupils, hints.today) == (50_000_000, 20_000, None)


def test_a_loss_report_is_four_lists_in_json() -> None:
    entry = Loss("Pupil/UCI", "no place", 2)
    assert LossReport(ignored=(entry,)).to_json() == {
        "used": [],
        "ignored": [{"path": "Pupil/UCI", "note": "no place", "count": 2}],
        "unmapped": [],
        "changed": [],
    }


def test_the_text_of_cannot_read_is_its_codes() -> None:
    finding = Finding("xml.empty", "error", "", "The file is empty.", "Choose another file.")
    error = CannotRead(finding)
    assert error.findings == (finding,)
    assert str(error) == "xml.empty"
