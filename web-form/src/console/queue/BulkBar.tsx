'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { PRIORITY } from '../../words';
import { ReasonForm } from '../ReasonForm';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';
import { SNOOZE, snoozeUntil } from './snoozeTimes';

type Order = Omit<Schemas['BulkRequest'], 'ids'>;
type Asked = 'tag' | 'untag' | 'resolve';

const ASKS: Readonly<Record<Asked, { label: string; submit: string }>> = {
  tag: { label: 'Tag', submit: 'Add tag' },
  untag: { label: 'Tag', submit: 'Remove tag' },
  resolve: { label: 'How were they settled?', submit: 'Resolve all' },
};
const isAsked = (act: string): act is Asked => Object.hasOwn(ASKS, act);

/** One act on all chosen conversations, and its undo. */
export function BulkBar({ chosen, onDone }: { chosen: ReadonlySet<string>; onDone: () => void }) {
  const people = useStaffQuery('/api/v1/staff/people', { pollFactor: 0 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [asked, setAsked] = useState<Asked | ''>('');
  const [result, setResult] = useState<Schemas['BulkDone'] | null>(null);

  const order = async (given: Order) => {
    const outcome = await act((client) => client.post('/api/v1/staff/bulk', { body: { ids: [...chosen], ...given } }));
    if (!outcome?.value) return;
    setResult(outcome.value);
    setAsked('');
    onDone();
  };
  const choose = (code: string) => {
    const [name, value] = code.split(':');
    if (name && isAsked(name)) setAsked(name);
    else if (name === 'assign' && value) void order({ act: 'assign', to: value });
    else if (name === 'priority') void order({ act: 'priority', priority: value as keyof typeof PRIORITY });
    else if (name === 'snooze' && value) void order({ act: 'snooze', until: snoozeUntil(value) });
    else if (name === 'spam') void order({ act: 'spam' });
  };
  const undo = async () => {
    const undoId = result?.undo_id;
    if (!undoId) return;
    const outcome = await act((client) => client.post('/api/v1/staff/bulk/{undo_id}/undo', { path: { undo_id: undoId } }));
    if (outcome?.value) setResult({ ...outcome.value, undo_id: null });
  };

  if (chosen.size === 0 && !result) return null;
  return (
    <div className="bulk" role="group" aria-label="Selected conversations">
      {chosen.size > 0 ? (
        <>
          <span className="small">{chosen.size} selected</span>
          <label className="visually-hidden" htmlFor="bulk-act">
            Do to all selected
          </label>
          <span className="select">
            <select id="bulk-act" className="control control-small" value="" disabled={isBusy} onChange={({ target }) => choose(target.value)}>
              <option value="">Do to all…</option>
              <option value="tag">Add a tag…</option>
              <option value="untag">Remove a tag…</option>
              <optgroup label="Assign to">
                {(people.data?.people ?? []).map((name) => (
                  <option key={name} value={`assign:${name}`}>
                    {name}
                  </option>
                ))}
              </optgroup>
              <optgroup label="Priority">
                {Object.entries(PRIORITY).map(([code, word]) => (
                  <option key={code} value={`priority:${code}`}>
                    {word}
                  </option>
                ))}
              </optgroup>
              <optgroup label="Snooze">
                {SNOOZE.map(([code, word]) => (
                  <option key={code} value={`snooze:${code}`}>
                    {word}
                  </option>
                ))}
              </optgroup>
              <option value="resolve">Resolve…</option>
              <option value="spam">Mark as spam</option>
            </select>
          </span>
          <button type="button" className="button button-plain button-small" onClick={onDone}>
            Clear selection
          </button>
        </>
      ) : null}
      {asked ? (
        <ReasonForm
          name="bulk-text"
          label={ASKS[asked].label}
          submitText={ASKS[asked].submit}
          missing="Write something first."
          isBusy={isBusy}
          onSubmit={(text) => order(asked === 'resolve' ? { act: asked, note: text } : { act: asked, tag: text })}
          onCancel={() => setAsked('')}
        />
      ) : null}
      {result ? (
        <p className="small" role="status">
          {result.done.length} changed{result.refused.length > 0 ? `, ${result.refused.length} left as they are: ${result.refused[0]?.why}` : ''}.{' '}
          {result.undo_id ? (
            <SendButton type="button" className="button button-small" isBusy={isBusy} busyText="One moment…" onClick={undo}>
              Undo
            </SendButton>
          ) : null}
          <button type="button" className="button button-plain button-small" onClick={() => setResult(null)}>
            Dismiss
          </button>
        </p>
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </div>
  );
}
