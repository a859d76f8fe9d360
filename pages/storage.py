"""Storage: backups and what checking the whole file found - one section at a time."""

from core import ui

studio = ui.studio()
section = ui.storage_section()
if section == "backup":
    ui.backups(studio)
