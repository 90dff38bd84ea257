'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { asApiError, type ApiError } from '../api/errors';
import { isUnsettled, pause, pauseMs, withJitter, type Pauses } from '../api/retry';
import { explainFailure, type Explain } from '../failures';
import { useCountdown } from './useCountdown';
import { useSlow } from './useSlow';

/** Of one send: how it ended, or null when it was barred or given up for a later one. */
export type Outcome<T> = { value: T; error?: undefined } | { value?: undefined; error: ApiError } | null;

interface Options {
  explain?: Explain;
  /** Sends again by itself what may go well later, an unknown outcome included; only for calls with an idempotency key. */
  repeats?: boolean;
}

const REPEATING: Pauses = { firstMs: 10_000, longestMs: 120_000 };

/** The first repeat comes when the server said, each later one after twice the pause. */
function repeatPauseMs(failures: number, { retryAfterSeconds }: ApiError): number {
  const firstMs = retryAfterSeconds === null ? REPEATING.firstMs : Math.max(1, retryAfterSeconds) * 1000;
  return pauseMs(failures, { firstMs, longestMs: Math.max(firstMs, REPEATING.longestMs) });
}

/**
 * One call at a time: a second click while the first is on its way does nothing. With `repeats` the
 * promise of `send` stays open over refusals (429, 503) and missing answers until a repeat goes through, another send
 * takes its place, or `stopRepeating` is called because the text was changed.
 */
export function useSend({ explain = explainFailure, repeats = false }: Options = {}) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [repeatInSeconds, setRepeatInSeconds] = useState<number | null>(null);
  const busy = useRef(false);
  const waiting = useRef<AbortController | null>(null);
  const isSlow = useSlow(isBusy);
  const failure = error && explain(error, repeatInSeconds);
  const waitSeconds = useCountdown(failure?.retryAfterSeconds ?? null, error);

  const stopRepeating = useCallback(() => {
    waiting.current?.abort();
    waiting.current = null;
    setRepeatInSeconds(null);
  }, []);
  useEffect(() => () => waiting.current?.abort(), []);

  const send = useCallback(
    async <T>(call: () => Promise<T>): Promise<Outcome<T>> => {
      if (busy.current) return null;
      stopRepeating();
      const stop = new AbortController();
      waiting.current = stop;
      for (let failures = 0; ; failures += 1) {
        busy.current = true;
        setBusy(true);
        setError(null);
        let refusal: ApiError;
        try {
          return { value: await call() };
        } catch (thrown) {
          refusal = asApiError(thrown);
        } finally {
          busy.current = false;
          setBusy(false);
        }
        setError(refusal);
        if (!repeats || !isUnsettled(refusal) || stop.signal.aborted) return { error: refusal };
        const waitMs = repeatPauseMs(failures, refusal);
        setRepeatInSeconds(Math.ceil(waitMs / 1000));
        await pause(withJitter(waitMs), stop.signal);
        if (stop.signal.aborted) return null;
        setRepeatInSeconds(null);
      }
    },
    [repeats, stopRepeating],
  );

  const clearFailure = useCallback(() => {
    stopRepeating();
    setError(null);
  }, [stopRepeating]);
  return { send, isBusy, isSlow, failure, clearFailure, stopRepeating, waitSeconds };
}
