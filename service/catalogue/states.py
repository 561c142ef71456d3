"""Whether what points at a product counts."""

from enum import StrEnum


class State(StrEnum):
    """The state of a facing's label, of a reference or of a planogram position."""

    CURRENT = "current"  # a label or position counts
    LIVE = "live"  # a reference is in the gallery
    REQUEUED = "requeued"  # its product was split: a person says which one it shows
    EXPIRED = "expired"  # its product was delisted; relisting brings it back
    REPLACED = "replaced"  # a later annotation of the task, or a later version of the planogram, counts instead
