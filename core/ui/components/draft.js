// Keeps what is being typed into the field `label` in this browser, and hands it back to a page that shows less.
// A text reaches the script only when it is sent, so a reload or a change of page would lose it.

const DRAFT = "onefile-studio:draft";
let takenOver = 0; // the last recipe whose words replaced what was typed

function createDraft(_root, entry) {
  let label = null;
  let shown = null;

  function field() {
    return [...document.querySelectorAll("textarea")].find((area) => area.getAttribute("aria-label") === label);
  }

  function keep() {
    const area = field();
    if (area && area.value !== shown) localStorage.setItem(DRAFT, (shown = area.value));
  }

  document.addEventListener("input", keep);
  addEventListener("pagehide", keep);
  return {
    update(data) {
      const first = label === null;
      label = data.label;
      if (data.taken !== takenOver) {
        takenOver = data.taken;
        localStorage.setItem(DRAFT, data.text);
      }
      if (!first) return;
      shown = data.text;
      keep(); // what was typed before this component was there
      const draft = localStorage.getItem(DRAFT);
      if (draft && draft !== data.text && draft !== field()?.value) entry.fire("restored", draft);
    },
    destroy() {
      document.removeEventListener("input", keep);
      removeEventListener("pagehide", keep);
    },
  };
}

export default (component) => mount(component, createDraft);
