'use client';

import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import { followEvents, newPacing, type StreamState } from '../../conversation/followEvents';
import { useIsVisible } from '../../hooks/useIsVisible';
import { useStaff } from '../StaffContext';

const GATHER_MS = 250;
/** Whoever was not heard of for so long has left. */
const PRESENT_MS = 30_000;

export interface Person {
  name: string;
  isWriting: boolean;
  at: number;
}

interface Live {
  /** Changes are told by the server, so nothing has to be polled. */
  isLive: boolean;
  /** Who else has a conversation open. */
  peopleIn: (conversationId: string) => readonly Person[];
}

const LiveContext = createContext<Live>({ isLive: false, peopleIn: () => [] });

export const useLive = (): Live => useContext(LiveContext);

const LIST = '/api/v1/staff/conversations';
const DETAIL = '/api/v1/staff/conversations/{conversation_id}';

interface Told {
  conversation_id: string;
  name?: string;
  is_writing?: boolean;
}

/** Follows the server's events, and has what they name read again. */
export function DeskLive({ children }: { children: ReactNode }) {
  const { client, viewer } = useStaff();
  const queries = useQueryClient();
  const isVisible = useIsVisible();
  const [stream, setStream] = useState<StreamState>('opening');
  const [people, setPeople] = useState<ReadonlyMap<string, readonly Person[]>>(new Map());
  const pacing = useRef(newPacing());
  const last = useRef('');

  useEffect(() => {
    if (!isVisible) return undefined;
    const stop = new AbortController();
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const readAgain = () => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: [LIST] });
      void queries.invalidateQueries({
        predicate: ({ queryKey: [path, call] }) =>
          path === DETAIL && changed.has((call as { path?: { conversation_id?: string } }).path?.conversation_id ?? ''),
      });
      changed.clear();
    };
    const onEvent = (name: string, data: string, id?: string) => {
      if (id) last.current = id;
      if (name === 'reset') void queries.invalidateQueries();
      if (name === 'ready' || name === 'reset') return;
      const told = JSON.parse(data) as Told;
      if (name === 'presence') {
        setPeople((known) => withPerson(known, told, viewer));
        return;
      }
      changed.add(told.conversation_id);
      timer ??= setTimeout(readAgain, GATHER_MS);
    };
    void followEvents({
      open: (signal) => client.open('/api/v1/staff/stream', { header: { 'last-event-id': last.current || undefined }, signal }),
      onEvent,
      onState: setStream,
      signal: stop.signal,
      pacing: pacing.current,
    });
    return () => {
      stop.abort();
      setStream('opening');
      clearTimeout(timer);
    };
  }, [client, viewer, queries, isVisible]);

  const live = useMemo<Live>(
    () => ({
      isLive: stream === 'open',
      peopleIn: (id) => (people.get(id) ?? []).filter(({ at }) => Date.now() - at < PRESENT_MS),
    }),
    [stream, people],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

function withPerson(known: ReadonlyMap<string, readonly Person[]>, told: Told, viewer: string): ReadonlyMap<string, readonly Person[]> {
  const { conversation_id: id, name, is_writing: isWriting = false } = told;
  if (!name || name === viewer) return known;
  const others = (known.get(id) ?? []).filter((person) => person.name !== name);
  return new Map(known).set(id, [...others, { name, isWriting, at: Date.now() }]);
}
