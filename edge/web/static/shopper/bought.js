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
    await put("last", "liked", { skus: [...now] });
    await again();
  });
  return item;
}

export async function boughtView(products) {
  const stars = await liked();
  const again = () => boughtView(products);
  const mine = products.filter((product) => stars.has(product.sku));
  show(byId("bought-empty"), !products.length);
  show(byId("liked"), mine.length > 0);
  show(byId("bought-all"), products.length > 0);
  fill(byId("liked-lines"), mine.map((product) => line(product, stars, again)));
  fill(byId("bought-lines"), products.map((product) => line(product, stars, again)));
}
