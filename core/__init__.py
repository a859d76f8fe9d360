"""The studio's core: importable without Streamlit and without pandas. Each name is imported when it is first used,
for the processes that decode need none of them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.errors import StudioError
    from core.notebook import open_studio
    from core.settings import Settings, from_environment
    from core.studio import Studio

__all__ = ["Settings", "Studio", "StudioError", "from_environment", "open_studio"]

_HOMES: Final = {
    "Settings": "core.settings",
    "Studio": "core.studio",
    "StudioError": "core.errors",
    "from_environment": "core.settings",
    "open_studio": "core.notebook",
}


def __getattr__(name: str) -> Any:
    """A public name from the module that it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'core' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
