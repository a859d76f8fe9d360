"""The notebooks run from beginning to end, and are committed without what they show."""

from pathlib import Path
from typing import Any

import pytest

from core.settings import ROOT
from tests.notebooks import FOLDER, NAMES, committed, executed
from tests.reference import PAGE, rendered

SHOWN = {  # pictures and players at the least
    "first-steps": 7,
    "comparing-models-with-a-sweep": 14,
    "storage-and-retention": 10,
    "your-library-with-sql-and-pandas": 10,
}


def html(output: Any) -> str:
    return str(output.get("data", {}).get("text/html", ""))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs(name: str, tmp_path: Path) -> None:
    outputs = [output for cell in executed(name, tmp_path).cells for output in cell.get("outputs", ())]
    pictures = sum(html(output).count("<img") + html(output).count("<video") for output in outputs)
    assert pictures >= SHOWN[name]
    assert not [output for output in outputs if output["output_type"] == "stream"]  # the bar is gone
    assert (tmp_path / "studio.db").stat().st_size > 0
    assert [path.name for path in tmp_path.glob("onefile-studio-*")] == []


def test_notebooks_are_committed_without_what_they_show() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)
    for name in NAMES:
        for cell in committed(name).cells:
            assert not cell.get("outputs"), name
            assert cell.get("execution_count") is None, name


def test_the_readme_names_every_notebook() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in NAMES if f"notebooks/{name}.ipynb" not in readme] == []


def test_the_reference_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(), "make docs"
