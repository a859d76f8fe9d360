"""The studio's own page elements: the gallery, the results of runs, the list of jobs.
They ask the HTTP face for media and progress by themselves; Python hears only what a person did."""

from core.ui.components.draft import draft
from core.ui.components.gallery import GallerySelection, Tile, gallery
from core.ui.components.history import history
from core.ui.components.jobs import JobsEvent, jobs
from core.ui.components.results import ResultsEvent, results

__all__ = ["GallerySelection", "JobsEvent", "ResultsEvent", "Tile", "draft", "gallery", "history", "jobs", "results"]
