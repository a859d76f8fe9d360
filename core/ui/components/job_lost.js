// The outputs of a run that did not come home: each with its reason, and its address while that still lives.

function createJobLost() {
  const list = el("ul", { class: "job-lost", role: "list", "aria-label": "Outputs that did not come home" });
  let shown = "";

  function set(job, now) {
    const lives = Boolean(job.deletes_at) && Date.parse(job.deletes_at) > now;
    const look = JSON.stringify([job.lost, lives]);
    if (look === shown) return;
    shown = look;
    list.hidden = !job.lost.length;
    list.replaceChildren(...job.lost.map((lost) => entry(lost, lives)));
  }

  function entry(lost, lives) {
    const address = lost.state === "failed" && lives ? lost.url : null;
    const link = outsideLink(address, { class: "link" }, "Open it where it is", icon("outside"));
    const place = `Output ${lost.position + 1}`;
    return el(
      "li",
      { "data-state": lost.state },
      el("span", { class: "lost-name" }, icon("alert"), place, lost.state === "expired" ? " · removed" : ""),
      el("span", { class: "lost-why" }, lost.error || "It gave no reason."),
      link,
    );
  }

  return { element: list, set };
}
