"""Every switch of the stand-in with its ordinary position; the package's docstring says what each does."""

from typing import Any

SWITCHES: dict[str, Any] = {
    # time
    "speed": 1.0,
    "frozen": False,
    "keep_seconds": 3600.0,
    "keep_from": "created",
    "list_lag": 0.0,
    # who may
    "token": None,
    "revoked": False,
    "credit": True,
    "creates_per_minute": None,
    "burst": 1,
    "throttle_form": "body",
    # how answers look
    "form": "recorded",
    "digits": None,
    "extra": {},
    "removed_input": {},
    "gone_status": 404,
    "create_status": 201,
    "location": False,
    "sync": "early",
    "cancel_ended": 200,
    "page_size": 100,
    "gzip": True,
    "bare_models": False,
    # files and pictures
    "max_file_bytes": 100 * 2**20,
    "file_seconds": 86_400.0,
    "edge": 512,
    "scenes": True,
    # webhooks
    "http_webhooks": True,
    "webhooks": "normal",
    "webhook_delays": [1.0, 4.0, 15.0, 40.0],
}
CHOICES = {
    "form": ("recorded", "schema", "2023"),
    "sync": ("early", "final", "nothing"),
    "keep_from": ("created", "ended"),
    "webhooks": ("normal", "drop", "duplicate", "reorder", "bad_signature", "two_secrets", "stale"),
    "throttle_form": ("header", "body", "about", "second", "bare", "date"),
}


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values, if each is a known switch in a known position; raises `ValueError`."""
    for name, value in values.items():
        if name not in SWITCHES:
            raise ValueError(f"There is no switch {name!r}. The switches are {', '.join(SWITCHES)}.")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}.")
    return values
