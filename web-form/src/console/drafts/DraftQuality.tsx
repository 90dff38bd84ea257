'use client';

import type { Schemas } from '../../api/types';
import { CHANNEL, wordFor } from '../../words';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No figures on this server', text: 'How good drafts were would appear here.' };
const EMPTY = { title: 'No figures yet', text: 'They appear once drafts were made in the last 30 days.' };
const MODE: Readonly<Record<string, string>> = { auto: 'Answers', draft: 'Drafts', off: 'Off' };
/** From here on a topic may be trusted to answer by itself: enough was judged, and nearly all went out unchanged. */
const ENOUGH = { judged: 20, accepted: 0.95, changed: 0.05 };

const share = (value: number | null) =>
  value === null ? '–' : `${(value * 100).toLocaleString('en', { maximumFractionDigits: 0 })} %`;

function isReady({ mode, approved, discarded, overruled, acceptance_rate: accepted, edit_distance: changed }: Schemas['DraftFigure']) {
  const judged = approved + discarded + overruled;
  return (
    mode === 'draft' &&
    judged >= ENOUGH.judged &&
    (accepted ?? 0) >= ENOUGH.accepted &&
    (changed ?? 1) <= ENOUGH.changed
  );
}

/** What people did with the drafts of each channel and topic: it shows what can be left to the assistant. */
export function DraftQuality() {
  const quality = useStaffQuery('/api/v1/staff/drafts/quality', { pollFactor: 5 });
  return (
    <section aria-labelledby="draft-quality-title">
      <h3 id="draft-quality-title">How good drafts are</h3>
      <p className="muted small">
        The last 30 days. “Ready” means that of at least {ENOUGH.judged} drafts {share(ENOUGH.accepted)} were sent, with at most{' '}
        {share(ENOUGH.changed)} of their words changed.
      </p>
      <QueryView query={quality} absent={ABSENT} empty={EMPTY} isEmpty={({ figures }) => figures.length === 0}>
        {({ figures }) => (
          <div className="table-scroll" tabIndex={0} role="region" aria-label="Drafts by channel and topic">
            <table>
              <caption>By channel and topic</caption>
              <thead>
                <tr>
                  <th scope="col">Channel and topic</th>
                  <th scope="col">Now</th>
                  <th scope="col">Sent</th>
                  <th scope="col">Unchanged</th>
                  <th scope="col">Discarded</th>
                  <th scope="col">Answered without</th>
                  <th scope="col">Accepted</th>
                  <th scope="col">Words changed</th>
                </tr>
              </thead>
              <tbody>
                {figures.map((figure) => (
                  <tr key={`${figure.channel}-${figure.topic}`}>
                    <th scope="row">
                      {wordFor(CHANNEL, figure.channel)} · {figure.topic ?? 'everything else'}
                    </th>
                    <td>
                      {wordFor(MODE, figure.mode)} {isReady(figure) ? <span className="badge badge-success">Ready</span> : null}
                    </td>
                    <td>{figure.approved}</td>
                    <td>{figure.unchanged}</td>
                    <td>{figure.discarded}</td>
                    <td>{figure.overruled}</td>
                    <td>{share(figure.acceptance_rate)}</td>
                    <td>{share(figure.edit_distance)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </QueryView>
    </section>
  );
}
