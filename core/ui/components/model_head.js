// The head of a form: which model it is for, how old its description is, and what can be done with it.

function createModelHead(root, entry) {
  const box = el("section", { class: "model-head", "aria-label": "Chosen model" });
  let star = null;
  let age = null;
  let shown = "";
  let sent = null; // how often the focus was sent somewhere
  let fetched = null;
  root.append(box);
  const clock = setInterval(tell, 30_000);

  function tell() {
    if (age && fetched) setText(age, `Looked up ${ageWords((Date.now() - Date.parse(fetched)) / 1000)}`);
  }

  function sendFocus(key) {
    const there = document.querySelector(`.st-key-${key}`);
    there?.querySelector("[aria-checked=true], input, button")?.focus();
  }

  function rebuild({ card, fetched }) {
    star = modelStar(card, entry);
    age = fetched ? el("span", { class: "age" }) : null;
    const again = el("button", { type: "button", class: "link", title: "Ask for the description anew" }, icon("refresh"), "Refresh");
    again.addEventListener("click", () => (again.classList.add("busy"), entry.fire("refresh", true)));
    const safe = /^https?:\/\//.test(card.url ?? "");
    const page = safe ? el("a", { class: "link", href: card.url, target: "_blank", rel: "noopener noreferrer", title: "The model's page" }, "Page", icon("external")) : null;
    const foot = fetched ? el("div", { class: "foot" }, age, again, page) : null;
    const head = el("div", { class: "head" }, modelName(card), star);
    const about = el("p", { class: "model-about", title: card.description }, card.description);
    const note = card.note ? el("p", { class: "model-note" }, card.note) : null;
    const body = el("div", { class: "body" }, head, modelFacts(card), about, note);
    box.replaceChildren(el("div", { class: "parts" }, ...[modelCover(card), body, foot].filter(Boolean)));
  }

  return {
    update(data) {
      fetched = data.fetched;
      const next = JSON.stringify([data.card, !!data.fetched]);
      if (next !== shown) rebuild(data);
      shown = next;
      star.paint(data.favourite);
      box.querySelector(".busy")?.classList.remove("busy");
      tell();
      const [key, times] = data.focus;
      if (sent !== null && sent !== times) setTimeout(sendFocus, 150, key); // once a dialog has gone
      sent = times;
    },
    destroy() {
      clearInterval(clock);
    },
  };
}

export default (component) => mount(component, createModelHead);
