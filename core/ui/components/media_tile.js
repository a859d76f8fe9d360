// One picture, video or sound among the results.

function mediaTile(base, item, open) {
  const tile = el(
    "div",
    { class: `tile media ${item.kind}`, role: "listitem", "data-id": item.id },
    thumbnail(base, item, ""),
    el("span", { class: "caption", "aria-hidden": "true" }, item.caption),
    kindBadge(item),
    el("button", { class: "cover", type: "button", "aria-label": spoken(item), click: open }),
    item.kind === "audio" && !item.thinned ? soundButton(item, mediaUrl(base, item, "data")) : null,
  );
  if (item.kind === "video" && !item.thinned) playInView(tile, mediaUrl(base, item, "data"));
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

// Plays a sound where it is. The element is part of the tile, so the sound ends when the tile is taken away.
function soundButton(item, url) {
  const audio = el("audio", { preload: "none", src: url });
  const button = el("button", { class: "play", type: "button" });
  const paint = () => {
    button.replaceChildren(icon(audio.paused ? "play" : "pause"));
    button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"}: ${item.caption}`);
  };
  button.addEventListener("click", () => {
    if (!audio.paused) return audio.pause();
    for (const other of button.getRootNode().querySelectorAll("audio")) if (other !== audio) other.pause();
    audio.play().catch(paint);
  });
  for (const name of ["play", "pause", "ended", "error"]) audio.addEventListener(name, paint);
  paint();
  return el("span", { class: "sound" }, audio, button);
}
