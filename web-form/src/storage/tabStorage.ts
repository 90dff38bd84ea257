/** Keeps values for this browser tab only. Where storage is barred they last until the page is left. */
const inMemory = new Map<string, unknown>();

/** Null where nothing is kept. What is read may be of an older page: the caller checks its shape. */
export function readStored(key: string): unknown {
  if (inMemory.has(key)) return inMemory.get(key) ?? null;
  try {
    const raw = window.sessionStorage.getItem(key);
    if (raw !== null) return JSON.parse(raw) as unknown;
  } catch {
    // Barred or damaged storage holds nothing to go by.
  }
  return null;
}

/** '' where no text is kept. */
export function readStoredText(key: string): string {
  const value = readStored(key);
  return typeof value === 'string' ? value : '';
}

/** Of a kept object the entries that are texts; {} where there is none. */
export function readStoredTexts(key: string): Partial<Record<string, string>> {
  return textsOf(readStored(key));
}

export function textsOf(value: unknown): Partial<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export function writeStored(key: string, value: unknown): void {
  try {
    window.sessionStorage.setItem(key, JSON.stringify(value));
    inMemory.delete(key);
  } catch {
    inMemory.set(key, value);
  }
}

export function removeStored(key: string): void {
  inMemory.delete(key);
  try {
    window.sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept there.
  }
}
