// Keeps what is being typed into the field `label` in this browser, and hands it back to a session that has nothing.
// The script sends a form's text only when it is submitted, so a reload would lose it.

const DRAFT = "onefile-studio:draft";

function createDraft(_root, entry) {
  let label = null;

  function keep({ target }) {
    if (target.matches?.("textarea") && target.getAttribute("aria-label") === label) {
      localStorage.setItem(DRAFT, target.value);
    }
  }

  document.addEventListener("input", keep);
  return {
    update(data) {
      label = data.label;
      const draft = localStorage.getItem(DRAFT);
      if (data.empty && draft) entry.fire("restored", draft);
    },
    destroy: () => document.removeEventListener("input", keep),
  };
}

export default (component) => mount(component, createDraft);
