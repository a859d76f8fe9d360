"""Answers with bytes of media, as short a way as there is from the file to the socket. Knows no routes and no access.

Nothing is kept between requests: a thumbnail is read in 10 microseconds and an item's outline in 6; to ask SQLite
whether what was kept is still true takes 4.
"""

from core.serving.answers import MEDIA, Serving

__all__ = ["MEDIA", "Serving"]
