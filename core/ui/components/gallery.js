// The gallery: a listbox of tiles in justified rows. What is selected goes to Python a moment after the
// last change, marked with the `clear` number it belongs to.

const GAP = 6;
const SEND_DELAY_MS = 250;
const LONG_PRESS_MS = 450;
const LONG_PRESS_PIXELS = 10;

// The last selection per gallery of this page, so that a gallery that was taken away and comes back shows
// what it had, and tells Python again.
const remembered = new Map();

function createGallery(root, entry) {
  const grid = el("div", { class: "rows", role: "listbox", "aria-multiselectable": "true", "aria-label": "Library" });
  const lightbox = createLightbox(root, { closed: (item) => focusTile(indexOf.get(item.id) ?? active) });
  const selection = createSelection(() => (paint(), sendSoon()));
  let data = null;
  let tiles = []; // elements, in order
  let items = [];
  let indexOf = new Map(); // id -> index
  let rows = [];
  let active = 0; // the one tile that Tab reaches
  let width = 0;
  let sending = 0;
  root.append(grid);

  function update(next) {
    const before = data;
    data = next;
    const list = JSON.stringify(next.tiles);
    if (list !== grid.dataset.list) rebuild(list);
    if (!before) restore();
    else if (before.clear !== next.clear) forget();
  }

  function rebuild(list) {
    const reusable = new Map(items.map((item, index) => [item.signature, tiles[index]]));
    const focused = tiles.includes(root.getRootNode().activeElement);
    items = data.tiles.map(toItem);
    tiles = items.map((item) => reusable.get(item.signature) ?? makeTile(item, data.base));
    indexOf = new Map(items.map((item, index) => [item.id, index]));
    grid.dataset.list = list;
    grid.replaceChildren(...tiles);
    selection.setIds(items.map((item) => item.id));
    activate(Math.min(active, items.length - 1));
    layout();
    if (focused) focusTile(active);
  }

  function layout() {
    width = usableWidth(root);
    if (width < 40) return;
    rows = justify(items.map((item) => item.width / item.height), width, width < 560 ? 120 : 200, GAP);
    applyRows(tiles, rows);
  }

  function paint() {
    grid.classList.toggle("selecting", selection.size > 0);
    tiles.forEach((tile, index) => {
      const on = selection.has(items[index].id);
      if (tile.getAttribute("aria-selected") !== String(on)) tile.setAttribute("aria-selected", on);
    });
  }

  function restore() {
    const last = remembered.get(data.key);
    if (last?.clear === data.clear && last.ids.length) selection.set(last.ids);
  }

  // Python asked for an empty selection and knows that it is empty: nothing needs to be sent.
  function forget() {
    selection.clear();
    clearTimeout(sending);
    sending = 0;
    remembered.delete(data.key);
  }

  function sendSoon() {
    clearTimeout(sending);
    sending = setTimeout(send, SEND_DELAY_MS);
  }

  function send() {
    clearTimeout(sending);
    sending = 0;
    const value = { clear: data.clear, ids: selection.list() };
    remembered.set(data.key, value);
    entry.component.setStateValue("selected", value);
  }

  function activate(index) {
    tiles[active]?.setAttribute("tabindex", "-1");
    active = Math.max(0, index);
    tiles[active]?.setAttribute("tabindex", "0");
  }

  function focusTile(index) {
    activate(index);
    tiles[active]?.focus();
  }

  function open(index) {
    activate(index);
    const fire = (name, value) => {
      if (sending) send();
      entry.fire(name, value);
    };
    lightbox.open(data.base, items, index, [{ label: "Open details", run: (item) => fire("opened", item.id) }]);
  }

  const board = {
    grid, selection, open, activate, focusTile,
    count: () => tiles.length,
    active: () => active,
    indexAt: (event) => tiles.indexOf(event.target.closest(".tile")),
    above: (index, step) => neighbourRow(rows, index, step),
  };
  grid.addEventListener("focusin", (event) => activate(board.indexAt(event)));
  listenToPointer(board);
  listenToKeys(board);
  const observer = new ResizeObserver(() => usableWidth(root) !== width && layout());
  observer.observe(root);

  function destroy() {
    observer.disconnect();
    clearTimeout(sending);
    lightbox.close();
  }
  return { update, destroy };
}

function toItem(row) {
  const [id, kind, width, height, caption, duration] = row;
  return { id, kind, width: width || 3, height: height || 2, caption, duration, signature: JSON.stringify(row) };
}

function makeTile(item, base) {
  const spoken = item.kind === "video" ? `Video: ${item.caption}` : item.caption;
  const tile = el(
    "div",
    { class: "tile", role: "option", tabindex: "-1", "aria-selected": "false", "aria-label": spoken, "data-id": item.id },
    thumbnail(base, item, item.caption),
    el("span", { class: "caption", "aria-hidden": "true" }, item.caption),
    item.kind === "video" ? durationBadge(item.duration) : null,
    el("span", { class: "check", "aria-hidden": "true" }, icon("check")),
  );
  if (item.kind === "video") {
    const preview = videoPreview(tile, mediaUrl(base, item, "data"));
    tile.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && preview.soon());
    tile.addEventListener("pointerleave", preview.stop);
  }
  return tile;
}

// The tile of the next row up or down whose middle is nearest; null beyond the ends.
function neighbourRow(rows, index, step) {
  const at = rows.findIndex((row) => index < row.start + row.widths.length);
  const target = rows[at + step];
  if (!target) return null;
  const middles = (row) => {
    let left = 0;
    return row.widths.map((width) => ((left += width + GAP), left - GAP - width / 2));
  };
  const here = middles(rows[at])[index - rows[at].start];
  const away = middles(target).map((middle) => Math.abs(middle - here));
  return target.start + away.indexOf(Math.min(...away));
}

// Mouse: picture opens, checkmark or Ctrl toggles, Shift selects a range.
// Finger: a long press starts selecting, then taps toggle.
function listenToPointer({ grid, selection, open, activate, indexAt }) {
  let press = null;
  let swallowClick = false;
  let touch = false;

  const endPress = () => {
    clearTimeout(press?.timer);
    press = null;
  };
  grid.addEventListener("pointerdown", (event) => {
    endPress();
    touch = event.pointerType === "touch";
    swallowClick = false;
    const index = indexAt(event);
    if (!touch || index < 0) return;
    const timer = setTimeout(() => {
      swallowClick = true;
      navigator.vibrate?.(10);
      selection.toggle(index);
    }, LONG_PRESS_MS);
    press = { timer, x: event.clientX, y: event.clientY };
  });
  grid.addEventListener("pointermove", (event) => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > LONG_PRESS_PIXELS) endPress();
  });
  for (const name of ["pointerup", "pointercancel"]) grid.addEventListener(name, endPress);
  grid.addEventListener("contextmenu", (event) => touch && event.preventDefault());
  grid.addEventListener("click", (event) => {
    const index = indexAt(event);
    if (index < 0 || swallowClick) return void (swallowClick = false);
    activate(index);
    const toggles = event.target.closest(".check") || event.ctrlKey || event.metaKey || (touch && selection.size);
    if (event.shiftKey) selection.extendTo(index);
    else if (toggles) selection.toggle(index);
    else open(index);
  });
}

function listenToKeys({ grid, selection, open, focusTile, count, active, above }) {
  const moves = {
    ArrowLeft: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    ArrowUp: (index) => above(index, -1) ?? index,
    ArrowDown: (index) => above(index, 1) ?? index,
    Home: () => 0,
    End: () => count() - 1,
  };
  const move = (event) => {
    const from = active();
    const to = Math.min(count() - 1, Math.max(0, moves[event.key](from)));
    if (event.shiftKey) selection.extendTo(to);
    else selection.anchorAt(to);
    focusTile(to);
  };
  const keys = { " ": () => selection.toggle(active()), Enter: () => open(active()) };
  const handler = (event) => {
    if (event.key in moves) return move;
    if (event.key === "Escape") return selection.size ? () => selection.clear() : null;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") return () => selection.all();
    return keys[event.key];
  };
  grid.addEventListener("keydown", (event) => {
    const run = handler(event);
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run(event);
  });
}

export default (component) => mount(component, createGallery);
