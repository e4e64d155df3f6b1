"""Printable pages: one bundle in, one self-contained HTML page out, no I/O beyond our own package data."""

from gateway.pages.errors import ManyFinalReportsError, NoFinalReportError, PageError
from gateway.pages.final_report import render_final_report

__all__ = ["ManyFinalReportsError", "NoFinalReportError", "PageError", "render_final_report"]
