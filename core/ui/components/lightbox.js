// The full-window viewer. One dialog per component, filled anew for each item; it keeps its own list, so
// that tiles may change behind it.

const SWIPE_PIXELS = 50;
const VIDEO_CONTROLS_PIXELS = 80;

// `actions` are {label, run(item)}; `closed(item)` gives the focus back.
function createLightbox(root, { closed }) {
  let base = "";
  let items = [];
  let index = 0;

  const counter = el("span", { class: "lb-counter" });
  const caption = el("p", { class: "lb-caption" });
  const buttons = el("div", { class: "lb-actions" });
  const frame = el("div", { class: "lb-frame" });
  const download = el("a", { class: "lb-button lb-icon", "aria-label": "Download", title: "Download" }, icon("download"));
  const stage = el("div", { class: "lb-stage" }, frame);
  const previous = sideButton("left", "Previous", () => go(-1));
  const next = sideButton("right", "Next", () => go(1));
  const close = el("button", { class: "lb-button lb-icon", type: "button", "aria-label": "Close", title: "Close (Esc)" }, icon("close"));
  const dialog = el(
    "dialog",
    { class: "lightbox", "aria-label": "Viewer" },
    el("header", { class: "lb-top" }, counter, download, close),
    stage,
    previous,
    next,
    el("footer", { class: "lb-bottom" }, caption, buttons),
  );
  root.append(dialog);

  function sideButton(name, label, run) {
    return el("button", { class: `lb-button lb-side lb-${name}`, type: "button", "aria-label": label, click: run }, icon(name));
  }

  function go(step) {
    show(Math.min(items.length - 1, Math.max(0, index + step)));
  }

  function show(position) {
    index = position;
    const item = items[index];
    counter.textContent = `${index + 1} / ${items.length}`;
    caption.textContent = caption.title = item.caption;
    download.href = `${mediaUrl(base, item, "data")}&download=1`;
    download.setAttribute("download", "");
    previous.disabled = index === 0;
    next.disabled = index === items.length - 1;
    frame.style.setProperty("--wide", item.width || 3);
    frame.style.setProperty("--high", item.height || 2);
    stopVideo();
    frame.replaceChildren(...(item.kind === "video" ? [fullVideo(item)] : fullImage(item)));
    for (const neighbour of [items[index + 1], items[index - 1]]) preload(neighbour);
  }

  function fullImage(item) {
    const full = el("img", { class: "lb-full", alt: item.caption, decoding: "async", draggable: "false" });
    full.addEventListener("load", () => full.classList.add("loaded"));
    full.src = mediaUrl(base, item, "data");
    return [el("img", { class: "lb-thumb", alt: "", src: mediaUrl(base, item, "thumbnail"), draggable: "false" }), full];
  }

  function fullVideo(item) {
    const video = el("video", { class: "lb-video", controls: true, playsinline: true, "aria-label": item.caption });
    video.poster = mediaUrl(base, item, "thumbnail");
    video.muted = video.loop = video.autoplay = true;
    video.src = mediaUrl(base, item, "data");
    return video;
  }

  function preload(item) {
    if (item) new Image().src = mediaUrl(base, item, item.kind === "video" ? "thumbnail" : "data");
  }

  function stopVideo() {
    const video = frame.querySelector("video");
    if (!video) return;
    video.removeAttribute("src");
    video.load();
  }

  function open(newBase, newItems, position, actions) {
    base = newBase;
    items = newItems;
    buttons.replaceChildren(
      ...actions.map(({ label, run }) =>
        el("button", { class: "lb-button", type: "button", click: () => (dialog.close(), run(items[index])) }, label),
      ),
    );
    show(position);
    dialog.showModal();
    close.focus({ focusVisible: false });
  }

  dialog.addEventListener("close", () => {
    stopVideo();
    frame.replaceChildren();
    closed(items[index]);
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if ([dialog, stage].includes(event.target)) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.target.tagName === "VIDEO" && event.key.startsWith("Arrow")) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -items.length, End: items.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    go(steps[event.key]);
  });
  onSwipe(stage, (step) => go(step));

  return { open, close: () => dialog.open && dialog.close() };
}

// A sideways swipe of a finger; the strip with a video's own controls is left to the video.
function onSwipe(stage, run) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    const bottom = event.target.tagName === "VIDEO" ? event.target.getBoundingClientRect().bottom : Infinity;
    const free = event.pointerType === "touch" && event.isPrimary && event.clientY < bottom - VIDEO_CONTROLS_PIXELS;
    from = free ? { x: event.clientX, y: event.clientY } : null;
  });
  stage.addEventListener("pointerup", (event) => {
    if (!from) return;
    const x = event.clientX - from.x;
    const y = event.clientY - from.y;
    from = null;
    if (Math.abs(x) > SWIPE_PIXELS && Math.abs(x) > 1.5 * Math.abs(y)) run(x < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", () => (from = null));
}
