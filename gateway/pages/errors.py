"""What can stop a page from being made.

PageError
├── NoFinalReportError
└── ManyFinalReportsError

No message repeats anything from the bundle: it is a child's record.
"""


class PageError(Exception):
    """A page cannot be made from this bundle; `code` is stable."""

    code = "page_error"


class NoFinalReportError(PageError):
    """The bundle holds no final report."""

    code = "no_final_report"


class ManyFinalReportsError(PageError):
    """The bundle holds more than one final report, and a page shows exactly one."""

    code = "many_final_reports"
