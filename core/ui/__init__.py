"""What the pages share; the only Streamlit in core. No rules and no SQL."""

from core.studio import shared as studio
from core.ui.create import model_picker, recent_runs, recipe_form, take_over_recipe
from core.ui.item import actions, facts, find_item, recipe, viewer
from core.ui.jobs import job_list
from core.ui.library import browse
from core.ui.shell import ASSETS, base, explain, footer, frame, title

__all__ = [
    "ASSETS",
    "actions",
    "base",
    "browse",
    "explain",
    "facts",
    "find_item",
    "footer",
    "frame",
    "job_list",
    "model_picker",
    "recent_runs",
    "recipe",
    "recipe_form",
    "studio",
    "take_over_recipe",
    "title",
    "viewer",
]
