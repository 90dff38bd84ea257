/** Does the work that the server asks for before it takes a form, in slices, so that the page stays alive meanwhile. */
import type { Challenge } from './errors';

/** Shorter than a frame, so that typing and scrolling never wait for it. */
const SLICE_MS = 8;

/** Lets the page work. Unlike a timer it is not slowed down in a tab that nobody looks at. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Finds the number that solves `challenge` for this form, and returns what the header `Challenge-Solution` holds. */
export async function solve({ challenge, bits }: Challenge, idempotencyKey: string, body: string): Promise<string> {
  // In pages served over plain http the browser hashes nothing itself. Fetched only where a company asks for the work.
  const { sha256 } = await import('@noble/hashes/sha2.js');
  const encoder = new TextEncoder();
  const seed = sha256(encoder.encode(`${challenge}\n${idempotencyKey}\n${body}`));
  const input = new Uint8Array(seed.length + 20);
  input.set(seed);
  const digits = input.subarray(seed.length);
  const solves = (number: number): boolean => {
    const { written } = encoder.encodeInto(String(number), digits);
    const digest = sha256(input.subarray(0, seed.length + written));
    return new DataView(digest.buffer, digest.byteOffset).getUint32(0) < 2 ** (32 - bits);
  };
  let number = 0;
  for (;;) {
    for (const end = performance.now() + SLICE_MS; performance.now() < end; number += 1) {
      if (solves(number)) return `${challenge}:${number}`;
    }
    await breathe();
  }
}
