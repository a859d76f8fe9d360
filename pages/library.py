"""Library: everything that was made, newest first."""

from core import ui

ui.browse(ui.studio())
