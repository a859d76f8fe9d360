// Zoom and pan that several panes of one size share: wheel, drag, two fingers, double click. Places are fractions of a
// pane, from its middle.

const MOST_ZOOM = 16;
const ZOOM_STEP = 1.25;
const PAN_STEP = 0.08;
const CRISP = 5; // from here on single pixels are to be seen

function createZoom({ changed }) {
  let scale = 1;
  let [x, y] = [0, 0];
  const panes = [];
  const pointers = new Map();
  let pinch = null;

  function apply() {
    const most = (scale - 1) / 2;
    [x, y] = [x, y].map((each) => Math.min(most, Math.max(-most, each)));
    for (const { pane, content } of panes) {
      content.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
      content.style.imageRendering = scale >= CRISP ? "pixelated" : "";
      pane.classList.toggle("zoomed", scale > 1);
    }
    changed(scale);
  }

  // `at` stays where it is.
  function zoomTo(next, at = { x: 0, y: 0 }) {
    const wanted = Math.min(MOST_ZOOM, Math.max(1, next));
    x = at.x - ((at.x - x) / scale) * wanted;
    y = at.y - ((at.y - y) / scale) * wanted;
    scale = wanted;
    apply();
  }

  function pan(byX, byY) {
    x += byX;
    y += byY;
    apply();
  }

  function reset() {
    [scale, x, y] = [1, 0, 0];
    apply();
  }

  function place(event, pane) {
    const box = pane.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width - 0.5, y: (event.clientY - box.top) / box.height - 0.5 };
  }

  function add(pane, content) {
    panes.push({ pane, content });
    pane.addEventListener("wheel", (event) => wheel(event, pane), { passive: false });
    pane.addEventListener("dblclick", reset);
    pane.addEventListener("pointerdown", (event) => down(event, pane));
    pane.addEventListener("pointermove", (event) => move(event, pane));
    for (const name of ["pointerup", "pointercancel"]) pane.addEventListener(name, up);
  }

  // Where nothing more can be zoomed out, the wheel is the page's.
  function wheel(event, pane) {
    if (scale === 1 && event.deltaY > 0) return;
    event.preventDefault();
    const lines = event.deltaMode ? event.deltaY * 16 : event.deltaY;
    zoomTo(scale * Math.exp(-Math.max(-200, Math.min(200, lines)) / 300), place(event, pane));
  }

  function down(event, pane) {
    if (event.button) return;
    pointers.set(event.pointerId, place(event, pane));
    if (scale > 1 || pointers.size > 1) pane.setPointerCapture(event.pointerId);
    pinch = pointers.size === 2 ? { ...pinchOf(), scale } : null;
  }

  function pinchOf() {
    const [one, other] = [...pointers.values()];
    return { span: Math.hypot(one.x - other.x, one.y - other.y), middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 } };
  }

  function move(event, pane) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event, pane);
    pointers.set(event.pointerId, now);
    if (pinch && pointers.size === 2) {
      const { span, middle } = pinchOf();
      zoomTo((pinch.scale * span) / Math.max(0.01, pinch.span), middle);
    } else if (scale > 1) pan(now.x - before.x, now.y - before.y);
  }

  function up(event) {
    pointers.delete(event.pointerId);
    pinch = null;
  }

  return {
    add, pan, reset, apply,
    get scale() {
      return scale;
    },
    by: (factor) => zoomTo(scale * factor),
    clear: () => panes.splice(0),
  };
}
