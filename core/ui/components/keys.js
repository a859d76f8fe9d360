// Keys of a whole page, left alone while somebody types, chooses or plays.

const TYPING = "input, textarea, select, [contenteditable], [role=textbox], [role=combobox], [role=dialog], dialog";
const PRESSED = "button, a, summary";
const MOVING = "video, audio, [role=slider], [role=radio], [role=tab], [role=listbox], [role=option], [data-arrows]";

// `actions` map keys to functions, which return false for what they leave to the page; returns what ends it.
function onPageKeys(actions) {
  function heard(event) {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const path = event.composedPath().filter((node) => node instanceof Element);
    if (path.some((node) => node.matches(TYPING)) || document.querySelector("[role=dialog]")) return;
    if (event.key === " " && path.some((node) => node.matches(PRESSED))) return;
    if (event.key.startsWith("Arrow") && path.some((node) => node.matches(MOVING))) return;
    if (action(event) !== false) event.preventDefault();
  }

  document.addEventListener("keydown", heard);
  return () => document.removeEventListener("keydown", heard);
}
