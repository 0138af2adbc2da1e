// Keeps the page on the phone, so that the code is shown at once and without network. Answers of the shop are never kept
// here. `SHELL` and `FILES` are written in front of this by the server; another content has another name of its cache.

const PAGE = "/m/";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(SHELL);
    await Promise.all([PAGE, ...FILES].map(async (path) => {
      const answer = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      await kept.put(path, answer);
    }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) {
    event.respondWith(url.searchParams.has("lang") ? inLanguage(event.request) : fromCache(PAGE, event.request));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(fromCache(event.request, event.request));
  }
});

async function fromCache(name, request) {
  const kept = await caches.open(SHELL);
  const found = (await kept.match(name)) ?? (await kept.match(name, { ignoreSearch: true }));
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith("/static/vendor/")) await kept.put(request, answer.clone());
  return answer;
}

// Somebody chose another language: the page is kept in that one from now on.
async function inLanguage(request) {
  const kept = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(PAGE, answer.clone());
    return answer;
  } catch {
    return (await kept.match(PAGE)) ?? Response.error();
  }
}
