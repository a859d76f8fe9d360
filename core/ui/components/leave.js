// A real form: the answer clears the session's cookie and leads the whole window to the log-in page.

function createLeave(root) {
  const form = el("form", { method: "post" }, el("button", { class: "button small", type: "submit" }, icon("outside"), "Log out"));
  root.append(form);
  return { update: (data) => form.setAttribute("action", data.action), destroy: () => form.remove() };
}

export default (component) => mount(component, createLeave);
