// Buttons that must not be hit by a press meant for something else.

const SETTLE_MS = 700;
const SURE_MS = 6000;

// A button whose meaning changes with the job. A press meant for the old meaning must not hit the new one
// (Cancel turning into Run again), so it stays deaf for a moment after each change and each press.
function guardedButton(classes, ask) {
  let [shown, name, value, deafUntil] = [null, null, null, 0];
  const button = el("button", { class: classes, type: "button" });
  button.addEventListener("click", () => {
    if (!name || performance.now() < deafUntil) return;
    deafUntil = performance.now() + SETTLE_MS;
    ask(name, value);
  });
  const set = (label, nextName, nextValue, disabled = false) => {
    if (shown !== null && shown !== label) deafUntil = performance.now() + SETTLE_MS;
    [shown, name, value] = [label, nextName, nextValue];
    setText(button, label);
    button.setAttribute("aria-disabled", disabled);
  };
  return { button, set };
}

// A button that asks for a second press. A double click is one press, and after a while the first is forgotten. It
// keeps its size, so that no other button comes under the pointer.
function confirmedButton(label, sure, run) {
  let armedAt = null;
  let timer = 0;
  const button = el("button", { class: "button small", type: "button", "aria-live": "polite" }, label);
  const arm = (on) => {
    clearTimeout(timer);
    button.style.width = on ? `${button.offsetWidth}px` : "";
    armedAt = on ? performance.now() : null;
    button.classList.toggle("sure", on);
    setText(button, on ? sure : label);
    if (on) timer = setTimeout(() => arm(false), SURE_MS);
  };
  button.addEventListener("click", () => {
    if (armedAt === null) return arm(true);
    if (performance.now() - armedAt < SETTLE_MS) return;
    arm(false);
    run();
  });
  button.addEventListener("blur", () => arm(false));
  return button;
}
