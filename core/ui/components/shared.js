// What every component shares: elements, icons, addresses, words for times, and the life cycle.
// Text from people only ever goes through text nodes and attributes, never through markup.

const ICONS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  down: "M6 9.5l6 6 6-6",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  play: "M8 5.5v13l11-6.5z",
  clock: "M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17",
  alert: "M12 7.5v6M12 16.5v.5M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17",
  stop: "M8 12h8M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17",
  ring: "M12 3.5a8.5 8.5 0 1 1-8.5 8.5",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  sound: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3",
  words: "M5 6h14M5 10.5h14M5 15h14M5 19.5h8",
  outside: "M14 5h5v5M19 5l-8.5 8.5M16.5 13.5V19H5V7.5h5.5",
  star: "M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8z",
  undo: "M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
  tag: "M4 4h7.5l8.5 8.5-7.5 7.5L4 11.5zM8.2 8.2v.1",
  compare: "M4 5.5h6.5v13H4zM13.5 5.5H20v13h-6.5z",
  thinned: "M4.5 6.5h15v11h-15zM7 20.5L17 3.5",
  dice: "M5 5h14v14H5zM9 9v.1M15 15v.1M15 9v.1M9 15v.1",
  question: "M9.4 9.6a2.7 2.7 0 1 1 3.8 2.5c-.8.4-1.2.9-1.2 1.8M12 17v.5M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17",
};

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// Writing an unchanged text would end a person's text selection, so it is left alone.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Media are kept by the browser for good, so their addresses name the file that they are from.
let fileKey = "";

const FAMILIES = { image: "images", video: "videos", audio: "audio" };
const KIND_WORDS = { video: "Video: ", audio: "Sound: " };

function mediaUrl(base, media, what) {
  if (media.thinned && what === "data") what = "thumbnail"; // all that is kept of it
  return `${base}/api/${FAMILIES[media.kind]}/${media.id}/${what}?v=${fileKey}`;
}

// What a screen reader says of an item: its words, and its kind where that is not a picture.
function spoken(item) {
  return (item.thinned ? "Thinned: " : (KIND_WORDS[item.kind] ?? "")) + item.caption;
}

// A link that leaves the studio, in a tab of its own; null where the address is none for a browser.
function outsideLink(address, attributes, ...children) {
  if (!/^https?:\/\//i.test(address ?? "")) return null;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

// "Replicate" for "replicate".
function providerName(job) {
  return job.provider.charAt(0).toUpperCase() + job.provider.slice(1);
}

function clockTime(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function spanWords(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function ageWords(seconds) {
  if (seconds < 3) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

// How many outputs an answer has, and how many of them are home.
function outputsOf(job) {
  const home = job.media.length;
  return { home, total: home + job.awaited + job.lost.length };
}

// Whether the provider can be asked once more for what did not come home.
function canFetchAgain(job) {
  const ended = job.status === "failed" || job.status === "canceled";
  return (!isPending(job) && job.lost.some((lost) => lost.state === "failed")) || (ended && job.paid && Boolean(job.url));
}

function isPending(job) {
  return job.status === "queued" || job.status === "running";
}

function calmMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Streamlit keeps only the last trigger of a name when several meet in one run of the script, so they go
// out one by one with time for a run between them.
const TRIGGER_SPACING_MS = 400;

function triggerQueue(send) {
  const waiting = [];
  let timer = 0;
  const next = () => {
    timer = 0;
    if (!waiting.length) return;
    send(...waiting.shift());
    timer = setTimeout(next, TRIGGER_SPACING_MS);
  };
  return (name, value) => {
    waiting.push([name, value]);
    if (!timer) next();
  };
}

// Streamlit calls a component again at each change of its data: the same instance is then updated. It may
// also run the cleanup of a call that a later one has overtaken, hence the count of turns.
const instances = new WeakMap();

function mount(component, create) {
  const home = component.parentElement;
  let entry = instances.get(home);
  if (!entry) {
    const root = el("div", { class: "studio" });
    home.appendChild(root);
    entry = { root, turn: 0, component };
    entry.fire = triggerQueue((name, value) => entry.component.setTriggerValue(name, value));
    entry.instance = create(root, entry);
    instances.set(home, entry);
  }
  entry.component = component;
  fileKey = component.data?.file ?? fileKey;
  const turn = ++entry.turn;
  entry.instance.update(component.data);
  return () => {
    if (entry.turn !== turn) return;
    entry.instance.destroy();
    entry.root.remove();
    instances.delete(home);
  };
}
