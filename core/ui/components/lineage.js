// Layers from left to right: what an item was made from, the item, what it led to; lines are the inputs between them.

const NODE = [112, 84]; // pixels
const SPACE = [56, 14];
const LEVEL_WORDS = (level) => (level === 0 ? "This item" : level < 0 ? "Made from" : "Led to");

function createLineage(root, entry) {
  const canvas = el("div", { class: "lineage-canvas" });
  const scroll = el("div", { class: "lineage", tabindex: "-1" }, canvas);
  let shown = "";
  root.append(scroll);

  function toNode(row) {
    const [id, level, state, kind, width, height, duration, caption] = row;
    return { id, level, state, kind: kind ?? "image", width: width || 1, height: height || 1, duration, caption };
  }

  function update(data) {
    const list = JSON.stringify([data.nodes, data.edges]);
    if (list === shown) return;
    shown = list;
    draw(data, data.nodes.map(toNode));
  }

  function draw(data, nodes) {
    const levels = [...new Set(nodes.map((node) => node.level))].sort((one, other) => one - other);
    const columns = levels.map((level) => nodes.filter((node) => node.level === level));
    const most = Math.max(...columns.map((column) => column.length));
    const height = most * (NODE[1] + SPACE[1]) - SPACE[1];
    const places = new Map();
    columns.forEach((column, index) => {
      const top = (height - (column.length * (NODE[1] + SPACE[1]) - SPACE[1])) / 2;
      column.forEach((node, row) => places.set(node.id, { x: index * (NODE[0] + SPACE[0]), y: top + row * (NODE[1] + SPACE[1]) }));
    });
    canvas.style.width = `${columns.length * (NODE[0] + SPACE[0]) - SPACE[0]}px`;
    canvas.style.height = `${height}px`;
    const lines = svg("svg", { class: "lines", "aria-hidden": "true" });
    lines.append(...data.edges.filter(([from, to]) => places.has(from) && places.has(to)).map((edge) => line(edge, places)));
    const lists = columns.map((column, index) =>
      el("div", { class: "column", role: "list", "aria-label": LEVEL_WORDS(levels[index]) }, ...column.map((node) => nodeOf(data, node, places.get(node.id)))),
    );
    canvas.replaceChildren(lines, ...lists);
    const own = nodes.find((node) => node.level === 0);
    if (own) scroll.scrollLeft = places.get(own.id).x + NODE[0] / 2 - scroll.clientWidth / 2;
    if (own) scroll.scrollTop = places.get(own.id).y + NODE[1] / 2 - scroll.clientHeight / 2;
  }

  function svg(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function line([from, to, role], places) {
    const [one, other] = [places.get(from), places.get(to)];
    const [x, y, toX, toY] = [one.x + NODE[0], one.y + NODE[1] / 2, other.x, other.y + NODE[1] / 2];
    const bend = Math.max(24, Math.abs(toX - x) / 2);
    const path = svg("path", { d: `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`, "data-from": from, "data-to": to });
    path.append(svg("title", {}, document.createTextNode(role)));
    return path;
  }

  function nodeOf(data, node, place) {
    const words = node.state === "deleted" ? node.caption : `${node.state === "trash" ? "In the trash. " : ""}${spoken(node)}`;
    const inner = node.state === "deleted"
      ? [el("span", { class: "gone" }, `Item ${node.id}`, el("br"), "deleted")]
      : [thumbnail(data.base, node, ""), kindBadge(node), node.state === "trash" ? el("span", { class: "mark" }, "In the trash") : null];
    const common = { class: `tile node ${node.state}`, "data-id": node.id, title: words };
    const element = node.level === 0 || node.state === "deleted"
      ? el("div", { ...common, tabindex: "0", role: "group", "aria-label": words, "aria-current": node.level === 0 ? "true" : null }, ...inner)
      : el("a", { ...common, href: `${data.base}/item?id=${node.id}`, "aria-label": `Open item ${node.id}. ${words}`, click: (event) => follow(event, node) }, ...inner);
    for (const [name, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) element.addEventListener(name, () => light(node.id, on));
    const cell = el("div", { class: "cell", role: "listitem" }, element);
    cell.style.translate = `${place.x}px ${place.y}px`;
    return cell;
  }

  function follow(event, node) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    entry.fire("opened", node.id);
  }

  function light(id, on) {
    for (const path of canvas.querySelectorAll(`[data-from="${id}"], [data-to="${id}"]`)) path.classList.toggle("lit", on);
  }

  return { update, destroy() {} };
}

export default (component) => mount(component, createLineage);
