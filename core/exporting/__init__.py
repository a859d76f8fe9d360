"""Taking items elsewhere: a ZIP that anybody can read, or a smaller studio file with just those items.

Nothing half made bears the name that was asked for, nothing is overwritten unasked, and each is checked to its last
byte before it counts. Knows no queue and no widgets; changes nothing in the studio.
"""

from core.exporting.archive import FORMAT, VERSION, stream, zip_file
from core.exporting.made import Made, Skipped
from core.exporting.selection import Selection, from_params, to_params
from core.exporting.sending import Sent, name_of, sent
from core.exporting.smaller import studio_file
from core.exporting.target import require_target

__all__ = [
    "FORMAT",
    "VERSION",
    "Made",
    "Selection",
    "Sent",
    "Skipped",
    "from_params",
    "name_of",
    "require_target",
    "sent",
    "stream",
    "studio_file",
    "to_params",
    "zip_file",
]
