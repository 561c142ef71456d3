"""What the README claims, re-runnable: every module here prints a table and writes `results/NAME.json`."""

import vision as _silences_openvino_before_anything_imports_it  # noqa: F401
