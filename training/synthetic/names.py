"""Invented brands, flavours and colours."""

from numpy.random import Generator

Colour = tuple[int, int, int]

_STARTS = (
    *("Al", "Bel", "Cor", "Dan", "El", "Fa", "Gro", "Har", "Il", "Jo", "Kel", "Lu", "Mar", "Nor", "Ol"),
    *("Pri", "Que", "Ro", "Sa", "Tel", "Ul", "Va", "Wen", "Xa", "Yo", "Zim", "Bra", "Cle", "Fri", "Mo"),
)
_MIDDLES = ("", "", "", "ba", "de", "li", "mo", "ne", "ra", "so", "ti", "va")
_ENDS = ("na", "vo", "ris", "ko", "lux", "mel", "ta", "ya", "no", "dor", "sa", "lia", "bio", "max", "ina", "up", "zen")

# (name, colour of its band, colour of its picture)
FLAVOURS: tuple[tuple[str, Colour, Colour], ...] = (
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

# (base, accent, ink) of a brand
PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
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


def invent_brand(rng: Generator) -> str:
    """Return a made-up brand word."""
    return str(rng.choice(_STARTS)) + str(rng.choice(_MIDDLES)) + str(rng.choice(_ENDS))


def jitter_colour(rng: Generator, colour: Colour, spread: int) -> Colour:
    """Return a colour near another one, each channel moved by at most ``spread``."""
    r, g, b = (min(255, max(0, c + int(rng.integers(-spread, spread + 1)))) for c in colour)
    return r, g, b
