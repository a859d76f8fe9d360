// Tags as chips, and a field that completes what is typed from the tags there are.

const OFFERED = 8;

// `add(name)` and `remove(name)` are told; `set(tags, known)` shows how things stand.
function createTagInput({ add, remove }) {
  const list = el("ul", { class: "tag-offers", role: "listbox", id: "tag-offers", "aria-label": "Tags there are", hidden: true });
  const field = el("input", {
    class: "tag-field", type: "text", role: "combobox", placeholder: "Add a tag", "aria-label": "Add a tag", maxlength: 60,
    autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "tag-offers",
    enterkeyhint: "done",
  });
  const chips = el("span", { class: "chips", role: "list", "aria-label": "Tags" });
  const element = el("div", { class: "tag-input" }, chips, el("span", { class: "tag-box" }, field, list));
  let tags = [];
  let known = [];
  let offers = [];
  let active = -1;

  function set(newTags, newKnown) {
    known = newKnown;
    if (JSON.stringify(tags) === JSON.stringify(newTags) && chips.childElementCount === newTags.length) return;
    tags = [...newTags];
    chips.replaceChildren(...tags.map(chip));
  }

  function chip(name) {
    const label = `Remove the tag ${name}`;
    const button = el("button", { type: "button", class: "chip-remove", "aria-label": label, title: label, click: () => drop(name) }, icon("close"));
    return el("span", { class: "chip", role: "listitem" }, el("span", {}, name), button);
  }

  function drop(name) {
    set(tags.filter((each) => each !== name), known);
    field.focus();
    remove(name);
  }

  function take(text) {
    const name = text.replace(/,/g, " ").trim().replace(/\s+/g, " ").toLowerCase();
    field.value = "";
    offer();
    if (!name || tags.includes(name)) return;
    set([...tags, name].sort(), known);
    add(name);
  }

  function offer() {
    const typed = field.value.trim().toLowerCase();
    const free = known.filter((name) => !tags.includes(name));
    const begins = free.filter((name) => name.startsWith(typed));
    const holds = free.filter((name) => !name.startsWith(typed) && name.includes(typed));
    const open = field.matches(":focus") && (typed || field.dataset.open);
    offers = open ? [...begins, ...holds].slice(0, OFFERED) : [];
    active = -1;
    paint();
  }

  function paint() {
    list.hidden = !offers.length;
    field.setAttribute("aria-expanded", !list.hidden);
    list.replaceChildren(
      ...offers.map((name, index) =>
        el("li", { role: "option", id: `tag-offer-${index}`, "aria-selected": String(index === active), pointerdown: (event) => (event.preventDefault(), take(name)) }, name),
      ),
    );
    if (active < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `tag-offer-${active}`);
  }

  function move(step) {
    if (!offers.length) {
      field.dataset.open = "yes";
      return offer();
    }
    active = (active + step + offers.length + (active < 0 && step < 0 ? 1 : 0)) % offers.length;
    paint();
  }

  const KEYS = {
    Enter: () => take(offers[active] ?? field.value),
    ",": () => take(field.value),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: () => (offers.length ? ((offers = []), paint()) : field.blur()),
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Backspace" && !field.value && tags.length) return drop(tags.at(-1));
    if (!KEYS[event.key] || event.isComposing) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  field.addEventListener("input", () => (delete field.dataset.open, offer()));
  field.addEventListener("blur", () => (delete field.dataset.open, (offers = []), paint()));

  return { element, set, focus: () => field.focus() };
}
