'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { ConversationDetail } from './ConversationDetail';
import { PolledView } from './PolledView';
import { QueueFilters } from './QueueFilters';
import { QueueList } from './QueueList';
import { EmptyState } from './EmptyState';
import { useStaff } from './StaffContext';

const ABSENT = { title: 'No queue on this server', text: 'Conversations appear here once the server offers them.' };
const EMPTY = { title: 'Nothing waiting', text: 'No conversation matches. New ones appear here by themselves.' };
const ANY = { owner: '', status: '', channel: '', reason: '' };

/** The conversations that need people, and beside them the one that is open. */
export function Queue({ selectedId }) {
  const { api, pollMs, setViewer, onUnauthorized } = useStaff();
  const [filters, setFilters] = useState(ANY);
  const heading = useRef(null);
  const wasOpen = useRef(false);
  const load = useCallback((signal) => api.listConversations(filters, { signal }), [api, filters]);
  const queue = usePolled(load, { everyMs: pollMs, onUnauthorized });
  const viewer = queue.data?.viewer;
  const count = queue.data?.conversations?.length ?? 0;

  useEffect(() => setViewer(viewer), [viewer, setViewer]);
  useEffect(() => {
    if (wasOpen.current && !selectedId) heading.current?.focus();
    wasOpen.current = Boolean(selectedId);
  }, [selectedId]);

  return (
    <div className={selectedId ? 'queue queue-open' : 'queue'}>
      <section className="queue-side" aria-labelledby="queue-title">
        <div className="view-head">
          <h2 id="queue-title" tabIndex={-1} ref={heading}>
            Queue
          </h2>
          <p className="muted small" role="status">
            {queue.data ? `${count} ${count === 1 ? 'conversation' : 'conversations'}` : ''}
          </p>
        </div>
        <QueueFilters filters={filters} onChange={setFilters} onClear={() => setFilters(ANY)} />
        <PolledView polled={queue} absent={ABSENT} empty={EMPTY} isEmpty={(data) => !data.conversations?.length}>
          {(data) => <QueueList conversations={data.conversations} selectedId={selectedId} />}
        </PolledView>
      </section>
      <section className="queue-detail" aria-label="Open conversation">
        {selectedId ? (
          <ConversationDetail key={selectedId} id={selectedId} onChanged={queue.refresh} />
        ) : (
          <EmptyState title="No conversation open">Choose one from the queue.</EmptyState>
        )}
      </section>
    </div>
  );
}
