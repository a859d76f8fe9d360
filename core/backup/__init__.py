"""Backups: whole copies of the one file, made while it is in use, that count only once they were checked.

Knows no queue and no widgets. What the owner wants of them is in `core.preferences`.
"""

from core.backup.examining import Examined, examine
from core.backup.keeping import Backup, Summary, default_folder, due_at, folder_of, listed, rotate, schedule, summary
from core.backup.making import make
from core.backup.mending import mend
from core.backup.restoring import Restored, restore

__all__ = [
    "Backup",
    "Examined",
    "Restored",
    "Summary",
    "default_folder",
    "due_at",
    "examine",
    "folder_of",
    "listed",
    "make",
    "mend",
    "restore",
    "rotate",
    "schedule",
    "summary",
]
