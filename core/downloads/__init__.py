"""A safe fetch to a temporary file: checked addresses, a cap, a deadline, and going on after a break.

Knows neither database nor the meaning of the file.
"""

from core.downloads.downloader import Downloader
from core.downloads.transfer import Fetched, Policy

__all__ = ["Downloader", "Fetched", "Policy"]
