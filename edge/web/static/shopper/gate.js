// The code view: a new code every ten seconds, how long it lasts, how many come in on it; the screen stays on.

import { LIFE_S, PARTY_AT_MOST, code } from "./code.js";
import { draw } from "./drawn.js";
import { byId, say, told } from "./page.js";

const TICK_MS = 200;

export function showCode(shop, keyNow) {
  let party = 1;
  let madeAt = 0;
  let ticking = null;
  let lock = null;
  let drawing = false;

  async function tick() {
    const now = Date.now() / 1000;
    const age = now - madeAt;
    if ((age >= LIFE_S || age < 0) && !drawing) await renew();
    const left = Math.max(0, Math.ceil(LIFE_S - (Date.now() / 1000 - madeAt)));
    byId("left").textContent = told("left", { n: left });
    byId("left-bar").value = left;
  }

  async function renew() {
    const key = keyNow();
    if (!key) return;
    drawing = true;
    try {
      const issued = Date.now() / 1000;
      const nonce = crypto.getRandomValues(new Uint8Array(4));
      draw(byId("qr"), await code(key, shop, Math.floor(issued), nonce, party));
      byId("qr").dataset.party = party;
      madeAt = issued;
    } finally {
      drawing = false;
    }
  }

  function setParty(wanted) {
    party = Math.min(PARTY_AT_MOST, Math.max(1, wanted));
    byId("party").textContent = party;
    byId("fewer").disabled = party === 1;
    byId("more").disabled = party === PARTY_AT_MOST;
    say(byId("party-told"), party > 1 ? told("party", { n: party }) : "");
    madeAt = 0;
    if (ticking) tick();
  }

  async function stayAwake() {
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      lock = null; // low battery, or the page is hidden: the phone's own setting holds
    }
  }

  byId("fewer").addEventListener("click", () => setParty(party - 1));
  byId("more").addEventListener("click", () => setParty(party + 1));
  document.addEventListener("visibilitychange", () => {
    if (ticking && !document.hidden) {
      madeAt = 0;
      tick();
      stayAwake();
    }
  });
  setParty(1);

  return {
    start() {
      if (ticking) return;
      madeAt = 0;
      ticking = setInterval(tick, TICK_MS);
      tick();
      stayAwake();
    },
    stop() {
      clearInterval(ticking);
      ticking = null;
      lock?.release().catch(() => {});
      lock = null;
    },
    // Whoever came in together has: the next code is for one again.
    alone: () => setParty(1),
    // What stands under the code: the phone's clock, what is owed, the last visit.
    beside(me, aheadS) {
      const off = told(aheadS > 0 ? "slow" : "fast", { n: Math.abs(Math.round(aheadS)) });
      say(byId("clock-told"), aheadS ? off : "");
      say(byId("owed-told"), me.owed_minor ? told("owed", { amount: me.owed }) : "");
      const last = me.last;
      say(byId("last-told"), last ? told("last", { when: last.when, amount: last.total }) : "");
      if (last) byId("last-told").href = `#receipt/${encodeURIComponent(last.visit)}`;
    },
  };
}
