// Favourites, ratings and removals: shown at once, and corrected by what Python says once it has heard of them.

const HIGHEST = 5;

function createMarks(wishes) {
  let known = new Map(); // id -> {favourite, rating}, as Python said
  let shown = new Map(); // id -> {favourite?, rating?, gone?, number}: what it has not heard yet

  function update(ids, rows) {
    known = new Map(ids.map((id, index) => [id, { favourite: rows[index][0], rating: rows[index][1] }]));
    shown = new Map([...shown].filter(([, mark]) => wishes.isWaiting(mark.number)));
  }

  function of(id) {
    return { favourite: false, rating: 0, ...known.get(id), ...shown.get(id) };
  }

  function put(ids, act, change, value) {
    const number = wishes.make(act, ids, value);
    for (const id of ids) shown.set(id, { ...shown.get(id), ...change, number });
  }

  return {
    update,
    of,
    isGone: (id) => Boolean(shown.get(id)?.gone),
    // All become favourites, unless they are.
    favour(ids) {
      const favourite = !ids.every((id) => of(id).favourite);
      put(ids, "favour", { favourite }, favourite);
    },
    rate: (ids, rating) => put(ids, "rate", { rating }, rating),
    discard: (ids) => put(ids, "discard", { gone: true }),
    restore: (ids) => put(ids, "restore", { gone: true }),
  };
}

function markWords({ favourite, rating }) {
  return [favourite ? "favourite" : "", rating ? `rated ${rating}` : ""].filter(Boolean).join(", ");
}

function pips(rating) {
  const row = el("span", { class: "pips", "aria-hidden": "true" });
  for (let place = 1; place <= rating; place++) row.append(el("i"));
  return row;
}
