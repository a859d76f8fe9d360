// Players that go together: the longest leads, the others follow its moment and wait on their last frame.

const DRIFT = 0.08; // seconds

function createTogether({ changed }) {
  let players = [];
  let playing = false;
  let loop = true;
  let ticking = 0;

  function set(next) {
    stop();
    players = next;
    for (const player of players) for (const name of ["loadedmetadata", "seeked"]) player.addEventListener(name, () => changed());
    changed();
  }

  function lead() {
    return players.reduce((longest, player) => ((player.duration || 0) > (longest?.duration || 0) ? player : longest), players[0]);
  }

  function seek(moment) {
    const wanted = Math.max(0, Math.min(moment, lead()?.duration || 0));
    for (const player of players) player.currentTime = Math.min(wanted, Math.max(0, (player.duration || 0) - 0.001));
    changed();
  }

  function play() {
    if (!players.length) return;
    const leader = lead();
    if (leader.ended || leader.currentTime >= leader.duration - 0.02) seek(0);
    else seek(leader.currentTime);
    playing = true;
    for (const player of players) player.play().catch(() => {});
    tick();
  }

  function stop() {
    playing = false;
    cancelAnimationFrame(ticking);
    for (const player of players) player.pause();
    if (players.length) seek(lead().currentTime);
    changed();
  }

  function tick() {
    cancelAnimationFrame(ticking);
    if (!playing || !lead()?.isConnected) return;
    const leader = lead();
    if (leader.ended) {
      if (!loop) return stop();
      play();
    }
    for (const player of players) if (player !== leader) follow(player, leader.currentTime);
    changed();
    ticking = requestAnimationFrame(tick);
  }

  function follow(player, moment) {
    const last = (player.duration || 0) - 0.001;
    if (moment >= last) return;
    if (player.paused) player.play().catch(() => {});
    if (Math.abs(player.currentTime - moment) > DRIFT && !player.seeking) player.currentTime = moment;
  }

  return {
    set, seek, stop,
    toggle: () => (playing ? stop() : play()),
    get playing() {
      return playing;
    },
    get loop() {
      return loop;
    },
    set loop(on) {
      loop = on;
      changed();
    },
    get moment() {
      return lead()?.currentTime ?? 0;
    },
    get duration() {
      return lead()?.duration || 0;
    },
    get any() {
      return players.length > 0;
    },
    speed(rate) {
      for (const player of players) player.playbackRate = player.defaultPlaybackRate = rate;
    },
  };
}
