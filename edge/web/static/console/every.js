// Parts that move: fetched again every so many seconds, while somebody looks. And seconds that run down.

for (const part of document.querySelectorAll("[data-every]")) {
  let busy = false;
  setInterval(async () => {
    if (document.hidden || busy) return;
    busy = true;
    try {
      const answer = await fetch(part.dataset.from, { headers: { "X-Part": part.id } });
      if (answer.ok) {
        part.innerHTML = await answer.text();
        document.body.classList.remove("stale");
      } else if (answer.status === 401) location.reload();
    } catch { document.body.classList.add("stale"); }
    busy = false;
  }, 1000 * part.dataset.every);
}

const ends = new WeakMap();
setInterval(() => {
  for (const count of document.querySelectorAll("[data-until]")) {
    if (!ends.has(count)) ends.set(count, performance.now() + 1000 * count.dataset.until);
    count.textContent = Math.max(0, Math.ceil((ends.get(count) - performance.now()) / 1000));
  }
}, 250);
