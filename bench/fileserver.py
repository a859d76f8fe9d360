"""The peer in Python: Starlette's FileResponse and StaticFiles for the folder in BENCH_FILES, under uvicorn."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(os.environ["BENCH_FILES"])


async def file(request: Request) -> FileResponse:
    """A file as most applications send one."""
    return FileResponse(FOLDER / request.path_params["folder"] / request.path_params["name"])


app = Starlette(routes=[Route("/file/{folder}/{name}", file), Mount("/static", StaticFiles(directory=FOLDER))])
