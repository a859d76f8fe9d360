// Says what was done, with Undo, for a while: over the page, or over the dialog that is open.

const NOTICE_MS = 9000;

function createNotice(root, undo) {
  const words = el("span", { class: "notice-words" });
  const button = el("button", { class: "notice-undo", type: "button", click: undo }, "Undo");
  const close = el("button", { class: "notice-close", type: "button", "aria-label": "Close this message", click: hide }, icon("close"));
  const line = el("div", { class: "notice", hidden: true }, words, button, close);
  const spoken = el("p", { class: "unseen", role: "status" });
  let timer = 0;
  root.append(spoken, line);

  function hide() {
    clearTimeout(timer);
    const focused = line.contains(root.getRootNode().activeElement);
    line.hidden = true;
    if (focused) root.querySelector('.tile[tabindex="0"]')?.focus();
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(hide, NOTICE_MS);
  }

  function show(sentence, canUndo) {
    const dialogs = root.querySelectorAll("dialog[open]");
    (dialogs[dialogs.length - 1] ?? root).append(spoken, line);
    setText(words, sentence);
    setText(spoken, sentence);
    button.hidden = !canUndo;
    line.hidden = false;
    wait();
  }

  // A dialog that closes takes what is in it along.
  root.addEventListener("close", () => root.append(spoken, line), true);
  line.addEventListener("pointerenter", () => clearTimeout(timer));
  line.addEventListener("pointerleave", wait);
  line.addEventListener("focusin", () => clearTimeout(timer));
  line.addEventListener("focusout", wait);
  return { show, hide, destroy: () => clearTimeout(timer) };
}
