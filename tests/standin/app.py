"""The API's application: its routes, and a word for people who open it in a browser."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.standin import api_files, api_models, api_predictions, catalogue, control
from tests.standin.edge import problem
from tests.standin.state import State


def application(state: State) -> Starlette:
    """The API under `/v1`, the controls under `/_control`."""

    async def home(request: Request) -> Response:
        names = "\n".join(f"{model.full_name:44} {model.description}" for model in catalogue.everything().values())
        return PlainTextResponse(f"A stand-in for the Replicate HTTP API. Its models:\n\n{names}\n")

    async def nothing(request: Request) -> Response:
        return problem(404, "The requested resource could not be found.")

    async def page(request: Request) -> Response:
        return PlainTextResponse("A page of the stand-in. There is nothing more to see here.\n")

    async def unknown(request: Request, error: Exception) -> Response:
        return problem(404, "The requested resource could not be found.")

    async def crashed(request: Request, error: Exception) -> Response:
        state.crashed(error)
        return problem(500, "The stand-in broke down.")

    return Starlette(
        routes=[
            *api_predictions.routes(state),
            *api_models.routes(state),
            *api_files.routes(state),
            *control.routes(state),
            Route("/v1/{rest:path}", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            Route("/", home),
            Route("/p/{identifier}", page),
            Route("/{owner}/{name}", page),
        ],
        exception_handlers={404: unknown, 405: unknown, 500: crashed},
    )
