// One item large: the picture, which a click opens alone, or a player with the controls that browsers leave out.

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
const SAVING_MS = 4000;
const playing = { loop: true, speed: 1 }; // kept from item to item

function createViewer(root, entry) {
  let data = null;
  let item = null;
  let player = null;
  let ticking = 0;
  const stage = el("div", { class: "viewer" });
  const time = el("output", { class: "time", "aria-label": "Moment" });
  const speed = el("select", { class: "speed", "aria-label": "Speed", title: "Speed", change: () => setSpeed(Number(speed.value)) });
  const loop = el("button", { type: "button", class: "tool", "aria-label": "Loop", title: "Loop", click: () => setLoop(!playing.loop) }, icon("loop"));
  const before = tool("back", "One frame back (,)", () => stepFrame(player, item.fps, -1));
  const after = tool("ahead", "One frame on (.)", () => stepFrame(player, item.fps, 1));
  const save = el("button", { type: "button", class: "button small save", click: keepFrame }, icon("camera"), "Save this frame as a new item");
  const bar = el("div", { class: "tools", role: "group", "aria-label": "Player" }, before, after, time, speed, loop, el("span", { class: "gap" }), save);
  speed.append(...SPEEDS.map((each) => el("option", { value: each }, `${each}×`)));
  root.append(stage, bar);

  const forget = onPageKeys({
    ",": () => item?.kind === "video" && stepFrame(player, item.fps, -1),
    ".": () => item?.kind === "video" && stepFrame(player, item.fps, 1),
    " ": () => player && (player.paused ? player.play().catch(() => {}) : player.pause()),
  });

  function tool(name, words, click) {
    return el("button", { type: "button", class: "tool", "aria-label": words, title: words, click }, icon(name));
  }

  function show() {
    stopPlaying();
    stage.className = `viewer ${item.thinned ? "thinned" : item.kind}`;
    stage.replaceChildren(...(item.thinned ? thinned() : SHOWN[item.kind]()));
    player = stage.querySelector("video, audio");
    bar.hidden = !player;
    for (const element of [before, after, save]) element.hidden = item.kind !== "video";
    if (!player) return;
    for (const name of ["timeupdate", "seeked", "loadedmetadata", "play"]) player.addEventListener(name, tick);
    setSpeed(playing.speed);
    setLoop(playing.loop);
    tick();
  }

  const SHOWN = {
    image: () => {
      const address = mediaUrl(data.base, item, "data");
      const size = { width: item.width, height: item.height };
      const picture = el("img", { src: address, alt: item.caption, ...size });
      picture.style.backgroundImage = `url("${mediaUrl(data.base, item, "thumbnail")}")`;
      picture.addEventListener("load", () => (picture.style.backgroundImage = ""));
      return [el("a", { href: address, target: "_blank", rel: "noopener", title: "Open the picture alone" }, picture)];
    },
    video: () => [
      el("video", {
        src: mediaUrl(data.base, item, "data"), poster: mediaUrl(data.base, item, "thumbnail"), controls: true, playsinline: true,
        preload: "metadata", width: item.width, height: item.height, "aria-label": item.caption,
      }),
    ],
    audio: () => {
      const wave = el("img", { class: "wave", src: mediaUrl(data.base, item, "thumbnail"), alt: "", draggable: "false" });
      const played = el("i", { class: "played" });
      const box = el("div", { class: "wave-box", title: "Press to go there", click: (event) => seekTo(event, box) }, wave, played);
      return [box, el("audio", { src: mediaUrl(data.base, item, "data"), controls: true, preload: "metadata", "aria-label": item.caption })];
    },
  };

  // All that is kept of it, and that it is no more than that.
  function thinned() {
    const small = el("img", { class: "small", src: mediaUrl(data.base, item, "thumbnail"), alt: item.caption });
    return [small, el("p", { class: "note" }, icon("thinned"), data.note)];
  }

  function seekTo(event, box) {
    const { left, width } = box.getBoundingClientRect();
    if (player.duration) player.currentTime = ((event.clientX - left) / width) * player.duration;
  }

  // As often as the screen is drawn while it plays, else when it has been moved.
  function tick() {
    cancelAnimationFrame(ticking);
    if (!player?.isConnected) return;
    const frame = item.kind === "video" ? ` · frame ${frameAt(player, item.fps) + 1}` : "";
    setText(time, exactTime(player.currentTime) + frame);
    stage.querySelector(".played")?.style.setProperty("width", `${(100 * player.currentTime) / (player.duration || item.duration || 1)}%`);
    if (!player.paused) ticking = requestAnimationFrame(tick);
  }

  function setSpeed(value) {
    playing.speed = value;
    speed.value = String(value);
    player.playbackRate = player.defaultPlaybackRate = value;
  }

  function setLoop(on) {
    playing.loop = player.loop = on;
    loop.setAttribute("aria-pressed", on);
  }

  function keepFrame() {
    if (save.disabled) return;
    player.pause();
    save.disabled = true;
    setTimeout(() => (save.disabled = false), SAVING_MS);
    entry.fire("frame", [item.id, player.currentTime]);
  }

  function stopPlaying() {
    cancelAnimationFrame(ticking);
    if (!player) return;
    player.pause();
    player.removeAttribute("src");
    player.load();
    player = null;
  }

  function update(next) {
    data = next;
    save.disabled = false;
    if (item?.id !== next.item.id) {
      item = next.item;
      show();
    }
    for (const other of next.ahead) new Image().src = mediaUrl(data.base, other, other.kind === "image" ? "data" : "thumbnail");
  }

  function destroy() {
    forget();
    stopPlaying();
  }

  return { update, destroy };
}

export default (component) => mount(component, createViewer);
