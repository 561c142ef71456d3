"""Labels that are probably wrong, found by holding them against what a model saw."""

from labeling.quality.label_errors.searching import find_label_errors
from labeling.quality.label_errors.seen import LabelError, LabelledPhoto, Seen, Suspect

__all__ = ["LabelError", "LabelledPhoto", "Seen", "Suspect", "find_label_errors"]
