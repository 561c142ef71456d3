"""Invented brands, flavours and colours."""

from numpy.random import Generator

from training.synthetic.groups import Group

Colour = tuple[int, int, int]

_USUAL_STARTS = (
    *("Al", "Bel", "Cor", "Dan", "El", "Fa", "Gro", "Har", "Il", "Jo", "Kel", "Lu", "Mar", "Nor", "Ol"),
    *("Pri", "Que", "Ro", "Sa", "Tel", "Ul", "Va", "Wen", "Xa", "Yo", "Zim", "Bra", "Cle", "Fri", "Mo"),
)
_HELD_OUT_STARTS = (
    "Ach",
    "Bo",
    "Dru",
    "Ev",
    "Gi",
    "Hul",
    "Kra",
    "Ny",
    "Ost",
    "Pel",
    "Rhi",
    "Sko",
    "Tu",
    "Ure",
    "Wy",
    "Ze",
)
_STARTS = {Group.USUAL: _USUAL_STARTS, Group.HELD_OUT: _HELD_OUT_STARTS}
_MIDDLES = ("", "", "", "ba", "de", "li", "mo", "ne", "ra", "so", "ti", "va")
_ENDS = ("na", "vo", "ris", "ko", "lux", "mel", "ta", "ya", "no", "dor", "sa", "lia", "bio", "max", "ina", "up", "zen")

Flavour = tuple[str, Colour, Colour]  # name, colour of its band, colour of its picture
_USUAL_FLAVOURS: tuple[Flavour, ...] = (
    ("Classic", (190, 30, 45), (200, 150, 90)),
    ("Lemon", (245, 210, 40), (240, 220, 60)),
    ("Orange", (240, 130, 25), (245, 140, 30)),
    ("Cherry", (165, 15, 50), (180, 20, 40)),
    ("Mint", (40, 165, 125), (80, 180, 110)),
    ("Vanilla", (235, 215, 160), (250, 235, 190)),
    ("Chocolate", (90, 50, 25), (85, 45, 25)),
    ("Berry", (110, 40, 120), (95, 40, 110)),
    ("Apple", (120, 175, 45), (150, 190, 60)),
    ("Sea Salt", (40, 110, 180), (220, 220, 215)),
    ("Paprika", (215, 65, 25), (210, 60, 30)),
    ("Herbs", (70, 125, 50), (80, 130, 60)),
    ("Natural", (240, 240, 235), (200, 180, 140)),
    ("Zero", (25, 25, 28), (60, 60, 65)),
    ("Coconut", (90, 190, 215), (245, 240, 230)),
    ("Strawberry", (230, 60, 90), (220, 40, 50)),
    ("Tomato", (205, 40, 30), (210, 45, 35)),
    ("Mild", (150, 200, 225), (225, 200, 150)),
)

_HELD_OUT_FLAVOURS: tuple[Flavour, ...] = (
    ("Original", (160, 60, 20), (225, 170, 110)),
    ("Ginger", (225, 165, 30), (215, 180, 110)),
    ("Plum", (80, 20, 70), (100, 40, 90)),
    ("Peach", (250, 170, 120), (250, 180, 130)),
    ("Melon", (170, 205, 90), (240, 120, 110)),
    ("Walnut", (120, 85, 55), (150, 110, 75)),
    ("Aloe", (130, 200, 170), (110, 190, 130)),
    ("Smoked", (70, 45, 40), (140, 70, 40)),
    ("Light", (180, 225, 235), (235, 235, 225)),
    ("Chilli", (220, 20, 20), (200, 25, 15)),
    ("Honey", (235, 160, 10), (240, 175, 40)),
    ("Cassis", (55, 15, 85), (60, 25, 80)),
)
FLAVOURS = {Group.USUAL: _USUAL_FLAVOURS, Group.HELD_OUT: _HELD_OUT_FLAVOURS}

Palette = tuple[Colour, Colour, Colour]  # base, accent, ink of a brand
_USUAL_PALETTES: tuple[Palette, ...] = (
    ((250, 250, 246), (106, 170, 30), (40, 40, 40)),
    ((200, 16, 32), (255, 255, 255), (255, 255, 255)),
    ((18, 60, 140), (255, 215, 0), (255, 255, 255)),
    ((250, 215, 40), (200, 30, 30), (30, 30, 60)),
    ((30, 110, 60), (240, 230, 200), (255, 255, 240)),
    ((20, 20, 24), (205, 165, 80), (230, 200, 120)),
    ((240, 235, 220), (130, 75, 40), (80, 50, 30)),
    ((120, 40, 130), (250, 210, 230), (255, 255, 255)),
    ((240, 120, 20), (255, 250, 240), (60, 25, 10)),
    ((90, 185, 220), (255, 255, 255), (10, 50, 110)),
    ((245, 245, 250), (20, 70, 160), (20, 40, 100)),
    ((225, 60, 110), (255, 255, 255), (255, 255, 255)),
    ((250, 250, 250), (200, 20, 40), (30, 30, 30)),
    ((175, 205, 120), (60, 90, 30), (30, 50, 20)),
    ((190, 190, 195), (30, 60, 130), (20, 20, 30)),
    ((95, 55, 30), (235, 200, 130), (250, 235, 200)),
    ((255, 240, 190), (230, 90, 30), (120, 40, 20)),
    ((15, 100, 110), (240, 170, 60), (250, 250, 240)),
    ((215, 195, 165), (70, 110, 60), (60, 50, 40)),
    ((60, 60, 70), (235, 70, 60), (245, 245, 245)),
)
_HELD_OUT_PALETTES: tuple[Palette, ...] = (
    ((0, 130, 125), (250, 245, 225), (255, 255, 255)),
    ((255, 205, 190), (150, 30, 60), (110, 20, 50)),
    ((70, 20, 50), (240, 150, 170), (255, 225, 230)),
    ((210, 225, 60), (40, 60, 20), (30, 40, 10)),
    ((25, 25, 90), (120, 220, 230), (235, 250, 255)),
    ((235, 225, 245), (110, 70, 170), (60, 30, 110)),
    ((130, 25, 25), (235, 195, 90), (250, 230, 170)),
    ((180, 210, 205), (220, 80, 60), (20, 60, 60)),
    ((250, 175, 20), (35, 35, 35), (35, 35, 35)),
    ((100, 110, 70), (245, 235, 200), (250, 245, 220)),
    ((255, 255, 255), (240, 90, 150), (200, 30, 110)),
    ((45, 50, 55), (130, 230, 150), (200, 255, 210)),
)
PALETTES = {Group.USUAL: _USUAL_PALETTES, Group.HELD_OUT: _HELD_OUT_PALETTES}


def invent_brand(rng: Generator, group: Group) -> str:
    """Return a made-up brand word."""
    return str(rng.choice(_STARTS[group])) + str(rng.choice(_MIDDLES)) + str(rng.choice(_ENDS))


def jitter_colour(rng: Generator, colour: Colour, spread: int) -> Colour:
    """Return a colour near another one, each channel moved by at most ``spread``."""
    r, g, b = (min(255, max(0, c + int(rng.integers(-spread, spread + 1)))) for c in colour)
    return r, g, b
