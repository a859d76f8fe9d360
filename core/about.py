"""What the studio is called where others read it."""

from typing import Final

NAME: Final = "Onefile Studio"
VERSION: Final = "0.1"
