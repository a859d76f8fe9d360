"""Bringing in what was made elsewhere: files, folders, ZIPs, exports and other studios' files, with their recipes.

Nothing twice: what is here already is known by its bytes. The sources are never changed.
"""

from core.importing.intake import Intake
from core.importing.looking import Preview, look
from core.importing.report import FATES, Line, Report, words

__all__ = ["FATES", "Intake", "Line", "Preview", "Report", "look", "words"]
