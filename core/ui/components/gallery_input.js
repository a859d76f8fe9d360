// How a person works the gallery: pointer, finger, keys; and the keys of the page around it.

const LONG_PRESS_MS = 450;
const LONG_PRESS_PIXELS = 10;

// Keys that act on items, by what they ask for.
function actOf(event, trash) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[0-5]$/.test(key)) return trash ? null : ["rate", Number(key)];
  const acts = trash
    ? { r: "restore", Delete: "delete", Backspace: "delete" }
    : { f: "favour", t: "tags", c: "compare", v: "vary", e: "export", Delete: "discard", Backspace: "discard" };
  return key in acts ? [acts[key]] : null;
}

// Mouse: picture opens, checkmark or Ctrl toggles, Shift selects a range.
// Finger: a long press starts selecting, then taps toggle.
function listenToPointer({ grid, selection, open, activate, indexAt, act }) {
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
    const wanted = event.target.closest(".do")?.dataset.do;
    const toggles = event.target.closest(".check") || event.ctrlKey || event.metaKey || (touch && selection.size);
    if (wanted) act(wanted, index);
    else if (event.shiftKey) selection.extendTo(index);
    else if (toggles) selection.toggle(index);
    else open(index);
  });
}

function listenToKeys({ grid, selection, open, focusTile, count, active, above, press }) {
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
    if (!run && !press(event)) return;
    event.preventDefault();
    event.stopPropagation();
    run?.(event);
  });
}

// Keys of the whole page, but not while somebody writes or a dialog is open. Returns what stops listening.
function listenToPage({ root, press, undo, help }) {
  const listen = (event) => {
    const target = event.composedPath()[0];
    // A dialog that has just closed may keep the focus until the browser draws again.
    if (isWriting(target) || target.closest?.("dialog[open], [role=dialog]")) return;
    const inGrid = event.composedPath().includes(root) && target.closest?.(".rows");
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (isUndo) undo();
    else if (event.key === "/" && !event.ctrlKey && !event.metaKey) focusSearch();
    else if (event.key === "?") help();
    else if (inGrid || !press(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", listen, true);
  return () => document.removeEventListener("keydown", listen, true);
}

function isWriting(element) {
  if (element.matches?.("textarea, select, [contenteditable=true]")) return true;
  return Boolean(element.matches?.("input")) && !["checkbox", "radio", "button", "range"].includes(element.type);
}

function focusSearch() {
  const field = [...document.querySelectorAll("input")].find((input) => input.getAttribute("aria-label") === "Search");
  field?.focus();
  field?.select();
}
