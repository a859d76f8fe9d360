// Keeps what is being typed into the field `label` in this browser, and hands it back to a session that has nothing.
// The script sends a form's text only when it is submitted, so a reload would lose it.

const DRAFT = "onefile-studio:draft";

function createDraft(_root, entry) {
  let label = null;

  function keep() {
    const field = [...document.querySelectorAll("textarea")].find((area) => area.getAttribute("aria-label") === label);
    if (field && (field.value || field === document.activeElement)) localStorage.setItem(DRAFT, field.value);
  }

  document.addEventListener("input", keep);
  addEventListener("pagehide", keep);
  return {
    update(data) {
      label = data.label;
      keep(); // what was typed before this component was there
      const draft = localStorage.getItem(DRAFT);
      if (data.empty && draft) entry.fire("restored", draft);
    },
    destroy() {
      document.removeEventListener("input", keep);
      removeEventListener("pagehide", keep);
    },
  };
}

export default (component) => mount(component, createDraft);
