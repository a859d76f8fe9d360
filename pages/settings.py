"""Settings: the account, prices, spending, limits - one section at a time."""

from core import ui

studio = ui.studio()
section = ui.settings_section()
if section == "prices":
    ui.price_table(studio)
elif section == "spending":
    ui.spending(studio)
elif section == "limits":
    ui.limits(studio)
else:
    ui.account(studio)
