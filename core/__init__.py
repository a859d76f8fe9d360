"""The studio's core: importable without Streamlit and without pandas."""

from core.errors import StudioError
from core.settings import Settings, from_environment
from core.studio import Studio

__all__ = ["Settings", "Studio", "StudioError", "from_environment"]
