// The cart and the receipts, out of what the shop says. Texts are set as texts: nothing of it is ever read as HTML.

import { $, byId, fill, made, say, show, told } from "./page.js";

const counted = (line) => (line.quantity > 1 ? `${line.name} × ${line.quantity}` : line.name);

function line(said) {
  const each = said.quantity > 1 && said.price ? told("each", { amount: said.price }) : "";
  const amount = said.amount ?? (said.quantity === 1 ? said.price : "");
  return made("line", { name: counted(said), why: said.text, each, amount });
}

function contests(place, list) {
  fill(place, list.map((said) => {
    const about = [said.about_text, said.lines.map(counted).join(", ")].filter(Boolean).join(": ");
    const card = made("said", { when: said.when, about, message: said.message });
    const answers = said.answers.map((answer) =>
      made("answer", { when: told("answered", { when: answer.when }), message: answer.message }));
    if (answers.length) fill($(".answers", card), answers);
    else $(".answers", card).textContent = told("waiting");
    return card;
  }));
}

export function cartView(me) {
  const cart = me.visit;
  if (!cart) return;
  show(byId("cart-empty"), !cart.lines.length);
  fill(byId("cart-lines"), cart.lines.map(line));
  show(byId("cart-sum"), cart.lines.length > 0);
  byId("cart-total").textContent = cart.total;
  say(byId("cart-saved"), cart.saved_minor ? told("saved", { amount: cart.saved }) : "");
  say(byId("age-told"), cart.age?.text ?? "");
  byId("cart-wrong").href = `#contest/${encodeURIComponent(cart.visit)}`;
  contests(byId("cart-said"), me.contests);
}

export function pointsView(me) {
  const coupons = me.coupons ?? [];
  show(byId("coupons"), coupons.length > 0);
  fill(byId("coupon-lines"), coupons.map((coupon) => {
    const why = coupon.until ? told("good_until", { when: coupon.until_when }) : "";
    return made("line", { name: coupon.name, why, each: "", amount: "" });
  }));
  const points = me.points;
  show(byId("points-told"), Boolean(points));
  if (!points) return;
  byId("points-count").textContent = told("points", { n: points.points_text });
  const ends = points.next_points ? told("points_next", { n: points.next_points, when: points.next_when }) : "";
  say(byId("points-next"), ends);
}

function row(receipt) {
  const what = receipt.units === 1 ? told("unit") : told("units", { n: receipt.units });
  const why = [receipt.units ? what : "", receipt.state_text].filter(Boolean).join(" · ");
  const item = made("row", { name: receipt.when, why, amount: receipt.total_minor ? receipt.total : told("nothing") });
  $("a", item).href = `#receipt/${encodeURIComponent(receipt.visit)}`;
  return item;
}

export function receiptsView(said, earlier) {
  const list = byId("receipts");
  const button = byId("earlier");
  show(byId("receipts-empty"), !said.receipts.length);
  say(byId("owes"), said.owed_minor ? told("owes", { amount: said.owed }) : "");
  fill(list, said.receipts.map(row));
  show(button, Boolean(said.before));
  button.onclick = async () => {
    said = await earlier(said.before);
    list.append(...said.receipts.map(row));
    show(button, Boolean(said.before));
  };
}

export function receiptView(said) {
  byId("receipt-when").textContent = said.when;
  const state = byId("receipt-state");
  state.textContent = [said.state_text, said.review_text].filter(Boolean).join(" ");
  state.className = `note ${{ paid: "good", declined: "bad", review: "warn", disputed: "warn" }[said.state] ?? ""}`;
  fill(byId("receipt-lines"), said.lines.map(line));
  byId("receipt-total").textContent = said.sold;
  show(byId("withheld"), said.withheld.length > 0);
  fill(byId("withheld-lines"), said.withheld.map(line));
  show(byId("taken-back"), said.taken_back.length > 0);
  fill(byId("taken-back-lines"), said.taken_back.map(line));
  const back = said.given_back_minor ? ["given_back", said.given_back] : ["taken_back", said.off];
  byId("given-back").textContent = said.taken_back.length ? told(back[0], { amount: back[1] }) : "";
  contests(byId("receipt-said"), said.contests);
  byId("receipt-wrong").href = `#contest/${encodeURIComponent(said.visit)}`;
  for (const place of ["papers", "papers-shown"]) {
    fill(byId(place), [said.paper, ...said.papers].map((text) => {
      const paper = document.createElement("pre");
      paper.className = "paper";
      paper.textContent = text;
      return paper;
    }));
  }
}

byId("print").addEventListener("click", () => print());
