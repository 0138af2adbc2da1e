// This phone's Ed25519 key: made here, kept here, never sent. The browser's own where it has it (the private half cannot
// be read, not even by this page); else by a library, which is loaded only then.

import { get, put } from "./kept.js";

const LIBRARY = "/static/vendor/noble-ed25519/noble-ed25519-3.2.0.js";

export class NoKeyPossible extends Error {}
export class NothingKept extends Error {}

function ready(kept) {
  if (kept.seed) {
    return {
      publicKey: kept.publicKey,
      sign: async (bytes) => (await import(LIBRARY)).signAsync(bytes, kept.seed),
    };
  }
  return {
    publicKey: kept.publicKey,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", kept.privateKey, bytes)),
  };
}

// The key that is kept, or null.
export async function ownKey() {
  const kept = await get("keys", "own");
  return kept ? ready(kept) : null;
}

// A new key. `hold` puts it aside, so that a browser that keeps nothing is found out before a code is used up; `keep` makes
// it this phone's own, once the shop knows it.
export async function makeKey() {
  if (!globalThis.crypto?.subtle) throw new NoKeyPossible("not a secure page");
  const kept = (await byBrowser()) ?? (await byLibrary());
  const hold = () => put("keys", "next", kept).catch((error) => Promise.reject(new NothingKept(error?.message)));
  return { ...ready(kept), hold, keep: () => put("keys", "own", kept) };
}

async function byBrowser() {
  try {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { publicKey, privateKey: pair.privateKey };
  } catch (error) {
    if (error.name === "NotSupportedError" || error instanceof TypeError) return null;
    throw error;
  }
}

async function byLibrary() {
  const library = await import(LIBRARY);
  const { secretKey, publicKey } = await library.keygenAsync();
  return { publicKey, seed: secretKey };
}
