// One row of the job list. Its parts are made once and rewritten in place, so that an open row, the focus
// and a text selection outlive every answer of the server.

const STATUS_WORDS = { queued: "Queued", running: "Running", succeeded: "Done", failed: "Failed", canceled: "Canceled" };
const STATUS_ICONS = { queued: "clock", running: "ring", succeeded: "check", failed: "alert", canceled: "stop" };
const SETTLE_MS = 700;

// `ask(name, value)` passes a wish on; `canceling` knows which jobs were just asked to stop.
function createJobRow(base, id, ask, canceling) {
  const row = el("li", { class: "job", "data-id": id });
  const glyph = el("span", { class: "glyph" });
  const prompt = el("span", { class: "job-prompt" });
  const meta = el("span", { class: "job-meta" });
  const error = el("span", { class: "job-error" });
  const panel = el("div", { class: "job-panel", id: `job-${id}`, hidden: true });
  const head = el(
    "button",
    { class: "job-head", type: "button", "aria-expanded": "false", "aria-controls": panel.id },
    glyph,
    el("span", { class: "job-text" }, prompt, meta, error),
  );
  const pill = el("span", { class: "pill" });
  const percent = el("span", { class: "percent" });
  const bar = el("span", { class: "bar", role: "progressbar", "aria-label": "Progress" }, el("i"));
  const state = el("div", { class: "job-state" }, pill, el("span", { class: "job-progress" }, bar, percent));
  const main = guardedButton("button small job-main", ask);
  row.append(head, state, main.button, el("span", { class: "chevron", "aria-hidden": "true" }, icon("down")), panel);
  const details = createJobDetails(base, panel, ask);
  let job = { id };
  let clock = 0;
  let shown = "";

  const expand = (on = panel.hidden) => {
    panel.hidden = !on;
    head.setAttribute("aria-expanded", on);
    row.classList.toggle("open", on);
    if (on) details.set(job);
  };
  head.addEventListener("click", () => expand());
  row.querySelector(".chevron").addEventListener("click", () => expand());

  function set(next, now) {
    job = next;
    clock = now;
    const stopping = isPending(job) && (job.cancel_requested || canceling.has(id));
    const look = JSON.stringify([job.status, job.media]);
    if (look !== shown) setGlyph();
    shown = look;
    row.dataset.status = job.status;
    setText(prompt, job.prompt || "(no words)");
    setText(meta, metaWords(job, now));
    setText(error, job.error || "");
    error.hidden = !job.error;
    setText(pill, stopping ? "Canceling" : STATUS_WORDS[job.status]);
    setProgress();
    main.set(...mainAction(job, stopping));
    if (!panel.hidden) details.set(job);
  }

  function setGlyph() {
    const [first] = job.media;
    const image = first && el("img", { src: mediaUrl(base, first, "thumbnail"), alt: "", loading: "lazy", decoding: "async" });
    const more = job.media.length > 1 ? el("span", { class: "more" }, `+${job.media.length - 1}`) : null;
    glyph.replaceChildren(...[image ?? icon(STATUS_ICONS[job.status]), more].filter(Boolean));
  }

  function setProgress() {
    const done = Math.floor((job.progress || 0) * 100);
    bar.parentElement.hidden = job.status !== "running";
    bar.classList.toggle("working", !done);
    bar.firstChild.style.width = `${done}%`;
    bar.setAttribute("aria-valuenow", done);
    setText(percent, done ? `${done} %` : "");
  }

  return { row, set, expand, refresh: () => set(job, clock) };
}

// Label, wish, its value and whether it can be pressed: the one action that fits the state of a job.
function mainAction(job, stopping) {
  if (stopping) return ["Canceling...", null, null, true];
  if (isPending(job)) return ["Cancel", "cancel", job.id, false];
  if (job.media.length) return ["Open", "opened", job.media[0].id, false];
  return ["Run again", "again", job.id, false];
}

// A button whose meaning changes with the job. A press meant for the old meaning must not hit the new one
// (Cancel turning into Run again), so it stays deaf for a moment after each change and each press.
function guardedButton(classes, ask) {
  let [name, value, deafUntil] = [null, null, 0];
  const button = el("button", { class: classes, type: "button" });
  button.addEventListener("click", () => {
    if (!name || Date.now() < deafUntil) return;
    deafUntil = Date.now() + SETTLE_MS;
    ask(name, value);
  });
  const set = (label, nextName, nextValue, disabled = false) => {
    if (button.textContent && button.textContent !== label) deafUntil = Date.now() + SETTLE_MS;
    [name, value] = [nextName, nextValue];
    setText(button, label);
    button.setAttribute("aria-disabled", disabled);
  };
  return { button, set };
}

function metaWords(job, now) {
  const parts = [job.model, ageWords((now - Date.parse(job.created_at)) / 1000)];
  const end = job.finished_at ? Date.parse(job.finished_at) : now;
  if (job.started_at) parts.push(`${job.finished_at ? "took" : "for"} ${spanWords((end - Date.parse(job.started_at)) / 1000)}`);
  return parts.join(" · ");
}

// What an open row shows below its prompt. The log follows its end while the job runs, unless the reader scrolled up.
function createJobDetails(base, panel, ask) {
  const media = el("div", { class: "job-media" });
  const facts = el("dl", { class: "facts" });
  const logs = el("pre", { class: "logs", tabindex: "0", "aria-label": "Log" });
  const again = guardedButton("button small", ask);
  const reuse = guardedButton("button small", ask);
  panel.append(media, facts, logs, el("div", { class: "buttons" }, again.button, reuse.button));
  let shown = "";

  function set(job) {
    again.button.hidden = isPending(job) || !job.media.length;
    again.set("Run again", "again", job.id);
    reuse.set("Use recipe", "reuse", job.id);
    setLogs(job);
    const look = JSON.stringify([job.media, job.status, job.started_at]);
    if (look === shown) return;
    shown = look;
    setFacts(job);
    setMedia(job);
  }

  function setLogs(job) {
    const atEnd = logs.scrollHeight - logs.scrollTop - logs.clientHeight < 24;
    logs.hidden = !job.logs;
    if (logs.textContent === (job.logs || "")) return;
    const first = !logs.textContent;
    logs.textContent = job.logs || "";
    if (atEnd || first) logs.scrollTop = logs.scrollHeight;
  }

  function setFacts(job) {
    const time = (text) => text && new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
    const rows = [
      ["Job", job.id], ["Provider", job.provider], ["Model", job.model], ["Seed", job.seed],
      ["Size", job.width && job.height && `${job.width} × ${job.height}`],
      ["Created", time(job.created_at)], ["Started", time(job.started_at)], ["Finished", time(job.finished_at)],
    ];
    const known = rows.filter(([, value]) => value != null && value !== "");
    facts.replaceChildren(...known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
  }

  function setMedia(job) {
    media.hidden = job.media.length < 2;
    media.replaceChildren(
      ...job.media.map((one, index) =>
        el(
          "button",
          { class: "thumb", type: "button", "aria-label": `Open result ${index + 1}`, click: () => ask("opened", one.id) },
          el("img", { src: mediaUrl(base, one, "thumbnail"), alt: "", loading: "lazy" }),
        ),
      ),
    );
  }

  return { set };
}
