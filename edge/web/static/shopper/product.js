// A product's page on a phone: when its owner held it, where they are inside; and their list. Nobody else learns of it.

import { ownKey } from "./key.js";
import { get, put } from "./kept.js";
import { ask } from "./signed.js";
import { byId, say, told } from "./page.js";

const { sku, name, here, shop } = byId("product").dataset;
const language = document.documentElement.lang;

async function showKept() {
  const liked = (await get("last", "liked")) ?? { skus: [] };
  const on = liked.skus.includes(sku);
  const button = byId("keep");
  button.hidden = false;
  button.setAttribute("aria-pressed", String(on));
  button.textContent = told(on ? "kept" : "keep");
  button.onclick = async () => {
    const skus = on ? liked.skus.filter((each) => each !== sku) : [...liked.skus, sku];
    const named = { ...(liked.named ?? {}), [sku]: { name, path: here } };
    if (on) delete named[sku];
    await put("last", "liked", { skus, named });
    await showKept();
  };
}

// The shop counts how often a page is opened; by whom only where this phone is enrolled, and while its owner is inside.
async function tellOpened(key) {
  if (!key) return void (await fetch(`/opened/${encodeURIComponent(sku)}`, { method: "POST" }));
  await ask(key, shop, `/api/m/opened?lang=${language}`, { method: "POST", send: { sku } });
}

async function showHeld(key) {
  if (!key) return;
  const said = await ask(key, shop, `/api/m/held?sku=${encodeURIComponent(sku)}&lang=${language}`);
  const last = said.held[0];
  if (!last) return;
  const how = last.quantity < 0 ? "put_back" : last.sure ? "took" : "perhaps";
  say(byId("held"), told(how, { when: last.when }));
}

// What its owner says of it, where they have bought it.
async function showReview(key) {
  if (!key) return;
  const request = (path, options) => ask(key, shop, `/api/m/opinion?${path}lang=${language}`, options);
  const showOwn = (own) => {
    byId("review").hidden = !(own.may || own.stars);
    byId("review-gone").hidden = !own.stars;
    if (own.stars) byId("review-stars").value = own.stars;
    byId("review-text").value = own.text;
    return own;
  };
  const send = async (stars, text) => {
    try {
      const own = showOwn(await request("", { method: "POST", send: { sku, stars, text } }));
      say(byId("review-told"), told(!own.stars ? "review_none" : own.shown ? "review_shown" : "review_waits"));
    } catch (error) {
      say(byId("review-told"), error.message || told("review_failed"));
    }
  };
  showOwn(await request(`sku=${encodeURIComponent(sku)}&`));
  byId("review").addEventListener("submit", (event) => {
    event.preventDefault();
    send(Number(byId("review-stars").value), byId("review-text").value.trim());
  });
  byId("review-gone").addEventListener("click", () => send(0, ""));
}

const key = await ownKey().catch(() => null);
tellOpened(key).catch(() => {}); // nobody waits for it
try {
  await showKept();
  await showHeld(key);
  await showReview(key);
} catch {
  // A browser that keeps nothing, or a shop that is away: the page says all that is for everybody.
}
