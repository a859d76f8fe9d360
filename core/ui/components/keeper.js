// Lets the server hear of settings soon after they are made. Their widgets start no run of the page, and a change of
// page takes nothing along that was set since the last run; this component's own small run takes all of it.

const SETTLE_MS = 300; // after the last change
const BUSY_MS = 100; // between two looks while the page is run
const PATIENCE_MS = 4000; // a link waits no longer than this for the server to hear

function createKeeper(_root, entry) {
  let waiting = 0;
  let sent = 0; // when we last asked for a run, and what the server has heard of that
  let heard = 0;
  let link = null; // pressed, and followed once all is heard: a run of this page after it would bring the page back
  let patience = 0;
  let changed = 0; // when a setting was made last, and when a run of the page began last
  let began = 0;
  const watch = watchRuns(() => (began = Date.now()));

  // A run that began after the change took it along. And it may lead to another page, which a run of this component's
  // would then empty.
  function send() {
    clearTimeout(waiting);
    waiting = 0;
    if (began >= changed) return;
    if (isPageRunning()) return void (waiting = setTimeout(send, BUSY_MS));
    sent = Date.now();
    entry.component.setStateValue("settled", sent);
  }

  function soon(event) {
    if (link || event.target.closest?.("a[href]") || (event.type === "keyup" && isTyping(event.target))) return;
    clearTimeout(waiting);
    changed = Date.now();
    waiting = setTimeout(send, SETTLE_MS);
  }

  function press(event) {
    const pressed = event.target.closest?.("a[href]");
    const elsewhere = pressed?.target || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!pressed || elsewhere) return;
    if (waiting) send();
    if (!waiting && heard >= sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    link = pressed;
    clearTimeout(patience);
    patience = setTimeout(follow, PATIENCE_MS);
  }

  function follow() {
    clearTimeout(patience);
    const pressed = link;
    link = null;
    heard = sent;
    pressed?.click();
  }

  const changes = ["focusout", "pointerup", "keyup"];
  for (const name of changes) document.addEventListener(name, soon);
  document.addEventListener("click", press, true);

  function update(data) {
    heard = Math.max(heard, data.heard);
    if (link && heard >= sent) setTimeout(follow, 0);
  }

  function destroy() {
    watch.disconnect();
    clearTimeout(waiting);
    clearTimeout(patience);
    for (const name of changes) document.removeEventListener(name, soon);
    document.removeEventListener("click", press, true);
  }
  return { update, destroy };
}

const APP = "[data-testid=stApp]";
const STATE = "data-test-script-state";

function isPageRunning() {
  return ["running", "rerunRequested"].includes(document.querySelector(APP)?.getAttribute(STATE));
}

// Calls `began` whenever Streamlit begins to run the page.
function watchRuns(began) {
  let running = isPageRunning();
  const watch = new MutationObserver(() => {
    const now = isPageRunning();
    if (now && !running) began();
    running = now;
  });
  const app = document.querySelector(APP);
  if (app) watch.observe(app, { attributes: true, attributeFilter: [STATE] });
  return watch;
}

function isTyping(element) {
  return element?.matches?.("input, textarea") ?? false;
}

export default (component) => mount(component, createKeeper);
