"""A catalogue of drawn products: families with sibling flavours and sizes, and their variants."""

from dataclasses import dataclass, replace

from numpy.random import Generator

from retail.gtin import Gtin, check_digit
from retail.products import Product, Variant, VariantKind
from training.synthetic.designs import HANGING, PackDesign, PackShape
from training.synthetic.groups import Group
from training.synthetic.names import FLAVOURS, PALETTES, Colour, Palette, invent_brand, jitter_colour
from training.synthetic.seeds import draw_seed, stream

_SLIM = (PackShape.BOX, PackShape.BAG, PackShape.CLEAR_BAG)
_WHITE: Colour = (245, 245, 245)
_GLASS: tuple[Colour, ...] = ((40, 90, 45), (70, 35, 15), (150, 30, 30), (235, 140, 30), (30, 20, 25), (190, 215, 220))


@dataclass(frozen=True, slots=True)
class Kind:
    """One leaf of the category tree: the shapes it comes in and the range of its sizes in cm."""

    category: tuple[str, str]
    shapes: tuple[PackShape, ...]
    width: tuple[float, float]
    height: tuple[float, float]


KINDS = (
    Kind(("drinks", "juice"), (PackShape.GABLE, PackShape.BOTTLE), (6, 9.5), (17, 26)),
    Kind(("drinks", "soda"), (PackShape.CAN, PackShape.BOTTLE), (6, 9), (12, 30)),
    Kind(("drinks", "water"), (PackShape.BOTTLE,), (6.5, 9.5), (20, 33)),
    Kind(("drinks", "packs"), (PackShape.MULTIPACK,), (18, 32), (12, 28)),
    Kind(("drinks", "beer"), (PackShape.BOTTLE, PackShape.CAN), (6, 7.5), (16, 27)),
    Kind(("drinks", "wine"), (PackShape.BOTTLE,), (7, 8.5), (29, 33)),
    Kind(("chilled", "yoghurt"), (PackShape.CUP,), (6.5, 10), (7, 13)),
    Kind(("chilled", "milk"), (PackShape.GABLE, PackShape.BOTTLE), (7, 10), (19, 25)),
    Kind(("chilled", "ready meals"), (PackShape.TRAY, PackShape.BOX), (14, 24), (5, 11)),
    Kind(("chilled", "cheese"), (PackShape.TRAY,), (11, 18), (9, 16)),
    Kind(("chilled", "produce"), (PackShape.FRUIT, PackShape.TRAY), (8, 14), (7, 13)),
    Kind(("food", "cereal"), (PackShape.BOX, PackShape.BAG, PackShape.CLEAR_BAG), (13, 21), (20, 31)),
    Kind(("food", "crisps"), (PackShape.BAG,), (14, 24), (22, 33)),
    Kind(("food", "pasta"), (PackShape.CLEAR_BAG, PackShape.BAG, PackShape.BOX), (9, 16), (15, 27)),
    Kind(("food", "waffles"), (PackShape.CANISTER,), (8, 11), (14, 24)),
    Kind(("food", "jam"), (PackShape.JAR,), (6, 9), (8, 14)),
    Kind(("food", "spices"), (PackShape.JAR, PackShape.TIN), (4, 5.5), (8, 12)),
    Kind(("food", "canned"), (PackShape.TIN,), (7, 10.5), (7, 12)),
    Kind(("food", "sauces"), (PackShape.BOTTLE, PackShape.JAR), (5.5, 8.5), (13, 24)),
    Kind(("food", "chocolate"), (PackShape.BOX, PackShape.BAG), (8, 19), (5, 16)),
    Kind(("food", "tea"), (PackShape.BOX,), (8, 15), (7, 14)),
    Kind(("food", "sweets"), (PackShape.BAG,), (10, 16), (13, 22)),
    Kind(("care", "shampoo"), (PackShape.BOTTLE, PackShape.TUBE, PackShape.PUMP), (5.5, 8.5), (16, 25)),
    Kind(("care", "cream"), (PackShape.JAR, PackShape.TUBE, PackShape.BOX), (4.5, 8), (6, 16)),
    Kind(("care", "deodorant"), (PackShape.CAN, PackShape.BOTTLE), (4, 5.5), (10, 18)),
    Kind(("care", "toothpaste"), (PackShape.BOX, PackShape.TUBE), (4, 19), (4.5, 15)),
    Kind(("care", "brushes"), (PackShape.BLISTER,), (5, 12), (16, 25)),
    Kind(("care", "make-up"), (PackShape.BOX, PackShape.JAR, PackShape.TUBE), (2.6, 5), (7, 12)),
    Kind(("care", "remedies"), (PackShape.BOX,), (5, 11), (6, 13)),
    Kind(("household", "detergent"), (PackShape.JUG, PackShape.BOX), (12, 22), (20, 33)),
    Kind(("household", "cleaner"), (PackShape.SPRAY, PackShape.BOTTLE, PackShape.JUG), (7, 12), (20, 30)),
    Kind(("household", "paper"), (PackShape.MULTIPACK, PackShape.BAG), (20, 34), (20, 34)),
    Kind(("household", "tools"), (PackShape.BLISTER,), (7, 15), (13, 26)),
)


@dataclass(frozen=True, slots=True)
class Article:
    """A product and how each of its variants looks, regular first."""

    product: Product
    designs: tuple[PackDesign, ...]

    @property
    def size_cm(self) -> tuple[float, float, float]:
        """Width, height and depth of the pack."""
        return self.designs[0].size_cm


def make_articles(seed: int, count: int, photos: int = 0, group: Group = Group.USUAL) -> tuple[Article, ...]:
    """Invent ``count`` products; about a third carries one of the ``photos`` crops on its face where there are any."""
    articles: list[Article] = []
    family = 0
    while len(articles) < count:
        siblings = make_family(seed, family, len(articles), photos, group)
        articles += siblings[: count - len(articles)]
        family += 1
    return tuple(articles)


def make_family(seed: int, family: int, first_serial: int, photos: int, group: Group) -> list[Article]:
    """Invent one to six siblings: a brand in a few flavours, some of them in two sizes."""
    rng = stream(seed, "family", family)
    kind = KINDS[int(rng.integers(len(KINDS)))]
    look = _family_look(rng, kind, group)
    flavours = rng.choice(len(FLAVOURS[group]), size=int(rng.integers(1, 5)), replace=False)
    siblings: list[Article] = []
    for flavour in flavours:
        for large in (False, True) if rng.random() < 0.3 else (False,):
            artwork = int(rng.integers(photos)) if photos and rng.random() < 0.35 else None
            design = _flavoured(rng, look, int(flavour), large, artwork)
            gtin = make_gtin(seed, first_serial + len(siblings))
            siblings.append(_article(rng, gtin, kind, f"family-{family}", design))
    return siblings


def make_gtin(seed: int, serial: int) -> Gtin:
    """Return a GTIN-14 of the range GS1 keeps for restricted circulation (prefix 20 to 29)."""
    body = f"02{seed % 100000:05d}{serial % 1000000:06d}"
    return Gtin(body + check_digit(body))


def refreshed(article: Article, seed: int, number: int) -> Article:
    """Give a product a new regular look; the look before it stays as its old design."""
    rng = stream(seed, "refresh", article.product.gtin, number)
    old = article.designs[0]
    base, accent, ink = _palette(rng, old.group)
    new = replace(old, family_seed=draw_seed(rng), base=base, accent=accent, ink=ink)
    gtin = article.product.gtin
    kept = [
        Variant(v.id, gtin, VariantKind.OLD_DESIGN) if v.kind is VariantKind.REGULAR else v
        for v in article.product.variants
    ]
    variants = (Variant(f"{gtin}-look-{number}", gtin), *kept)
    return Article(_with_variants(article.product, variants), (new, *article.designs))


def _palette(rng: Generator, group: Group) -> Palette:
    return PALETTES[group][int(rng.integers(len(PALETTES[group])))]


def _family_look(rng: Generator, kind: Kind, group: Group) -> PackDesign:
    base, accent, ink = _palette(rng, group)
    shape = kind.shapes[int(rng.integers(len(kind.shapes)))]
    width, height = float(rng.uniform(*kind.width)), float(rng.uniform(*kind.height))
    if shape is PackShape.CAN:
        width, height = float(rng.uniform(5.3, 6.8)), float(rng.uniform(11.5, 17))
    depth = width * float(rng.uniform(0.35, 0.6)) if shape in _SLIM else 3.0 if shape in HANGING else width
    return PackDesign(
        shape=shape,
        size_cm=(width, height, depth),
        family_seed=draw_seed(rng),
        flavour_seed=0,
        brand=invent_brand(rng, group),
        flavour="",
        amount="",
        base=jitter_colour(rng, base, 15),
        accent=jitter_colour(rng, accent, 15),
        ink=ink,
        band=accent,
        picture=accent,
        cap=(accent, ink, _WHITE, base, (30, 30, 30))[int(rng.integers(5))],
        body=jitter_colour(rng, _GLASS[int(rng.integers(len(_GLASS)))], 20),
        group=group,
    )


def _flavoured(rng: Generator, look: PackDesign, flavour: int, large: bool, artwork: int | None) -> PackDesign:
    name, band, picture = FLAVOURS[look.group][flavour]
    width, height, depth = look.size_cm
    grow = 1.22 if large else 1.0
    unit = 330 if look.shape in (PackShape.BOTTLE, PackShape.CAN, PackShape.GABLE, PackShape.JUG) else 250
    shared = stream(look.family_seed, "flavours")
    coloured_cap, coloured_body = shared.random() < 0.5, shared.random() < 0.5
    whole_pack = shared.random() < 0.3
    return replace(
        look,
        size_cm=(width * grow, min(height * grow, 36.0), depth * grow),
        flavour_seed=draw_seed(rng),
        flavour=name,
        amount=f"{unit * (2 if large else 1)} {'ml' if unit == 330 else 'g'}",
        base=band if whole_pack else look.base,
        band=look.accent if whole_pack else band,
        picture=picture,
        cap=band if coloured_cap else look.cap,
        body=picture if coloured_body else look.body,
        artwork=artwork,
    )


def _article(rng: Generator, gtin: Gtin, kind: Kind, family: str, design: PackDesign) -> Article:
    variants, designs = [Variant(f"{gtin}-regular", gtin)], [design]
    for dress in (VariantKind.PROMOTION, VariantKind.SEASONAL, VariantKind.REGIONAL):
        if rng.random() < 0.12:
            variants.append(Variant(f"{gtin}-{dress}", gtin, dress))
            designs.append(replace(design, dress=dress))
    name = f"{design.brand} {design.flavour} {design.amount}"
    return Article(Product(gtin, name, kind.category, family, tuple(variants)), tuple(designs))


def _with_variants(product: Product, variants: tuple[Variant, ...]) -> Product:
    return Product(product.gtin, product.name, product.category, product.family, variants)
