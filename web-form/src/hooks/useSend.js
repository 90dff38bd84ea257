'use client';

import { useCallback, useRef, useState } from 'react';

import { explainFailure } from '../services/failures';
import { useCountdown } from './useCountdown';
import { useSlow } from './useSlow';

/**
 * One call at a time: a second click while the first is on its way, or while the server asked to
 * wait, does nothing. `send(call)` resolves to {value} or {error}, or null when it was barred.
 */
export function useSend({ explain = explainFailure } = {}) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState(null);
  const busy = useRef(false);
  const isSlow = useSlow(isBusy);
  const waitSeconds = useCountdown(failure?.retryAfterSeconds, failure);

  const send = useCallback(
    async (call) => {
      if (busy.current) return null;
      busy.current = true;
      setBusy(true);
      setFailure(null);
      try {
        return { value: await call() };
      } catch (error) {
        setFailure(explain(error));
        return { error };
      } finally {
        busy.current = false;
        setBusy(false);
      }
    },
    [explain],
  );

  const clearFailure = useCallback(() => setFailure(null), []);
  return { send, isBusy, isSlow, failure, clearFailure, waitSeconds };
}
