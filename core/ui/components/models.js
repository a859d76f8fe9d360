// What every view of models shares: cover or a drawn placeholder, facts in a few words, and the star.

Object.assign(ICONS, {
  star: "M12 3.8l2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z",
  image: "M4 5.5h16v13H4zM4 15.5l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.2v.1",
  video: "M4 6.5h11v11H4zM15 10.5l5-3v9l-5-3",
  audio: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3",
  other: "M5 6h14M5 10.5h14M5 15h9",
  external: "M9 5H5v14h14v-4M13 4.5h6.5V11M19 5l-8.5 8.5",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 3.5v4h-4",
});

const KINDS = { image: "Image", video: "Video", audio: "Audio", other: "Text" };

function nameHue(text) {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.codePointAt(0)) % 3600;
  return hash / 10;
}

// The placeholder lies below the picture, so it shows until there is one, and where there never is.
function modelCover(card) {
  const box = el("span", { class: "model-cover", "aria-hidden": "true" }, icon(card.kind in ICONS ? card.kind : "image"));
  box.style.setProperty("--hue", nameHue(card.id));
  if (!card.cover) return box;
  const picture = el("img", { alt: "", loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
  picture.addEventListener("load", () => box.classList.add("loaded"));
  picture.addEventListener("error", () => picture.remove());
  picture.src = card.cover;
  box.append(picture);
  return box;
}

function modelName(card) {
  return el("span", { class: "model-name" }, el("span", { class: "owner" }, `${card.owner}/`), el("b", {}, card.name));
}

function modelFacts(card) {
  const badges = [el("span", { class: "badge-kind" }, KINDS[card.kind] ?? card.kind)];
  if (card.official) badges.push(el("span", { class: "badge-official", title: "Kept running, with a stable interface" }, icon("check"), "Official"));
  const words = [card.runs, card.price, card.version && `version ${card.version}`].filter(Boolean);
  return el("span", { class: "model-facts" }, ...badges, ...words.map((word) => el("span", { class: "fact" }, word)));
}

function spokenModel(card) {
  const facts = [KINDS[card.kind], card.official ? "official" : "", card.runs, card.price];
  return [`${card.owner}/${card.name}`, ...facts].filter(Boolean).join(", ");
}

// The star answers at once; Python hears of it and sends the same back.
function modelStar(card, entry) {
  const star = el("button", { type: "button", class: "star" }, icon("star"));
  const paint = (on) => {
    star.setAttribute("aria-pressed", on);
    star.setAttribute("aria-label", `Favourite ${card.owner}/${card.name}`);
    star.title = on ? "No longer a favourite" : "Make it a favourite";
  };
  star.addEventListener("click", () => {
    const on = star.getAttribute("aria-pressed") !== "true";
    paint(on);
    entry.fire("favoured", [card.id, on]);
  });
  star.paint = paint;
  paint(false);
  return star;
}
