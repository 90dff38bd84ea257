/** Values kept for this browser tab only. Where storage is barred they last until the page is left. */
const inMemory = new Map();

export function readStored(key) {
  if (inMemory.has(key)) return inMemory.get(key);
  try {
    const raw = window.sessionStorage.getItem(key);
    if (raw !== null) return JSON.parse(raw);
  } catch {
    // Barred or damaged storage holds nothing to go by.
  }
  return null;
}

export function writeStored(key, value) {
  try {
    window.sessionStorage.setItem(key, JSON.stringify(value));
    inMemory.delete(key);
  } catch {
    inMemory.set(key, value);
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
