"""What the studio does by itself once a day, a small step at a time, so that runs of models never wait long for it."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from core.database import Database
from core.errors import StudioError
from core.retention import guards, rules, running
from core.retention.planning import plan
from core.room import keep_ballast

log = logging.getLogger(__name__)
EVERY = timedelta(days=1)


class Daily:
    """Armed rules, then the trash; nothing while clock or file are in doubt. `step` is an errand of the worker."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._work: Iterator[None] | None = None

    def step(self, now: datetime) -> bool:
        """Do one small thing that is due; returns whether there is more."""
        if self._work is None:
            doubt = guards.tick(self._database, now)
            keep_ballast(self._database.path)
            last = guards.ran_at(self._database)
            if doubt is not None or (last is not None and timedelta() <= now - last < EVERY):
                return False
            self._work = self._through(now)
        try:
            next(self._work)
        except StopIteration:
            self._work = None
            return False
        except BaseException:
            self._work = None
            raise
        return True

    def _through(self, now: datetime) -> Iterator[None]:
        for policy in rules.policies(self._database):
            if policy.armed_at is not None:
                yield from self._rule(policy, now)
        yield from self._trash(now)
        guards.ran(self._database, now)

    def _rule(self, policy: rules.Policy, now: datetime) -> Iterator[None]:
        """One that would take too much stops and asks; one that fails does not keep the others from running."""
        found = plan(self._database, policy.rule, now, policy.id)
        held = running.beyond(len(found.goes), found.library, running.taken_today(self._database, now))
        if held != policy.held:
            rules.hold(self._database, policy.id, held)
        if held is not None:
            return
        yield
        try:
            for _ in running.run(self._database, found, now, daily=True):
                yield
        except StudioError as error:
            log.warning("The rule '%s' stopped: %s", policy.rule.name, error.sentence)

    def _trash(self, now: datetime) -> Iterator[None]:
        due = running.due_in_trash(self._database, now)
        held = due and running.beyond(
            len(due), running.library(self._database), running.taken_today(self._database, now)
        )
        running.hold_trash(self._database, held or None)
        if not held:
            for _ in running.run_of_trash(self._database, due, now):
                yield
