// The job list: rows by id, newest first, updated in place by polling; Python hears only wishes.

const BUSY_MS = 1000;
const IDLE_MS = 3000;
const HURRY_MS = 5000;
const TICK_MS = 1000;
const COUNT_WORDS = { uncertain: "to decide", running: "running", queued: "queued", succeeded: "done", failed: "failed", canceled: "canceled" };

function createJobs(root, entry) {
  const trouble = troubleLine();
  const counts = el("p", { class: "counts" });
  const list = el("ol", { class: "jobs", role: "list", "aria-label": "Jobs" });
  const canceling = pendingRequests();
  const clock = serverClock();
  const rows = new Map();
  let data = null;
  let pending = false;
  let hurryUntil = 0; // after a wish the list is asked often, to show what came of it
  const ticking = setInterval(() => rows.forEach(({ refresh }) => refresh()), TICK_MS); // times that run down
  root.append(trouble.line, counts, list);

  const polling = poller({
    alive: () => root.isConnected,
    url: () => `${data.base}/api/jobs?limit=${data.limit}`,
    period: () => (pending || performance.now() < hurryUntil ? BUSY_MS : IDLE_MS),
    answer: receive,
    trouble: trouble.set,
  });

  function update(next) {
    data = next;
    polling.now();
  }

  function ask(name, value) {
    entry.fire(name, value);
    if (name === "cancel") {
      canceling.add(value);
      rows.get(value)?.refresh();
    }
    hurryUntil = performance.now() + HURRY_MS;
    setTimeout(polling.now, 300);
  }

  function receive({ now, counts: totals, jobs }) {
    clock.set(Date.parse(now));
    pending = totals.queued + totals.running > 0;
    setText(counts, countWords(totals));
    counts.hidden = list.hidden = jobs.length === 0;
    const there = new Set(jobs.map((job) => job.id));
    for (const [id, { row }] of rows) if (!there.has(id)) (row.remove(), rows.delete(id));
    jobs.forEach((job, index) => place(rowOf(job), index));
  }

  function rowOf(job) {
    if (!rows.has(job.id)) rows.set(job.id, createJobRow(data, job.id, ask, canceling, clock));
    rows.get(job.id).set(job);
    return rows.get(job.id).row;
  }

  // Moving an element would take its focus away, so one that is in its place stays.
  function place(row, index) {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  }

  function destroy() {
    clearInterval(ticking);
    polling.stop();
  }

  return { update, destroy };
}

function countWords(totals) {
  const known = Object.entries(COUNT_WORDS).filter(([status]) => totals[status]);
  return known.map(([status, word]) => `${totals[status]} ${word}`).join(" · ");
}

export default (component) => mount(component, createJobs);
