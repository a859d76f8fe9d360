// Small dialogs over the page. The focus goes back to where it was.

function createCard(root, name, { closed } = {}) {
  const heading = el("h2");
  const body = el("div", { class: "card-body" });
  const close = el("button", { class: "card-close", type: "button", "aria-label": "Close", title: "Close (Esc)" }, icon("close"));
  const dialog = el("dialog", { class: `card ${name}`, "aria-label": name }, el("header", {}, heading, close), body);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => closed?.());

  return {
    body,
    get isOpen() {
      return dialog.open;
    },
    open(title, ...content) {
      heading.textContent = title;
      dialog.setAttribute("aria-label", title);
      body.replaceChildren(...content.filter(Boolean));
      // The top layer holds dialogs in the order of opening; one inside another that is open can be reached.
      (root.querySelector("dialog.lightbox[open]") ?? root).append(dialog);
      if (!dialog.open) dialog.showModal();
    },
    close: () => dialog.open && dialog.close(),
  };
}

const KEYS_HELP = [
  ["Arrows, Home, End", "go to another item"],
  ["Enter", "open the item in the viewer"],
  ["Space", "select or unselect"],
  ["Shift + arrows", "select several in a row"],
  ["Ctrl + A", "select the whole page"],
  ["Esc", "select nothing"],
  ["F", "favourite, or no longer"],
  ["1 to 5", "rate"],
  ["0", "no rating"],
  ["T", "tags"],
  ["C", "compare 2 to 4 selected items"],
  ["V", "vary: run the recipe with a new seed"],
  ["E", "export: take it elsewhere"],
  ["Delete", "move to the trash"],
  ["Ctrl + Z", "undo the last action"],
  ["/", "go to the search box"],
  ["?", "this card"],
];
const TRASH_HELP = { Delete: "delete for ever, after a question", C: null, V: null, T: null, E: null };

function helpList(trash) {
  const rows = KEYS_HELP.map(([keys, words]) => [keys, trash && keys in TRASH_HELP ? TRASH_HELP[keys] : words]);
  if (trash) rows.splice(-3, 0, ["R", "restore"]);
  const list = el("dl", { class: "keys" });
  for (const [keys, words] of rows) if (words) list.append(el("dt", {}, el("kbd", {}, keys)), el("dd", {}, words));
  const note = el("p", { class: "card-note" }, "Keys for marks work on what is selected, else on the item in focus; in the viewer on the item shown.");
  return [list, note];
}
