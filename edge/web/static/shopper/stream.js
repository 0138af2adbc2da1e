// Hears that something has changed. EventSource cannot sign, so the stream is read here; it never says what has changed.

const FIRST_MS = 1000;
const LONGEST_MS = 30000;
const TOGETHER_MS = 50;

export function listen(open, changed) {
  const ended = new AbortController();
  let waitMs = FIRST_MS;
  let ringing = null;

  function ring() {
    ringing ??= setTimeout(() => {
      ringing = null;
      changed();
    }, TOGETHER_MS);
  }

  async function hear() {
    const answer = await open(ended.signal);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    ended.signal.addEventListener("abort", () => reader.cancel().catch(() => {}));
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waitMs = FIRST_MS;
      if (value.includes("event: changed")) ring();
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
      clearTimeout(ringing);
      ended.abort();
    },
  };
}
