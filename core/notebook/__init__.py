"""The studio in a notebook: the same core on the same file, without Streamlit.

    import core
    studio = core.open_studio("studio.db")
    run = studio.generate("a lighthouse at dusk", model="sketch/still", n=4, seed=7)
    run.media

Whatever is the last line of a cell shows itself: pictures as small ones, videos as players, frames with the pictures of
their rows. pandas is loaded with the first frame, pictures are read when they are shown.
"""

from core.notebook.batches import Batch
from core.notebook.lineage import Family
from core.notebook.media import Gallery, Media
from core.notebook.opening import OpenStudio, open_studio
from core.notebook.retention import Preview, Retention
from core.notebook.statistics import Statistics

__all__ = ["Batch", "Family", "Gallery", "Media", "OpenStudio", "Preview", "Retention", "Statistics", "open_studio"]
