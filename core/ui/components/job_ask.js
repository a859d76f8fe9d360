// What an uncertain run asks of a person: the sentence, where to look, and three ways to go on.

// `places` are the providers' own lists of predictions, by the provider's name.
function createJobAsk(id, ask, places) {
  const sentence = el("p", { class: "ask-sentence" });
  const place = el("span", { class: "ask-place" });
  const pay = confirmedButton("Run it (may cost twice)", "Press again to run it", () => ask("pay", id));
  const button = (label, name) => el("button", { class: "button small", type: "button", click: () => ask(name, id) }, label);
  const look = button("Look again", "look");
  const buttons = el("div", { class: "buttons" }, look, pay, button("Give it up", "cancel"));
  const element = el("div", { class: "job-ask", role: "group", "aria-label": "Your decision", hidden: true }, sentence, place, buttons);

  function set(job) {
    element.hidden = job.status !== "uncertain";
    if (element.hidden) return;
    setText(sentence, job.waiting || "The studio cannot tell whether this run was started.");
    const link = outsideLink(places[job.provider], { class: "link" }, `Your predictions at ${providerName(job)}`, icon("outside"));
    if (!place.firstChild && link) place.append(link);
  }

  return { element, set };
}
