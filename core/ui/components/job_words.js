// Words about a run: its age and cost, what it waits for, how long its outputs are still to be had. The time is
// the server's, for a browser's clock may be wrong.

const RISK_MS = 10 * 60 * 1000; // before the provider deletes what it made
const STATUS_WORDS = {
  queued: "Queued", running: "Running", uncertain: "Your decision", succeeded: "Done", failed: "Failed", canceled: "Canceled",
};

// The server's time at any moment after it was heard.
function serverClock() {
  let ahead = 0;
  return {
    set: (now) => (ahead = now - performance.now()),
    now: () => ahead + performance.now(),
  };
}

function pillWords(job, stopping) {
  const { home, total } = outputsOf(job);
  if (stopping) return "Canceling";
  if (job.awaited) return `Fetching ${home + 1} of ${total}`;
  if (isPending(job) && job.waiting) return "Waiting";
  if (job.status === "succeeded" && job.lost.length) return `${home} of ${total} home`;
  return STATUS_WORDS[job.status];
}

function metaWords(job, now) {
  const parts = [job.model, ageWords((now - Date.parse(job.created_at)) / 1000)];
  const end = job.finished_at ? Date.parse(job.finished_at) : now;
  if (job.started_at && job.status !== "uncertain") parts.push(`${job.finished_at ? "took" : "for"} ${spanWords((end - Date.parse(job.started_at)) / 1000)}`);
  if (job.status === "queued" && job.paid && !job.waiting) parts.push("waits for its turn");
  if (job.paid && costIsTold(job)) parts.push(job.cost_words);
  return parts.join(" · ");
}

// Whether the cost says something: whether a run that did not succeed is paid for, the estimate does not tell.
function costIsTold(job) {
  const expected = job.status !== "failed" && job.status !== "canceled" && job.cost_estimate != null;
  return job.cost != null || expected;
}

// Whether anything is still at the provider alone that the studio wants or could have.
function isAway(job) {
  return isPending(job) || job.awaited > 0 || job.lost.some((lost) => lost.state === "failed" && lost.url);
}

// {words, risk} of the time until the provider deletes what it made; null where nobody needs to hurry.
function countdown(job, now) {
  if (!job.deletes_at || !isAway(job)) return null;
  const left = Date.parse(job.deletes_at) - now;
  const [name, time] = [providerName(job), clockTime(left / 1000)];
  const made = job.awaited || job.lost.length;
  if (left <= 0) return { words: `${name} has deleted its copy by now.`, risk: true };
  if (left <= RISK_MS) return { words: `At risk: ${name} deletes ${made ? "its copy" : "what it makes"} in ${time}`, risk: true };
  return { words: made ? `${name} deletes its copy in ${time}` : `${name} keeps what it makes for ${time}`, risk: false };
}

// One sentence on what did not come home.
function lostWords(job) {
  const { total } = outputsOf(job);
  const number = job.lost.length;
  if (!number || isPending(job)) return "";
  const what = total === 1 ? "The output" : `${number} of ${total} outputs`;
  const did = `${what} did not come home.`;
  if (job.lost.some((lost) => lost.state === "failed")) return `${did} Fetch again asks for ${number === 1 ? "it" : "them"} once more.`;
  return `${did} ${providerName(job)} has removed ${number === 1 ? "it" : "them"}; the recipe is kept, so run it again.`;
}
