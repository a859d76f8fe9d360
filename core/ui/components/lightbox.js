// The full-window viewer. One dialog per component, filled anew for each item; it keeps its own list, so
// that tiles may change behind it.

const SWIPE_PIXELS = 50;
const VIDEO_CONTROLS_PIXELS = 80;
const SOUND_FRAME = [450, 260]; // half the most pixels that a waveform and its controls get
const PLAYERS = ["VIDEO", "AUDIO"];

// `actions` are {label, run(item)}; `closed(item)` gives the focus back. `marks`, if there are any to show and change:
// {of(id), isGone(id), editable(), favour(id), rate(id, rating), press(event, item) -> whether the key meant something}.
function createLightbox(root, { closed, marks = null }) {
  let base = "";
  let items = [];
  let index = 0;

  const counter = el("span", { class: "lb-counter" });
  const marking = marks && createMarking();
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
    el("header", { class: "lb-top" }, counter, marking?.row, download, close),
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
    download.hidden = Boolean(item.thinned);
    previous.disabled = index === 0;
    next.disabled = index === items.length - 1;
    const [wide, high] = item.kind === "audio" ? SOUND_FRAME : [item.width || 3, item.height || 2];
    frame.style.setProperty("--wide", wide);
    frame.style.setProperty("--high", high);
    stopPlaying();
    frame.classList.toggle("audio", item.kind === "audio");
    frame.replaceChildren(...FULL[item.thinned ? "image" : item.kind](item));
    for (const neighbour of [items[index + 1], items[index - 1]]) preload(neighbour);
    paintMarks();
  }

  // The star and the rating of the item on show. One that was moved away makes room for the next.
  function createMarking() {
    const star = el("button", { class: "lb-button lb-icon lb-star", type: "button", "aria-label": "Favourite", title: "Favourite (F)" }, icon("star"));
    star.addEventListener("click", () => marks.favour(items[index].id));
    const places = [1, 2, 3, 4, 5].map((place) => {
      const press = () => marks.rate(items[index].id, place === marks.of(items[index].id).rating ? 0 : place);
      return el("button", { class: "lb-pip", type: "button", "aria-label": `Rate ${place}`, title: `Rate ${place} (${place})`, click: press });
    });
    const row = el("div", { class: "lb-marks", role: "group", "aria-label": "Marks" }, star, ...places);
    const paint = (mark) => {
      row.hidden = !marks.editable();
      star.setAttribute("aria-pressed", mark.favourite);
      places.forEach((pip, place) => {
        pip.classList.toggle("on", place < mark.rating);
        pip.setAttribute("aria-pressed", place + 1 === mark.rating);
      });
    };
    return { row, paint };
  }

  function paintMarks() {
    if (!marks || !dialog.open || !items[index]) return;
    marking.paint(marks.of(items[index].id));
    const left = items.filter((item) => !marks.isGone(item.id));
    if (left.length === items.length) return;
    if (!left.length) return dialog.close();
    const at = Math.min(items.slice(0, index).filter((item) => !marks.isGone(item.id)).length, left.length - 1);
    items = left;
    show(at);
  }

  const FULL = { image: fullImage, video: fullVideo, audio: fullSound };

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
    return [video];
  }

  function fullSound(item) {
    const sound = el("audio", { class: "lb-audio", controls: true, preload: "metadata", "aria-label": item.caption });
    sound.src = mediaUrl(base, item, "data");
    return [el("img", { class: "lb-thumb", alt: "", src: mediaUrl(base, item, "thumbnail"), draggable: "false" }), sound];
  }

  function preload(item) {
    if (item) new Image().src = mediaUrl(base, item, item.kind === "image" ? "data" : "thumbnail");
  }

  function stopPlaying() {
    const player = frame.querySelector("video, audio");
    if (!player) return;
    player.removeAttribute("src");
    player.load();
  }

  function open(newBase, newItems, position, actions) {
    base = newBase;
    items = newItems;
    buttons.replaceChildren(
      ...actions.map(({ label, run }) =>
        el("button", { class: "lb-button", type: "button", click: () => (dialog.close(), run(items[index])) }, label),
      ),
    );
    dialog.showModal();
    show(position);
    close.focus({ focusVisible: false });
  }

  dialog.addEventListener("close", () => {
    stopPlaying();
    frame.replaceChildren();
    closed(items[index]);
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if ([dialog, stage].includes(event.target)) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (PLAYERS.includes(event.target.tagName) && event.key.startsWith("Arrow")) return;
    if (event.target.closest("dialog") === dialog && marks?.press(event, items[index])) return event.preventDefault();
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -items.length, End: items.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    go(steps[event.key]);
  });
  onSwipe(stage, (step) => go(step));

  return {
    open,
    paintMarks,
    close(then) {
      if (dialog.open) dialog.close();
      then?.();
    },
  };
}

// A sideways swipe of a finger; the strip with a video's own controls is left to the player.
function onSwipe(stage, run) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    const bottom = PLAYERS.includes(event.target.tagName) ? event.target.getBoundingClientRect().bottom : Infinity;
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
