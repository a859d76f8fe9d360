// Items beside each other as one: what is zoomed, moved or played is so in all of them.

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];

function createCompare(root, entry) {
  let data = { items: [] };
  let shown = "";
  let loud = null; // the id of the one that is heard
  const stage = el("div", { class: "stage", role: "group", "aria-label": "Comparison" });
  const zoom = createZoom({ changed: (scale) => setText(percent, `${Math.round(scale * 100)} %`) });
  const percent = el("output", { class: "percent", "aria-label": "Zoom" }, "100 %");
  const slider = createSlider(stage);
  const together = createTogether({ changed: paint });

  const tool = (name, words, click) => el("button", { type: "button", class: "tool", "aria-label": words, title: words, click }, icon(name));
  const beside = el("button", { type: "button", class: "choice", click: () => setMode("beside") }, "Side by side");
  const over = el("button", { type: "button", class: "choice", click: () => setMode("slider") }, "Slider");
  const modes = el("div", { class: "choices", role: "group", "aria-label": "Way to compare" }, beside, over);
  const zooms = el(
    "div", { class: "group", role: "group", "aria-label": "Zoom" },
    tool("minus", "Zoom out (-)", () => zoom.by(1 / ZOOM_STEP)), percent,
    tool("plus", "Zoom in (+)", () => zoom.by(ZOOM_STEP)), tool("fit", "Fit (0, or a double click)", () => zoom.reset()),
  );
  const playButton = tool("play", "Play", () => together.toggle());
  const before = tool("back", "One frame back (,)", () => frame(-1));
  const after = tool("ahead", "One frame on (.)", () => frame(1));
  const seek = el("input", { class: "seek", type: "range", min: 0, max: 1000, value: 0, "aria-label": "Moment", input: () => together.seek((seek.value / 1000) * together.duration) });
  const time = el("output", { class: "time", "aria-label": "Moment" });
  const speed = el("select", { class: "speed", "aria-label": "Speed", title: "Speed", change: () => together.speed(Number(speed.value)) }, ...SPEEDS.map((each) => el("option", { value: each }, `${each}×`)));
  const loop = tool("loop", "Loop", () => (together.loop = !together.loop));
  const player = el("div", { class: "group player", role: "group", "aria-label": "Player" }, playButton, before, after, seek, time, speed, loop);
  speed.value = "1";
  root.append(stage, el("div", { class: "controls" }, modes, player, zooms));

  const forget = onPageKeys({
    "+": () => zoom.by(ZOOM_STEP),
    "=": () => zoom.by(ZOOM_STEP),
    "-": () => zoom.by(1 / ZOOM_STEP),
    0: () => zoom.reset(),
    ArrowLeft: () => panBy(1, 0),
    ArrowRight: () => panBy(-1, 0),
    ArrowUp: () => panBy(0, 1),
    ArrowDown: () => panBy(0, -1),
    " ": () => together.any && together.toggle(),
    ",": () => frame(-1),
    ".": () => frame(1),
  });

  function panBy(x, y) {
    if (zoom.scale === 1) return false;
    zoom.pan(x * PAN_STEP, y * PAN_STEP);
  }

  function frame(step) {
    const rate = Math.max(0, ...data.items.map((item) => item.fps ?? 0)) || USUAL_RATE;
    if (!data.items.some((item) => item.kind === "video")) return false;
    together.stop();
    together.seek((Math.floor(together.moment * rate + 0.001) + step + 0.5) / rate);
  }

  function draw() {
    const { items } = data;
    zoom.clear();
    stage.replaceChildren(...items.map(cell));
    stage.dataset.number = items.length;
    stage.style.setProperty("--shape", Math.min(...items.map((item) => (item.width || 3) / (item.height || 2))));
    together.set([...stage.querySelectorAll("video, audio")]);
    const films = items.some((item) => item.kind === "video");
    player.hidden = !together.any;
    zooms.hidden = items.every((item) => item.kind === "audio");
    before.hidden = after.hidden = !films;
    modes.hidden = items.length !== 2 || items.some((item) => item.kind === "audio");
    setMode(modes.hidden ? "beside" : stage.dataset.mode ?? "beside");
    hear((items.find((item) => item.kind === "audio") ?? items.find((item) => item.has_audio))?.id ?? null);
    zoom.reset();
  }

  function cell(item) {
    const content = el("div", { class: "content" }, ...contentOf(item));
    const pane = el("div", { class: `pane ${item.kind}` }, content);
    if (item.kind !== "audio") zoom.add(pane, content);
    const link = el("a", { class: "name", href: `${data.base}/item?id=${item.id}`, click: (event) => follow(event, item) }, `${NAMES[item.kind]} ${item.id}`);
    const sound = (item.kind === "audio" || item.has_audio) && !item.thinned ? el("button", { type: "button", class: "tool sound", "data-id": item.id, click: () => hear(loud === item.id ? null : item.id) }) : null;
    return el("figure", { class: "cell" }, pane, el("figcaption", {}, link, el("span", { class: "words", title: item.caption }, item.thinned ? `Thumbnail only · ${item.caption}` : item.caption), sound));
  }

  function contentOf(item) {
    const address = mediaUrl(data.base, item, "data");
    const small = mediaUrl(data.base, item, "thumbnail");
    if (item.kind === "image" || item.thinned) return [el("img", { src: address, alt: item.caption, draggable: "false" })];
    if (item.kind === "video") return [el("video", { src: address, poster: small, playsinline: true, preload: "auto", muted: true, "aria-label": item.caption })];
    return [el("img", { src: small, alt: "", draggable: "false" }), el("audio", { src: address, preload: "auto", "aria-label": item.caption })];
  }

  function follow(event, item) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    entry.fire("opened", item.id);
  }

  function setMode(mode) {
    stage.dataset.mode = mode;
    beside.setAttribute("aria-pressed", mode === "beside");
    over.setAttribute("aria-pressed", mode === "slider");
    if (mode === "slider") stage.append(slider.handle);
    else slider.handle.remove();
  }

  // One is heard at a time.
  function hear(id) {
    loud = id;
    [...stage.querySelectorAll(".cell")].forEach((each, index) => {
      const item = data.items[index];
      const media = each.querySelector("video, audio");
      if (media) media.muted = item.id !== id;
      const button = each.querySelector(".sound");
      if (!button) return;
      button.replaceChildren(icon(item.id === id ? "loud" : "mute"));
      button.setAttribute("aria-pressed", item.id === id);
      button.setAttribute("aria-label", `Hear ${NAMES[item.kind].toLowerCase()} ${item.id}`);
      button.title = item.id === id ? "Silence it" : "Hear this one";
    });
  }

  function paint() {
    const words = together.playing ? "Pause (space)" : "Play (space)";
    if (playButton.title !== words) {
      playButton.replaceChildren(icon(together.playing ? "pause" : "play"));
      playButton.setAttribute("aria-label", words);
      playButton.title = words;
    }
    loop.setAttribute("aria-pressed", together.loop);
    setText(time, `${exactTime(together.moment)} / ${exactTime(together.duration)}`);
    const part = together.duration ? together.moment / together.duration : 0;
    if (!seek.matches(":active")) seek.value = 1000 * part;
    seek.style.setProperty("--at", `${100 * part}%`);
    seek.setAttribute("aria-valuetext", exactTime(together.moment));
  }

  function update(next) {
    data = next;
    const list = JSON.stringify(next.items);
    if (list === shown) return;
    shown = list;
    draw();
  }

  function destroy() {
    forget();
    together.stop();
    for (const media of stage.querySelectorAll("video, audio")) (media.removeAttribute("src"), media.load());
  }

  return { update, destroy };
}

const NAMES = { image: "Image", video: "Video", audio: "Sound" };

export default (component) => mount(component, createCompare);
