'use client';

import { useEffect, useState } from 'react';

const read = () => window.location.hash.slice(1).split('/').filter(Boolean).map(decodeURIComponent);

/** The parts of the address after '#/': '#/queue/42' is ['queue', '42']. Without the slash it would look like a skip link. */
export function useHashRoute(fallback: string): readonly string[] {
  const [parts, setParts] = useState([fallback]);
  useEffect(() => {
    const update = () => {
      const now = read();
      setParts(now.length > 0 ? now : [fallback]);
    };
    update();
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, [fallback]);
  return parts;
}
