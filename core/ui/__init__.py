"""What the pages share; the only Streamlit in core. No rules and no SQL."""

from core.studio import shared as studio
from core.ui.accounts import accounts
from core.ui.compare import items_to_compare, side_by_side, what_differs
from core.ui.create import model_picker, recent_runs, recipe_form, take_over_recipe
from core.ui.export import code
from core.ui.family import family
from core.ui.item import actions, facts, find_item, trash_notice, viewer
from core.ui.jobs import job_list
from core.ui.library import browse
from core.ui.marks import marks
from core.ui.place import heading
from core.ui.prices import price_table
from core.ui.recipe import recipe
from core.ui.settings import account, limits, settings_section
from core.ui.shell import ASSETS, banner, base, explain, footer, frame, title
from core.ui.spending import spending
from core.ui.storage import storage

__all__ = [
    "ASSETS",
    "account",
    "accounts",
    "actions",
    "banner",
    "base",
    "browse",
    "code",
    "explain",
    "facts",
    "family",
    "find_item",
    "footer",
    "frame",
    "heading",
    "items_to_compare",
    "job_list",
    "limits",
    "marks",
    "model_picker",
    "price_table",
    "recent_runs",
    "recipe",
    "recipe_form",
    "settings_section",
    "side_by_side",
    "spending",
    "storage",
    "studio",
    "take_over_recipe",
    "title",
    "trash_notice",
    "viewer",
    "what_differs",
]
