'use client';

import { useState } from 'react';

import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { DraftQuality } from './DraftQuality';
import { WaitingDraft } from './WaitingDraft';

const ABSENT = { title: 'No drafts on this server', text: 'Replies that wait for approval would appear here.' };
const EMPTY = {
  title: 'No draft waits',
  text: 'Where the company profile says “draft”, the assistant’s replies wait here until somebody sends them.',
};

/** Replies that wait for approval, the oldest first, and how good drafts have been. */
export default function DraftsPage() {
  const [cursor, setCursor] = useState<string>();
  const drafts = useStaffQuery('/api/v1/staff/drafts', { query: { cursor, limit: 20 } });
  const nextCursor = drafts.data?.next_cursor;
  return (
    <PageSection title="Drafts" isWide>
      <QueryView query={drafts} absent={ABSENT} empty={EMPTY} isEmpty={(data) => data.drafts.length === 0}>
        {(data) => (
          <ul className="cards">
            {data.drafts.map((draft) => (
              <li key={draft.id}>
                <WaitingDraft draft={draft} />
              </li>
            ))}
          </ul>
        )}
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
      <DraftQuality />
    </PageSection>
  );
}
