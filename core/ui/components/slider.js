// The line between two things that lie upon each other: dragged, or moved by the arrow keys.

function createSlider(stage) {
  let cut = 50;
  const handle = el(
    "div",
    { class: "cut", role: "slider", tabindex: "0", "aria-label": "Where the first ends and the second begins", "aria-valuemin": 0, "aria-valuemax": 100 },
    el("span", { class: "knob", "aria-hidden": "true" }, icon("left"), icon("right")),
  );

  function set(percent) {
    cut = Math.min(100, Math.max(0, percent));
    stage.style.setProperty("--cut", `${cut}%`);
    handle.setAttribute("aria-valuenow", Math.round(cut));
  }

  handle.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    handle.setPointerCapture(event.pointerId);
    handle.focus({ focusVisible: false });
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = stage.getBoundingClientRect();
    set((100 * (event.clientX - box.left)) / box.width);
  });
  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 2;
    const wanted = { ArrowLeft: cut - step, ArrowRight: cut + step, ArrowDown: cut - step, ArrowUp: cut + step, Home: 0, End: 100 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    set(wanted);
  });
  set(cut);
  return { handle, set };
}
