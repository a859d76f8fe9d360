// The gallery: a listbox of tiles in justified rows, with what is selected, the viewer, and the small dialogs. What a
// person asks for goes out as wishes; what Python answers corrects what was shown meanwhile.

const GAP = 6;
const PLACE = "onefile-studio:place"; // the item whose page was opened last, and from which address

// The last selection per gallery of this page, so that a gallery that was taken away and comes back shows what it had.
const remembered = new Map();

function createGallery(root, entry) {
  const wishes = createWishes(entry);
  const marks = createMarks(wishes);
  const grid = el("div", { class: "rows", role: "listbox", "aria-multiselectable": "true", "aria-label": "Library" });
  // Unless a key has led elsewhere already: a dialog tells of its end a little later.
  const backToTile = () =>
    grid.isConnected && !root.querySelector("dialog.lightbox[open]") && !isWriting(document.activeElement) && focusTile(active);
  const help = createCard(root, "help", { closed: backToTile });
  const runCard = createCard(root, "run-card", { closed: backToTile });
  const tagCard = createTagCard(root, wishes, { closed: backToTile });
  const notice = createNotice(root, () => wishes.make("undo", []));
  const lightbox = createLightbox(root, { closed: (item) => focusTile(indexOf.get(item.id) ?? active), marks: viewerMarks() });
  const selection = createSelection(() => ((everything = false), paint()));
  const actions = createActionBar(act);
  let data = null;
  let tiles = []; // elements, in order
  let items = [];
  let indexOf = new Map(); // id -> index
  let rows = [];
  let active = 0; // the one tile that Tab reaches
  let width = 0;
  let everything = false; // all that match are meant, also those on other pages
  let told = null; // the number of the last notice
  root.append(grid, actions.bar);

  function update(next) {
    const before = data;
    data = next;
    wishes.update(next);
    marks.update(next.tiles.map(([id]) => id), next.marks);
    draw();
    paint();
    if (!before) begin();
    tagCard.update(next.tags);
    if (before && next.said && next.said[0] !== told) notice.show(next.said[1], next.said[2]);
    told = next.said?.[0] ?? null;
  }

  // Made anew only where the list is another; a tile that stays keeps its picture.
  function draw() {
    const shown = data.tiles.filter(([id]) => !marks.isGone(id));
    const list = JSON.stringify([shown, data.trash]);
    if (list === grid.dataset.list) return;
    const reusable = new Map(items.map((item, index) => [item.signature, tiles[index]]));
    const focused = tiles.includes(root.getRootNode().activeElement);
    const kept = items[active]?.id;
    items = shown.map(toItem);
    tiles = items.map((item) => reusable.get(item.signature) ?? makeTile(item, data.base));
    indexOf = new Map(items.map((item, index) => [item.id, index]));
    grid.dataset.list = list;
    grid.hidden = !items.length;
    grid.replaceChildren(...tiles);
    selection.setIds(items.map((item) => item.id));
    activate(Math.min(indexOf.get(kept) ?? active, items.length - 1));
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
    if (!data) return;
    grid.classList.toggle("selecting", selection.size > 0);
    tiles.forEach((tile, index) => {
      const on = selection.has(items[index].id);
      if (tile.getAttribute("aria-selected") !== String(on)) tile.setAttribute("aria-selected", on);
      paintMarks(tile, items[index], marks.of(items[index].id));
    });
    const ids = selected();
    remembered.set(data.key, ids);
    const whole = ids.length > 0 && ids.length === items.filter((item) => item.id > 0).length;
    actions.update({
      selected: ids.length, everything, trash: data.trash,
      total: whole && !data.trash ? data.more : 0, favourites: ids.length > 0 && ids.every((id) => marks.of(id).favourite),
    });
    lightbox.paintMarks();
  }

  // The first time: the selection of before, and the place that one comes back to.
  function begin() {
    const last = remembered.get(data.key) ?? [];
    if (last.length) selection.set(last);
    const place = readPlace();
    const id = data.at ?? (place?.address === address() ? place.id : null);
    sessionStorage.removeItem(PLACE);
    if (!indexOf.has(id)) return;
    focusTile(indexOf.get(id));
    tiles[active].scrollIntoView({ block: "center" });
  }

  function selected() {
    return selection.list().filter((id) => id > 0);
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
    const item = items[index];
    if (item.kind === "run") return openRun(runCard, item, onRun);
    const shown = items.filter((each) => each.kind !== "run");
    lightbox.open(data.base, shown, shown.indexOf(item), [{ label: "Open details", run: openPage }]);
  }

  function openPage(item) {
    sessionStorage.setItem(PLACE, JSON.stringify({ address: address(), id: item.id }));
    wishes.make("open", [item.id]);
  }

  function onRun(name, item) {
    wishes.make(name, [], -item.id);
  }

  // On the selection, else on the item in focus.
  function act(name, value) {
    if (name === "clear") return selection.clear();
    if (name === "everything") return void ((everything = true), paint());
    if (name === "help") return showHelp();
    if (name === "again" || name === "reuse") return onRun(name, items[value]);
    const chosen = selected();
    const ids = chosen.length ? chosen : items[active]?.id > 0 ? [items[active].id] : [];
    if (ids.length) actOn(everything ? null : ids, name, value);
  }

  // `ids` null: all that match, also those on other pages.
  function actOn(ids, name, value) {
    if (name === "tags") return ids && tagCard.open(ids);
    if (name === "compare") return ids?.length > 1 && ids.length <= 4 ? wishes.make("compare", ids) : notice.show("Select 2 to 4 items to compare.", false);
    if (name === "vary" || name === "delete") return ids && wishes.make(name, ids);
    if (name === "export") return wishes.make(name, ids);
    if (!ids) wishes.make(name, null, name === "favour" ? true : value ?? null);
    else if (name === "rate") marks.rate(ids, value);
    else marks[name](ids);
    draw();
    paint();
  }

  function press(event, ids = null) {
    const wanted = actOf(event, data.trash);
    if (!wanted) return false;
    if (ids) actOn(ids, ...wanted);
    else act(...wanted);
    return true;
  }

  // What the viewer needs to show and change marks.
  function viewerMarks() {
    return {
      of: (id) => marks.of(id),
      isGone: (id) => marks.isGone(id),
      editable: () => !data.trash,
      favour: (id) => actOn([id], "favour"),
      rate: (id, rating) => actOn([id], "rate", rating),
      press(event, item) {
        const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
        if (isUndo) wishes.make("undo", []);
        else if (event.key === "?") showHelp();
        else if (data.trash && event.key === "Delete") lightbox.close(() => wishes.make("delete", [item.id]));
        else if (!data.trash && actOf(event, false)?.[0] === "export") lightbox.close(() => wishes.make("export", [item.id]));
        else return press(event, [item.id]);
        return true;
      },
    };
  }

  function showHelp() {
    help.open("Keys", ...helpList(data.trash));
  }

  const board = {
    grid, selection, open, activate, focusTile, act, press,
    count: () => tiles.length,
    active: () => active,
    indexAt: (event) => tiles.indexOf(event.target.closest(".tile")),
    above: (index, step) => neighbourRow(rows, index, step),
  };
  grid.addEventListener("focusin", (event) => activate(board.indexAt(event)));
  listenToPointer(board);
  listenToKeys(board);
  const ignoreKeys = listenToPage({
    root,
    press: (event) => selection.size > 0 && (event.key === "Escape" ? (selection.clear(), true) : press(event)),
    undo: () => wishes.make("undo", []),
    help: showHelp,
  });
  const observer = new ResizeObserver(() => usableWidth(root) !== width && layout());
  observer.observe(root);

  function destroy() {
    ignoreKeys();
    observer.disconnect();
    notice.destroy();
    lightbox.close();
  }
  return { update, destroy };
}

function address() {
  return location.pathname + location.search;
}

function readPlace() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    return null;
  }
}

export default (component) => mount(component, createGallery);
