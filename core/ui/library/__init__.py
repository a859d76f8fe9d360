"""The Library page: what is asked for stands in the address, the gallery shows it, and each action can be undone."""

from core.ui.library.browsing import browse

__all__ = ["browse"]
