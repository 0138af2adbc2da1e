// The shopper's page: which view is shown, and what the shop says in it. The code for the gate needs none of it.

import { ownKey } from "./key.js";
import { forget, get, put } from "./kept.js";
import { Refused, Unreachable, ask } from "./signed.js";
import { showCode } from "./gate.js";
import { enrolment } from "./join.js";
import { cartView, pointsView, receiptView, receiptsView } from "./views.js";
import { boughtView } from "./bought.js";
import { accountView } from "./account.js";
import { contestView } from "./contest.js";
import { listen } from "./stream.js";
import { $, byId, say, show, told } from "./page.js";

const CLOCK_OFF_S = 15; // a gate takes codes of 30 s ahead and 40 s behind
const app = byId("app");
const shop = app.dataset.shop;
const language = document.documentElement.lang;

let key = null;
let me = null;
let receiptOf = null; // the receipt that is shown
let stream = null;
let shown = ""; // the view that is

const request = (path, options) =>
  ask(key, shop, `/api/m/${path}${path.includes("?") ? "&" : "?"}lang=${language}`, options);

const gate = showCode(shop, () => key);
const join = enrolment(shop, language, async (made) => {
  key = made;
  location.hash = "#code";
  await opened();
});
const contest = contestView(request, async (visit, back) => {
  location.hash = back;
  await (back === "#cart" ? refresh() : readReceipt(visit));
});

const account = accountView(request, async () => {
  await Promise.all(["keys", "last", "wishes"].map(forget));
  key = me = null;
  stream?.stop();
  location.hash = "";
  await route();
  join.lost(told("forgotten"));
});

// --- which view --------------------------------------------------------------------------------------------------

const VIEWS = ["join", "code", "cart", "receipts", "bought", "receipt", "contest", "account"];

function wanted() {
  const [view, visit = ""] = location.hash.slice(1).split("/");
  if (view.startsWith("join=") || !key) return { view: "join" };
  if (!VIEWS.includes(view) || view === "join") return { view: me?.visit ? "cart" : "code" };
  return { view, visit: plain(visit) };
}

// What stands in an address, which somebody may have typed.
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

async function route(event) {
  const { view, visit } = wanted();
  shown = view;
  for (const section of app.querySelectorAll("[data-view]")) section.hidden = section.dataset.view !== view;
  byId("tabs").hidden = !key;
  for (const tab of byId("tabs").querySelectorAll("a")) {
    const current = tab.dataset.tab === view || (tab.dataset.tab === "receipts" && view === "receipt");
    if (current) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (view === "code") gate.start();
  else gate.stop();
  if (view === "join") await join.offer();
  if (view === "receipts") await readReceipts();
  if (view === "bought") await readBought();
  if (view === "account") await account.open().catch((error) => failed(error, "account"));
  if (view === "receipt") await readReceipt(visit);
  if (view === "contest") contest.open(visit, visit === me?.visit?.visit ? me.visit : receiptOf, visit === me?.visit?.visit);
  if (event) {
    scrollTo(0, 0);
    $(`[data-view="${view}"] h1`)?.focus({ preventScroll: true });
  }
}

// --- what the shop says ------------------------------------------------------------------------------------------

async function refresh() {
  if (!key) return; // nobody yet, or nobody any more
  const before = me?.visit?.visit;
  let aheadS = 0; // by how much the shop's clock is ahead of this phone's
  try {
    me = await request("me");
    aheadS = me.now_s - Date.now() / 1000;
    await put("last", "me", { me, at: Date.now() });
    trouble(me.shop.state === "away" ? told("away") : "");
  } catch (error) {
    await failed(error);
    if (!key) return;
    const kept = me ? null : await get("last", "me");
    if (kept) me = kept.me;
  }
  if (!me) return;
  const inside = me.visit?.visit;
  $('[data-tab="cart"]').hidden = !inside;
  if (inside && !before) gate.alone();
  gate.beside(me, Math.abs(aheadS) > CLOCK_OFF_S ? aheadS : 0);
  cartView(me);
  pointsView(me);
  if (inside && !before && location.hash === "#code") location.hash = "#cart";
  else if (!inside && before && shown === "cart") location.hash = me.last ? `#receipt/${me.last.visit}` : "#code";
  else if (receiptOf && shown === "receipt") await readReceipt(receiptOf.visit);
  else if (shown === "receipts") await readReceipts();
  else if (wanted().view !== shown) await route();
  if (inside !== before || !stream) listenAnew();
}

async function kept(name, path, options) {
  try {
    const said = await request(path, options);
    await put("last", name, { said, at: Date.now() });
    trouble("");
    return said;
  } catch (error) {
    await failed(error, name);
    return (await get("last", name))?.said ?? null;
  }
}

async function readReceipts() {
  const said = await kept("receipts", "receipts");
  if (said) receiptsView(said, (before) => request(`receipts?before=${encodeURIComponent(before)}`));
}

async function readBought() {
  const said = await kept("bought", "bought");
  if (said) await boughtView(said.products, said.wanted);
}

async function readReceipt(visit) {
  const said = await kept(`receipt/${visit}`, `receipts/${encodeURIComponent(visit)}`);
  receiptOf = said;
  if (said) receiptView(said);
  else if (shown === "receipt") location.hash = "#receipts";
}

async function failed(error, name = "me") {
  if (error instanceof Unreachable) {
    const last = await get("last", name);
    const when = last && new Date(last.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
    trouble(last ? told("unreachable", { when }) : told("unreachable_code"));
  } else if (error instanceof Refused) {
    const lost = error.why === "unknown" || error.why === "revoked";
    trouble(lost ? "" : error.message);
    if (!lost || !key) return;
    key = null; // it stays on the phone: what the shop has put right is right again on the next opening
    stream?.stop();
    join.lost(error.message);
    await route();
  } else throw error;
}

function trouble(text) {
  say(byId("trouble"), text);
}

// --- live --------------------------------------------------------------------------------------------------------

function listenAnew() {
  stream?.stop();
  stream = document.hidden ? null : listen((signal) => request("events", { raw: true, signal }), refresh);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.stop();
    stream = null;
  } else refresh();
});
addEventListener("online", refresh);
addEventListener("hashchange", route);

async function opened() {
  await route();
  await refresh();
}

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/m/sw.js", { scope: "/m/" }).catch(() => {});
}
key = await ownKey().catch(() => null);
show(app);
await opened();
