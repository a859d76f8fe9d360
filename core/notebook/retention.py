"""Retention in a notebook: look at what a rule would take, with pictures, then take just that."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, Final

from core import retention
from core.database import Database
from core.errors import InvalidInput
from core.notebook import showing
from core.retention import Plan, Policy, Protections, Rule
from core.retention.rules import checked

SHOWN: Final = ["caption", "rating", "bytes", "returns", "goes", "protected"]  # columns; the frame has all of them


class Preview:
    """What a rule takes, as of the moment when it was asked for; nothing has happened yet. `plan` has all of it."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database = database
        self.plan = plan

    @property
    def frame(self) -> Any:
        """A row for each item that the rule matches: whether it goes, what protects it, bytes that come back."""
        from core.notebook.frames import of_items

        return of_items(self.plan.frame, self._database)

    @property
    def sentence(self) -> str:
        """What would go and what stays, in words."""
        plan = self.plan
        return (
            f"{plan.rule.sentence} Of {plan.library:,} items it takes {len(plan.goes):,} and leaves "
            f"{len(plan.protected):,} that are protected; {plan.returns / 1e6:,.1f} MB come back in the end."
        )

    def run(self, *, confirmed: bool = False) -> str:
        """Take what the preview shows; returns what was done, in words. Nothing else is taken.

        Raises `RetentionRefused` where that is not safe: after a clock jump or a restore, when the rule or a protection
        has changed since, or for more than 5 % of the library or 500 items unless it is `confirmed`.
        """
        now = datetime.now(UTC)
        retention.require_safe(self._database, self.plan, now, confirmed=confirmed)
        number = size = 0
        for done in retention.run(self._database, self.plan, now):
            number, size = done.number, done.bytes
        where = "went to the trash" if self.plan.rule.strength == "trash" else "were thinned"
        return f"{number:,} items of {size / 1e6:,.1f} MB {where}."

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return showing.note(self.sentence) + (self.frame[SHOWN]._repr_html_() or "")


class Retention:
    """Rules for what goes. Those that are kept and armed run by themselves, daily, where the studio runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def preview(self, rule: Rule | None = None, **conditions: Any) -> Preview:
        """What a rule would take now. Conditions as of `core.retention.Rule`: older_than=30 (days), kind="video" ...

        Raises `InvalidInput` for a rule that makes no sense.
        """
        asked = rule or replace(Rule("From a notebook"), **_known(Rule, conditions))
        return Preview(self._database, retention.plan(self._database, checked(asked), datetime.now(UTC)))

    @property
    def protections(self) -> Protections:
        """What no rule ever takes."""
        return retention.protections(self._database)

    def protect(self, **changes: Any) -> Protections:
        """Change what no rule ever takes, as of `core.retention.Protections`: newest=0, rating=4 ...

        Kept by the file itself, for the studio's rules too; those that were armed ask to be looked at again. Raises
        `InvalidInput`.
        """
        retention.protect(self._database, replace(self.protections, **_known(Protections, changes)))
        return self.protections

    def rules(self) -> list[Policy]:
        """The rules that are kept, with when they were armed and last ran."""
        return retention.policies(self._database)


def _known(kind: type[Rule] | type[Protections], said: dict[str, Any]) -> dict[str, Any]:
    """The same, if each is a name that there is; raises `InvalidInput`."""
    names = [field.name for field in fields(kind)]
    if wrong := [name for name in said if name not in names]:
        raise InvalidInput({wrong[0]: f"There is no '{wrong[0]}' here; there are {', '.join(names)}."})
    return said
