'use client';

import { useCallback, useEffect, useState } from 'react';

import { followTicket } from '../services/followTicket';

/** {ticket, connection, failure, refresh()} of one ticket, kept up to date while the page is open. */
export function useTicket(api, { ticketId, token }, timing) {
  const [ticket, setTicket] = useState(null);
  const [connection, setConnection] = useState('connecting');
  const [failure, setFailure] = useState(null);

  useEffect(() => {
    const stop = new AbortController();
    const ifCurrent =
      (set) =>
      (value) => {
        if (!stop.signal.aborted) set(value);
      };
    setTicket(null);
    setFailure(null);
    setConnection('connecting');
    followTicket({
      api,
      ticketId,
      token,
      signal: stop.signal,
      timing,
      onTicket: ifCurrent((next) => {
        setTicket(next);
        setFailure(null);
      }),
      onConnection: ifCurrent(setConnection),
      onFailure: ifCurrent(setFailure),
    });
    return () => stop.abort();
  }, [api, ticketId, token, timing]);

  const refresh = useCallback(async () => {
    try {
      setTicket(await api.getTicket(ticketId, token));
    } catch {
      // The running updates bring what this one missed.
    }
  }, [api, ticketId, token]);

  return { ticket, connection, failure, refresh };
}
