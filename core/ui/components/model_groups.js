// Collections as chips, one of which can be chosen; more than fit into a few rows wait behind "Show all".

function createGroups(root, entry) {
  const list = el("div", { class: "groups", role: "radiogroup", "aria-label": "Collections" });
  const more = el("button", { type: "button", class: "link more", click: () => open(true) });
  let chips = [];
  root.append(list, more);
  list.addEventListener("keydown", onKey);
  const watch = new ResizeObserver(measure);
  watch.observe(list);

  function update(data) {
    const next = JSON.stringify(data.groups);
    if (next !== list.dataset.list) rebuild(data, next);
    choose(data.chosen);
  }

  function rebuild(data, next) {
    chips = data.groups.map(([key, name, about]) => {
      const attributes = { type: "button", class: "chip", role: "radio", "data-key": key, title: about };
      return el("button", { ...attributes, click: () => press(key) }, name);
    });
    list.dataset.list = next;
    list.replaceChildren(...chips);
    setText(more, `Show all ${chips.length} collections`);
    open(false);
  }

  function press(key) {
    choose(key);
    entry.fire("pressed", key);
  }

  function choose(key) {
    for (const chip of chips) chip.setAttribute("aria-checked", chip.dataset.key === key);
    const tab = chips.find((chip) => chip.dataset.key === key) ?? chips[0];
    for (const chip of chips) chip.tabIndex = chip === tab ? 0 : -1;
    if (tab && tab.offsetTop >= list.clientHeight) open(true);
  }

  function open(all) {
    list.classList.toggle("all", all);
    measure();
  }

  function measure() {
    more.hidden = list.classList.contains("all") || list.scrollHeight <= list.clientHeight + 4;
  }

  function onKey(event) {
    const at = chips.indexOf(event.target.closest(".chip"));
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -at, End: chips.length - 1 - at };
    const target = event.key in steps ? chips[at + steps[event.key]] : null;
    if (!target) return;
    event.preventDefault();
    if (target.offsetTop >= list.clientHeight) open(true);
    target.focus();
  }

  return {
    update,
    destroy() {
      watch.disconnect();
    },
  };
}

export default (component) => mount(component, createGroups);
