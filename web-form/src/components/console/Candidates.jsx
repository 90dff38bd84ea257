'use client';

import { useCallback } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { Candidate } from './Candidate';
import { PolledView } from './PolledView';
import { useStaff } from './StaffContext';

const ABSENT = { title: 'No proposals on this server', text: 'Articles learned from resolved conversations would appear here.' };
const EMPTY = { title: 'No proposals', text: 'New articles are proposed as people resolve conversations.' };

/** Articles proposed from resolved conversations; what is approved can be found at once. */
export function Candidates() {
  const { api, pollMs, onUnauthorized } = useStaff();
  const load = useCallback((signal) => api.listCandidates({ signal }), [api]);
  const polled = usePolled(load, { everyMs: pollMs * 2, onUnauthorized });
  return (
    <section className="view" aria-labelledby="candidates-title">
      <div className="view-head">
        <h2 id="candidates-title">Knowledge</h2>
        <p className="muted">Proposed articles. What you approve is used for answers from then on.</p>
      </div>
      <PolledView polled={polled} absent={ABSENT} empty={EMPTY} isEmpty={(data) => !data.candidates?.length}>
        {(data) => (
          <ul className="cards">
            {data.candidates.map((candidate) => (
              <li key={candidate.id}>
                <Candidate candidate={candidate} onChanged={polled.refresh} />
              </li>
            ))}
          </ul>
        )}
      </PolledView>
    </section>
  );
}
