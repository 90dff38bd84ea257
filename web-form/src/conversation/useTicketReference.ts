'use client';

import { useEffect, useState } from 'react';

import type { TicketReference } from '../api/customer';
import { parseReference } from './ticketReference';

interface KnownReference {
  /** False before the page is alive. */
  isKnown: boolean;
  reference: TicketReference | null;
}

function readFragment(): KnownReference {
  let text = window.location.hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // A stray percent sign: the raw text is read as it stands.
  }
  return { isKnown: true, reference: parseReference(text) };
}

/** The ticket in the address's fragment. */
export function useTicketReference(): KnownReference {
  const [state, setState] = useState<KnownReference>({ isKnown: false, reference: null });
  useEffect(() => {
    const update = () => setState(readFragment());
    update();
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return state;
}
