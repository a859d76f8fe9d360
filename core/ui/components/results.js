// The results of a session's runs. The job list is asked while something is pending; each run owns one or
// more tiles, made anew only when its state changes.

const GAP = 8;
const PERIOD_MS = 700;
const PATIENT_MS = 4000; // while runs only wait for a person
const HURRY_MS = 5000; // after a wish, to see what comes of it
const ENDED = { failed: true, canceled: true };

function createResults(root, entry) {
  const trouble = troubleLine();
  const grid = el("div", { class: "rows", role: "list", "aria-label": "Results" });
  const news = el("p", { class: "unseen", role: "status" });
  const lightbox = createLightbox(root, { closed: (item) => focusMedia(item) });
  const canceling = pendingRequests();
  const asked = pendingRequests(2000);
  let data = { base: "", jobs: [] };
  let runs = new Map(); // job id -> {job, size, parts}
  let hurryUntil = 0;
  let asking = []; // the ids that the request under way is about; newer ones are not missing
  let width = 0;
  let waiting = false; // something was pending, so its end is news
  root.append(trouble.line, grid, news);

  const polling = poller({
    alive: () => root.isConnected,
    url: address,
    period,
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
    return { job: { id }, size: { width: wide || 3, height: high || 2 }, parts: [] };
  }

  function address() {
    asking = data.jobs.map(([id]) => id);
    return asking.length ? `${data.base}/api/jobs?ids=${asking.join(",")}` : null;
  }

  function pendingCount() {
    return [...runs.values()].filter(({ job }) => !job.status || isPending(job)).length;
  }

  function waitingForPerson() {
    return [...runs.values()].some(({ job }) => job.status === "uncertain");
  }

  function period() {
    if (pendingCount() || performance.now() < hurryUntil) return PERIOD_MS;
    return waitingForPerson() ? PATIENT_MS : null;
  }

  function receive(answer) {
    const found = new Map(answer.jobs.map((job) => [job.id, job]));
    for (const id of asking) if (runs.has(id)) runs.get(id).job = found.get(id) ?? { id, status: "gone", media: [], lost: [] };
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

  // Each tile of a run stays as long as what it shows; only when some change are the rows put together again.
  function draw() {
    for (const run of runs.values()) {
      const wanted = partsOf(run);
      run.parts = wanted.map(({ key, make, ...rest }) => run.parts.find((part) => part.key === key) ?? { key, ...make(), ...rest });
      for (const part of run.parts) part.set?.(run.job, Boolean(run.job.cancel_requested) || canceling.has(run.job.id));
    }
    const tiles = parts().map((part) => part.tile);
    const same = tiles.length === grid.children.length && tiles.every((tile, index) => tile === grid.children[index]);
    if (same) return;
    keepingFocus(() => grid.replaceChildren(...tiles));
    layout();
  }

  // What is to be seen of a run, each part under a key: its media as they come home, what did not come, how it stands.
  function partsOf(run) {
    const { job } = run;
    const size = job.width && job.height ? { width: job.width, height: job.height } : run.size;
    const wish = (name) => once(name, job.id);
    const tile = (key, make, more) => ({ key, make: () => ({ tile: make() }), ...size, ...more });
    if (!job.status || job.status === "gone") return job.status ? [] : [pendingPart(run, size)];
    const media = job.media.map((one) => mediaPart(run, one));
    const lost = job.lost.map((one) => tile(`lost ${one.position} ${one.error} ${job.status}`, () => lostTile(job, one, wish), { words: true, width: 1, height: 1 }));
    const key = `${job.status} ${job.error} ${job.text}`;
    if (isPending(job)) return [...media, ...lost, pendingPart(run, size)];
    if (job.status === "uncertain") return [...media, tile(key, () => uncertainTile(wish), { words: true })];
    if (ENDED[job.status]) return [...media, tile(key, () => endedTile(job, wish), { words: true })];
    if (media.length || lost.length || !job.text) return [...media, ...lost];
    return [tile(key, () => textTile(job, wish), { words: true })];
  }

  function pendingPart(run, size) {
    return { key: "pending", make: () => pendingTile(() => cancel(run)), ...size };
  }

  function mediaPart(run, media) {
    const item = { ...media, caption: run.job.prompt ?? "", job: run.job.id };
    const make = () => ({ tile: mediaTile(data.base, item, () => open(item)), item });
    return { key: `media ${media.id}`, make, width: media.width, height: media.height };
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
    hurryUntil = performance.now() + HURRY_MS;
    setTimeout(polling.now, 300);
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
  function ratioOf({ width, height, words }, narrow) {
    const ratio = width / height || 1.5;
    if (!words) return ratio;
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
    const alone = all.length === 1 && !all[0].words;
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
