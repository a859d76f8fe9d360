"use strict";
const cards = [...document.querySelectorAll("figure")];
const find = document.querySelector("header input");
const count = document.querySelector("header p");
const told = count.textContent;
const viewer = document.querySelector("dialog");
const stage = viewer.querySelector(".stage");
const below = viewer.querySelector(".below");
const texts = cards.map((card) => card.querySelector("figcaption").textContent.toLowerCase());
let at = 0;

find.hidden = false;
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  cards.forEach((card, index) => {
    card.hidden = !words.every((word) => texts[index].includes(word));
    shown += !card.hidden;
  });
  count.textContent = words.length ? `${shown.toLocaleString("en")} found` : told;
});

function show(index) {
  at = index;
  const shot = cards[at].querySelector("a.shot");
  const name = { video: "video", audio: "audio" }[cards[at].dataset.kind] ?? "img";
  const made = document.createElement(name);
  made.src = shot.href;
  if (name === "img") made.alt = shot.querySelector("img")?.alt ?? "";
  else made.controls = made.autoplay = made.loop = true;
  stage.replaceChildren(made);
  below.textContent = cards[at].querySelector(".words").textContent;
}

function step(by) {
  for (let next = at + by; next >= 0 && next < cards.length; next += by) {
    if (!cards[next].hidden && cards[next].querySelector("a.shot")) return show(next);
  }
}

document.querySelector("main").addEventListener("click", (event) => {
  const shot = event.target.closest("a.shot");
  if (!shot || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(cards.indexOf(shot.closest("figure")));
  viewer.showModal();
});
viewer.querySelector(".close").addEventListener("click", () => viewer.close());
viewer.querySelector(".back").addEventListener("click", () => step(-1));
viewer.querySelector(".next").addEventListener("click", () => step(1));
viewer.addEventListener("keydown", (event) => {
  if (event.target.controls) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
viewer.addEventListener("close", () => {
  stage.replaceChildren();
  cards[at].querySelector("a.shot")?.focus();
});
