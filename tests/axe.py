"""What axe-core finds wrong with a page, by the rules of WCAG 2.1 A and AA; shadow roots included."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS: Final = {
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
}
# Streamlit's own: its navigation has sections between a list and its items, and the chosen one of several words in a
# row has the accent's colour, which cannot be light enough for words and dark enough to be written on.
CONTEXT: Final = {"exclude": [["[data-testid=stSidebarNavItems]"], ["[data-selected=true]"]]}


# Only sentences leave the page: all that axe knows of it is megabytes.
RUN: Final = """async ([context, options]) => {
  const found = await axe.run(context, options);
  const told = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`);
  return found.violations.flatMap(told);
}"""

# What is half faded in has no contrast yet; what moves for ever is waited for by nobody.
STILL: Final = """() => {
  const moving = (each) => each.playState === "running" && each.effect?.getComputedTiming().iterations !== Infinity;
  const app = document.querySelector("[data-testid=stApp]");
  const idle = !app || (app.dataset.testScriptState === "notRunning" && !app.querySelector("[data-stale=true]"));
  return idle && !document.getAnimations().some(moving);
}"""


def violations(page: Page) -> list[str]:
    """Each as "rule: where and why", once the page is still."""
    page.wait_for_function(STILL)
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(Axe().axe_script)
    return list(page.evaluate(RUN, [CONTEXT, OPTIONS]))
