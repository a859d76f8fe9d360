"""Webhooks: signed by the Standard Webhooks scheme; only the last one of a prediction is tried again."""

import asyncio
import base64
import hmac
import http.client
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from tests.standin.predictions import TERMINAL, Prediction
from tests.standin.state import State

USUAL = ("output", "completed")
PAUSE = 0.5  # seconds between two webhooks on output or logs
PATIENCE = 5.0  # seconds that a receiver may take


def signature(key: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """One `v1,...` entry."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(state: State, identifier: str, body: bytes, timestamp: int | None = None) -> dict[str, str]:
    """The headers of a webhook, true or false as the switch `webhooks` says. The time is the real one."""
    mode, stale = state.switches["webhooks"], 600 * (state.switches["webhooks"] == "stale")
    moment = (timestamp if timestamp is not None else int(time.time())) - stale
    keys = [state.signing_keys[-1]]
    if mode == "bad_signature":
        keys = [b"somebody else's key, 24 b"]
    elif mode == "two_secrets":
        keys = [secrets.token_bytes(24), *keys]
    entries = [signature(key, identifier, moment, body) for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(entries),
        "user-agent": "standin-webhooks",
    }


class Postman:
    """Follows predictions that have a webhook; lives in the server's loop."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._threads = ThreadPoolExecutor(8, "webhooks")
        self._tasks: set[asyncio.Task[None]] = set()
        self._followed: set[str] = set()

    async def run(self) -> None:
        """Start following whatever is created, for ever."""
        while True:
            with self.state.lock:
                known = set(self.state.predictions)
                fresh = [one for one in self.state.predictions.values() if one.webhook and one.id not in self._followed]
            self._followed = (self._followed & known) | {one.id for one in fresh}
            for prediction in fresh:
                task = asyncio.create_task(self._follow(prediction))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
            await self.state.pulse.wait(None)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.state.crashed(error)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, prediction: Prediction) -> None:
        """Send what the filter asks for, in order, until the prediction has ended."""
        told: dict[str, Any] = {"logs": "", "output": None}
        begun, last = False, 0.0
        held: list[tuple[str, dict[str, Any]]] = []  # what comes after the last one, in the mood "reorder"
        while prediction.id in self.state.predictions:
            since, now, shown = self.state.pulse.count, self.state.clock.now(), self.state.show(prediction)
            ended, events = shown["status"] in TERMINAL, []
            if not begun and prediction.began() and now >= prediction.starts:
                begun = True
                events.append(("start", self.state.show(prediction, at=prediction.starts)))
            if ended or now - last >= PAUSE:
                changed = [name for name in ("output", "logs") if shown.get(name) and shown[name] != told[name]]
                told |= {name: shown[name] for name in changed}
                events += [(name, shown) for name in changed]
                last = now if changed else last
            for event, answer in events:
                if event in (prediction.events or USUAL):
                    held.append((event, answer))
            if self.state.switches["webhooks"] != "reorder":
                while held:
                    await self._send(prediction, *held.pop(0), ())
            if ended:
                await self._end(prediction, shown, held)
                return
            await self._sleep(prediction, now, since)

    async def _end(self, prediction: Prediction, shown: dict[str, Any], held: list[tuple[str, dict[str, Any]]]) -> None:
        if "completed" in (prediction.events or USUAL):
            speed = max(1e-6, float(self.state.switches["speed"]))
            delays = tuple(float(delay) / speed for delay in self.state.switches["webhook_delays"])
            await self._send(prediction, "completed", shown, delays)
        for event, earlier in reversed(held):
            await self._send(prediction, event, earlier, ())

    async def _sleep(self, prediction: Prediction, now: float, since: int) -> None:
        """Until the next moment at which something may have changed."""
        if self.state.clock.frozen:
            await self.state.pulse.wait(None, since)
        else:
            running = [PAUSE] if now >= prediction.starts else [prediction.starts - now]
            await self.state.pulse.wait(min([*running, prediction.ended() - now]), since)

    async def _send(self, prediction: Prediction, event: str, shown: dict[str, Any], delays: tuple[float, ...]) -> None:
        identifier, body = "msg_" + secrets.token_hex(14)[:27], json.dumps(shown, ensure_ascii=False).encode()
        mode = self.state.switches["webhooks"]
        for delay in (*delays, None):
            status = await self._attempt(prediction, event, identifier, body)
            if mode == "duplicate":
                status = await self._attempt(prediction, event, identifier, body)
            if delay is None or status is None or 200 <= status < 400:
                return
            await asyncio.sleep(delay)

    async def _attempt(self, prediction: Prediction, event: str, identifier: str, body: bytes) -> int | None:
        """The status of the answer, 0 where there was none, None where nothing was sent."""
        status, carried = None, {}
        if self.state.switches["webhooks"] != "drop":
            carried = headers(self.state, identifier, body)
            loop = asyncio.get_running_loop()
            status = await loop.run_in_executor(self._threads, _post, str(prediction.webhook), body, carried)
        if prediction.id not in self.state.predictions:  # everything was reset in the meantime
            return None
        attempt = {"prediction": prediction.id, "event": event, "id": identifier, "url": prediction.webhook}
        self.state.hooks.append({**attempt, "status": status, "dropped": status is None, "headers": carried})
        return status


def _post(url: str, body: bytes, carried: dict[str, str]) -> int:
    """POST without following redirects; 0 if there was no answer."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port or (443 if secure else 80), timeout=PATIENCE)
    try:
        connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, carried)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
