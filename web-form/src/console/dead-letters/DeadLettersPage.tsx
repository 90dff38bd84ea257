'use client';

import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { DeadLetter } from './DeadLetter';

const ABSENT = { title: 'No dead letters on this server', text: 'Messages that could not be processed would appear here.' };
const EMPTY = { title: 'No dead letters', text: 'Every message was processed.' };
const LEAD = 'Messages that failed for good. Replay sends one through again; every act is kept in the audit log.';

/** The messages that were given up on, each to be replayed or discarded. */
export default function DeadLettersPage() {
  const letters = useStaffQuery('/api/v1/staff/dead-letters');
  return (
    <PageSection title="Dead letters" lead={LEAD}>
      <QueryView query={letters} absent={ABSENT} empty={EMPTY} isEmpty={(data) => data.dead_letters.length === 0}>
        {(data) => (
          <ul className="cards">
            {data.dead_letters.map((letter) => (
              <li key={letter.id}>
                <DeadLetter letter={letter} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </PageSection>
  );
}
