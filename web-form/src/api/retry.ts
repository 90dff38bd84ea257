/** Decides whether a call that failed is made again, and after which pause. */
import type { ApiError, FailureKind } from './errors';

const PASSING: readonly FailureKind[] = ['network', 'timeout', 'challenged', 'throttled', 'unavailable', 'failed'];
const UNSETTLED: readonly FailureKind[] = ['network', 'timeout', 'challenged', 'throttled', 'unavailable'];
/** Of the pause, on top of it: callers that were refused together don't come back together. */
const MOST_JITTER = 0.25;

export interface Pauses {
  firstMs: number;
  longestMs: number;
}

const READING: Pauses = { firstMs: 2_000, longestMs: 60_000 };

/** True where the same call may go well later. */
export const isPassing = (error: ApiError): boolean => PASSING.includes(error.kind);

/** True where the server took nothing now, or nobody knows whether it did: sent again with the same key it counts once. */
export const isUnsettled = (error: ApiError): boolean => UNSETTLED.includes(error.kind);

/** The pause after one failure more than `failures` in a row: it doubles up to its limit. */
export const pauseMs = (failures: number, { firstMs, longestMs }: Pauses): number =>
  Math.min(firstMs * 2 ** failures, longestMs);

/** The same, and never shorter than the server's Retry-After. */
export const politePauseMs = (failures: number, error: ApiError | null, pauses: Pauses = READING): number =>
  Math.max(pauseMs(failures, pauses), (error?.retryAfterSeconds ?? 0) * 1000);

export const withJitter = (ms: number): number => ms * (1 + Math.random() * MOST_JITTER);

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, ms));
    signal.addEventListener('abort', end);
  });
}
