"""Launcher and composition root: settings, the one core object, the HTTP face, and Streamlit around the pages."""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from core import Studio, StudioError, from_environment, ui
from core.api import create_app
from core.closing import watching_signals
from core.gate import Below, FrameGate, gates
from core.settings import from_secrets, require_locked
from core.studio import check, share, shared
from core.upgrade import Telling, upgrade

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.WARNING)

SECRETS = Path(__file__).resolve().parent / ".streamlit" / "secrets.toml"

try:
    settings = from_environment({**from_secrets(SECRETS), **os.environ})
    accounts = ui.accounts(settings.users)
    require_locked(settings, st.get_option("server.address"), accounts=accounts is not None)
    upgrade(settings, datetime.now(UTC), Telling(sys.stdout))
    check(settings)
except KeyboardInterrupt:
    sys.exit("\nStopped. The file was not changed, and the next start goes on from here.")
except StudioError as error:
    sys.exit(f"Onefile Studio cannot start. {error.sentence}")

base = ui.base()
hook = (lambda: shared().webhooks) if settings.public_url else None  # without it nobody is asked to send any

api = create_app(lambda: shared().database, hook_of=hook, health_of=lambda now: shared().health(now))


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the file and start the worker once for the process; close both in the end."""
    try:
        studio = await run_in_threadpool(Studio, settings)
    except StudioError as error:
        sys.tracebacklimit = 0  # the server prints what it catches: the sentence alone helps
        raise SystemExit(f"Onefile Studio cannot start. {error.sentence}") from None
    studio.start()
    share(studio)
    try:
        with watching_signals():
            yield
    finally:
        share(None)
        await run_in_threadpool(studio.close)


app = st.App(
    Path(__file__).resolve().parent / "pages" / "_shell.py",
    routes=[
        Mount(f"{base}/assets", StaticFiles(directory=ui.ASSETS)),
        Route(base + "/item/{id:int}", lambda request: RedirectResponse(f"{base}/item?id={request.path_params['id']}")),
    ],
    lifespan=lifespan,
    middleware=[
        *gates(settings, base=base, accounts=accounts),
        Middleware(Below, base=base, prefix="/api", inner=api),
        Middleware(FrameGate),
    ],
    on_script_error=ui.explain,
)
