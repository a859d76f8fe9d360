"""The painter of the built-in provider: stills and looping clips drawn from a prompt, without any network."""

from core.providers.painting.brief import Brief, Report
from core.providers.painting.clip import paint_clip
from core.providers.painting.scene import Scene, read_prompt
from core.providers.painting.still import paint_still

__all__ = ["Brief", "Report", "Scene", "paint_clip", "paint_still", "read_prompt"]
