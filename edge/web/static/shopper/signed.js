// Requests that say who asks: HTTP Message Signatures (RFC 9421), the subset that docs/shopper.md describes.

import { keyId, sha256 } from "./code.js";

const COMPONENTS = '("@method" "@path" "@query" "content-digest")';
const encoder = new TextEncoder();

export class Refused extends Error {
  constructor(status, told) {
    super(told.text ?? "");
    this.status = status;
    this.why = told.error ?? "";
  }
}

export class Unreachable extends Error {}

let aheadS = 0; // by how much the shop's clock is ahead of this phone's, as it last said

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function headers(key, shop, method, url, body) {
  const digest = `sha-256=:${base64(await sha256(body))}:`;
  const nonce = base64(crypto.getRandomValues(new Uint8Array(16)));
  const created = Math.floor(Date.now() / 1000 + aheadS);
  const id = hex(await keyId(key.publicKey));
  const said = `${COMPONENTS};created=${created};nonce="${nonce}";keyid="${id}";alg="ed25519";tag="tebura:${shop}"`;
  const base = [
    `"@method": ${method}`, `"@path": ${url.pathname}`, `"@query": ${url.search || "?"}`,
    `"content-digest": ${digest}`, `"@signature-params": ${said}`,
  ].join("\n");
  const signature = base64(await key.sign(encoder.encode(base)));
  return { "Content-Digest": digest, "Signature-Input": `sig=${said}`, Signature: `sig=:${signature}:` };
}

// A signed request. The answer's JSON; `Refused` with the shop's own words, `Unreachable` where nobody answered.
export async function ask(key, shop, path, { method = "GET", send, raw = false, signal } = {}) {
  const url = new URL(path, location.href);
  const body = encoder.encode(send === undefined ? "" : JSON.stringify(send));
  for (const again of [true, false]) {
    const signed = await headers(key, shop, method, url, body);
    if (send !== undefined) signed["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(url, {
        method, headers: signed, body: send === undefined ? undefined : body, cache: "no-store", signal,
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable(error.message);
    }
    if (answer.ok) return raw ? answer : answer.json();
    const told = await answer.json().catch(() => ({}));
    if (again && told.error === "stale" && typeof told.now_s === "number") {
      aheadS = told.now_s - Date.now() / 1000; // a phone's clock may be off: the shop's counts here
      continue;
    }
    if (answer.status >= 502 && answer.status <= 504) throw new Unreachable(told.text ?? "");
    throw new Refused(answer.status, told);
  }
  throw new Unreachable("");
}
