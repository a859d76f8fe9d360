// One tile of the gallery, and how its marks are painted.

function toItem(row) {
  const [id, kind, width, height, caption, duration, status, error, thinned] = row;
  return { id, kind, width: width || 3, height: height || 2, caption, duration, status, error, thinned, signature: JSON.stringify(row) };
}

function makeTile(item, base) {
  if (item.kind === "run") return runTile(item);
  const tile = el(
    "div",
    { class: "tile", role: "option", tabindex: "-1", "aria-selected": "false", "aria-label": spoken(item), "data-id": item.id },
    thumbnail(base, item, ""),
    el("span", { class: "caption", "aria-hidden": "true" }, item.caption),
    kindBadge(item),
    el("span", { class: "marks", "aria-hidden": "true" }),
    el("span", { class: "check", "aria-hidden": "true" }, icon("check")),
  );
  if (item.kind === "video" && !item.thinned) {
    const preview = videoPreview(tile, mediaUrl(base, item, "data"));
    tile.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && preview.soon());
    tile.addEventListener("pointerleave", preview.stop);
  }
  return tile;
}

function paintMarks(tile, item, mark) {
  const place = tile.querySelector(".marks");
  const words = markWords(mark);
  if (!place || place.dataset.words === words) return;
  place.dataset.words = words;
  place.replaceChildren(...(mark.favourite ? [icon("star")] : []), ...(mark.rating ? [pips(mark.rating)] : []));
  tile.setAttribute("aria-label", words ? `${spoken(item)} (${words})` : spoken(item));
}

// The tile of the next row up or down whose middle is nearest; null beyond the ends.
function neighbourRow(rows, index, step) {
  const at = rows.findIndex((row) => index < row.start + row.widths.length);
  const target = rows[at + step];
  if (!target) return null;
  const middles = (row) => {
    let left = 0;
    return row.widths.map((width) => ((left += width + GAP), left - GAP - width / 2));
  };
  const here = middles(rows[at])[index - rows[at].start];
  const away = middles(target).map((middle) => Math.abs(middle - here));
  return target.start + away.indexOf(Math.min(...away));
}
