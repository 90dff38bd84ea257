'use client';

import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { Candidate } from './Candidate';

const ABSENT = { title: 'No proposals on this server', text: 'Articles learned from resolved conversations would appear here.' };
const EMPTY = { title: 'No proposals', text: 'New articles are proposed as people resolve conversations.' };
const LEAD = 'Proposed articles. What you approve is used for answers from then on.';

/** Articles proposed from resolved conversations; what is approved can be found at once. */
export default function CandidatesPage() {
  const proposals = useStaffQuery('/api/v1/knowledge/candidates', { pollFactor: 2 });
  return (
    <PageSection title="Knowledge" lead={LEAD}>
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
    </PageSection>
  );
}
