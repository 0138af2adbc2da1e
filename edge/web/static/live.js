// Keeps the parts of a page fresh: each names in data-live what it shows and in data-from where it is fetched anew.
// The server says only that something has changed. Whatever was missed meanwhile is fetched on opening, focus and return.

const parts = [...document.querySelectorAll("[data-live]")];
const source = document.body.dataset.events;

async function fetchAnew(part) {
  if (part.busy) { part.again = true; return; }
  part.busy = true;
  try {
    const answer = await fetch(part.dataset.from, { headers: { "X-Part": part.id } });
    if (answer.ok) {
      const within = document.activeElement && part.contains(document.activeElement) ? document.activeElement.id : "";
      part.innerHTML = await answer.text();
      if (within) document.getElementById(within)?.focus();
      document.body.classList.remove("stale");
    } else if (answer.status === 401) location.reload();
    else document.body.classList.add("stale");
  } catch { document.body.classList.add("stale"); }
  part.busy = false;
  if (part.again) { part.again = false; fetchAnew(part); }
}

function all() { parts.forEach(fetchAnew); }

if (parts.length && source) {
  const topics = new Set(parts.flatMap((part) => part.dataset.live.split(" ")));
  const stream = new EventSource(`${source}?of=${encodeURIComponent([...topics].join(","))}`);
  let opened = false;
  stream.addEventListener("changed", (event) => {
    parts.filter((part) => part.dataset.live.split(" ").includes(event.data)).forEach(fetchAnew);
  });
  stream.addEventListener("open", () => { if (opened) all(); opened = true; });
  stream.addEventListener("error", () => document.body.classList.add("stale"));
  addEventListener("focus", all);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) all(); });
  addEventListener("pagehide", () => stream.close());
}
