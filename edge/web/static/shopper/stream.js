// Hears that something has changed, and fetches then. EventSource cannot sign, so the stream is read here. It names what
// has changed and says nothing of it; news of the shop as a whole come to all phones at once, who do not all ask at once.

const FIRST_MS = 1000;
const LONGEST_MS = 30000;
const TOGETHER_MS = 50;
const APART_MS = 5000;

export function listen(open, changed) {
  const ended = new AbortController();
  let waitMs = FIRST_MS;
  let ringing = null;

  function ring(withinMs = TOGETHER_MS) {
    const dueMs = performance.now() + withinMs;
    if (ringing && ringing.dueMs <= dueMs) return;
    clearTimeout(ringing?.timer);
    const timer = setTimeout(() => {
      ringing = null;
      changed();
    }, withinMs);
    ringing = { timer, dueMs };
  }

  async function hear() {
    const answer = await open(ended.signal);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    ended.signal.addEventListener("abort", () => reader.cancel().catch(() => {}));
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waitMs = FIRST_MS;
      const news = [...value.matchAll(/^data: (.*)$/gm)].map((found) => found[1]);
      if (news.some((topic) => topic !== "status")) ring();
      else if (news.length) ring(TOGETHER_MS + Math.random() * APART_MS);
    }
  }

  (async () => {
    while (!ended.signal.aborted) {
      try {
        await hear();
      } catch {
        // away, or stopped: tried again below
      }
      if (ended.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(LONGEST_MS, waitMs * 2);
      if (!ended.signal.aborted) ring();
    }
  })();

  return {
    stop() {
      clearTimeout(ringing?.timer);
      ended.abort();
    },
  };
}
