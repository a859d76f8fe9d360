"""Every route of the studio's server, one JSON line each: address, methods, and whether it is a websocket."""

import json

from starlette.routing import BaseRoute, Mount, Route

import studio


def told(route: BaseRoute) -> None:
    """Print the route, or those that are mounted."""
    methods = sorted(route.methods or ()) if isinstance(route, Route) else []
    kind = "mount" if isinstance(route, Mount) else "http" if isinstance(route, Route) else "websocket"
    print(json.dumps([getattr(route, "path", "?"), kind, methods]))


if __name__ == "__main__":
    for each in [*studio.api.routes, *studio.app._build_starlette_app().routes]:
        told(each)
