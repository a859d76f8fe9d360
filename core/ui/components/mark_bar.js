// The marks of an item and the keys of its page. A wish shows at once; what Python answers counts.

const HIGHEST = 5;
const REPEAT_MS = 2000;
const KEY_WORDS = [
  ["F", "Favourite, or no longer"],
  ["1 - 5", "Rate; the same once more takes the rating away"],
  ["T", "Add a tag"],
  ["N", "Write the note"],
  ["Delete", "Move to the trash"],
  ["Z", "Undo what was done last"],
  ["← →", "The item before, the next one"],
  [", .", "One frame back, one on (videos)"],
  ["Space", "Play, pause (videos and sounds)"],
  ["?", "These keys"],
];

function createMarkBar(root, entry) {
  const heart = iconButton("heart", "mark favourite", () => favour(!data.favourite));
  const stars = el("span", { class: "stars", role: "radiogroup", "aria-label": "Rating" });
  const starButtons = [1, 2, 3, 4, 5].map(star);
  const trash = iconButton("trash", "mark", () => ask(data.trashed ? "restore" : "discard"));
  const keys = iconButton("keys", "mark keys-button", showKeys);
  const tagInput = createTagInput({ add: (name) => ask("tag", name), remove: (name) => ask("untag", name) });
  const note = el("textarea", { class: "note", rows: 1, maxlength: 10000, placeholder: "Write a note", "aria-label": "Note" });
  const said = el("span", { class: "said", role: "status" });
  const undo = el("button", { type: "button", class: "undo", hidden: true, click: () => ask("undo") }, "Undo");
  const card = keyCard();
  let data = { item: null, tags: [], note: "" };
  let pending = [];
  let number = 0;
  let timer = 0;

  stars.append(...starButtons);
  root.append(
    el("div", { class: "marks", role: "group", "aria-label": "Marks" }, heart, stars, el("div", { class: "done" }, said, undo), trash, keys),
    tagInput.element,
    note,
    card,
  );
  keys.setAttribute("aria-label", "Keys of this page");
  keys.title = "Keys of this page (?)";

  const forget = onPageKeys({
    f: () => favour(!data.favourite),
    t: () => tagInput.focus(),
    n: () => note.focus(),
    z: () => data.undoable && ask("undo"),
    Delete: () => !data.trashed && ask("discard"),
    ArrowLeft: () => ask("step", -1),
    ArrowRight: () => ask("step", 1),
    "?": showKeys,
    ...Object.fromEntries([1, 2, 3, 4, 5].map((rating) => [String(rating), () => rate(rating)])),
  });

  // Wishes are numbered and sent again until Python has heard them: of two that meet in one run the last would win.
  function ask(what, value = null) {
    number = Math.max(number + 1, Date.now(), (data.heard ?? 0) + 1);
    pending.push([number, what, data.item, value]);
    send();
  }

  function send() {
    clearTimeout(timer);
    if (!pending.length || !root.isConnected) return;
    entry.component.setTriggerValue("wished", pending);
    timer = setTimeout(send, REPEAT_MS);
  }

  function favour(on) {
    data = { ...data, favourite: on };
    paint();
    ask("favour", on);
  }

  function rate(rating) {
    const wanted = rating === data.rating ? 0 : rating;
    data = { ...data, rating: wanted };
    paint();
    ask("rate", wanted);
  }

  function star(rating) {
    const words = rating === 1 ? "1 star" : `${rating} stars`;
    const button = el("button", { type: "button", class: "star", role: "radio", "aria-label": words, title: `${words} (${rating})`, click: () => rate(rating) }, icon("star"));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      starButtons[(rating - 1 + step + HIGHEST) % HIGHEST].focus();
    });
    return button;
  }

  // Kept when it is left, or with Ctrl+Enter; Escape takes back what was typed.
  function keepNote() {
    if (note.value.trim() === data.note) return;
    data = { ...data, note: note.value.trim() };
    ask("note", note.value);
  }

  function grow() {
    note.style.height = "auto";
    note.style.height = `${Math.min(240, note.scrollHeight + 2)}px`;
  }

  note.addEventListener("blur", keepNote);
  note.addEventListener("input", grow);
  note.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") note.value = data.note;
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) note.blur();
  });

  function showKeys() {
    card.showModal();
  }

  function keyCard() {
    const rows = KEY_WORDS.flatMap(([key, words]) => [el("dt", {}, ...key.split(" ").map((each) => (each === "-" ? " - " : el("kbd", {}, each)))), el("dd", {}, words)]);
    const close = el("button", { type: "button", class: "button", click: () => dialog.close() }, "Close");
    const dialog = el("dialog", { class: "key-card", "aria-label": "Keys of this page" }, el("h2", {}, "Keys of this page"), el("dl", {}, ...rows), close);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    return dialog;
  }

  function paint() {
    const on = Boolean(data.favourite);
    heart.setAttribute("aria-pressed", on);
    heart.setAttribute("aria-label", "Favourite");
    heart.title = on ? "No favourite any more (F)" : "Make it a favourite (F)";
    starButtons.forEach((button, index) => {
      button.classList.toggle("on", index < data.rating);
      button.setAttribute("aria-checked", index + 1 === data.rating);
      button.tabIndex = index + 1 === (data.rating || 1) ? 0 : -1;
    });
    const words = data.trashed ? "Restore from the trash" : "Move to the trash";
    if (trash.title !== words) {
      trash.replaceChildren(icon(data.trashed ? "restore" : "trash"));
      trash.setAttribute("aria-label", words);
      trash.title = words;
    }
    setText(said, data.said ?? "");
    undo.hidden = !(data.undoable && data.said);
  }

  function update(next) {
    pending = pending.filter(([each]) => each > next.heard);
    if (!pending.length) clearTimeout(timer);
    const other = next.item !== data.item;
    if (other && data.item !== null) keepNote();
    if (!other && pending.length) return; // what was asked for is shown until all of it was heard
    data = next;
    tagInput.set(data.tags, data.known);
    if (other || !note.matches(":focus")) note.value = data.note;
    grow();
    paint();
  }

  return { update, destroy: forget };
}

function iconButton(name, classes, click) {
  return el("button", { type: "button", class: classes, click }, icon(name));
}

export default (component) => mount(component, createMarkBar);
