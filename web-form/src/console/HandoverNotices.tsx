'use client';

import { useEffect, useRef, useState } from 'react';

import { REASON, wordFor } from '../words';
import { noticeState, showNotice, switchNotices, type NoticeState } from './browserNotices';
import { useStaffQuery } from './useStaffQuery';

/** Switches the browser's notices of conversations that wait for anybody, and shows them while the console is open. */
export function HandoverNotices() {
  const [state, setState] = useState<NoticeState>('unsupported');
  useEffect(() => setState(noticeState()), []);
  if (state === 'unsupported') return null;
  return (
    <>
      {state === 'on' ? <Watch /> : null}
      <button
        type="button"
        className="button button-small"
        aria-pressed={state === 'on'}
        disabled={state === 'denied'}
        title={state === 'denied' ? 'This browser forbids notices of this site: allow them in its settings.' : undefined}
        onClick={() => void switchNotices(state !== 'on').then(setState)}
      >
        Notices
      </button>
    </>
  );
}

function Watch() {
  const { data } = useStaffQuery('/api/v1/staff/conversations', {
    query: { view: 'unassigned', sort: 'newest', limit: 20 },
    pollFactor: 2,
    inBackground: true,
  });
  const known = useRef<Set<string>>(undefined);

  useEffect(() => {
    if (!data) return;
    const before = known.current;
    known.current = new Set(data.conversations.map(({ id }) => id));
    // What waited before the console was opened is in the queue, and no news.
    if (!before) return;
    for (const conversation of data.conversations) {
      if (before.has(conversation.id)) continue;
      const who = conversation.customer_name || 'A customer';
      const why = conversation.reason ? wordFor(REASON, conversation.reason) : 'handed over';
      showNotice(`${who} needs a person`, why, conversation.id, `#/queue/${encodeURIComponent(conversation.id)}`);
    }
  }, [data]);

  return null;
}
