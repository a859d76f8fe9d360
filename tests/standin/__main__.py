"""`python -m tests.standin`: serve by hand, on STANDIN_PORT or 8600, deliveries on the port after it."""

import os
import signal
import threading
from typing import Any

from tests.standin import StandIn
from tests.standin.catalogue import everything

HAND: dict[str, Any] = {"speed": 1.0, "scenes": True, "edge": 512}


def main() -> None:
    """Serve until interrupted."""
    port = int(os.environ.get("STANDIN_PORT", "8600"))
    enough = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: enough.set())
    with StandIn(port, **HAND) as standin:
        print(f"\nStand-in for the Replicate API at {standin.base}/v1, deliveries at {standin.delivery}")
        print("\nTry the studio with it:\n")
        print(f"  export REPLICATE_BASE_URL={standin.base}\n  export REPLICATE_API_TOKEN={standin.token}")
        print(f"  export STUDIO_DELIVERY_HOSTS={standin.delivery.removeprefix('http://')}\n")
        print("Models:\n")
        for model in everything().values():
            print(f"  {model.full_name[:40]:40} {model.description[:90]}")
        print(f"\nSwitches: GET and POST {standin.base}/_control. Stop with Ctrl-C.", flush=True)
        enough.wait()


if __name__ == "__main__":
    main()
