// The gate's code, as docs/gate.md says: 86 bytes, signed by the phone, as base45 text.
// Enters: a key ({publicKey: 32 bytes, sign(bytes) -> 64 bytes}), the shop's id, seconds, 4 random bytes, the party.
// Leaves: 129 characters. No clock and no randomness: the caller has them.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const CONTEXT = "tebura/credential/1\0";
export const LIFE_S = 10;
export const PARTY_AT_MOST = 50;

const encoder = new TextEncoder();

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export async function keyId(publicKey) {
  return (await sha256(publicKey)).slice(0, 8);
}

export function base45(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const last = i + 1 === bytes.length;
    const n = last ? bytes[i] : bytes[i] * 256 + bytes[i + 1];
    text += ALPHABET[n % 45] + ALPHABET[Math.floor(n / 45) % 45];
    if (!last) text += ALPHABET[Math.floor(n / 2025)];
  }
  return text;
}

export async function code(key, storeId, issuedS, nonce, party) {
  if (!(party >= 1 && party <= PARTY_AT_MOST)) throw new RangeError(`a party of ${party}`);
  const shop = encoder.encode(storeId);
  const issued = new Uint8Array(4);
  new DataView(issued.buffer).setUint32(0, issuedS);
  const tag = (await sha256(shop)).slice(0, 4);
  const first = joined(Uint8Array.of(1, party), tag, await keyId(key.publicKey), issued, nonce);
  const signature = await key.sign(joined(encoder.encode(CONTEXT), shop, Uint8Array.of(0), first));
  return base45(joined(first, signature));
}
