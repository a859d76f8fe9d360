// The picker: thumbnails to press, one or several. What is pressed stays while Python shows other pages; Python
// hears of it once, when a person has settled. Where only one is taken, pressing it is settling.

function createPicker(root, entry) {
  const grid = el("div", { class: "thumbs", role: "group", "aria-label": "Items of the library" });
  const said = el("span", { class: "said", role: "status" });
  const use = el("button", { type: "button", class: "button primary", click: settle });
  const foot = el("div", { class: "foot" }, use, said);
  let data = null;
  let chosen = null; // ids, in the order of pressing
  let tiles = new Map(); // id -> element
  root.append(grid, foot);

  function update(next) {
    data = next;
    chosen ??= [...next.chosen];
    const list = JSON.stringify(next.tiles);
    if (list !== grid.dataset.list) rebuild(list);
    foot.hidden = data.most === 1;
    paint();
  }

  function rebuild(list) {
    tiles = new Map(data.tiles.map(toThumb).map((item) => [item.id, makeTile(item)]));
    grid.dataset.list = list;
    grid.replaceChildren(...tiles.values());
  }

  function makeTile(item) {
    const attributes = { type: "button", class: "tile", "data-id": item.id, "aria-label": spokenThumb(item), title: item.caption };
    return el("button", { ...attributes, click: () => press(item.id) }, ...thumbContent(data.base, item));
  }

  function press(id) {
    if (data.most === 1) return void ((chosen = [id]), paint(), settle());
    if (chosen.includes(id)) chosen = chosen.filter((other) => other !== id);
    else if (!isFull()) chosen = [...chosen, id];
    paint();
  }

  function settle() {
    entry.fire("settled", chosen);
  }

  function isFull() {
    return data.most != null && chosen.length >= data.most;
  }

  function paint() {
    for (const [id, tile] of tiles) {
      const place = chosen.indexOf(id);
      tile.setAttribute("aria-pressed", place >= 0);
      tile.setAttribute("aria-disabled", data.most !== 1 && place < 0 && isFull());
      tile.querySelector(".order")?.remove();
      if (place >= 0 && data.most !== 1) tile.append(el("span", { class: "order" }, String(place + 1)));
    }
    setText(use, chosen.length === 1 ? "Use 1 item" : `Use ${chosen.length || "no"} items`);
    use.disabled = !chosen.length && !data.chosen.length;
    const limit = data.most ? `Up to ${data.most}, used` : "They are used";
    setText(said, `${limit} in the order in which you press them.`);
  }

  return { update, destroy() {} };
}

export default (component) => mount(component, createPicker);
