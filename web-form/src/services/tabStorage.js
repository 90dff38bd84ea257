/** Values kept for this browser tab only. Where storage is barred they last until the page is left. */
const inMemory = new Map();

export function readStored(key) {
  try {
    const raw = window.sessionStorage.getItem(key);
    if (raw !== null) return JSON.parse(raw);
  } catch {
    // Barred or damaged storage: what this page remembers itself is the best there is.
  }
  return inMemory.has(key) ? inMemory.get(key) : null;
}

export function writeStored(key, value) {
  inMemory.set(key, value);
  try {
    window.sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or barred: the copy in memory stands.
  }
}

export function removeStored(key) {
  inMemory.delete(key);
  try {
    window.sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept there.
  }
}
