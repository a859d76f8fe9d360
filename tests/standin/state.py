"""All that the stand-in knows, under one lock: time, switches, rules, predictions, uploads, what was asked of it."""

import math
import random
import re
import secrets
import threading
import traceback
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect

from tests.standin import catalogue, outputs
from tests.standin.clock import Clock, Pulse
from tests.standin.media import Spec, Studio
from tests.standin.models import Model
from tests.standin.predictions import LIMIT, Look, Prediction, shown
from tests.standin.rules import Rule, taken
from tests.standin.switches import SWITCHES, checked
from tests.standin.uploads import Uploads, received

LETTERS = "abcdefghjkmnpqrstvwxyz0123456789"
NEVER = 10.0**9  # seconds; longer than any test


@dataclass(frozen=True)
class Held:
    """A file of the delivery host, and the prediction it belongs to (None: it stays)."""

    spec: Spec
    prediction: str | None


@dataclass(frozen=True)
class Seen:
    """A request as it came. Header names are in lower case."""

    host: str  # api or delivery
    route: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float


class State:
    """Every method may be called from any thread."""

    def __init__(self, base: str, delivery: str, seed: int | None = None, **switches: Any) -> None:
        self.base, self.delivery = base, delivery
        self.lock = threading.RLock()
        self.clock, self.pulse, self.studio = Clock(), Pulse(), Studio()
        self.random = random.Random(seed)
        self.ordinary = SWITCHES | checked(switches)
        self.secret_number = 0
        self.examples: dict[str, Prediction] = {}
        self.forget()

    def forget(self) -> None:
        """As when it began: no predictions, uploads, rules or counts, all switches in their ordinary position."""
        with self.lock:
            self.clock.reset()
            self.switches = dict(self.ordinary)
            self.clock.freeze(bool(self.switches["frozen"]))
            self.faults: list[Rule] = []
            self.plans: list[Rule] = []
            self.deliveries: list[Rule] = []
            self.model_rules: dict[str, Rule] = {}
            self.predictions: dict[str, Prediction] = {}
            self.media: dict[str, Held] = {}
            self.uploads = Uploads(self)
            self.counts: Counter[str] = Counter()
            self.fetches: Counter[str] = Counter()
            self.leaks: list[str] = []
            self.crashes: list[str] = []
            self.requests: deque[Seen] = deque(maxlen=5_000)
            self.hooks: deque[dict[str, Any]] = deque(maxlen=5_000)
            self.signing_keys = [_signing_key()]
            self.allowance = (self.clock.now(), float(self.switches["burst"]))
            self.examples.clear()
        self.pulse.fire()

    def crashed(self, error: BaseException) -> None:
        """Keep what went wrong in the stand-in itself; a client that goes away in the middle is none of that."""
        if isinstance(error, ClientDisconnect):
            return
        with self.lock:
            self.crashes.append("".join(traceback.format_exception(error)))

    def note(self, seen: Seen) -> None:
        """Keep a request."""
        with self.lock:
            self.requests.append(seen)
            self.counts[f"{seen.host}:{seen.route}"] += 1

    def model_rule(self, model: Model, kind: str) -> Rule | None:
        """The rule `plan`, `fault` or `delivery` that a model has by nature; it keeps its count."""
        document = getattr(model, kind)
        if document is None:
            return None
        with self.lock:
            key = f"{kind} {model.full_name}"
            if key not in self.model_rules:
                self.model_rules[key] = Rule.read({"kind": "succeeded", "times": None, **document})
            return self.model_rules[key]

    def fault(self, subject: dict[str, Any], model: Model | None) -> Rule | None:
        """What goes wrong with a request: a rule that was set, or the nature of the model to run."""
        with self.lock:
            rule = taken(self.faults, subject)
            own = self.model_rule(model, "fault") if model and rule is None else None
            return own if own and own.takes(subject) else rule

    def plan(self, model: Model, prompt: str) -> Rule:
        """How a new prediction will go."""
        with self.lock:
            subject = {"model": model.full_name, "prompt": prompt}
            own = self.model_rule(model, "plan")
            rule = taken(self.plans, subject)
            if rule is None and own is not None:
                rule = own if own.takes(subject) else Rule("succeeded", args={"count": own.args.get("count")})
            return rule or Rule("succeeded")

    def create(self, model: Model, version: str, body: dict[str, Any], cancel_after: float | None) -> Prediction:
        """Take a prediction on; from here on it counts as billed."""
        with self.lock:
            now = math.floor(self.clock.now() * 1000) / 1000  # the service, too, keeps whole milliseconds
            inputs = dict(sorted(body["input"].items()))
            plan = self.plan(model, str(inputs.get("prompt", "")))
            starts_in, runs_for = self._lengths(model, plan)
            seed = inputs.get("seed")
            seed = seed if isinstance(seed, int) and not isinstance(seed, bool) else self.random.randrange(2**31)
            files, source, trouble = received(self, model, inputs)
            order = self._order(model, inputs, seed, source)
            shape = str(plan.args.get("shape") or model.shape)
            made = outputs.compose(order, shape, plan.args.get("count"))
            prediction = Prediction(
                id="".join(self.random.choices(LETTERS, k=26)),
                model=model,
                version="hidden" if model.official else version,
                inputs={name: value for name, value in inputs.items() if not _secret(model, name)},
                created=now,
                starts=now + starts_in,
                ends=now + starts_in + runs_for,
                outcome="failed" if trouble else plan.kind,
                error=trouble or plan.args.get("error"),
                output=None,
                metrics=outputs.metrics(order, shape, made),
                seed=seed,
                args=plan.args,
                deadline=None if cancel_after is None else now + cancel_after,
                webhook=body.get("webhook"),
                events=tuple(body["webhook_events_filter"]) if body.get("webhook_events_filter") else None,
                received=files,
                source=str(plan.args.get("source", "api")),
            )
            prediction.output = self.publish(made, prediction)
            self._nature(prediction)
            self.predictions[prediction.id] = prediction
            self.counts["created"] += 1
        self.pulse.fire()
        return prediction

    def _order(self, model: Model, inputs: dict[str, Any], seed: int, source: bytes | None) -> outputs.Order:
        edge, scenes = int(self.switches["edge"]), bool(self.switches["scenes"])
        return outputs.Order(model, inputs, seed, edge, scenes, source)

    def _lengths(self, model: Model, plan: Rule) -> tuple[float, float]:
        """Seconds until it starts, and that it runs."""
        speed = max(1e-6, float(self.switches["speed"]))
        starts_in = float(plan.args.get("starts_in", model.starts_in)) / speed
        runs_for = float(plan.args.get("runs_for", model.runs_for)) / speed
        return {"stuck": (starts_in, LIMIT), "waiting": (NEVER, 0.0)}.get(plan.kind, (starts_in, runs_for))

    def _nature(self, prediction: Prediction) -> None:
        """Ends and errors that belong to an outcome, and the trouble its files will make."""
        if prediction.outcome == "aborted":
            prediction.deadline = min(prediction.starts, prediction.deadline or prediction.starts)
        elif prediction.outcome == "canceled":
            prediction.canceled = (prediction.starts + prediction.ends) / 2
        elif prediction.outcome == "stuck":
            prediction.error = "The prediction was stopped: it had run for 30 minutes."
        elif prediction.outcome == "failed" and prediction.error is None:
            prediction.error = "The model failed."
        if prediction.model.delivery is not None:
            prediction.deliveries.append(Rule.read({"times": None, **prediction.model.delivery}))

    def publish(self, made: Any, prediction: Prediction | None, prefix: str = "xezq") -> Any:
        """The value with an address in place of each file; the files are held from now on."""
        if isinstance(made, Spec):
            return self._hold(made, prediction, prefix)
        if isinstance(made, dict):
            return {name: self.publish(part, prediction, prefix) for name, part in made.items()}
        if isinstance(made, list):
            return [self.publish(part, prediction, prefix) for part in made]
        return made

    def _hold(self, spec: Spec, prediction: Prediction | None, prefix: str) -> str:
        number = len(prediction.paths) if prediction else 0
        few = "".join(self.random.choices(LETTERS, k=8))
        name = f"out-{number}" if spec.kind == "still" else f"tmp{few}"
        path = f"/{prefix}/{''.join(self.random.choices(LETTERS, k=44))}/{name}.{spec.extension}"
        self.media[path] = Held(spec, prediction.id if prediction else None)
        if prediction:
            prediction.paths.append(path)
        return self.delivery + path

    def find(self, identifier: str) -> Prediction | None:
        """A prediction by its id, aged to the present."""
        with self.lock:
            prediction = self.predictions.get(identifier)
            if prediction is not None:
                self._age(prediction, self.clock.now())
            return prediction

    def _age(self, prediction: Prediction, now: float) -> None:
        expires = prediction.expires(float(self.switches["keep_seconds"]), self.switches["keep_from"] == "ended")
        if now >= expires and now >= prediction.ended():
            prediction.removed = True

    def cancel(self, prediction: Prediction) -> None:
        """Stop it, unless it has ended."""
        with self.lock:
            now = self.clock.now()
            if now < prediction.ended():
                prediction.canceled = now
        self.pulse.fire()

    def show(self, prediction: Prediction, at: float | None = None, **how: Any) -> dict[str, Any]:
        """A prediction as the API shows it now, or showed it `at` a time."""
        with self.lock:
            now = self.clock.now() if at is None else at
            self._age(prediction, now)
            look = Look(
                base=self.base,
                now=now,
                form=self.switches["form"],
                digits=self.switches["digits"],
                removed_input=self.switches["removed_input"],
                extra=self.switches["extra"],
                **how,
            )
            return shown(prediction, look)

    def throttled(self) -> float | None:
        """Seconds to wait before the next create is allowed, or None; takes one from the allowance."""
        with self.lock:
            rate = self.switches["creates_per_minute"]
            if rate is None:
                return None
            now, (last, left) = self.clock.now(), self.allowance
            left = min(float(self.switches["burst"]), left + (now - last) * rate / 60)
            if left < 1:
                self.allowance = (now, left)
                return float((1 - left) * 60 / rate)
            self.allowance = (now, left - 1)
            return None

    def authorised(self, header: str) -> bool:
        """Whether an Authorization header opens the API."""
        with self.lock:
            wanted = self.switches["token"]
            given = re.fullmatch(r"(?:Bearer|Token) (\S+)", header)
            if given is None or self.switches["revoked"]:
                return False
            return given[1] == wanted if wanted else bool(re.fullmatch(r"r8_\w{8,}", given[1]))

    def example(self, model: Model) -> dict[str, Any] | None:
        """A model's default example: a whole prediction whose files stay."""
        if model.example is None or not model.versions:
            return None
        with self.lock:
            if model.full_name not in self.examples:
                self.examples[model.full_name] = self._example(model)
            look = Look(base=self.base, now=self.clock.now(), form="schema")
            return shown(self.examples[model.full_name], look)

    def _example(self, model: Model) -> Prediction:
        inputs = dict(model.example or {})
        order = self._order(model, inputs, int(inputs.get("seed", 1)), None)
        made = outputs.compose(order, model.shape, None)
        identifier = "".join(random.Random(model.full_name).choices(LETTERS, k=26))
        version = "hidden" if model.official else model.version_ids[0]
        return Prediction(
            identifier, model, version, inputs, 1.77e9, 1.77e9 + 0.5, 1.77e9 + 4, "succeeded", None,
            self.publish(made, None, "pbxt"), outputs.metrics(order, model.shape, made), order.seed, source="web",
        )  # fmt: skip

    def models(self) -> list[Model]:
        """What the list of models holds."""
        return catalogue.listed()


def _secret(model: Model, name: str) -> bool:
    return bool(model.inputs.get(name, {}).get("x-cog-secret"))


def _signing_key() -> bytes:
    return secrets.token_bytes(24)
