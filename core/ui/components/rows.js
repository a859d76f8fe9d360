// Justified rows: widths and heights for tiles of any shape, and the video previews inside tiles.

const PREVIEW_DELAY_MS = 300;

// Rows of [index...] with a height and whole-pixel widths that fill `width` exactly; the last is not stretched.
function justify(ratios, width, target, gap) {
  const shapes = ratios.map((ratio) => Math.min(3.2, Math.max(0.45, ratio || 1.5)));
  const rows = [];
  let start = 0;
  while (start < shapes.length) {
    let end = start;
    let sum = 0;
    while (end < shapes.length && sum * target + (end - start - 1) * gap < width) sum += shapes[end++];
    const full = (count, total) => (width - (count - 1) * gap) / total;
    const reached = sum * target + (end - start - 1) * gap >= width;
    if (reached && end - start > 1) {
      const without = full(end - start - 1, sum - shapes[end - 1]);
      if (without / target < target / full(end - start, sum)) sum -= shapes[--end];
    }
    rows.push(fitRow(shapes, start, end, full(end - start, sum), target, reached ? width : 0, gap));
    start = end;
  }
  return rows;
}

function fitRow(shapes, start, end, full, target, width, gap) {
  const height = Math.round(width ? full : Math.min(full, target));
  const widths = shapes.slice(start, end).map((shape) => Math.floor(shape * height));
  if (width) {
    const used = widths.reduce((sum, each) => sum + each, 0) + (widths.length - 1) * gap;
    widths[widths.length - 1] += width - used;
  }
  return { start, height, widths };
}

function applyRows(tiles, rows) {
  for (const { start, height, widths } of rows) {
    widths.forEach((width, offset) => {
      tiles[start + offset].style.width = `${width}px`;
      tiles[start + offset].style.height = `${height}px`;
    });
  }
}

// Whole pixels, and one to spare: fractions would make a full row break early.
function usableWidth(element) {
  return Math.floor(element.getBoundingClientRect().width) - 1;
}

function thumbnail(base, media, caption) {
  const image = el("img", {
    class: `picture ${media.kind}`,
    loading: "lazy",
    decoding: "async",
    draggable: "false",
    width: media.width,
    height: media.height,
    alt: caption,
    load: () => image.classList.add("loaded"),
    error: () => image.parentElement?.classList.add("broken"),
  });
  image.src = mediaUrl(base, media, "thumbnail");
  return image;
}

function durationBadge(duration) {
  return el("span", { class: "badge", "aria-hidden": "true" }, icon("play"), duration ? clockTime(duration) : "Video");
}

// The badge of what is not a picture.
function kindBadge(item) {
  if (item.thinned) return el("span", { class: "badge thinned", "aria-hidden": "true", title: "Thinned: its bytes are not kept" }, icon("thinned"), "Thinned");
  if (item.kind === "video") return durationBadge(item.duration);
  if (item.kind !== "audio") return null;
  return el("span", { class: "badge", "aria-hidden": "true" }, icon("sound"), item.duration ? clockTime(item.duration) : "Sound");
}

// A silent preview inside a tile. Without its source the element frees its connection and memory.
function videoPreview(tile, url) {
  let timer = 0;
  let video = null;
  const start = () => {
    timer = 0;
    video = el("video", { class: "preview", playsinline: true, preload: "none", "aria-hidden": "true", tabindex: "-1" });
    video.muted = video.loop = true;
    video.addEventListener("playing", (event) => event.target.classList.add("loaded"));
    video.src = url;
    tile.insertBefore(video, tile.querySelector(".picture").nextSibling);
    video.play().catch(() => {});
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    if (!video) return;
    video.pause();
    video.removeAttribute("src");
    video.load();
    video.remove();
    video = null;
  };
  const soon = (delay = PREVIEW_DELAY_MS) => {
    if (!video && !timer && !calmMotion()) timer = setTimeout(start, delay);
  };
  return { soon, stop };
}
