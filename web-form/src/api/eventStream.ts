/** Reads server-sent events from the body of a fetch (EventSource can send no headers). */
import { createParser } from 'eventsource-parser';

interface ReadOptions {
  /** The longest silence of a healthy stream; a heartbeat is no silence. */
  silenceMs: number;
  signal?: AbortSignal;
}

/**
 * Calls `onEvent(name, data, id)` until the stream ends or `signal` aborts.
 *
 * Rejects when nothing at all came for `silenceMs`, or when the connection breaks.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (name: string, data: string, id?: string) => void,
  { silenceMs, signal }: ReadOptions,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: ({ event, data, id }) => onEvent(event ?? 'message', data, id) });
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  signal?.addEventListener('abort', cancel);
  try {
    while (!signal?.aborted) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('silent stream')), silenceMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    cancel();
  }
}
