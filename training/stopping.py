"""The part of the training photos that decides when a fit stops.

Not the validation photos: an epoch chosen because it does well on them would be measured on them too well.
"""

import hashlib
from dataclasses import replace

from training.captures import LabelledCapture
from training.snapshots import Snapshot
from training.splits import Split, store_days

LEAST_CAPTURES = 5  # fewer decide by chance


def hold_back(snapshot: Snapshot, share: float) -> tuple[Snapshot, str]:
    """Return the snapshot with `share` of its training captures as its validation part, and why in words.

    Whole groups of store and day go, in an order that only their names decide, while no more than twice the share is
    gone. Where that makes fewer than `LEAST_CAPTURES`, none go, and the validation part is empty.
    """
    train = snapshot.split.train
    held: tuple[LabelledCapture, ...] = ()
    wanted = share * len(train)
    for _, group in sorted(store_days(train).items(), key=lambda item: _place(item[0])):
        if len(held) < wanted and len(held) + len(group) <= 2 * wanted:
            held += group
    if len(held) < LEAST_CAPTURES:
        held, told = (), "no early stop: no group of store and day can be spared to decide it, the last epoch is taken"
    else:
        told = f"{len(held)} training photos are held back to choose the epoch; the validation photos stay unseen"
    ids = {capture.capture_id for capture in held}
    rest = tuple(capture for capture in train if capture.capture_id not in ids)
    return replace(snapshot, split=Split(train=rest, validation=held, set_aside=(), rule=told)), told


def _place(name: str) -> bytes:
    return hashlib.sha256(f"stopping {name}".encode()).digest()
