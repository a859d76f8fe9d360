"""Puts a component's scripts and styles together: plain files beside this module, no build step.
Streamlit takes one inline script, so shared files come first and only the last one exports."""

from pathlib import Path

_HERE = Path(__file__).parent
_SHARED_SCRIPTS = ("shared.js",)
_SHARED_STYLES = ("shared.css",)


def script(*names: str) -> str:
    """The shared scripts and then `names`, as one module."""
    return _join(_SHARED_SCRIPTS + names)


def style(*names: str) -> str:
    """The shared styles and then `names`, as one sheet."""
    return _join(_SHARED_STYLES + names)


def _join(names: tuple[str, ...]) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
