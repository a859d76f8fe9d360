"""Other tools open the file: the recipes of the README, as they stand there."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from core.database import open_database
from core.migrations import migrate
from core.settings import ROOT
from tests.factories import add, picture
from tests.serving import free_port

PICTURE = picture(seed=9, width=800, height=600)


def recipes(language: str) -> list[str]:
    """The code in a language of the section on other tools."""
    (section,) = re.findall(r"\n## In other tools\n(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL)
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, now: datetime) -> Iterator[Path]:
    """A folder with a studio of two pictures in it, that is open and in use."""
    (tmp_path / "data").mkdir()
    database = open_database(tmp_path / "data" / "studio.db")
    migrate(database, now)
    add(database, now, PICTURE, prompt="a red fox")
    add(database, now, prompt="a boat")
    yield tmp_path
    database.close()


def carried_out(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="there is no sqlite3 here: apt install sqlite3")
def test_the_command_line_of_sqlite(folder: Path) -> None:
    boat, fox, written = carried_out(["bash", "-ec", recipes("sh")[0]], folder).splitlines()
    assert boat.startswith("2|a boat|sketch/still|")
    assert fox == f"1|a red fox|sketch/still|{len(PICTURE)}"
    assert written == str(len(PICTURE))
    assert (folder / "picture.png").read_bytes() == PICTURE


def test_datasette_reads_the_pictures(folder: Path) -> None:
    answer = json.loads(carried_out(["bash", "-ec", recipes("sh")[1]], folder))
    assert answer == [{"id": 1, "prompt": "a red fox"}, {"id": 2, "prompt": "a boat"}]
    port = free_port()
    command = [sys.executable, "-m", "datasette", "data/studio.db", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}/studio.json?_shape=array&sql="
            wanted = "select+prompt,image_data+from+generated_images+where+id=1"
            (row,) = json.loads(fetched(address + wanted, process))
        finally:
            process.terminate()
    assert row["prompt"] == "a red fox"
    assert sha256(base64.b64decode(row["image_data"]["encoded"])).digest() == sha256(PICTURE).digest()


def test_duckdb_asks_frames(folder: Path) -> None:
    (code,) = recipes("python")
    told = carried_out([sys.executable, "-c", code], folder)
    assert "sketch/still" in told
    assert "a red fox" in told
    assert (folder / "items.parquet").stat().st_size > 0


def fetched(address: str, process: "subprocess.Popen[bytes]") -> bytes:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return bytes(answer.read())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
