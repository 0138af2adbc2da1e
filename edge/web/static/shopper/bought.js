// What somebody has bought, and their list. The stars stay on this phone: the shop has no row about them.

import { get, put } from "./kept.js";
import { $, byId, fill, made, show, told } from "./page.js";

async function liked() {
  return new Set((await get("last", "liked"))?.skus ?? []);
}

function line(product, stars, again) {
  const why = [told("bought", { n: product.units, when: product.when }), product.sold ? "" : told("gone")];
  const item = made("product", {
    name: product.name, why: why.filter(Boolean).join(" · "), amount: product.sold ? product.price : "",
  });
  const star = $(".star", item);
  const on = stars.has(product.sku);
  star.textContent = on ? "★" : "☆";
  star.setAttribute("aria-pressed", String(on));
  star.setAttribute("aria-label", told("keep", { name: product.name }));
  star.addEventListener("click", async () => {
    const now = await liked();
    if (on) now.delete(product.sku);
    else now.add(product.sku);
    const before = (await get("last", "liked")) ?? {};
    await put("last", "liked", { ...before, skus: [...now] });
    await again();
  });
  return item;
}

// What was kept on a product's page and never bought.
async function named(products) {
  const known = new Set(products.map((product) => product.sku));
  const kept = Object.entries((await get("last", "liked"))?.named ?? {});
  return kept.filter(([sku]) => !known.has(sku)).map(([sku, { name, path }]) => ({ sku, name, path }));
}

function link({ name, path }) {
  const item = made("row", { name, why: "", amount: "" });
  $("a", item).href = path;
  return item;
}

function suggested({ name, path, why, price }) {
  const item = made("row", { name, why, amount: price });
  $("a", item).href = path;
  return item;
}

let turns = 0;

export async function boughtView(products, wanted = []) {
  const turn = ++turns;
  const stars = await liked();
  const again = () => boughtView(products, wanted);
  const mine = products.filter((product) => stars.has(product.sku));
  const others = await named(products);
  if (turn !== turns) return; // it was drawn anew meanwhile: a star that was just set must not go out again
  show(byId("bought-empty"), !products.length && !others.length);
  show(byId("wanted"), wanted.length > 0);
  fill(byId("wanted-lines"), wanted.map(suggested));
  show(byId("liked"), mine.length > 0);
  show(byId("marked"), others.length > 0);
  fill(byId("marked-lines"), others.map(link));
  show(byId("bought-all"), products.length > 0);
  fill(byId("liked-lines"), mine.map((product) => line(product, stars, again)));
  fill(byId("bought-lines"), products.map((product) => line(product, stars, again)));
}
