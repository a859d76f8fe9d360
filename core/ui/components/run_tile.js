// A run that ended without an item: what it said, and what can be done about it.

const RUN_WORDS = { failed: "Failed", canceled: "Canceled", uncertain: "Not sure it ran", succeeded: "No item" };

function runWords(item) {
  return item.error || (item.status === "canceled" ? "It was canceled before anything came of it." : "Nothing came of this run.");
}

function runTile(item) {
  const words = RUN_WORDS[item.status] ?? item.status;
  const label = `Run: ${words}. ${runWords(item)} ${item.caption}`;
  const act = (name, text) => el("span", { class: "do", "data-do": name, "aria-hidden": "true" }, text);
  return el(
    "div",
    { class: "tile run", role: "option", tabindex: "-1", "aria-selected": "false", "aria-label": label, "data-id": item.id },
    el("span", { class: "run-state" }, icon(item.status === "canceled" ? "stop" : "alert"), words),
    el("span", { class: "run-error" }, runWords(item)),
    el("span", { class: "run-prompt" }, item.caption),
    el("span", { class: "run-acts" }, act("reuse", "Use recipe"), act("again", "Run again")),
  );
}

// The same in full, with buttons that everybody can reach.
function openRun(card, item, act) {
  const button = (name, text) => el("button", { class: "button", type: "button", click: () => (card.close(), act(name, item)) }, text);
  card.open(
    `${RUN_WORDS[item.status] ?? item.status}: run ${-item.id}`,
    el("p", {}, runWords(item)),
    el("p", { class: "card-note" }, item.caption),
    el("div", { class: "buttons" }, button("reuse", "Use recipe"), button("again", "Run again")),
  );
}
