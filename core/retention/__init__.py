"""Retention: a rule -> a plan, which is looked at -> armed -> run, daily or on demand.

What a plan shows is what a run takes. Rules trash or thin, never delete; the trash is emptied by a run of its own.
Protections hold in the database itself (migration 0004), and no low disk ever changes what a rule takes.
"""

from core.retention.daily import Daily
from core.retention.guards import accept, doubt
from core.retention.planning import Candidate, Plan, plan
from core.retention.protections import Protections, protect, protections
from core.retention.rules import Policy, Rule, add, arm, change, disarm, policies, policy, remove
from core.retention.running import Step, require_safe, run, trash_days, trash_held, wait_in_trash

__all__ = [
    "Candidate",
    "Daily",
    "Plan",
    "Policy",
    "Protections",
    "Rule",
    "Step",
    "accept",
    "add",
    "arm",
    "change",
    "disarm",
    "doubt",
    "plan",
    "policies",
    "policy",
    "protect",
    "protections",
    "remove",
    "require_safe",
    "run",
    "trash_days",
    "trash_held",
    "wait_in_trash",
]
