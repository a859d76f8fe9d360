// Small square thumbnails, as the picker and the strip of chosen items show them.

function toThumb(row) {
  const [id, kind, width, height, caption, duration] = row;
  return { id, kind, width: width || 1, height: height || 1, caption, duration };
}

function spokenThumb(item) {
  return item.kind === "image" ? item.caption : `${item.kind[0].toUpperCase()}${item.kind.slice(1)}: ${item.caption}`;
}

function thumbContent(base, item) {
  return [
    thumbnail(base, item, ""),
    el("span", { class: "caption", "aria-hidden": "true" }, item.caption),
    kindBadge(item),
  ];
}
