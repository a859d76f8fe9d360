"""Regular expressions that come with a schema: used only where they surely end soon.

A pattern is somebody else's program; what is left unchecked here the model itself checks.
"""

import re
from typing import Any, Final

LONGEST: Final = 300  # characters of a pattern
WORK: Final = 10**7  # steps that a search may take at worst
OTHER_DIALECT: Final = re.compile(r"\[\[|--|&&|\|\||~~|\(\?(?!:)")  # means something else, or something costly, here
REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
BACK_REFERENCE: Final = re.compile(r"\\[1-9]")
BRANCH: Final = re.compile(r"[*+?{|]")


def usable(pattern: Any) -> bool:
    """Whether the pattern can be used at all."""
    if not isinstance(pattern, str) or len(pattern) > LONGEST:
        return False
    if any(trap.search(pattern) for trap in (OTHER_DIALECT, REPEATED_GROUP, BACK_REFERENCE)):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Whether a usable pattern is found in `text`, or could only be searched for at too great a cost."""
    branches = len(BRANCH.findall(pattern))
    return (len(text) + 2) ** (branches + 1) > WORK or re.search(pattern, text) is not None
