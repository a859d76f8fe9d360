"""What made an item, as code to take elsewhere: a command for a shell, and Python for a notebook.

Whatever stands in a recipe is quoted, so that nothing in it is ever carried out; tokens and secrets are named, not
told. Reads only.
"""

import re
import shlex
from keyword import iskeyword
from pprint import pformat
from typing import Any, Final

from core import library, plainjson
from core.database import Database
from core.derived import FRAME, PROVIDER
from core.errors import NotFound, UnknownModel
from core.library import Item, Recipe
from core.programs import PROGRAMS
from core.providers.replicate_api.client import BASE
from core.providers.replicate_api.descriptions import reference
from core.submission import SECRET

WIDE: Final = 100  # characters of a line of Python
AUTH: Final = '-H "Authorization: Bearer $REPLICATE_API_TOKEN"'
ADDRESS: Final = r"""sed -n 's/.*"get": *"\([^"]*\)".*/\1/p'"""  # of an upload, out of the answer
SPECIAL: Final = re.compile(r"[\\$`]")  # to a shell, in a text whose variables it fills in
PYTHON: Final = """\
# Start this in the studio's folder. STUDIO_DATABASE names the file; a hosted run is paid by REPLICATE_API_TOKEN.
{imports}import core

studio = core.open_studio()
{making}
"""
OWN: Final = frozenset({"self", "prompt", "model", "n", "seed", "wait", "cancel_after", "inputs"})  # of `generate`


def curl(database: Database, item: Item, *, base: str = BASE) -> str | None:
    """The run that made the item as a command for a shell; None where Replicate did not make it, or no longer could.

    File inputs are uploaded from the folder where it is run, under the names that downloads have.
    """
    made = item.recipe
    version = None if made is None or made.provider != "replicate" else _reference(made)
    if made is None or version is None:
        return None
    uploads, variables = _uploads(database, made, base)
    secret = _secrets(made)
    filled = variables | {name: f'"${known}"' for name, known in secret.items()}
    live = bool(filled)  # whether the shell is to fill in variables
    inputs = [
        f"    {_json(name, live)}: {filled.get(name) or _json(value, live)}" for name, value in made.request.items()
    ]
    command = [
        *(f"# Set {known} first: a secret is not kept." for known in secret.values()),
        *uploads,
        f"curl -sS -X POST {shlex.quote(base + '/v1/predictions')} \\",
        f"  {AUTH} \\",
        '  -H "Content-Type: application/json" \\',
        "  --data-binary @- <<JSON" if live else "  --data-binary @- <<'JSON'",
        f'{{\n  "version": {_json(version, live)},\n  "input": {{',
        ",\n".join(inputs),
        "  }\n}\nJSON\n",
    ]
    return "\n".join(command)


def notebook(item: Item) -> str | None:
    """Python that makes the item once more with the studio's own core; None for what was brought here without a recipe,
    or with one of another program."""
    made = item.recipe
    if made is None or made.provider in PROGRAMS:
        return None
    if made.provider == PROVIDER and not _is_frame(made):
        return None
    making = _taking(made) if made.provider == PROVIDER else _generating(made)
    return PYTHON.format(imports="import os\n\n" if _secrets(made) else "", making=making)


def variable(name: str) -> str:
    """An input's name as that of a variable."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper(), flags=re.ASCII)


def _reference(made: Recipe) -> str | None:
    """How Replicate wants the model to be named; None for a name that it does not know the form of."""
    try:
        return reference(made.model, made.version)
    except UnknownModel:
        return None


def _json(value: Any, live: bool) -> str:
    """JSON in which a shell sees nothing to do; zsh would look for an earlier command behind an exclamation mark."""
    text = plainjson.written(value).replace("!", "\\u0021")
    return SPECIAL.sub(r"\\\g<0>", text) if live else text


def _uploads(database: Database, made: Recipe, base: str) -> tuple[list[str], dict[str, str]]:
    """Commands that upload the files of a run, and its file inputs as JSON with the variables that they set."""
    commands: list[str] = []
    filled: dict[str, str] = {}
    for role, items in made.inputs.items():
        names = [f'"$file_{number}"' for number in range(len(commands) + 1, len(commands) + 1 + len(items))]
        commands += [_upload(database, name.strip('"$'), one, base) for name, one in zip(names, items, strict=True)]
        filled[role] = f"[{', '.join(names)}]" if isinstance(made.request.get(role), list) else names[0]
    return commands, filled


def _upload(database: Database, name: str, media_id: int, base: str) -> str:
    try:
        item = library.item(database, media_id)
        part = f"content=@{item.filename};type={item.mime}"
    except NotFound:
        part = f"content=@item-{media_id}"
    return f"{name}=$(curl -sS {shlex.quote(base + '/v1/files')} {AUTH} \\\n  -F {shlex.quote(part)} | {ADDRESS})"


def _secrets(made: Recipe) -> dict[str, str]:
    """The environment's variables to take secret inputs from, by the input's name."""
    hidden = [name for name, value in made.request.items() if value == SECRET]
    return {name: f"INPUT_{variable(name)}" for name in hidden}


def _is_frame(made: Recipe) -> bool:
    """Whether it is a frame of a video that is known here."""
    return made.model == FRAME and len(made.inputs.get("video", ())) == 1 and "seconds" in made.request


def _taking(made: Recipe) -> str:
    """A frame of a video, the one thing that the studio makes by itself."""
    (video,) = made.inputs["video"]
    return f"studio.media({video!r}).keep_frame({made.request['seconds']!r})"


def _generating(made: Recipe) -> str:
    """A call that gives every input; those of names that cannot stand in a call come in a dictionary."""
    model = _reference(made) if made.provider == "replicate" else made.model
    told = {name: _value(made, name) for name in made.request}
    plain = [name for name in told if _can_stand(name)]
    apart = [name for name in told if not _can_stand(name)]
    arguments = [f"model={model or made.model!r}", *(f"{name}={told[name]}" for name in plain)]
    if apart:
        inside = "".join(f"    {name!r}: {_indented(told[name])},\n" for name in apart)
        arguments.append(f"inputs={{\n{inside}}}")
    return "run = studio.generate(\n" + "".join(f"    {_indented(each)},\n" for each in arguments) + ")\nrun"


def _can_stand(name: str) -> bool:
    """Whether an input can be given by its name; Python reads some letters as others, such as ﬁ as fi."""
    usual = name.isascii() and name.isidentifier() and not iskeyword(name)
    return name in ("prompt", "seed") or (usual and name not in OWN)


def _value(made: Recipe, name: str) -> str:
    """An input's value as Python; files are items, secrets come from the environment."""
    if name in made.inputs:
        items = [f"studio.media({one!r})" for one in made.inputs[name]]
        return f"[{', '.join(items)}]" if isinstance(made.request[name], list) else items[0]
    known = _secrets(made).get(name)
    return f"os.environ[{known!r}]" if known else _python(made.request[name])


def _python(value: Any) -> str:
    return pformat(value, width=WIDE, sort_dicts=False)


def _indented(code: str) -> str:
    """Moved in but for its first line; no literal of `_python` runs over the end of a line."""
    return code.replace("\n", "\n    ")
