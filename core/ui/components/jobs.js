// The job list: rows by id, newest first, updated in place by polling; Python hears only wishes.

const BUSY_MS = 1000;
const IDLE_MS = 3000;
const HURRY_MS = 5000;
const COUNT_WORDS = { running: "running", queued: "queued", succeeded: "done", failed: "failed", canceled: "canceled" };

function createJobs(root, entry) {
  const trouble = troubleLine();
  const counts = el("p", { class: "counts" });
  const list = el("ol", { class: "jobs", role: "list", "aria-label": "Jobs" });
  const canceling = pendingRequests();
  const rows = new Map();
  let data = null;
  let pending = false;
  let hurryUntil = 0; // after a wish the list is asked often, to show what came of it
  root.append(trouble.line, counts, list);

  const polling = poller({
    alive: () => root.isConnected,
    url: () => `${data.base}/api/jobs?limit=${data.limit}`,
    period: () => (pending || Date.now() < hurryUntil ? BUSY_MS : IDLE_MS),
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
    hurryUntil = Date.now() + HURRY_MS;
    setTimeout(polling.now, 300);
  }

  function receive({ now, counts: totals, jobs }) {
    pending = totals.queued + totals.running > 0;
    setText(counts, countWords(totals));
    counts.hidden = list.hidden = jobs.length === 0;
    const there = new Set(jobs.map((job) => job.id));
    for (const [id, { row }] of rows) if (!there.has(id)) (row.remove(), rows.delete(id));
    jobs.forEach((job, index) => place(rowOf(job, Date.parse(now)), index));
  }

  function rowOf(job, now) {
    if (!rows.has(job.id)) rows.set(job.id, createJobRow(data.base, job.id, ask, canceling));
    rows.get(job.id).set(job, now);
    return rows.get(job.id).row;
  }

  // Moving an element would take its focus away, so one that is in its place stays.
  function place(row, index) {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  }

  return { update, destroy: polling.stop };
}

function countWords(totals) {
  const known = Object.entries(COUNT_WORDS).filter(([status]) => totals[status]);
  return known.map(([status, word]) => `${totals[status]} ${word}`).join(" · ");
}

export default (component) => mount(component, createJobs);
