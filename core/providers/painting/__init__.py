"""The painter of the built-in provider: stills and looping clips drawn from a prompt, without any network."""

from .brief import Brief, Report
from .clip import paint_clip
from .scene import Scene, read_prompt
from .still import paint_still

__all__ = ["Brief", "Report", "Scene", "paint_clip", "paint_still", "read_prompt"]
