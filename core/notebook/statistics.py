"""The statistics of the Storage page in a notebook: the same frames."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import stats
from core.database import Database
from core.errors import InvalidInput
from core.stats import Room, Storage

if TYPE_CHECKING:
    import pandas as pd


class Statistics:
    """Items and bytes by what they are, and what the file consists of. Every frame is counted when it is asked for.

    Those called `by_...` have (the property, items, bytes, trash_items, trash_bytes, share): the items in the trash are
    counted among all, and told apart; `share` is of all bytes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def by(self, dimension: str) -> "pd.DataFrame":
        """By kind, model, provider, experiment, rating, favourite, day, week or month; raises `InvalidInput`."""
        if dimension not in stats.DIMENSIONS:
            known = ", ".join(stats.DIMENSIONS)
            raise InvalidInput({"dimension": f"There is no '{dimension}' to count by; there are {known}."})
        return stats.by(stats.cube(self._database), dimension)

    def by_kind(self) -> "pd.DataFrame":
        """Images, videos and sounds."""
        return self.by("kind")

    def by_model(self) -> "pd.DataFrame":
        """By model; what was brought has none."""
        return self.by("model")

    def by_provider(self) -> "pd.DataFrame":
        """By where it was made."""
        return self.by("provider")

    def by_experiment(self) -> "pd.DataFrame":
        """By experiment."""
        return self.by("experiment")

    def by_rating(self) -> "pd.DataFrame":
        """By rating, 0 for none."""
        return self.by("rating")

    def by_tag(self) -> "pd.DataFrame":
        """By tag; an item with two tags counts for both."""
        return stats.by_tag(self._database)

    def by_day(self) -> "pd.DataFrame":
        """By day, in UTC."""
        return self.by("day")

    def by_week(self) -> "pd.DataFrame":
        """By week, each from its Monday."""
        return self.by("week")

    def by_month(self) -> "pd.DataFrame":
        """By month."""
        return self.by("month")

    def growth(self) -> "pd.DataFrame":
        """Items and bytes day by day, as they came to be."""
        return stats.growth(stats.cube(self._database))

    def largest(self, number: int = 24) -> Any:
        """The largest items, with their pictures."""
        return self._pictured(stats.largest(self._database, number).rename(columns={"id": "item"}))

    def duplicates(self) -> "pd.DataFrame":
        """Items of the very same bytes, by SHA-256."""
        return stats.duplicates(self._database)

    def costs(self) -> "pd.DataFrame":
        """What went out for each model in US dollars, and what was kept."""
        return stats.costs(self._database)

    def parts(self) -> "pd.DataFrame":
        """What the file consists of, adding up to its size to the byte: (part, name, bytes, share)."""
        return stats.consists_of(self._database)[1]

    def room(self) -> Room:
        """Sizes in bytes: of the file, its free pages, its disk."""
        return stats.consists_of(self._database)[0]

    def storage(self) -> Storage:
        """All of it at one moment, with the forecast of when the disk is full."""
        return stats.storage(self._database, datetime.now(UTC))

    def _pictured(self, frame: "pd.DataFrame") -> Any:
        from core.notebook.frames import of_items

        return of_items(frame, self._database)
