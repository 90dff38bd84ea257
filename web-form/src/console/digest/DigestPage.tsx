'use client';

import { useState } from 'react';

import { CHANNEL, REASON, wordFor } from '../../words';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No digest on this server', text: 'A day’s figures would appear here.' };
const today = () => new Date().toISOString().slice(0, 10);

/** One day: how much came, what it was about, what was handed over and what found no answer. */
export default function DigestPage() {
  const [date, setDate] = useState(today);
  const digest = useStaffQuery('/api/v1/digest/daily', { query: { date }, pollFactor: 0 });
  return (
    <PageSection title="Digest" lead="One day (UTC): what came, what it was about, and what found no answer.">
      <div className="filter">
        <label htmlFor="digest-day">Day</label>
        <input
          id="digest-day"
          type="date"
          className="control control-small"
          max={today()}
          value={date}
          onChange={({ target }) => setDate(target.value || today())}
        />
      </div>
      <QueryView query={digest} absent={ABSENT}>
        {({ channels, totals, top_issues: issues, content_gaps: gaps }) => (
          <>
            <div className="table-scroll" tabIndex={0} role="region" aria-label="By channel">
              <table className="audit">
                <thead>
                  <tr>
                    <th scope="col">Channel</th>
                    <th scope="col">Conversations</th>
                    <th scope="col">Messages</th>
                    <th scope="col">Handed over</th>
                    <th scope="col">Most for</th>
                  </tr>
                </thead>
                <tbody>
                  {[...channels, totals].map((figures) => (
                    <tr key={figures.channel ?? 'all'}>
                      <th scope="row">{figures.channel ? wordFor(CHANNEL, figures.channel) : 'All'}</th>
                      <td>{figures.conversations}</td>
                      <td>{figures.messages}</td>
                      <td>{figures.escalations.total}</td>
                      <td>{mostOf(figures.escalations.by_reason)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <section className="panel" aria-labelledby="digest-issues">
              <h3 id="digest-issues">What it was about</h3>
              {issues.length > 0 ? (
                <ul className="plain-list">
                  {issues.map((issue) => (
                    <li key={issue.name}>
                      {issue.name} <span className="muted">({issue.count})</span>
                    </li>
                  ))}
                </ul>
              ) : (
                <p className="muted small">Nothing came that day.</p>
              )}
            </section>
            <section className="panel" aria-labelledby="digest-gaps">
              <h3 id="digest-gaps">What found no answer</h3>
              {gaps.length > 0 ? (
                <ul className="plain-list">
                  {gaps.map((gap) => (
                    <li key={gap.name}>
                      {gap.name} <span className="muted">({gap.count})</span>
                    </li>
                  ))}
                </ul>
              ) : (
                <p className="muted small">Every question found an answer.</p>
              )}
              <a href="#/knowledge/gaps">All gaps of the last 30 days</a>
            </section>
          </>
        )}
      </QueryView>
    </PageSection>
  );
}

function mostOf(byReason: Readonly<Record<string, number>>): string {
  const most = Object.entries(byReason).sort(([, one], [, other]) => other - one)[0];
  return most ? wordFor(REASON, most[0]) : '';
}
