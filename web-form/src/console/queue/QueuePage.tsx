'use client';

import { useEffect, useRef, useState } from 'react';

import { EmptyState } from '../EmptyState';
import type { PageProps } from '../pages';
import { QueryView } from '../QueryView';
import { useStaff } from '../StaffContext';
import { useStaffQuery } from '../useStaffQuery';
import { ConversationDetail } from './ConversationDetail';
import { ANY, QueueFilters, type Filters } from './QueueFilters';
import { QueueList } from './QueueList';
import { QueueViews, type Sort, type View } from './QueueViews';

const ABSENT = { title: 'No queue on this server', text: 'Conversations appear here once the server offers them.' };
const EMPTY = { title: 'Nothing waiting', text: 'No conversation matches. New ones appear here by themselves.' };

/** The filters that are set. */
const givenOf = ({ owner, status, channel, reason }: Filters) => ({
  owner: owner || undefined,
  status: status || undefined,
  channel: channel || undefined,
  reason: reason || undefined,
});

/** The conversations that need people, and beside them the one that is open. */
export default function QueuePage({ id: selectedId }: PageProps) {
  const { setViewer } = useStaff();
  const [filters, setFilters] = useState<Filters>(ANY);
  const heading = useRef<HTMLHeadingElement>(null);
  const wasOpen = useRef(false);
  const [view, setView] = useState<View>('waiting');
  const [sort, setSort] = useState<Sort>('urgent');
  const [cursor, setCursor] = useState<string>();
  const queue = useStaffQuery('/api/v1/staff/conversations', { query: { ...givenOf(filters), view, sort, cursor } });
  const viewer = queue.data?.viewer;
  const nextCursor = queue.data?.next_cursor;
  const fromTheTop = (change: () => void) => {
    setCursor(undefined);
    change();
  };
  const count = queue.data?.conversations.length ?? 0;

  useEffect(() => {
    if (viewer) setViewer(viewer);
  }, [viewer, setViewer]);
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
        <QueueViews
          view={view}
          sort={sort}
          counts={queue.data?.counts}
          onView={(next) => fromTheTop(() => setView(next))}
          onSort={(next) => fromTheTop(() => setSort(next))}
        />
        <QueueFilters filters={filters} onChange={(next) => fromTheTop(() => setFilters(next))} />
        <QueryView query={queue} absent={ABSENT} empty={EMPTY} isEmpty={(data) => data.conversations.length === 0}>
          {(data) => <QueueList conversations={data.conversations} selectedId={selectedId} />}
        </QueryView>
        <div className="actions">
          {cursor ? (
            <button type="button" className="button button-plain button-small" onClick={() => setCursor(undefined)}>
              First page
            </button>
          ) : null}
          {nextCursor ? (
            <button type="button" className="button button-small" onClick={() => setCursor(nextCursor)}>
              Next page
            </button>
          ) : null}
        </div>
      </section>
      <section className="queue-detail" aria-label="Open conversation">
        {selectedId ? (
          <ConversationDetail key={selectedId} id={selectedId} />
        ) : (
          <EmptyState title="No conversation open" text="Choose one from the queue." />
        )}
      </section>
    </div>
  );
}
