"""Taking one photo of one bay: stock, view, painting, what stands in the way, light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.conditions import Condition, Lighting, ViewingAngle
from retail.planograms import Position
from training.synthetic.artwork import Image
from training.synthetic.camera import Shot, View, choose_view, frame
from training.synthetic.canvas import Canvas
from training.synthetic.fixtures import FixtureStyle, draw_surroundings, rectangle
from training.synthetic.layout import BayLayout, ShelfLayout, Slot
from training.synthetic.lighting import expose
from training.synthetic.occluders import Ids, crowd, reflect, stand_in_the_way
from training.synthetic.scene import BayPainter
from training.synthetic.seeds import stream
from training.synthetic.things import Thing
from training.synthetic.truth import SyntheticCapture, visible

if TYPE_CHECKING:
    from training.synthetic.world import ShelfWorld

_COARSE = 4
_ANGLE_ODDS = {ViewingAngle.FRONTAL: 0.55, ViewingAngle.OBLIQUE: 0.33, ViewingAngle.STEEP: 0.12}


def take_photo(
    world: ShelfWorld,
    bay_id: str,
    day: int,
    lighting: Lighting | None,
    angle: ViewingAngle | None,
    longest: int,
    shot: Shot | None = None,
) -> SyntheticCapture:
    """Return one photo with its truth; see ``ShelfWorld.capture``."""
    seed, version = world.spec.seed, world.version
    layout = world.layouts[bay_id]
    luck = stream(seed, "condition", bay_id, day)
    drawn_light = tuple(Lighting)[int(luck.integers(len(Lighting)))]
    drawn_angle = tuple(ViewingAngle)[int(luck.choice(len(ViewingAngle), p=list(_ANGLE_ODDS.values())))]
    meant = angle if shot is None else ViewingAngle.from_degrees(shot.yaw)
    condition = Condition(lighting or drawn_light, meant or drawn_angle, layout.format)
    view_luck, bay = stream(seed, "view", bay_id, day), (layout.width, layout.height)
    view = frame(view_luck, bay, shot, longest) if shot else choose_view(view_luck, bay, condition.angle, longest)

    canvas, things = paint_aisle(world, bay_id, day, view)
    image, ids = canvas.to_picture()
    free = _free(image, ids, things, bay_id, shot, stream(seed, "occluders", bay_id, day))
    ids[free == 0] = 0
    if FixtureStyle.of(layout).glass:
        image = reflect(image, stream(seed, "glass", bay_id, day))
    lamps = stream(seed, "light", bay_id, day, condition.lighting)
    image = expose(image, condition.lighting, lamps, world.spec.light)

    kept, boxes = visible(things, ids)
    store_id = next(bay.store_id for bay in world.bays if bay.id == bay_id)
    cameras = [camera.id for camera in world.cameras if camera.store_id == store_id]
    return SyntheticCapture(
        image=image,
        boxes=boxes,
        kinds=tuple(thing.kind for thing in kept),
        gtins=tuple(thing.gtin for thing in kept),
        variants=tuple(thing.variant for thing in kept),
        positions=tuple(thing.position if thing.bay_id == bay_id else None for thing in kept),
        rows=tuple(thing.row for thing in kept),
        bay_ids=tuple(thing.bay_id for thing in kept),
        verdicts=dict(world.state(bay_id, day).verdicts),
        in_view=_in_view(layout, view),
        shown=_shown(layout, view, free),
        unexpected=tuple(i for i, thing in enumerate(kept) if _is_unexpected(thing, bay_id)),
        condition=condition,
        store_id=store_id,
        bay_id=bay_id,
        camera_id=cameras[int(stream(seed, "camera", bay_id, day, version).integers(len(cameras)))],
        day=day,
    )


def paint_aisle(world: ShelfWorld, bay_id: str, day: int, view: View) -> tuple[Canvas, list[Thing]]:
    """Paint a bay and as much of its neighbours as the view reaches, far ones first."""
    row = _aisle(world, bay_id)
    left = min(x for _, x in row)
    right = max(x + world.layouts[bay].width for bay, x in row)
    layout = world.layouts[bay_id]
    canvas = Canvas.for_view(view, (left - 120, -80.0, right + 120, layout.height + 80.0), (60, 58, 55))
    draw_surroundings(canvas, layout, left - 150, right + 150)
    things: list[Thing] = []
    seen = (float(canvas.origin[0]), float(canvas.origin[0]) + canvas.ids.shape[1] / canvas.scale)
    for bay, x in sorted(row, key=lambda item: -abs(item[1] + world.layouts[item[0]].width / 2 - view.eye[0])):
        if x < seen[1] and x + world.layouts[bay].width > seen[0]:
            rng = stream(world.spec.seed, "placing", bay, day, world.planogram_versions[bay])
            state = world.state(bay, day)
            BayPainter(canvas, things, world.layouts[bay], state, world.by_gtin, world.press, rng, x).paint()
    return canvas, things


def _aisle(world: ShelfWorld, bay_id: str) -> list[tuple[str, float]]:
    """Return the bay and up to two on either side with the x of their left edges; the bay itself is at 0."""
    store = next(bay.store_id for bay in world.bays if bay.id == bay_id)
    bays = [bay.id for bay in world.bays if bay.store_id == store]
    at, row = bays.index(bay_id), [(bay_id, 0.0)]
    x = world.layouts[bay_id].width
    for bay in bays[at + 1 : at + 3]:
        row.append((bay, x))
        x += world.layouts[bay].width
    x = 0.0
    for bay in reversed(bays[max(0, at - 2) : at]):
        x -= world.layouts[bay].width
        row.append((bay, x))
    return row


def _in_view(layout: BayLayout, view: View) -> frozenset[Position]:
    inside = set()
    for shelf in layout.shelves:
        for slot in shelf.slots:
            pixels = view.to_picture(_front(shelf, slot)[:, :2])
            if (pixels >= 0).all() and (pixels <= np.array(view.size)).all():
                inside.add(slot.position)
    return frozenset(inside)


def _free(image: Image, ids: Ids, things: list[Thing], bay_id: str, shot: Shot | None, rng: Generator) -> Ids:
    """Put things in the way, into the image; return (h, w) where nothing stands in the way: 0 where something does."""
    free = np.ones_like(ids)
    if shot is None:
        stand_in_the_way(image, free, rng)
    elif shot.hidden:
        mine = [thing.kind is DetectionKind.FACING and thing.bay_id == bay_id for thing in things]
        crowd(image, free, np.array([False, *mine])[ids], shot.hidden, rng)
    return free


def _shown(layout: BayLayout, view: View, free: Ids) -> dict[Position, float]:
    """Measure on a coarser picture: a quarter of the pixels each way is enough."""
    small, shown = free[::_COARSE, ::_COARSE], {}
    for shelf in layout.shelves:
        for slot in shelf.slots:
            corners = _front(shelf, slot)[:, :2]
            outline = np.round(view.to_picture(corners) / _COARSE).astype(np.int32)
            place = np.zeros(small.shape, np.uint8)
            if view.is_before(corners):
                cv2.fillConvexPoly(place, outline, 1)
            whole = max(1.0, abs(cv2.contourArea(outline)))
            shown[slot.position] = min(1.0, float(np.count_nonzero(place & (small > 0))) / whole)
    return shown


def _front(shelf: ShelfLayout, slot: Slot) -> NDArray[np.float64]:
    return rectangle(slot.x, shelf.base - shelf.clear, slot.x + slot.width, shelf.base, 0.0)


def _is_unexpected(thing: Thing, bay_id: str) -> bool:
    return thing.kind is DetectionKind.FACING and thing.bay_id == bay_id and thing.position is None
