"""The Storage page's section on taking items elsewhere, and on bringing them here."""

from core.studio import Studio
from core.ui.storage.exporting import show_export
from core.ui.storage.importing import show_import
from core.ui.storage.working import under_way


def show_transfer(studio: Studio) -> None:
    """What is under way, then export, then import."""
    under_way(studio)
    show_export(studio)
    show_import(studio)
