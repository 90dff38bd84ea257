'use client';

import { useEffect, useState } from 'react';

import { parseReference } from '../services/ticketReference';

function readFragment() {
  let text = window.location.hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // A stray percent sign: the raw text is read as it stands.
  }
  return { isKnown: true, reference: parseReference(text) };
}

/** {isKnown, reference}: the ticket in the address's fragment; not known before the page is alive. */
export function useTicketReference() {
  const [state, setState] = useState({ isKnown: false, reference: null });
  useEffect(() => {
    const update = () => setState(readFragment());
    update();
    window.addEventListener('hashchange', update);
    return () => window.removeEventListener('hashchange', update);
  }, []);
  return state;
}
