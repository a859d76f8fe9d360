// One row of the job list. Its parts are made once and rewritten in place, so that an open row, the focus
// and a text selection outlive every answer of the server.

const STATUS_ICONS = { queued: "clock", running: "ring", uncertain: "question", succeeded: "check", failed: "alert", canceled: "stop" };

// `ask(name, value)` passes a wish on; `canceling` knows which jobs were just asked to stop; `clock` is the server's.
function createJobRow({ base, places }, id, ask, canceling, clock) {
  const row = el("li", { class: "job", "data-id": id });
  const glyph = el("span", { class: "glyph" });
  const prompt = el("span", { class: "job-prompt" });
  const meta = el("span", { class: "job-meta" });
  const wait = el("span", { class: "job-wait" });
  const ends = el("span", { class: "job-ends" });
  const endsWords = el("span", {});
  const error = el("span", { class: "job-error" });
  const panel = el("div", { class: "job-panel", id: `job-${id}`, hidden: true });
  ends.append(icon("clock"), endsWords);
  const head = el(
    "button",
    { class: "job-head", type: "button", "aria-expanded": "false", "aria-controls": panel.id },
    glyph,
    el("span", { class: "job-text" }, prompt, meta, wait, ends, error),
  );
  const pill = el("span", { class: "pill" });
  const page = el("span", { class: "job-page" });
  const percent = el("span", { class: "percent" });
  const bar = el("span", { class: "bar", role: "progressbar", "aria-label": "Progress" }, el("i"));
  const state = el("div", { class: "job-state" }, el("span", { class: "job-badge" }, pill, page), el("span", { class: "job-progress" }, bar, percent));
  const main = guardedButton("button small job-main", ask);
  const question = createJobAsk(id, ask, places);
  row.append(head, state, main.button, el("span", { class: "chevron", "aria-hidden": "true" }, icon("down")), question.element, panel);
  const details = createJobDetails(base, panel, ask);
  let job = null;
  let shown = "";

  const expand = (on = panel.hidden) => {
    panel.hidden = !on;
    head.setAttribute("aria-expanded", on);
    row.classList.toggle("open", on);
    if (on) set(job);
  };
  head.addEventListener("click", () => expand());
  row.querySelector(".chevron").addEventListener("click", () => expand());

  function set(next) {
    job = next;
    const now = clock.now();
    const stopping = isPending(job) && (job.cancel_requested || canceling.has(id));
    const look = JSON.stringify([job.status, job.media, !job.waiting]);
    if (look !== shown) setGlyph();
    shown = look;
    row.dataset.status = job.status;
    row.classList.toggle("waiting", isPending(job) && Boolean(job.waiting) && !stopping);
    row.classList.toggle("partly", job.status === "succeeded" && job.lost.length > 0);
    setText(prompt, job.prompt || "(no words)");
    setText(meta, metaWords(job, now));
    setLine(wait, isPending(job) ? job.waiting : "");
    setLine(error, job.error || lostWords(job));
    setText(pill, pillWords(job, stopping));
    setEnds(now);
    setPage();
    setProgress();
    const action = mainAction(job, stopping);
    main.button.hidden = !action[0];
    main.set(...action);
    question.set(job);
    if (!panel.hidden) details.set(job, now, action[1]);
  }

  function setLine(line, words) {
    line.hidden = !words;
    setText(line, words || "");
  }

  function setEnds(now) {
    const left = countdown(job, now);
    ends.hidden = !left;
    ends.classList.toggle("risk", Boolean(left?.risk));
    setText(endsWords, left?.words ?? "");
  }

  function setPage() {
    if (page.dataset.url === (job.url ?? "")) return;
    page.dataset.url = job.url ?? "";
    const label = `This run's page at ${providerName(job)}, in a new tab`;
    const link = outsideLink(job.url, { class: "page-link", "aria-label": label, title: label }, icon("outside"));
    page.replaceChildren(...(link ? [link] : []));
  }

  function setGlyph() {
    const [first] = job.media;
    const image = first && el("img", { class: first.kind, src: mediaUrl(base, first, "thumbnail"), alt: "", loading: "lazy", decoding: "async" });
    const more = job.media.length > 1 ? el("span", { class: "more" }, `+${job.media.length - 1}`) : null;
    const done = job.status === "succeeded" && job.text ? "words" : STATUS_ICONS[job.status];
    const sign = isPending(job) && job.waiting ? "clock" : done;
    glyph.replaceChildren(...[image ?? icon(sign), more].filter(Boolean));
  }

  function setProgress() {
    const { home, total } = outputsOf(job);
    const done = Math.floor((job.awaited ? home / total : job.progress || 0) * 100);
    bar.parentElement.hidden = job.status !== "running" || (Boolean(job.waiting) && !done);
    bar.classList.toggle("working", !done);
    bar.firstChild.style.width = `${done}%`;
    bar.setAttribute("aria-valuenow", done);
    setText(percent, done ? `${done} %` : "");
  }

  return { row, set, expand, refresh: () => job && set(job) };
}

// Label, wish, its value and whether it can be pressed: the one action that fits the state of a job.
function mainAction(job, stopping) {
  if (job.status === "uncertain") return ["", null, null, true];
  if (stopping) return ["Canceling...", null, null, true];
  if (isPending(job)) return ["Cancel", "cancel", job.id, false];
  if (job.lost.length && canFetchAgain(job)) return ["Fetch again", "fetch", job.id, false];
  if (job.media.length) return ["Open", "opened", job.media[0].id, false];
  return ["Run again", "again", job.id, false];
}
