// Saying that something is wrong with a cart or a receipt: what, which lines, and in one's own words.

import { Refused } from "./signed.js";
import { $, byId, fill, say, show, told } from "./page.js";

const LONGEST = 500;

export function contestView(request, done) {
  const form = byId("contest");
  const message = byId("contest-message");
  let visit = "";
  let back = "";

  function letters() {
    byId("contest-left").textContent = told("letters", { n: message.value.length });
  }

  function choice(line, only) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: "sku", value: line.sku, checked: only });
    const name = document.createElement("span");
    name.textContent = line.name;
    label.append(box, name);
    if (line.quantity > 1) {
      const units = document.createElement("select");
      units.setAttribute("aria-label", line.name);
      for (let n = 1; n <= line.quantity; n += 1) {
        units.add(new Option(told("of_all", { n, all: line.quantity }), n, n === line.quantity));
      }
      label.append(units);
    }
    return label;
  }

  function chosen() {
    return [...byId("contest-lines").querySelectorAll("input:checked")].map((box) => ({
      sku: box.value,
      quantity: Number($("select", box.parentElement)?.value ?? 1),
    }));
  }

  form.addEventListener("change", () => show(byId("contest-lines"), form.about.value === "not-taken"));
  message.addEventListener("input", letters);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const about = form.about.value;
    const lines = about === "not-taken" ? chosen() : [];
    if (about === "not-taken" && !lines.length) {
      say(byId("contest-told"), told("choose"));
      return;
    }
    const button = $("button", form);
    button.disabled = true;
    try {
      const send = { about, lines, message: message.value.trim().slice(0, LONGEST) };
      await request(`visits/${encodeURIComponent(visit)}/contests`, { method: "POST", send });
      await done(visit, back);
    } catch (error) {
      say(byId("contest-told"), error instanceof Refused ? error.message : told("unreachable_new"));
    } finally {
      button.disabled = false;
    }
  });

  return {
    open(of, said, inside) {
      visit = of;
      back = inside ? "#cart" : `#receipt/${encodeURIComponent(of)}`;
      byId("contest-back").href = back;
      form.reset();
      letters();
      say(byId("contest-told"), "");
      const lines = said?.lines ?? [];
      fill(byId("contest-lines"), lines.map((line) => choice(line, lines.length === 1)));
      show(byId("contest-lines"), false);
      show($(".choice", form), lines.length > 0);
    },
  };
}
