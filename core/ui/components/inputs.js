// The items that a run was given, by input: small thumbnails, each of which leads to its item.

function createInputs(root, entry) {
  function open(item) {
    entry.fire("opened", item.id);
  }

  function tileOf(base, item) {
    const attributes = { class: "tile", type: "button", title: item.caption, "aria-label": `Open item ${item.id}. ${spoken(item)}` };
    return el("button", { ...attributes, click: () => open(item) }, ...thumbContent(base, item));
  }

  function update(data) {
    const list = JSON.stringify(data.groups);
    if (list === root.dataset.list) return;
    root.dataset.list = list;
    root.classList.toggle("flow", data.flow);
    root.replaceChildren(
      ...data.groups.map(([title, rows]) =>
        el(
          "div",
          { class: "input", role: "group", "aria-label": title },
          el("span", { class: "input-name" }, title),
          el("div", { class: "strip" }, ...rows.map(toThumb).map((item) => tileOf(data.base, item))),
        ),
      ),
    );
  }

  return { update, destroy() {} };
}

export default (component) => mount(component, createInputs);
