"""Finding: words and filters, pages of what they match in any order, by key; reads only.

Everything that only SQLite can do stays in here and in migration 0003: the full-text index `words`, and `facet`, one
bit for each entry that has a property, so that any filters together are a few ANDs over the whole library.
"""

from core.search.choices import choices
from core.search.hits import Hit
from core.search.pages import COUNTED, PAGE, Found, Page, count, found, items, neighbours, page, page_of
from core.search.query import KEYS, ORDERS, Query, from_params, to_params

__all__ = [
    "COUNTED",
    "KEYS",
    "ORDERS",
    "PAGE",
    "Found",
    "Hit",
    "Page",
    "Query",
    "choices",
    "count",
    "found",
    "from_params",
    "items",
    "neighbours",
    "page",
    "page_of",
    "to_params",
]
