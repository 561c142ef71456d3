"""How the starter looks at a drawn bay, and how it is credited where a part of it does not err."""

import pytest

from benchmarks.planogram.bays import DrawnBay, Level, facings_of
from benchmarks.planogram.eyes import Eyes, SeenBy, eyesight
from benchmarks.planogram.scoring import same_facings
from retail.conditions import Lighting
from retail.gtin import Gtin
from training.synthetic.camera import Shot
from training.synthetic.world import ShelfWorld, WorldSpec


@pytest.mark.slow
def test_each_way_of_looking_errs_only_where_it_may() -> None:
    world = ShelfWorld.build(WorldSpec(3, products=40, stores=1, bays_per_store=1))
    truth = world.capture("store-1-bay-1", 0, lighting=Lighting.NEUTRAL, width=1280, shot=Shot())
    bay = DrawnBay(Level.CLEAN, world.planograms["store-1-bay-1"], Shot(), truth)

    eyes = Eyes(world)
    photos = eyes.look(bay)

    assert set(photos) == set(SeenBy)
    references = len(eyes.naming.gallery)
    planned, looks = bay.planogram.gtins, sum(len(article.designs) for article in world.articles)
    assert looks + 3 * len(planned) < references <= looks + 4 * len(planned)
    for row, chances in enumerate(photos[SeenBy.PERFECT].chances):
        assert set(chances) == set(filter(None, [truth.gtins[row]]))
    named, found = photos[SeenBy.NAMED], photos[SeenBy.FOUND]
    assert named.boxes.tolist() == truth.boxes.tolist()
    assert all(0 < sum(named.chances[row].values()) <= 1.0001 for row in facings_of(truth))
    same = same_facings(found, truth)
    for row, chances in enumerate(found.chances):
        assert chances == ({Gtin(str(truth.gtins[same[row]])): 1.0} if row in same else {})
    sight = eyesight(bay, photos)
    assert sight.facings == len(facings_of(truth))
    assert 0.6 * sight.facings < sight.found <= sight.facings
    assert 0.5 * sight.facings < sight.first <= sight.facings
    assert sight.first_planned <= sight.planned <= sight.facings
