// What this phone keeps, in IndexedDB: its key, and what the shop last said, for when nobody answers.

const STORES = ["keys", "last", "wishes"];
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("tebura", 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function within(store, how, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, how);
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const get = (store, name) => within(store, "readonly", (kept) => kept.get(name));
export const put = (store, name, value) => within(store, "readwrite", (kept) => kept.put(value, name));
export const forget = (store) => within(store, "readwrite", (kept) => kept.clear());
