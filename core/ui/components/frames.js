// Moving through a video by frames. A frame is aimed at in its middle, for players round.

const USUAL_RATE = 24; // frames a second, where the file does not tell

function frameAt(video, fps) {
  return Math.floor(video.currentTime * (fps || USUAL_RATE) + 0.001);
}

function stepFrame(video, fps, step) {
  const rate = fps || USUAL_RATE;
  video.pause();
  const frame = frameAt(video, fps) + step;
  const last = Math.max(0, Math.ceil((video.duration || 0) * rate) - 1);
  video.currentTime = (Math.min(last, Math.max(0, frame)) + 0.5) / rate;
}

function exactTime(seconds) {
  const whole = Math.floor(seconds);
  const hundredths = Math.floor((seconds - whole) * 100 + 0.001);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${String(hundredths).padStart(2, "0")}`;
}
