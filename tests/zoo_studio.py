"""The studio with the zoo's models in it, started as `streamlit run tests/zoo_studio.py`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from core import Studio, from_environment, ui
from core.api import create_app
from core.gate import Below
from core.studio import share, shared
from tests.zoo import EVERYTHING, admit

ROOT = Path(__file__).resolve().parents[1]


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    studio = Studio(from_environment(os.environ))
    admit(studio, {"everything": EVERYTHING})
    share(studio)
    yield
    share(None)
    studio.close()


app = st.App(
    ROOT / "pages" / "_shell.py",
    routes=[Mount("/assets", StaticFiles(directory=ui.ASSETS))],
    lifespan=lifespan,
    middleware=[Middleware(Below, base="", prefix="/api", inner=create_app(lambda: shared().database))],
    on_script_error=ui.explain,
)
