"""Code to take elsewhere: carried out for real, it makes the same; and nothing in a recipe is ever carried out."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import Settings, Studio, jobs, library, snippets
from core.database import Database, open_database
from core.derived import Origin
from core.derived import keep as keep_derived
from core.jobs import Run
from core.library import Item, Recipe
from core.notebook import Batch, Media
from core.providers.replicate_api.descriptions import reference
from core.studio import Upload
from core.submission import SECRET
from tests.factories import add, found, keep, picture
from tests.serving import ROOT
from tests.standin import StandIn, catalogue

NASTY = """it's "quoted" $HOME `id` $(touch hacked) \\ \\n !history {braces} %s
JSON
'''); import os # \u202e\x07 雪🐦"""


def nothing(number: int) -> Media:
    raise AssertionError(number)


def ended(studio: Studio, generation_id: int) -> Item:
    (number,) = Batch(studio, [generation_id], nothing).wait().media.ids
    return library.item(studio.database, number)


def hosted(database: Database, now: datetime, name: str, request: dict[str, Any], inputs: dict[str, Any]) -> Item:
    """An item that a model of the stand-in made."""
    version = catalogue.everything()[name].version_ids[0]
    made = Run("replicate", name, version, "image", request, None, inputs)
    jobs.enqueue(database, "batch", [made], now)
    claim = jobs.claim(database, "tests", now)
    assert claim is not None
    return library.item(database, keep(database, claim, picture(seed=5), found(), now))


def recipe(request: dict[str, Any], **values: Any) -> Item:
    """An item of a recipe that is nowhere stored."""
    known = {"provider": "replicate", "model": "a/b", "version": "c" * 64, "request": request, "inputs": {}} | values
    made = Recipe(**{name: known.get(name) for name in Recipe.__dataclass_fields__})
    return Item(**{name: {"id": 1, "recipe": made}.get(name) for name in Item.__dataclass_fields__})


# For a notebook


def test_the_code_for_a_notebook_makes_the_same_picture(settings: Settings) -> None:
    studio = Studio(settings)
    studio.start()
    palette = studio.upload(Upload("colours.png", picture()), now=datetime.now(UTC))
    values = {"prompt": NASTY.replace("\x07", ""), "size": 256, "seed": 11, "particles": False}
    (made,) = studio.generate("sketch/still", values, now=datetime.now(UTC), files={"palette": [palette]})
    item = ended(studio, made)
    studio.close()
    code = snippets.notebook(item)
    assert code is not None
    environment = os.environ | {"STUDIO_DATABASE": str(settings.database), "TMPDIR": str(settings.temporary)}
    code += "print(run.media[0].item.sha256, len(run.media), run._repr_html_()[-300:].count('</figure>'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == [item.sha256, "1", "1"], done.stderr
    database = open_database(settings.database)
    again = library.item(database, item.id + 1)
    database.close()
    assert again.recipe is not None
    assert item.recipe is not None
    assert (again.recipe.request, again.recipe.inputs) == (item.recipe.request, item.recipe.inputs)
    assert not (ROOT / "hacked").exists()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class Recorder:
    """Stands in for an open studio and keeps what it is asked for."""

    def __init__(self) -> None:
        self.asked: tuple[str, dict[str, Any]] | None = None

    def generate(self, *, model: str, inputs: dict[str, Any] | None = None, **parameters: Any) -> str:
        self.asked = model, {**parameters, **(inputs or {})}
        return "run"

    def media(self, number: int) -> str:
        return f"studio:media/{number}"


def carried_out(code: str, **environment: str) -> tuple[str, dict[str, Any]]:
    """What the code asks a studio for: (model, inputs)."""
    recorder = Recorder()
    names: dict[str, Any] = {"core": SimpleNamespace(open_studio=lambda: recorder)}
    names["os"] = SimpleNamespace(environ=environment)
    lines = [line for line in code.splitlines(keepends=True) if line not in ("import core\n", "import os\n")]
    exec(compile("".join(lines), "cell", "exec"), names)
    assert recorder.asked is not None
    return recorder.asked


NAMES = ["prompt", "seed", "model", "n", "wait", "self", "class", "size", "ﬁt", "two words"]


@settings(max_examples=60, deadline=None)
@given(
    request=st.dictionaries(st.text() | st.sampled_from(NAMES), values | st.sampled_from([NASTY, SECRET]), max_size=5)
)
def test_python_says_exactly_what_the_recipe_says(request: dict[str, Any]) -> None:
    code = snippets.notebook(recipe(request, model="sketch/still", provider="sketch"))
    assert code is not None
    secret = {name: "told elsewhere" for name, value in request.items() if value == SECRET}
    environ = {f"INPUT_{snippets.variable(name)}": "told elsewhere" for name in secret}
    assert carried_out(code, **environ) == ("sketch/still", request | secret)


def test_files_are_items() -> None:
    request = {"prompt": "a", "image": "studio:media/3", "more": ["studio:media/4", "studio:media/5"]}
    code = snippets.notebook(recipe(request, inputs={"image": (3,), "more": (4, 5)}))
    assert code is not None
    assert carried_out(code)[1] == request
    assert "image=studio.media(3)," in code


def test_a_frame_is_taken_again(database: Database, now: datetime) -> None:
    video = library.item(database, add(database, now, kind="video"))
    origin = Origin("studio/frame", "video", video, {"video": "studio:media/1", "seconds": 0.5}, "a frame")
    item = library.item(database, keep_derived(database, picture(), found(), origin, now))
    code = snippets.notebook(item)
    assert code is not None
    compile(code, "cell", "exec")
    assert code.endswith("studio.media(1).keep_frame(0.5)\n")
    assert snippets.curl(database, item) is None


def test_hosted_runs_are_pinned_to_their_version(database: Database) -> None:
    code = snippets.notebook(recipe({"prompt": "a"}))
    assert code is not None
    assert f"'a/b:{'c' * 64}'" in code
    official = snippets.notebook(recipe({"prompt": "a"}, version="official"))
    assert official is not None
    assert carried_out(official) == ("a/b", {"prompt": "a"})


def test_what_was_brought_was_not_made(studio: Studio, now: datetime) -> None:
    item = library.item(studio.database, studio.upload(Upload("a.png", picture()), now=now))
    assert snippets.notebook(item) is None
    assert snippets.curl(studio.database, item) is None


# For a shell


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with StandIn(speed=10_000, scenes=False) as running:
        yield running


def in_shell(command: str, folder: Path, shell: str = "bash", **environment: str) -> str:
    done = subprocess.run(
        [shell, "-c", command], cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_the_command_makes_the_same_prediction(
    database: Database, standin: StandIn, tmp_path: Path, now: datetime, shell: str
) -> None:
    standin.reset()
    data = picture(seed=9)
    used = library.add_upload(database, data, "it's mine.png", found(), now)
    request = {"prompt": NASTY, "strength": 0.25, "seed": 3, "output_format": "png", "image": f"studio:media/{used}"}
    item = hosted(database, now, "atelier/restyle", request, {"image": (used,)})
    command = snippets.curl(database, item, base=standin.base)
    assert command is not None
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / library.item(database, used).filename).write_bytes(data)
    answer = json.loads(in_shell(command, folder, shell, REPLICATE_API_TOKEN=standin.token))
    assert answer["id"]
    (made,) = standin.report()["predictions"]
    assert made["model"] == "atelier/restyle"
    assert {**made["input"], "image": None} == {**request, "image": None}
    assert made["received"]["image"]["sha256"] == library.item(database, used).sha256
    assert [path.name for path in folder.iterdir()] == [library.item(database, used).filename]
    assert standin.token not in command


def test_files_that_come_as_a_list_stay_one(
    database: Database, standin: StandIn, tmp_path: Path, now: datetime
) -> None:
    standin.reset()
    ids = tuple(library.add_upload(database, picture(seed=n), f"{n}.png", found(), now) for n in (1, 2))
    request = {"prompt": "a", "images": [f"studio:media/{one}" for one in ids]}
    item = hosted(database, now, "lumen/blend", request, {"images": ids})
    for one in ids:
        (tmp_path / library.item(database, one).filename).write_bytes(picture(seed=one))
    command = snippets.curl(database, item, base=standin.base)
    assert command is not None
    in_shell(command, tmp_path, REPLICATE_API_TOKEN=standin.token)
    (made,) = standin.report()["predictions"]
    assert len(made["input"]["images"]) == 2
    assert made["billed"]


def test_without_files_it_is_one_command(database: Database, standin: StandIn, tmp_path: Path, now: datetime) -> None:
    standin.reset()
    item = hosted(database, now, "atelier/grand-still", {"prompt": NASTY, "seed": 3}, {})
    command = snippets.curl(database, item, base=standin.base)
    assert command is not None
    assert command.startswith("curl -sS -X POST http")
    in_shell(command, tmp_path, REPLICATE_API_TOKEN=standin.token)
    (made,) = standin.report()["predictions"]
    assert (made["model"], made["input"]) == ("atelier/grand-still", {"prompt": NASTY, "seed": 3})


@settings(max_examples=30, deadline=None)
@given(
    request=st.dictionaries(
        st.text(), values | st.sampled_from([NASTY, SECRET, "JSON", "\nJSON\n", "\\", "$"]), max_size=5
    ),
    shell=st.sampled_from(["bash", "sh"]),
)
def test_a_shell_sends_exactly_what_the_recipe_says(
    tmp_path_factory: pytest.TempPathFactory, request: dict[str, Any], shell: str
) -> None:
    command = snippets.curl(None, recipe(request))  # type: ignore[arg-type]  # there are no files to look up
    assert command is not None
    secret = {name: "told-elsewhere" for name, value in request.items() if value == SECRET}
    environment = {f"INPUT_{snippets.variable(name)}": "told-elsewhere" for name in secret}
    folder = tmp_path_factory.getbasetemp()
    before = {path.name for path in folder.iterdir()}
    body = json.loads(in_shell(f"curl() {{ cat; }}\n{command}", folder, shell, **environment))
    assert body == {"version": f"a/b:{'c' * 64}", "input": request | secret}
    assert {path.name for path in folder.iterdir()} == before


def test_secrets_are_named_and_not_told(database: Database) -> None:
    item = recipe({"prompt": "a", "openai api-key": SECRET})
    for code in (snippets.curl(database, item), snippets.notebook(item)):
        assert code is not None
        assert SECRET not in code
        assert "INPUT_OPENAI_API_KEY" in code


def test_a_name_that_replicate_does_not_know_gives_no_command(database: Database) -> None:
    assert snippets.curl(database, recipe({"prompt": "a"}, model="$(id)")) is None
    assert reference("a/b", "official") == "a/b"
