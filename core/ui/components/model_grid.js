// Models to choose from: a list of buttons, each with a star beside it. Arrow keys go from card to card.

function createModelGrid(root, entry) {
  const list = el("ul", { class: "model-grid", role: "list" });
  let cards = [];
  let stars = new Map(); // id -> star
  root.append(list);
  list.addEventListener("keydown", onKey);
  list.addEventListener("focusin", (event) => moveTab(event.target.closest("li")?.firstChild));

  function update(data) {
    const next = JSON.stringify(data.cards);
    if (next !== list.dataset.list) rebuild(data, next);
    list.setAttribute("aria-label", data.label);
    list.classList.remove("waiting");
    for (const button of cards) button.setAttribute("aria-current", button.dataset.id === data.chosen);
    for (const [id, star] of stars) star.paint(data.favourites.includes(id));
  }

  function rebuild(data, next) {
    stars = new Map(data.cards.map((card) => [card.id, modelStar(card, entry)]));
    list.replaceChildren(...data.cards.map(makeCard));
    cards = [...list.querySelectorAll(".model-card")];
    list.dataset.list = next;
    moveTab(cards.find((button) => button.dataset.id === data.chosen) ?? cards[0]);
  }

  function makeCard(card) {
    const about = el("span", { class: "model-about" }, card.description);
    const body = el("span", { class: "body" }, modelName(card), modelFacts(card), about);
    const attributes = { type: "button", class: "model-card", "data-id": card.id, "aria-label": spokenModel(card) };
    const button = el("button", { ...attributes, "aria-description": card.description }, modelCover(card), body);
    button.addEventListener("click", () => pick(button));
    return el("li", {}, button, stars.get(card.id));
  }

  function pick(button) {
    list.classList.add("waiting");
    button.classList.add("picked");
    entry.fire("picked", button.dataset.id);
  }

  function moveTab(target) {
    if (!target) return;
    for (const button of cards) {
      button.tabIndex = button === target ? 0 : -1;
      stars.get(button.dataset.id).tabIndex = button.tabIndex;
    }
  }

  function onKey(event) {
    const at = cards.indexOf(event.target.closest("li")?.firstChild);
    const columns = Math.max(1, cards.findIndex((button) => button.getBoundingClientRect().top > cards[0].getBoundingClientRect().top + 1));
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: cards.length - 1 - at };
    const target = event.key in steps ? cards[at + steps[event.key]] : null;
    if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }

  return { update, destroy() {} };
}

export default (component) => mount(component, createModelGrid);
