// Becoming a member on this phone, by a code; and coming back with a new key where the browser has forgotten the old one.

import { NoKeyPossible, NothingKept, makeKey } from "./key.js";
import { Refused, ask, base64 } from "./signed.js";
import { byId, say, show, told } from "./page.js";

export function enrolment(shop, language, done) {
  async function enrol(path, more) {
    const buttons = document.querySelectorAll('[data-view="join"] button');
    buttons.forEach((button) => (button.disabled = true));
    try {
      const key = await makeKey();
      await key.hold();
      const send = { key: base64(key.publicKey), ...more };
      await ask(key, shop, `/api/m/${path}?lang=${language}`, { method: "POST", send });
      await key.keep();
      navigator.storage?.persist?.().catch(() => {}); // some browsers ask their owner
      history.replaceState(null, "", location.pathname); // the code in the address is used up
      await done(key);
    } catch (error) {
      if (error instanceof NoKeyPossible) say(byId("join-told"), told("insecure"));
      else if (error instanceof NothingKept) say(byId("join-told"), told("not_kept"));
      else say(byId("join-told"), error instanceof Refused ? error.message : told("unreachable_new"));
      if (path === "again") show(byId("again"), false);
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  }

  byId("join").addEventListener("submit", (event) => {
    event.preventDefault();
    enrol("enrol", { code: byId("join-code").value });
  });
  byId("again-button").addEventListener("click", () => enrol("again", {}));

  return {
    // What this phone may do: a code out of the address, or the way back.
    async offer() {
      const code = location.hash.startsWith("#join=") ? decodeURIComponent(location.hash.slice(6)) : "";
      if (code) byId("join-code").value = `${code.slice(0, 5)}-${code.slice(5)}`;
      if (!globalThis.crypto?.subtle) say(byId("join-told"), told("insecure"));
      try {
        const answer = await fetch("/api/m/again", { cache: "no-store" });
        show(byId("again"), !code && answer.ok && (await answer.json()).possible);
      } catch {
        show(byId("again"), false);
      }
    },
    // The shop does not know this phone's key any more.
    lost(text) {
      say(byId("join-told"), text);
    },
  };
}
