'use client';

import { useState } from 'react';

import { Moment } from '../../components/Moment';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No audit log on this server', text: 'Every act of staff would be listed here.' };
const EMPTY = { title: 'Nothing here', text: 'No act matches.' };

/** Who did what, to what, and when; nothing in it can be changed. */
export default function AuditPage() {
  const [actor, setActor] = useState('');
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const log = useStaffQuery('/api/v1/staff/audit', { query: { actor: actor || undefined, cursor }, pollFactor: 0 });
  const next = log.data?.next_cursor;
  return (
    <PageSection title="Audit log" lead="Every act, by whom and when. Nothing in it can be changed." isWide>
      <div className="filter">
        <label htmlFor="audit-actor">By</label>
        <input
          id="audit-actor"
          className="control control-small"
          placeholder="Anybody"
          value={actor}
          onChange={({ target }) => {
            setActor(target.value);
            setCursors([]);
          }}
        />
      </div>
      <QueryView query={log} absent={ABSENT} empty={EMPTY} isEmpty={({ entries }) => entries.length === 0}>
        {({ entries }) => (
          <div className="table-scroll" tabIndex={0} role="region" aria-label="Acts">
            <table className="audit">
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">Did</th>
                  <th scope="col">To</th>
                  <th scope="col">Detail</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <tr key={entry.id}>
                    <td>
                      <Moment at={entry.created_at} />
                    </td>
                    <td>{entry.actor}</td>
                    <td>{entry.action.replaceAll('_', ' ')}</td>
                    <td>
                      {entry.subject_kind === 'conversation' ? (
                        <a href={`#/queue/${encodeURIComponent(entry.subject_id)}`}>conversation</a>
                      ) : (
                        <span title={entry.subject_id}>{entry.subject_kind.replaceAll('_', ' ')}</span>
                      )}
                    </td>
                    <td className="muted small">{detailOf(entry.detail)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </QueryView>
      <div className="actions">
        {cursor ? (
          <button type="button" className="button button-small" onClick={() => setCursors(cursors.slice(0, -1))}>
            Newer
          </button>
        ) : null}
        {next ? (
          <button type="button" className="button button-small" onClick={() => setCursors([...cursors, next])}>
            Older
          </button>
        ) : null}
      </div>
    </PageSection>
  );
}

function detailOf(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
