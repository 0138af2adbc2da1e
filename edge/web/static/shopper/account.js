// What a member asks of the shop itself: what it may do with their history, and to be forgotten.

import { Refused } from "./signed.js";
import { $, byId, fill, made, say, told } from "./page.js";

export function accountView(request, gone) {
  let subject = "";
  const trouble = (error) =>
    say(byId("account-told"), error instanceof Refused ? error.message : told("unreachable_new"));

  function purpose(one) {
    const card = made("purpose", { title: one.title, text: one.text });
    const box = $("input", card);
    box.checked = one.given;
    box.addEventListener("change", async () => {
      box.disabled = true;
      say(byId("account-told"), "");
      try {
        const send = { purpose: one.purpose, given: box.checked };
        showAll(await request("consent", { method: "POST", send }));
      } catch (error) {
        box.checked = !box.checked; // it was not taken down
        box.disabled = false;
        trouble(error);
      }
    });
    return card;
  }

  function showAll(said) {
    subject = said.subject;
    byId("account-subject").textContent = subject;
    byId("account-stays").textContent = said.stays;
    fill(byId("purposes"), said.purposes.map(purpose));
  }

  byId("delete-sure").addEventListener("change", (event) => {
    byId("delete").disabled = !event.target.checked;
  });
  byId("delete").addEventListener("click", async () => {
    byId("delete").disabled = true;
    try {
      await request("delete", { method: "POST", send: { subject } });
    } catch (error) {
      byId("delete").disabled = false;
      trouble(error);
      return;
    }
    await gone();
  });

  return {
    async open() {
      say(byId("account-told"), "");
      byId("delete-sure").checked = false;
      byId("delete").disabled = true;
      showAll(await request("account"));
    },
  };
}
