/** One key for one text: a repeat of the same text is the same request, an edited text is a new one. */
import { readStored, removeStored, writeStored } from './tabStorage';

/** A random UUID (version 4); `crypto.randomUUID` is missing on plain http. */
export function randomUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Survives a reload; kept under `slot` until `forgetKey`. */
export function keyFor(slot, content) {
  const text = JSON.stringify(content);
  const kept = readStored(slot);
  if (kept?.text === text) return kept.key;
  const key = randomUuid();
  writeStored(slot, { text, key });
  return key;
}

export function forgetKey(slot) {
  removeStored(slot);
}
