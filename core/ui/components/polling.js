// Asks the server again and again, politely: one request at a time, none while the page is hidden, slower
// after failures, never after the component has gone.

const SLOWEST_MS = 5000;
const TIMEOUT_MS = 10000;

// `url()` says what to ask (null: nothing), `period()` how long to wait after an answer (null: until the next `now()`).
function poller({ alive, url, period, answer, trouble }) {
  const leaving = new AbortController();
  let timer = 0;
  let busy = false;
  let asked = false;
  let failures = 0;

  async function ask() {
    clearTimeout(timer);
    if (leaving.signal.aborted || document.hidden) return;
    if (!alive()) return stop();
    if (busy) return void (asked = true);
    const address = url();
    if (!address) return;
    busy = true;
    asked = false;
    const data = await fetchJson(address).catch(() => null);
    busy = false;
    if (leaving.signal.aborted) return;
    failures = data ? 0 : failures + 1;
    trouble(failures > 0);
    try {
      if (data) answer(data);
    } finally {
      plan();
    }
  }

  async function fetchJson(address) {
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(address, { signal, cache: "no-store", headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  }

  function plan() {
    const wait = asked ? 0 : period();
    if (failures) timer = setTimeout(ask, Math.min(SLOWEST_MS, 1000 * 2 ** (failures - 1)));
    else if (wait !== null) timer = setTimeout(ask, wait);
  }

  function stop() {
    clearTimeout(timer);
    leaving.abort();
  }

  document.addEventListener("visibilitychange", ask, { signal: leaving.signal });
  return { now: ask, stop };
}

function troubleLine() {
  const line = el("p", { class: "trouble", role: "status", hidden: true });
  const set = (on) => {
    line.hidden = !on;
    setText(line, on ? "Reconnecting to the studio..." : "");
  };
  return { line, set };
}

// Requests that were sent but are not yet visible in the job list, so that a button can say so. They fade
// after a while: a lost request must be possible again.
function pendingRequests(lifetime = 8000) {
  const until = new Map();
  return {
    add: (id) => until.set(id, Date.now() + lifetime),
    has: (id) => (until.get(id) ?? 0) > Date.now(),
  };
}
