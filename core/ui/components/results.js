// The results of a session's runs. The job list is asked while something is pending; each run owns one or
// more tiles, made anew only when its state changes.

const GAP = 8;
const PERIOD_MS = 700;
const ENDED = { failed: true, canceled: true };

function createResults(root, entry) {
  const trouble = troubleLine();
  const grid = el("div", { class: "rows", role: "list", "aria-label": "Results" });
  const news = el("p", { class: "unseen", role: "status" });
  const lightbox = createLightbox(root, { closed: (item) => focusMedia(item) });
  const canceling = pendingRequests();
  const asked = pendingRequests(2000);
  let data = { base: "", jobs: [] };
  let runs = new Map(); // job id -> {job, size, state, parts}
  let asking = []; // the ids that the request under way is about; newer ones are not missing
  let width = 0;
  let waiting = false; // something was pending, so its end is news
  root.append(trouble.line, grid, news);

  const polling = poller({
    alive: () => root.isConnected,
    url: address,
    period: () => (pendingCount() ? PERIOD_MS : null),
    answer: receive,
    trouble: trouble.set,
  });

  function update(next) {
    const first = runs.size === 0 && data.jobs.length === 0;
    data = next;
    const before = runs;
    runs = new Map(next.jobs.map(([id, wide, high]) => [id, before.get(id) ?? newRun(id, wide, high)]));
    const fresh = next.jobs.some(([id]) => !before.has(id));
    if (fresh && !first) waiting = true;
    draw();
    if (fresh && next.jobs.length) polling.now();
  }

  function newRun(id, wide, high) {
    return { job: { id }, size: { width: wide || 3, height: high || 2 }, state: "", parts: [] };
  }

  function address() {
    asking = data.jobs.map(([id]) => id);
    return asking.length ? `${data.base}/api/jobs?ids=${asking.join(",")}` : null;
  }

  function pendingCount() {
    return [...runs.values()].filter(({ job }) => !job.status || isPending(job)).length;
  }

  function receive(answer) {
    const found = new Map(answer.jobs.map((job) => [job.id, job]));
    for (const id of asking) if (runs.has(id)) runs.get(id).job = found.get(id) ?? { id, status: "gone", media: [] };
    draw();
    if (pendingCount()) {
      waiting = true;
      setText(news, "");
    }
    if (!waiting || pendingCount()) return;
    waiting = false;
    setText(news, "All runs have ended.");
    entry.fire("settled", true);
  }

  // Tiles of a run stay as long as its state does; only then are the rows put together again.
  function draw() {
    let changed = false;
    for (const run of runs.values()) {
      const state = stateOf(run.job);
      if (state !== run.state) {
        run.state = state;
        run.parts = partsOf(run);
        changed = true;
      }
      run.set?.(run.job, Boolean(run.job.cancel_requested) || canceling.has(run.job.id));
    }
    const tiles = parts().map((part) => part.tile);
    const same = tiles.length === grid.children.length && tiles.every((tile, index) => tile === grid.children[index]);
    if (!same) keepingFocus(() => grid.replaceChildren(...tiles));
    if (changed || !same) layout();
  }

  function stateOf(job) {
    if (!job.status || isPending(job)) return "pending";
    return `${job.status} ${(job.media ?? []).map((media) => media.id).join(" ")}`;
  }

  function partsOf(run) {
    const { job } = run;
    const size = job.width && job.height ? { width: job.width, height: job.height } : run.size;
    run.set = null;
    if (run.state === "pending") {
      const { tile, set } = pendingTile(() => cancel(run));
      run.set = set;
      return [{ tile, ...size }];
    }
    if (ENDED[job.status]) {
      return [{ tile: endedTile(job, () => once("again", job.id), () => once("reuse", job.id)), ended: true, ...size }];
    }
    return (job.media ?? []).map((media) => {
      const item = { ...media, caption: job.prompt ?? "", job: job.id };
      return { tile: mediaTile(data.base, item, () => open(item)), item, width: media.width, height: media.height };
    });
  }

  function parts() {
    return [...runs.values()].flatMap((run) => run.parts);
  }

  function cancel(run) {
    canceling.add(run.job.id);
    entry.fire("cancel", run.job.id);
    draw();
  }

  // A double click must not start a run twice.
  function once(name, id) {
    const request = `${name} ${id}`;
    if (asked.has(request)) return;
    asked.add(request);
    entry.fire(name, id);
  }

  function open(item) {
    const items = parts().flatMap((part) => part.item ?? []);
    const index = items.findIndex(({ id }) => id === item.id);
    lightbox.open(data.base, items, index, [
      { label: "Open details", run: ({ id }) => entry.fire("opened", id) },
      { label: "Use recipe", run: ({ job }) => entry.fire("reuse", job) },
    ]);
  }

  function focusMedia(item) {
    grid.querySelector(`[data-id="${item.id}"] .cover`)?.focus();
  }

  function keepingFocus(change) {
    const focused = root.getRootNode().activeElement;
    change();
    if (focused && grid.contains(focused)) focused.focus();
  }

  // A run without a picture needs room for its words and buttons.
  function ratioOf({ width, height, ended }, narrow) {
    const ratio = width / height || 1.5;
    if (!ended) return ratio;
    return narrow ? 2.2 : Math.min(1.5, Math.max(1.05, ratio));
  }

  // One result fills the column, as far as the window is high; several share rows.
  function layout() {
    width = usableWidth(root);
    if (width < 40) return;
    const all = parts();
    const narrow = width < 480;
    const ratios = all.map((part) => ratioOf(part, narrow));
    const single = Math.min(innerHeight * 0.7, width / Math.max(0.45, ratios[0]));
    const alone = all.length === 1 && !all[0].ended;
    const target = alone ? single : narrow ? 170 : 200;
    applyRows(all.map((part) => part.tile), justify(ratios, width, target, GAP));
    for (const { tile, item } of all) if (item) sharpen(tile, data.base, item);
  }

  const observer = new ResizeObserver(() => usableWidth(root) !== width && layout());
  observer.observe(root);

  function destroy() {
    polling.stop();
    observer.disconnect();
    lightbox.close();
    grid.replaceChildren();
  }
  return { update, destroy };
}

export default (component) => mount(component, createResults);
