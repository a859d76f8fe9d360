"""The Settings page's parts: sections, the account, what is set from outside. Shows no part of any secret."""

from datetime import UTC, datetime
from html import escape
from typing import Final
from urllib.parse import urlsplit

import humanize
import streamlit as st

from core.errors import StudioError
from core.settings import Settings
from core.studio import Studio
from core.ui.models import token_steps
from core.ui.widgets import literal
from core.upgrade import upgrade_report

SECTIONS: Final = {"account": "Account", "prices": "Prices", "spending": "Spending", "limits": "Limits"}
STYLE: Final = """
<style>
.studio-facts { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; font-size: 0.93rem; margin: 0 !important;
  padding: 0 !important; }
.studio-facts dt, .studio-facts dd { margin: 0 !important; padding: 0.55rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.studio-facts dt { opacity: 0.66; padding-right: 1rem; }
.studio-facts dd { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
  overflow-wrap: anywhere; }
.studio-facts code { font-size: 0.75rem; opacity: 0.66; align-self: center; overflow-wrap: anywhere; }
@media (max-width: 640px) { .studio-facts { grid-template-columns: 7.5rem 1fr; } }
</style>
"""


def settings_section() -> str:
    """The page's title and the section that is chosen; it is kept in the address."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    left.title("Settings", anchor=False)
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        chosen = st.segmented_control(
            "Section",
            list(SECTIONS),
            format_func=SECTIONS.__getitem__,
            default="account",
            required=True,
            key="section",
            bind="query-params",
            label_visibility="collapsed",
        )
    return chosen or "account"


def account(studio: Studio) -> None:
    """Whether there is a token and whose it is, where requests go, webhooks."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Replicate", anchor=False)
        _token(studio)
    with right:
        st.header("Webhooks", anchor=False)
        _webhooks(studio)


def _earlier(studio: Studio) -> None:
    """How the file came from the earlier system, if it did."""
    if lines := upgrade_report(studio.database):
        with st.expander("This file came from the earlier system", icon=":material/history:"):
            st.markdown("\n".join(f"- {literal(line)}" for line in lines))


def limits(studio: Studio) -> None:
    """Where everything is and what is allowed, with the variable that changes it."""
    at = studio.settings
    st.header("Places", anchor=False)
    _rows(
        (
            "The file",
            f"{studio.database.path} · {_size(studio.database.path.stat().st_size)}",
            "STUDIO_DATABASE",
        ),
        ("Temporary files", str(studio.scratch.folder), "TMPDIR"),
        ("Answers to", ", ".join(at.allowed_hosts), "STUDIO_ALLOWED_HOSTS"),
        ("Fetches from", ", ".join((*at.delivery_hosts, *at.local_deliveries)), "STUDIO_DELIVERY_HOSTS"),
    )
    _earlier(studio)
    st.header("Limits", anchor=False)
    _rows(
        ("Hosted runs under way", str(at.hosted_concurrency), "STUDIO_HOSTED_CONCURRENCY"),
        ("Built-in runs under way", str(at.concurrency), ""),
        ("Runs of one submission", str(at.batch_limit), ""),
        ("A prompt", f"{at.prompt_limit:,} characters", ""),
        ("An upload", _size(at.upload_limit), ""),
        ("A file that a run makes", _size(at.media_limit), ""),
        ("Fetching a file", humanize.precisedelta(at.download_seconds), ""),
        ("Free on the disk for new work", _size(at.disk_reserve), "STUDIO_DISK_RESERVE"),
        ("Checking a file", f"{at.decode_seconds:g} seconds, {_size(at.decode_memory)} of memory", ""),
    )
    st.caption("Variables are read when the studio starts: set them in the environment and start it again.")


def _token(studio: Studio) -> None:
    if not studio.replicate.client.ready:
        st.badge("No token", icon=":material/key_off:", color="gray")
        st.markdown("Hosted models need a Replicate account, which is billed for what they make.")
        with st.container(border=True):
            token_steps()
        return
    with st.container(horizontal=True):
        st.badge("Token set", icon=":material/key:", color="green")
        _base(studio.settings.replicate_base)
    if st.button("Check the token", icon=":material/verified_user:"):
        try:
            st.success(f"The token is good. It belongs to **{literal(studio.catalogue.account())}**.")
        except StudioError as error:
            st.error(error.sentence, icon=":material/error:")
    _rows(
        ("Asks", str(studio.settings.replicate_base), "REPLICATE_BASE_URL"),
        ("Token", "set, and never shown", "REPLICATE_API_TOKEN"),
        ("Fetches from", ", ".join((*studio.settings.delivery_hosts, *studio.settings.local_deliveries)),
         "STUDIO_DELIVERY_HOSTS"),
    )  # fmt: skip


def _base(address: str) -> None:
    """A mark where requests do not go to Replicate itself."""
    if address == Settings.replicate_base:
        return
    local = urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")
    st.badge("Stand-in" if local else "Another address", icon=":material/alt_route:", color="orange")


def _webhooks(studio: Studio) -> None:
    address = studio.settings.public_url
    if not address:
        st.badge("Off", icon=":material/notifications_off:", color="gray")
        st.markdown(
            "Nothing is missing: the studio asks by itself how runs stand. Where it can be reached from outside, "
            "`STUDIO_PUBLIC_URL` lets Replicate tell it at once."
        )
        return
    st.badge("On", icon=":material/notifications:", color="green")
    st.code(f"{address}/api/webhooks/replicate", language=None, wrap_lines=True)
    came = studio.webhooks.last_at
    if came is None:
        st.markdown("No message has come since the studio was started.")
    else:
        st.markdown(f"The last message came {humanize.naturaltime(came, when=datetime.now(UTC))}.")
    st.caption("Runs go on without them too: the studio asks by itself how they stand.")


def _rows(*rows: tuple[str, str, str]) -> None:
    """Facts as (what, value, variable that changes it), one below the other."""
    cells = [
        f"<dt>{escape(what)}</dt><dd>{escape(value)}<code>{escape(name)}</code></dd>" for what, value, name in rows
    ]
    st.html(f'{STYLE}<dl class="studio-facts">{"".join(cells)}</dl>')


def _size(size: int) -> str:
    return humanize.naturalsize(size, binary=size % 2**20 == 0)
