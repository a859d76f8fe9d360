// What an open row shows below its prompt. The log follows its end while the job runs, unless the reader scrolled up.

function createJobDetails(base, panel, ask) {
  const media = el("div", { class: "job-media" });
  const lost = createJobLost();
  const words = createJobText(base);
  const fields = el("ul", { class: "job-fields", "aria-label": "What was wrong with the inputs" });
  const facts = el("dl", { class: "facts" });
  const logs = el("pre", { class: "logs", tabindex: "0", "aria-label": "Log" });
  const again = guardedButton("button small", ask);
  const fetchAgain = guardedButton("button small", ask);
  const reuse = guardedButton("button small", ask);
  const buttons = el("div", { class: "buttons" }, fetchAgain.button, again.button, reuse.button);
  panel.append(media, lost.element, words.element, fields, facts, logs, buttons);
  let shown = "";

  // `main` is the wish of the row's own button, which is not offered twice.
  function set(job, now, main) {
    again.button.hidden = isPending(job) || job.status === "uncertain" || main === "again";
    again.set("Run again", "again", job.id);
    fetchAgain.button.hidden = !canFetchAgain(job) || main === "fetch";
    fetchAgain.set("Fetch again", "fetch", job.id);
    reuse.set("Use recipe", "reuse", job.id);
    lost.set(job, now);
    words.set(job);
    setLogs(job);
    const ends = job.deletes_at && Date.parse(job.deletes_at) > now;
    const look = JSON.stringify([job.media, job.lost, job.awaited, job.status, job.started_at, job.url, ends, job.cost_words]);
    if (look === shown) return;
    shown = look;
    setFields(job);
    setFacts(job, ends);
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

  function setFields(job) {
    const wrong = Object.entries(job.error_fields ?? {});
    fields.hidden = !wrong.length;
    fields.replaceChildren(...wrong.map(([name, sentence]) => el("li", {}, el("b", {}, name), `: ${sentence}`)));
  }

  function setFacts(job, ends) {
    const time = (text) => text && new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
    const { home, total } = outputsOf(job);
    const page = outsideLink(job.url, { class: "link" }, job.url, icon("outside"));
    const rows = [
      ["Job", job.id], ["Provider", job.provider], ["Model", job.model], ["Version", job.paid && shortVersion(job.version)],
      ["Seed", job.seed], ["Size", job.width && job.height && `${job.width} × ${job.height}`],
      ["Outputs", total > 1 && `${home} of ${total} home`], ["Cost", job.paid && costFact(job)],
      ["Created", time(job.created_at)], ["Started", time(job.started_at)], ["Finished", time(job.finished_at)],
      [`${providerName(job)} deletes its copy`, ends && time(job.deletes_at)], ["Page", page],
    ];
    const known = rows.filter(([, value]) => value != null && value !== "" && value !== false);
    const shown = (value) => (value instanceof Element ? value : String(value));
    facts.replaceChildren(...known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, shown(value)))));
  }

  function setMedia(job) {
    media.hidden = outputsOf(job).total < 2 || !job.media.length;
    media.replaceChildren(
      ...job.media.map((one, index) =>
        el(
          "button",
          { class: `thumb ${one.kind}`, type: "button", "aria-label": `Open result ${index + 1}`, click: () => ask("opened", one.id) },
          el("img", { src: mediaUrl(base, one, "thumbnail"), alt: "", loading: "lazy" }),
        ),
      ),
    );
  }

  return { set };
}

function costFact(job) {
  const known = job.cost != null || job.cost_estimate != null;
  return costIsTold(job) || !known ? job.cost_words : `${job.cost_words}, if it was billed`;
}

// A version's id is long; its beginning tells it from others.
function shortVersion(version) {
  return version.length > 20 ? `${version.slice(0, 12)}...` : version;
}

// What a run says in words. The list carries the beginning of a long text; all of it is asked for on demand.
function createJobText(base) {
  const text = el("p", { class: "job-words", tabindex: "0", "aria-label": "Answer" });
  const all = el("button", { class: "button small", type: "button" });
  const element = el("div", { class: "job-text-answer", hidden: true }, text, all);
  let job = null;
  let whole = null;
  all.addEventListener("click", async () => {
    const address = `${base}/api/jobs?ids=${job.id}&text=whole`;
    const answer = await fetch(address).then((found) => found.json()).catch(() => null);
    whole = answer?.jobs[0]?.text ?? whole;
    set(job);
  });

  function set(next) {
    if (job?.text !== next.text) whole = null;
    job = next;
    const cut = whole === null && job.text_length > job.text.length;
    element.hidden = !job.text;
    setText(text, whole ?? (cut ? `${job.text}...` : job.text));
    all.hidden = !cut;
    setText(all, `Show all ${job.text_length.toLocaleString("en-GB")} characters`);
  }

  return { element, set };
}
