/** Gives one key to one text: a repeat of the same text is the same request, an edited text is a new one. */
import { readStoredTexts, removeStored, writeStored } from './tabStorage';

/** A random UUID (version 4); `crypto.randomUUID` is missing on plain http. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Survives a reload; kept under `slot` until `forgetKey`. */
export function keyFor(slot: string, content: unknown): string {
  const text = JSON.stringify(content);
  const kept = readStoredTexts(slot);
  if (kept.key && kept.text === text) return kept.key;
  const key = randomUuid();
  writeStored(slot, { text, key });
  return key;
}

export function forgetKey(slot: string): void {
  removeStored(slot);
}
