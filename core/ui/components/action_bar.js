// What can be done with the selection; in sight as long as there is one.

function createActionBar(run) {
  const number = el("span", { class: "act-number", role: "status" });
  const all = el("button", { class: "act act-all", type: "button", click: () => run("everything") });
  const buttons = new Map();
  const bar = el("div", { class: "act-bar", role: "toolbar", "aria-label": "With the selection", hidden: true });

  function button(name, look, words, key) {
    const title = key ? `${words} (${key})` : words;
    const made = el("button", { class: `act act-${name}`, type: "button", title, "aria-label": words, click: () => run(name) }, icon(look), el("span", { class: "act-words" }, words));
    buttons.set(name, made);
    return made;
  }

  function rating() {
    const group = el("span", { class: "act-rating", role: "group", "aria-label": "Rating" });
    for (let place = 1; place <= HIGHEST; place++) {
      const press = () => run("rate", place);
      group.append(el("button", { class: "act act-rate", type: "button", title: `Rate ${place} (${place})`, "aria-label": `Rate ${place}`, click: press }, String(place)));
    }
    return group;
  }

  const clear = () => button("clear", "close", "Clear", "Esc");
  const keys = () => el("button", { class: "act", type: "button", title: "Keys (?)", "aria-label": "Keys", click: () => run("help") }, icon("question"));
  const inTrash = () => [number, button("restore", "undo", "Restore", "R"), button("delete", "trash", "Delete for ever", "Delete"), clear(), keys()];
  const inLibrary = () => [
    number, all, button("favour", "star", "Favourite", "F"), rating(), button("tags", "tag", "Tags", "T"),
    button("compare", "compare", "Compare", "C"), button("vary", "dice", "Vary", "V"),
    button("export", "download", "Export", "E"),
    button("discard", "trash", "Trash", "Delete"), clear(), keys(),
  ];

  let trash = null;

  function update({ selected, everything, total, trash: isTrash, favourites }) {
    if (trash !== isTrash) {
      trash = isTrash;
      buttons.clear();
      bar.replaceChildren(...(isTrash ? inTrash() : inLibrary()));
    }
    bar.hidden = !selected;
    setText(number, everything ? `All ${total.toLocaleString("en")} selected` : `${selected} selected`);
    all.hidden = everything || !total;
    setText(all, `Select all ${total.toLocaleString("en")}`);
    if (trash) return;
    buttons.get("favour").setAttribute("aria-pressed", favourites);
    buttons.get("compare").disabled = everything || selected < 2 || selected > 4;
    for (const name of ["tags", "vary"]) buttons.get(name).disabled = everything;
  }

  return { bar, update };
}
