/** Keeps an event stream open: reads it, and opens it again with growing pauses after it ended, broke or was refused. */
import { ApiError } from '../api/errors';
import { readEvents } from '../api/eventStream';
import { pause, politePauseMs, withJitter, type Pauses } from '../api/retry';

const SILENCE_MS = 45_000;
/** A stream ends by itself after minutes; one that ends sooner than this has failed. */
const HEALTHY_MS = 10_000;
const RECONNECT_MS = 1_000;
const SHORTEST_GAP_MS = 2_000;
const REFUSED: Pauses = { firstMs: 5_000, longestMs: 300_000 };

/** Outlives a single following, so that a tab that is hidden and shown keeps to the pause that it was given. */
export interface Pacing {
  failures: number;
  /** Milliseconds of Date.now(); no stream is opened before. */
  notBefore: number;
}

export const newPacing = (): Pacing => ({ failures: 0, notBefore: 0 });

export type StreamState = 'opening' | 'open' | 'refused';

interface Following {
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  onEvent: (name: string, data: string, id?: string) => void;
  onState: (state: StreamState) => void;
  signal: AbortSignal;
  pacing: Pacing;
}

/** Runs until `signal` aborts, or until the server turns out to have no such stream. Changes `pacing`. */
export async function followEvents({ open, onEvent, onState, signal, pacing }: Following): Promise<void> {
  const tell = (state: StreamState) => {
    if (!signal.aborted) onState(state);
  };
  for (;;) {
    await pause(pacing.notBefore - Date.now(), signal);
    if (signal.aborted) return;
    const startedAt = Date.now();
    pacing.notBefore = startedAt + withJitter(SHORTEST_GAP_MS);
    let error: ApiError | null = null;
    try {
      const body = await open(signal);
      tell('open');
      await readEvents(body, onEvent, { silenceMs: SILENCE_MS, signal });
    } catch (thrown) {
      // Whatever else broke the stream, a new one is opened after a pause.
      error = thrown instanceof ApiError ? thrown : null;
    }
    if (!error && Date.now() - startedAt >= HEALTHY_MS) pacing.failures = 0;
    else if (!signal.aborted) {
      tell('refused');
      if (error?.kind === 'absent') return;
      pacing.failures += 1;
    }
    if (signal.aborted) return;
    const waitMs = pacing.failures === 0 ? RECONNECT_MS : politePauseMs(pacing.failures - 1, error, REFUSED);
    pacing.notBefore = Math.max(pacing.notBefore, Date.now() + withJitter(waitMs));
  }
}
