"""The notebooks of the repository: where they are, and what comes of running one."""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from core.settings import ROOT

FOLDER = ROOT / "notebooks"
NAMES = ("first-steps", "comparing-models-with-a-sweep", "storage-and-retention", "your-library-with-sql-and-pandas")


def committed(name: str) -> NotebookNode:
    """A notebook as it is in the repository."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def executed(name: str, folder: Path) -> NotebookNode:
    """The same, run in `folder` by a kernel of its own, with all it shows; raises `CellExecutionError`."""
    notebook = committed(name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "JUPYTER_PLATFORM_DIRS": "1"}
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(folder), env=environment)
    return notebook
