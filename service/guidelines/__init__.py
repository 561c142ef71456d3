"""The annotators' rules: versions, what a changed one alters, pilots, and what labels say about rules and catalogue."""

from service.guidelines.versions import guideline_for, in_force

__all__ = ["guideline_for", "in_force"]
