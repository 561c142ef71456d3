"""Which route answers does not depend on chance: the order of the routers is one of speed, and hides none."""

import re

from fastapi.routing import APIRoute

from service.app import ROUTERS


def test_no_route_hides_a_later_one() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    hidden = []
    for route in routes:
        address = re.sub(r"\{[^}]*\}", "x1", route.path)
        answering = next(one for one in routes if one.path_regex.match(address) and one.methods & route.methods)
        if answering is not route:
            hidden.append((route.path, answering.path))
    assert len(routes) > 150
    assert hidden == []
