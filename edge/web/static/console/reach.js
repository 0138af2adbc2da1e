// Nothing leaves a page before the server has answered that it is there: else the browser shows an error of its own, and
// what was typed is gone. What is asked first carries nothing, so nothing can have been done by it, or be done twice.

const PATIENCE_MS = 4000;
const probe = document.querySelector("link[rel=icon]").href;
const note = document.getElementById("unsent");
const reached = new WeakSet();
const asking = new WeakSet();

async function answers() {
  try {
    return (await fetch(probe, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
  } catch { return false; }
}

// Whether somebody may go on with it; asked once at a time, however often they press.
async function first(what, goOn) {
  if (asking.has(what)) return;
  asking.add(what);
  const there = await answers();
  asking.delete(what);
  note.hidden = there;
  if (there) goOn();
}

document.addEventListener("submit", (event) => {
  const form = event.target, pressed = event.submitter;
  if (reached.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  first(form, () => {
    if (form.isConnected) { reached.add(form); form.requestSubmit(pressed); }
    else document.getElementById(pressed?.id)?.click(); // the part of the page that it stood in was fetched anew
  });
}, true);

// Links that are pressed by a key.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[aria-keyshortcuts]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  first(link, () => { location.href = link.href; });
});
