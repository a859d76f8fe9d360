// The strip of chosen items: each can be taken out.

function createStrip(root, entry) {
  const strip = el("div", { class: "strip", role: "list" });
  root.append(strip);

  function makeTile(base, item, place, many) {
    const words = `Remove ${spokenThumb(item)}`;
    const remove = el("button", { type: "button", class: "remove", "aria-label": words, title: "Remove" }, icon("close"));
    remove.addEventListener("click", () => entry.fire("removed", item.id));
    const number = many ? el("span", { class: "number" }, String(place + 1)) : null;
    const attributes = { class: "tile", role: "listitem", "aria-label": spokenThumb(item), title: item.caption };
    return el("div", attributes, ...thumbContent(base, item), number, remove);
  }

  function update(data) {
    const list = JSON.stringify(data.tiles);
    if (list === strip.dataset.list) return;
    strip.dataset.list = list;
    strip.setAttribute("aria-label", `${data.label}: chosen items`);
    const items = data.tiles.map(toThumb);
    strip.replaceChildren(...items.map((item, place) => makeTile(data.base, item, place, items.length > 1)));
  }

  return { update, destroy() {} };
}

export default (component) => mount(component, createStrip);
