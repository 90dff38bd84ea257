'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

/**
 * Loads at once, then every `everyMs` while the tab is seen. `load(signal)` must keep its identity
 * for as long as it loads the same thing. Old data stays on show while a later load fails.
 */
export function usePolled(load, { everyMs, onUnauthorized }) {
  const [state, setState] = useState({ data: null, error: null, isLoading: true });
  const loadNow = useRef(async () => {});

  useEffect(() => {
    const stop = new AbortController();
    let timer;
    setState({ data: null, error: null, isLoading: true });

    const run = async () => {
      clearTimeout(timer);
      try {
        const data = await load(stop.signal);
        if (stop.signal.aborted) return;
        setState({ data, error: null, isLoading: false });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error.kind === 'unauthorized') {
          onUnauthorized?.();
          return;
        }
        setState((current) => ({ data: error.kind === 'absent' ? null : current.data, error, isLoading: false }));
      }
      clearTimeout(timer);
      timer = setTimeout(tick, everyMs);
    };
    const tick = () => {
      if (document.hidden) timer = setTimeout(tick, everyMs);
      else run();
    };
    const wake = () => {
      if (!document.hidden) run();
    };

    loadNow.current = run;
    run();
    document.addEventListener('visibilitychange', wake);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [load, everyMs, onUnauthorized]);

  const refresh = useCallback(() => loadNow.current(), []);
  return { ...state, isAbsent: state.error?.kind === 'absent', refresh };
}
