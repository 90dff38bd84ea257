'use client';

import { useEffect, useState } from 'react';

/** True once `isBusy` has lasted `afterMs`. */
export function useSlow(isBusy: boolean, afterMs = 4_000): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setTimeout(() => setSlow(true), afterMs);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [isBusy, afterMs]);
  return isSlow;
}
