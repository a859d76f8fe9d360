"""The page that asks for the token: one file, no script, nothing from elsewhere."""

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse

STYLE: Final = """
:root { color-scheme: light dark; --ground: light-dark(#fdfdfe, #0d0e12); --card: light-dark(#fff, #171920);
  --text: light-dark(#15161b, #e9eaee); --quiet: light-dark(#5a5d6b, #a3a7b5); --line: light-dark(#dfe0e8, #2a2d36);
  --accent: light-dark(#5b3df5, #7461e2); --wrong: light-dark(#b3261e, #ff9b94) }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--text); font: 15px/1.5 Inter, system-ui, sans-serif }
main { width: min(24rem, 100%); padding: 2rem; border: 1px solid var(--line); border-radius: 14px;
  background: var(--card) }
h1 { display: flex; gap: .6rem; align-items: center; margin: 0 0 1rem; font-size: 1.25rem }
p { margin: 0 0 1rem; color: var(--quiet) }
.wrong { color: var(--wrong) }
.where { margin: 1rem 0 0; font-size: .9em }
.or { margin: 1.25rem 0 .25rem; text-align: center }
label { display: block; margin-bottom: .35rem; font-weight: 600 }
input { width: 100%; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 10px; font: inherit;
  color: inherit; background: var(--ground) }
button, .button { display: block; width: 100%; margin-top: 1rem; padding: .6rem; border: 0; border-radius: 10px;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: #fff; background: var(--accent);
  cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
"""
ICON: Final = (Path(__file__).parents[1] / "ui" / "assets" / "icon.svg").read_text(encoding="utf-8")
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
    "Referrer-Policy": "same-origin",  # not "no-referrer": then the form's Origin would be "null"
    "X-Content-Type-Options": "nosniff",
}


def page(body: str, status: int) -> HTMLResponse:
    """A whole page around `body`, which is HTML."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in · Onefile Studio</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{ICON} Onefile Studio</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, status, headers=HEADERS)


def form(action: str, back: str, wrong: str = "") -> str:
    """The form for the token; `back` is the local address to go on to, `wrong` a sentence about the last try."""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return (
        f'<form method="post" action="{escape(action)}">{told}<label for="token">Token</label>'
        '<input id="token" name="token" type="password" autocomplete="current-password" required autofocus '
        'aria-describedby="where">'
        f'<input type="hidden" name="back" value="{escape(back)}"><button>Log in</button></form>'
        '<p id="where" class="where">It is what STUDIO_TOKEN was set to when this studio was started.</p>'
    )


def link(address: str, words: str) -> str:
    """A link that looks like a button."""
    return f'<a class="button" href="{escape(address)}">{escape(words)}</a>'
