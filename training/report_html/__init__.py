"""The evaluation of a retraining as one HTML file that needs no other.

Works on reports and checks as JSON keeps them, so that a server can write it without the training extra.
"""

from training.report_html.curve import Point, learning_curve
from training.report_html.page import ReportPage, render
from training.report_html.rows import Row, as_csv, before_and_after

__all__ = ["Point", "ReportPage", "Row", "as_csv", "before_and_after", "learning_curve", "render"]
