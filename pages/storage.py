"""Storage: what the file holds and consists of, and how it grows."""

from core import ui

ui.storage(ui.studio())
