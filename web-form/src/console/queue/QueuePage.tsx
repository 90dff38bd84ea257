'use client';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { EmptyState } from '../EmptyState';
import type { PageProps } from '../pages';
import { QueryView } from '../QueryView';
import { BulkBar } from './BulkBar';
import { ConversationDetail } from './ConversationDetail';
import { NewConversation } from './NewConversation';
import { ANY, QueueFilters, type Filters } from './QueueFilters';
import { QueueList } from './QueueList';
import { QueueSearch } from './QueueSearch';
import { QueueViews, type Sort, type View } from './QueueViews';
import { useQueue } from './useQueue';

const ABSENT = { title: 'No queue on this server', text: 'Conversations appear here once the server offers them.' };
const EMPTY = { title: 'Nothing waiting', text: 'No conversation matches. New ones appear here by themselves.' };
const NOT_FOUND = { title: 'Nothing found', text: 'Try a ticket’s number, an address, a phone number, a name, or fewer words.' };
const MOST_CHOSEN = 100;
const NEW = 'new';

/** The filters that are set. */
const givenOf = ({ owner, status, channel, reason }: Filters) => ({
  owner: owner || undefined,
  status: status || undefined,
  channel: channel || undefined,
  reason: reason || undefined,
});

/** The conversations that need people, and beside them the one that is open. */
export default function QueuePage({ id: openId }: PageProps) {
  const [filters, setFilters] = useState<Filters>(ANY);
  const heading = useRef<HTMLHeadingElement>(null);
  const wasOpen = useRef(false);
  const [view, setView] = useState<View>('waiting');
  const [sort, setSort] = useState<Sort>('urgent');
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  // A search looks through everything, whatever the view.
  const queue = useQueue({ ...givenOf(filters), view: words ? 'all' : view, sort, q: words || undefined });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = queue;
  const first = queue.data?.pages[0];
  const conversations = useMemo(() => {
    // One that moved while pages were read may be on two of them.
    const lines = (queue.data?.pages ?? []).flatMap((page) => page.conversations);
    return [...new Map(lines.map((line) => [line.id, line])).values()];
  }, [queue.data]);
  const count = conversations.length;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);

  useEffect(() => {
    if (wasOpen.current && !openId) heading.current?.focus();
    wasOpen.current = Boolean(openId);
  }, [openId]);

  const choose = (id: string, isChosen: boolean) =>
    setChosen((known) => {
      const next = new Set(known);
      if (isChosen && next.size < MOST_CHOSEN) next.add(id);
      else next.delete(id);
      return next;
    });

  return (
    <div className={openId ? 'queue queue-open' : 'queue'}>
      <section className="queue-side" aria-labelledby="queue-title">
        <div className="view-head view-head-row">
          <h2 id="queue-title" tabIndex={-1} ref={heading}>
            Queue
          </h2>
          <a className="button button-small" href={`#/queue/${NEW}`} data-hotkey="c">
            New conversation
          </a>
          <p className="muted small" role="status">
            {queue.data ? `${count}${hasNextPage ? ' or more' : ''} ${count === 1 ? 'conversation' : 'conversations'}` : ''}
          </p>
        </div>
        <QueueSearch words={words} onWords={setWords} />
        <QueueViews view={view} sort={sort} counts={first?.counts} onView={setView} onSort={setSort} />
        <QueueFilters filters={filters} onChange={setFilters} />
        <BulkBar chosen={chosen} onDone={() => setChosen(new Set())} />
        <QueryView query={queue} absent={ABSENT} empty={words ? NOT_FOUND : EMPTY} isEmpty={() => count === 0}>
          {() => (
            <QueueList
              conversations={conversations}
              selectedId={openId}
              chosen={chosen}
              onChoose={choose}
              onEnd={hasNextPage ? more : undefined}
            />
          )}
        </QueryView>
      </section>
      <section className="queue-detail" aria-label="Open conversation">
        {openId === NEW ? (
          <NewConversation />
        ) : openId ? (
          <ConversationDetail key={openId} id={openId} />
        ) : (
          <EmptyState title="No conversation open" text="Choose one from the queue, or press ? for the keyboard." />
        )}
      </section>
    </div>
  );
}
