'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { CustomerApi, TicketReference } from '../api/customer';
import type { ApiError } from '../api/errors';
import type { Ticket } from '../api/types';
import { useIsVisible } from '../hooks/useIsVisible';
import { followEvents, newPacing, type StreamState } from './followEvents';

const POLL_MS = 15_000;
const QUIET_POLL_MS = 60_000;
const QUIET_AFTER_MS = 5 * 60_000;

export type Connection = 'connecting' | 'live' | 'polling' | 'offline';

interface FollowedTicket {
  ticket: Ticket | undefined;
  connection: Connection;
  failure: ApiError | null;
  refresh: () => void;
}

/**
 * One ticket, kept up to date while the tab is shown: by its event stream, or by polling for as long
 * as the server refuses the stream.
 */
export function useTicket(api: CustomerApi, { ticketId, token }: TicketReference): FollowedTicket {
  const queries = useQueryClient();
  const isVisible = useIsVisible();
  const [stream, setStream] = useState<StreamState>('opening');
  const newsAt = useRef(Number.POSITIVE_INFINITY);
  const pacing = useRef(newPacing());
  const queryKey = useMemo(() => ['ticket', ticketId, token], [ticketId, token]);
  const { data: ticket, failureReason } = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.getTicket({ ticketId, token }, { signal }),
    refetchInterval: ({ state }) => {
      if (stream === 'open' || state.error?.kind === 'absent') return false;
      return Date.now() - newsAt.current < QUIET_AFTER_MS ? POLL_MS : QUIET_POLL_MS;
    },
  });

  useEffect(() => {
    newsAt.current = Date.now();
  }, [ticket]);

  const isLoaded = ticket !== undefined;
  useEffect(() => {
    if (!isLoaded || !isVisible) return undefined;
    const stop = new AbortController();
    setStream('opening');
    void followEvents({
      open: (signal) => api.openTicketEvents({ ticketId, token }, { signal }),
      onEvent: (name, data) => {
        if (name === 'ticket') queries.setQueryData(queryKey, JSON.parse(data) as Ticket);
      },
      onState: setStream,
      signal: stop.signal,
      pacing: pacing.current,
    });
    return () => stop.abort();
  }, [api, ticketId, token, isLoaded, isVisible, queries, queryKey]);

  const refresh = useCallback(() => {
    void queries.invalidateQueries({ queryKey });
  }, [queries, queryKey]);

  return { ticket, connection: connectionOf(stream, failureReason), failure: failureReason, refresh };
}

function connectionOf(stream: StreamState, failure: ApiError | null): Connection {
  if (stream === 'open') return 'live';
  if (failure) return 'offline';
  return stream === 'refused' ? 'polling' : 'connecting';
}
