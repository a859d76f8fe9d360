"""The studio's own page elements: the gallery, the results of runs, the list of jobs.
They ask the HTTP face for media and progress by themselves; Python hears only what a person did."""

from core.ui.components.compare import comparison
from core.ui.components.draft import draft
from core.ui.components.gallery import Answer, Wish, gallery, wishes_of
from core.ui.components.history import history
from core.ui.components.inputs import input_items
from core.ui.components.jobs import JobsEvent, jobs
from core.ui.components.keeper import keeper
from core.ui.components.leave import leave
from core.ui.components.lineage import lineage_graph
from core.ui.components.mark_bar import MarkEvent, mark_bar
from core.ui.components.models import Card, group_chips, model_grid, model_head
from core.ui.components.picker import chosen_items, picker
from core.ui.components.results import ResultsEvent, results
from core.ui.components.viewer import viewer_of

__all__ = [
    "Answer",
    "Card",
    "JobsEvent",
    "MarkEvent",
    "ResultsEvent",
    "Wish",
    "chosen_items",
    "comparison",
    "draft",
    "gallery",
    "group_chips",
    "history",
    "input_items",
    "jobs",
    "keeper",
    "leave",
    "lineage_graph",
    "mark_bar",
    "model_grid",
    "model_head",
    "picker",
    "results",
    "viewer_of",
    "wishes_of",
]
