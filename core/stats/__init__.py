"""Statistics of the file as pandas frames: what it holds, what it consists of, how it grows. Reads, never writes.

pandas is loaded with the first question, not with this package.
"""

from core.stats.file import PARTS, Room, consists_of
from core.stats.items import DIMENSIONS, by, by_tag, costs, cube, duplicates, largest
from core.stats.pace import Forecast, forecast, growth
from core.stats.snapshot import Storage, recent, storage

__all__ = [
    "DIMENSIONS", "PARTS", "Forecast", "Room", "Storage", "by", "by_tag", "consists_of", "costs", "cube", "duplicates",
    "forecast", "growth", "largest", "recent", "storage",
]  # fmt: skip
