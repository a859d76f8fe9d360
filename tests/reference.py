"""Writes docs/notebook.md from the docstrings of the notebook face: `make docs`. The code is read, not imported."""

from typing import Any, Final

from griffe import GriffeLoader
from griffe2md import render_object_docs

from core.settings import ROOT

PAGE: Final = ROOT / "docs" / "notebook.md"
PARTS: Final = (  # in the order in which one meets them
    "open_studio", "OpenStudio", "Batch", "Gallery", "Media", "Family", "Statistics", "Retention", "Preview",
    "frames.ItemFrame", "grids.SweepFrame",
)  # fmt: skip
STYLE: Final[dict[str, Any]] = {
    "docstring_style": "google",
    "filters": ["!^_"],
    "members_order": "source",
    "group_by_category": False,
    "show_root_full_path": False,
    "show_object_full_path": False,
    "show_if_no_docstring": False,
    "show_submodules": False,
    "summary": False,
    "show_signature_annotations": True,
    "separate_signature": True,
    "signature_crossrefs": False,
    "heading_level": 2,
    "line_length": 100,
}
HEAD: Final = """\
# The studio in a notebook

Written from the docstrings by `make docs`. What to do with it is told in the [README](../README.md#in-a-notebook).
"""


def rendered() -> str:
    """The page as the docstrings want it now."""
    loader = GriffeLoader(search_paths=[ROOT], allow_inspection=False)
    package = loader.load("core")["notebook"]
    loader.resolve_aliases()
    parts = [render_object_docs(package[name], {**STYLE}) for name in PARTS]
    text = "\n".join([HEAD, *(part.strip() + "\n" for part in parts)])
    return text.replace("### `core.notebook.", "### `")


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
