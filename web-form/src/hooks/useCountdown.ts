'use client';

import { useEffect, useState } from 'react';

/** Whole seconds left of `seconds`, started again whenever `start` changes; 0 when there is no wait. */
export function useCountdown(seconds: number | null, start: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!seconds) {
      setLeft(0);
      return undefined;
    }
    const end = Date.now() + seconds * 1000;
    setLeft(seconds);
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(rest);
      if (rest === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
    // A new `start` begins the same wait anew.
  }, [seconds, start]);
  return left;
}
