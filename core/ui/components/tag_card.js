// The dialog for tags: which of the items have which, others to add, a field that completes.

const OFFERED = 10;

function createTagCard(root, wishes, { closed }) {
  const card = createCard(root, "tags", { closed });
  const list = el("ul", { class: "chips", "aria-label": "Tags they have" });
  const none = el("p", { class: "card-note" });
  const field = el("input", { type: "text", class: "field", "aria-label": "Add a tag", placeholder: "Add a tag", maxlength: "60", autocomplete: "off", spellcheck: "false" });
  const add = el("button", { class: "button", type: "button", click: () => tag(field.value) }, "Add");
  const offers = el("div", { class: "offers", role: "group", "aria-label": "Known tags" });
  let ids = [];
  let asked = 0; // the wish whose answer is waited for
  let answer = null;

  field.addEventListener("input", paintOffers);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") tag(field.value);
    if (event.key === "ArrowDown") offers.querySelector("button")?.focus();
    if (event.key === "Tab" && !event.shiftKey && field.value.trim() && complete()) event.preventDefault();
  });

  function open(some) {
    ids = some;
    answer = null;
    field.value = "";
    paint();
    card.open(ids.length === 1 ? "Tags" : `Tags of ${ids.length} items`, list, none, el("div", { class: "line" }, field, add), offers);
    field.focus();
    asked = wishes.make("tags", ids);
  }

  function update(data) {
    if (!data || data.number < asked || !card.isOpen) return;
    answer = { known: data.known, had: new Map(Object.entries(data.had)) };
    paint();
  }

  function paint() {
    setText(none, answer ? (answer.had.size ? "" : "No tags yet.") : "Looking up their tags ...");
    none.hidden = Boolean(answer?.had.size);
    list.replaceChildren(...[...(answer?.had ?? [])].map(([name, number]) => chip(name, number)));
    paintOffers();
  }

  function chip(name, number) {
    const some = number < ids.length;
    const all = some ? el("button", { class: "part", type: "button", title: "Give it to all", click: () => tag(name) }, `${number} of ${ids.length}`) : null;
    all?.setAttribute("aria-label", `${name}: ${number} of ${ids.length} have it. Give it to all`);
    const remove = el("button", { class: "remove", type: "button", "aria-label": `Take '${name}' away`, click: () => untag(name) }, icon("close"));
    return el("li", {}, el("span", {}, name), all, remove);
  }

  // Those that go on as what was typed, the commonest first.
  function matching() {
    const typed = tidy(field.value);
    const free = (answer?.known ?? []).map(([name]) => name).filter((name) => (answer.had.get(name) ?? 0) < ids.length);
    const begins = free.filter((name) => name.startsWith(typed));
    return [...begins, ...free.filter((name) => typed && !name.startsWith(typed) && name.includes(typed))].slice(0, OFFERED);
  }

  function paintOffers() {
    offers.replaceChildren(...matching().map((name) => el("button", { class: "offer", type: "button", click: () => tag(name) }, name)));
  }

  function complete() {
    const [best] = matching();
    if (!best || best === field.value) return false;
    field.value = best;
    paintOffers();
    return true;
  }

  function tag(text) {
    const name = tidy(text);
    if (!name) return;
    wishes.make("tag", ids, name);
    if (!/[,"*]/.test(name)) answer?.had.set(name, ids.length);
    settle();
  }

  function untag(name) {
    wishes.make("untag", ids, name);
    answer?.had.delete(name);
    settle();
  }

  function settle() {
    field.value = "";
    paint();
    asked = wishes.make("tags", ids); // what came of it
    field.focus();
  }

  return { open, update, close: card.close };
}

// As Python keeps tags.
function tidy(text) {
  return text.split(/\s+/).filter(Boolean).join(" ").toLowerCase();
}
