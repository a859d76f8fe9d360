// One tile of the results: a run that waits or works, a run that failed, or one picture or video.

const VERBS = { image: "painting", video: "filming" };

function progressText(job) {
  if (job.cancel_requested) return "canceling";
  if (job.status === "queued") return "queued";
  const verb = VERBS[job.kind] ?? "working";
  return job.progress > 0 ? `${verb} · ${Math.floor(job.progress * 100)} %` : verb;
}

// Text, bar and button are made once and then only rewritten, so that focus and animation stay.
function pendingTile(cancel) {
  const prompt = el("span", { class: "prompt" });
  const words = el("span", { class: "words" });
  const bar = el("span", { class: "bar", role: "progressbar" }, el("i"));
  const button = el("button", { class: "stop", type: "button", title: "Cancel", click: cancel }, icon("close"));
  const tile = el("div", { class: "tile pending", role: "listitem" }, prompt, button, words, bar);
  const set = (next, canceling) => {
    const done = next.status === "running" ? next.progress || 0 : 0;
    tile.classList.toggle("working", next.status === "running" && !done);
    setText(prompt, next.prompt ?? "");
    setText(words, progressText({ ...next, cancel_requested: canceling }));
    button.setAttribute("aria-label", canceling ? "Canceling..." : "Cancel");
    button.disabled = canceling || !next.status;
    bar.firstChild.style.width = `${done * 100}%`;
    bar.setAttribute("aria-label", next.prompt || "Run");
    bar.setAttribute("aria-valuenow", Math.floor(done * 100));
  };
  return { tile, set };
}

function endedTile(job, again, reuse) {
  const failed = job.status === "failed";
  return el(
    "div",
    { class: `tile ended ${job.status}`, role: "listitem" },
    el("span", { class: "what" }, icon(failed ? "alert" : "stop"), failed ? "Failed" : "Canceled"),
    el("span", { class: "sentence", title: job.error || "" }, job.error || (failed ? "The run failed." : job.prompt)),
    el(
      "span",
      { class: "buttons" },
      el("button", { class: "button small", type: "button", click: again }, "Run again"),
      el("button", { class: "button small", type: "button", click: reuse }, "Use recipe"),
    ),
  );
}

function mediaTile(base, item, open) {
  const label = item.kind === "video" ? `Video: ${item.caption}` : item.caption;
  const tile = el(
    "div",
    { class: "tile media", role: "listitem", "data-id": item.id },
    thumbnail(base, item, ""),
    el("span", { class: "caption", "aria-hidden": "true" }, item.caption),
    item.kind === "video" ? durationBadge(item.duration) : null,
    el("button", { class: "cover", type: "button", "aria-label": label, click: open }),
  );
  if (item.kind === "video") playInView(tile, mediaUrl(base, item, "data"));
  return tile;
}

// A fresh video plays by itself, silently, as long as it is in view; it stops when the tile is taken away.
function playInView(tile, url) {
  const preview = videoPreview(tile, url);
  new IntersectionObserver(([seen]) => (seen.isIntersecting ? preview.soon(0) : preview.stop())).observe(tile);
}

// Thumbnails end at 512 pixels; a tile that shows more of them gets the full picture once it is decoded.
const THUMBNAIL_PIXELS = 512;

function sharpen(tile, base, item) {
  const pixels = Math.max(tile.offsetWidth, tile.offsetHeight) * devicePixelRatio;
  if (item.kind !== "image" || pixels <= THUMBNAIL_PIXELS * 1.1 || tile.dataset.sharp) return;
  tile.dataset.sharp = "yes";
  const full = new Image();
  full.src = mediaUrl(base, item, "data");
  full.decode().then(() => (tile.querySelector(".picture").src = full.src)).catch(() => {});
}
