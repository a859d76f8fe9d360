// What a person asks of items, numbered: repeated until Python has heard the number, so that none is lost and none is
// carried out twice.

function createWishes(entry) {
  let pending = [];
  let last = 0;
  let token = "";

  function send() {
    entry.component.setStateValue("wishes", { token, list: pending });
  }

  return {
    // What Python says: whose session this is, and how far it got.
    update(data) {
      if (data.token !== token) pending = [];
      token = data.token;
      last = Math.max(last, data.heard);
      pending = pending.filter(([number]) => number > data.heard);
    },
    // `ids` null: everything that matches. Returns the number of the wish.
    make(act, ids, value = null) {
      pending = [...pending, [++last, act, ids, value]];
      send();
      return last;
    },
    isWaiting: (number) => pending.some(([each]) => each === number),
  };
}
