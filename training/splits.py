"""Which labelled captures train and which validate.

Photos of one store on one day share light, stock and layout, and near-duplicates share nearly everything, so groups of
either kind are never divided. A group is held out by a hash of its store and day: a later, larger snapshot holds out
mostly the same groups, so that the champion has hardly trained on what its successor is measured on. Small snapshots
break this: a first group that is held out whatever its hash, one that alone shows a product, a split by capture.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.captures import LabelledCapture

VALIDATION_SHARE = 0.2
RANDOM_ARM = "random"
ENOUGH_RANDOM = 20  # validation captures of the random arm that are worth setting the other held-out ones aside
FEWEST_TO_SPLIT = 3

Group = tuple[LabelledCapture, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts of a snapshot and the rule that made them.

    Attributes:
        train: captures to fit on, by id.
        validation: captures to measure on, by id; empty under three captures or where all are near-duplicates.
        set_aside: in neither part: picked by value, but of a group whose random arm validates.
        rule: one sentence for the manifest.
    """

    train: tuple[LabelledCapture, ...]
    validation: tuple[LabelledCapture, ...]
    set_aside: tuple[LabelledCapture, ...]
    rule: str


def split(captures: Sequence[LabelledCapture]) -> Split:
    """Split labelled captures; the same captures give the same split in any order.

    About a fifth is held out, never more than half, and at least one capture of three or more. A group stays in
    training if it alone shows some product: a class that is never trained cannot be validated. Tried in this order:

    1. whole groups of one store and day (joined where near-duplicates link them);
    2. single captures with their near-duplicates, where no group can be spared;
    3. the same even if a class then only validates.
    """
    if len(captures) < FEWEST_TO_SPLIT:
        return _parts(captures, (), f"no validation: only {len(captures)} captures, {FEWEST_TO_SPLIT} are needed")
    groups, singles = store_days(captures), _groups(captures, _itself)
    if held := _hold_out(groups, _hashed_share, keep_classes=True):
        return _prefer_random_arm(captures, held)
    why = "one store and day" if len(groups) == 1 else f"none of {len(groups)} groups of store and day can be spared"
    if held := _hold_out(singles, _counted_share, keep_classes=True):
        return _parts(captures, held, f"by capture: {why}")
    if held := _hold_out(singles, _counted_share, keep_classes=False):
        return _parts(captures, held, f"by capture: {why}; some classes are only in validation")
    return _parts(captures, (), "no validation: over half of the captures are near-duplicates of each other")


def store_days(captures: Sequence[LabelledCapture]) -> dict[str, Group]:
    """Group captures by store and day, joined where near-duplicates link them; a split never divides such a group."""
    return _groups(captures, _store_and_day)


def _prefer_random_arm(captures: Sequence[LabelledCapture], held: Group) -> Split:
    random_arm = tuple(capture for capture in held if capture.arm == RANDOM_ARM)
    if len(random_arm) < ENOUGH_RANDOM:
        return _parts(captures, held, f"by store and day: {len(random_arm)} of the held-out captures are random picks")
    aside = tuple(capture for capture in held if capture.arm != RANDOM_ARM)
    return _parts(captures, random_arm, "by store and day, validated on the random arm alone", aside)


def _parts(captures: Sequence[LabelledCapture], validation: Group, rule: str, aside: Group = ()) -> Split:
    elsewhere = {capture.capture_id for capture in validation + aside}
    train = tuple(capture for capture in captures if capture.capture_id not in elsewhere)
    return Split(_by_id(train), _by_id(validation), _by_id(aside), rule)


def _by_id(captures: Sequence[LabelledCapture]) -> Group:
    return tuple(sorted(captures, key=lambda capture: capture.capture_id))


def _store_and_day(capture: LabelledCapture) -> str:
    return f"{capture.store_id} {capture.day.isoformat()}"


def _itself(capture: LabelledCapture) -> str:
    return capture.capture_id


def _groups(captures: Sequence[LabelledCapture], key: Callable[[LabelledCapture], str]) -> dict[str, Group]:
    """Group by key and join groups that share a near-duplicate; a joined group has its smallest key."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    seen: dict[str, str] = {}
    for capture in captures:
        own = find(key(capture))
        if capture.duplicate_group is not None:
            other = find(seen.setdefault(capture.duplicate_group, own))
            leader[max(own, other)] = min(own, other)
    members: dict[str, list[LabelledCapture]] = defaultdict(list)
    for capture in captures:
        members[find(key(capture))].append(capture)
    return {name: _by_id(group) for name, group in members.items()}


def _position(key: str) -> float:
    """Place a key in 0..1, evenly and for ever."""
    return int.from_bytes(hashlib.sha256(f"shelfloop {key}".encode()).digest()[:8]) / 2**64


def _hashed_share(key: str, held: int, total: int) -> bool:
    return not held or _position(key) < VALIDATION_SHARE


def _counted_share(key: str, held: int, total: int) -> bool:
    return held < max(1, round(VALIDATION_SHARE * total))


def _hold_out(groups: dict[str, Group], wanted: Callable[[str, int, int], bool], *, keep_classes: bool) -> Group:
    total = sum(map(len, groups.values()))
    remaining: dict[tuple[str, str | None], int] = defaultdict(int)
    for group in groups.values():
        for name in _labels(group):
            remaining[name] += 1
    held: list[LabelledCapture] = []
    for key in sorted(groups, key=_position):
        group, shown = groups[key], _labels(groups[key])
        fits = len(held) + len(group) <= total // 2
        if not wanted(key, len(held), total) or not fits or (keep_classes and any(remaining[n] == 1 for n in shown)):
            continue
        held.extend(group)
        for name in shown:
            remaining[name] -= 1
    return tuple(held)


def _labels(group: Group) -> set[tuple[str, str | None]]:
    return {(box.kind.value, box.gtin) for capture in group for box in capture.boxes}
