"""A printed face becomes a pack: which outline and material belongs to which shape."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from training.synthetic import cartons, containers, wraps
from training.synthetic.designs import PackDesign, PackShape
from training.synthetic.lettering import Image
from training.synthetic.materials import Body
from training.synthetic.seeds import stream

_Draw = Callable[[PackDesign, int, int, Image | None, Generator], Body]
_SHAPES: dict[PackShape, _Draw] = {
    PackShape.BOX: cartons.box,
    PackShape.GABLE: cartons.gable,
    PackShape.TRAY: cartons.tray,
    PackShape.BLISTER: cartons.blister,
    PackShape.BOTTLE: containers.bottle,
    PackShape.JUG: containers.jug,
    PackShape.CAN: containers.can,
    PackShape.TIN: containers.tin,
    PackShape.JAR: containers.jar,
    PackShape.CUP: containers.cup,
    PackShape.TUBE: containers.tube,
    PackShape.FRUIT: containers.fruit,
    PackShape.SPRAY: containers.spray,
    PackShape.PUMP: containers.pump,
    PackShape.CANISTER: containers.canister,
    PackShape.BAG: wraps.bag,
    PackShape.CLEAR_BAG: wraps.clear_bag,
    PackShape.MULTIPACK: wraps.multipack,
}


def cut_out(design: PackDesign, width: int, height: int, photo: Image | None) -> Image:
    """Draw a pack as an RGBA picture, (height, width, 4); the mask touches all four sides."""
    rng = stream(design.family_seed, "shape")
    colours, mask = _SHAPES[design.shape](design, width, height, photo, rng)
    return np.dstack([colours, mask])
