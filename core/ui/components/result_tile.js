// The tiles of a run beside its media: it waits or works, asks for a decision, failed, lost an output, or has words.

const VERBS = { image: "painting", video: "filming", audio: "composing" };

// What a run is at. A hosted one is only known to be working.
function progressText(job) {
  if (job.cancel_requested) return "canceling";
  if (job.status === "queued") return "queued";
  if (job.awaited) return `fetching ${outputsOf(job).home + 1} of ${outputsOf(job).total}`;
  const verb = job.paid ? "working" : (VERBS[job.kind] ?? "working");
  return job.progress > 0 ? `${verb} · ${Math.floor(job.progress * 100)} %` : verb;
}

function doneOf(job) {
  const { home, total } = outputsOf(job);
  if (job.awaited) return home / total;
  return job.status === "running" ? job.progress || 0 : 0;
}

// Text, bar and button are made once and then only rewritten, so that focus and animation stay.
function pendingTile(cancel) {
  const prompt = el("span", { class: "prompt" });
  const wait = el("span", { class: "wait" });
  const words = el("span", { class: "words" });
  const bar = el("span", { class: "bar", role: "progressbar" }, el("i"));
  const button = el("button", { class: "stop", type: "button", title: "Cancel", click: cancel }, icon("close"));
  const tile = el("div", { class: "tile pending", role: "listitem" }, prompt, button, wait, words, bar);
  const set = (next, canceling) => {
    const done = next.status ? doneOf(next) : 0;
    const waits = Boolean(next.waiting) && !canceling;
    tile.classList.toggle("working", next.status === "running" && !done && !waits);
    tile.classList.toggle("waits", waits);
    setText(prompt, next.prompt ?? "");
    setText(wait, (waits && next.waiting) || "");
    wait.title = wait.textContent;
    wait.hidden = !waits;
    setText(words, next.status ? progressText({ ...next, cancel_requested: canceling }) : "");
    words.hidden = waits && !next.awaited;
    button.setAttribute("aria-label", canceling ? "Canceling..." : "Cancel");
    button.disabled = canceling || !next.status;
    bar.firstChild.style.width = `${done * 100}%`;
    bar.setAttribute("aria-label", next.prompt || "Run");
    bar.setAttribute("aria-valuenow", Math.floor(done * 100));
  };
  return { tile, set };
}

function smallButton(label, run) {
  return el("button", { class: "button small", type: "button", click: run }, label);
}

function wordsTile(look, sign, title, sentence, ...buttons) {
  return el(
    "div",
    { class: `tile ended ${look}`, role: "listitem" },
    el("span", { class: "what" }, icon(sign), title),
    el("span", { class: "sentence", title: sentence }, sentence),
    el("span", { class: "buttons" }, ...buttons.filter(Boolean)),
  );
}

// `wish(name)` passes on what a person asks for.
function endedTile(job, wish) {
  const failed = job.status === "failed";
  const fetchable = failed && job.lost.some((lost) => lost.state === "failed");
  const [first, second] = fetchable ? [["Fetch again", "fetch"], ["Run again", "again"]] : [["Run again", "again"], ["Use recipe", "reuse"]];
  const buttons = [first, second].map(([label, name]) => smallButton(label, () => wish(name)));
  const sentence = job.error || (failed ? "The run failed." : job.prompt);
  return wordsTile(job.status, failed ? "alert" : "stop", failed ? "Failed" : "Canceled", sentence, ...buttons);
}

// In short: the buttons to decide with are on Jobs.
function uncertainTile(wish) {
  const sentence = "The studio cannot tell whether this run was started. Nothing is sent until you decide.";
  return wordsTile("uncertain", "question", "Your decision", sentence, smallButton("Decide on Jobs", () => wish("decide")));
}

function lostTile(job, lost, wish) {
  const expired = lost.state === "expired";
  const button = expired ? smallButton("Run again", () => wish("again")) : smallButton("Fetch again", () => wish("fetch"));
  const sentence = lost.error || "The output did not come home.";
  return wordsTile("lost", "alert", `Output ${lost.position + 1} is not home`, sentence, isPending(job) ? null : button);
}

function textTile(job, wish) {
  const cut = job.text_length > job.text.length;
  return el(
    "div",
    { class: "tile ended text", role: "listitem" },
    el("p", { class: "answer", tabindex: "0", "aria-label": job.prompt || "Answer" }, cut ? `${job.text}...` : job.text),
    cut ? smallButton("Read all of it on Jobs", () => wish("decide")) : null,
  );
}
