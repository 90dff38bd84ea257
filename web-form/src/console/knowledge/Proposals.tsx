'use client';

import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { Candidate } from './Candidate';

const ABSENT = { title: 'No proposals on this server', text: 'Articles learned from resolved conversations would appear here.' };
const EMPTY = { title: 'No proposals', text: 'New articles are proposed as people resolve conversations.' };

/** Articles proposed from resolved conversations; what is approved can be found at once. */
export function Proposals() {
  const proposals = useStaffQuery('/api/v1/knowledge/candidates', { pollFactor: 2 });
  return (
    <>
      <p className="muted small">What you approve is used for answers from then on.</p>
      <QueryView query={proposals} absent={ABSENT} empty={EMPTY} isEmpty={({ candidates }) => candidates.length === 0}>
        {({ candidates }) => (
          <ul className="cards">
            {candidates.map((candidate) => (
              <li key={candidate.id}>
                <Candidate candidate={candidate} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </>
  );
}
