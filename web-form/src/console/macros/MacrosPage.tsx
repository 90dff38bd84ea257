'use client';

import { useState, type FormEvent } from 'react';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';

const ABSENT = { title: 'No macros on this server', text: 'Texts that you use often would be kept here.' };
const LEAD = 'Texts that you write once and use often. Names in braces are filled in for the conversation.';

/** Macros, and the senders who are blocked. */
export default function MacrosPage() {
  const macros = useStaffQuery('/api/v1/macros', { pollFactor: 0 });
  return (
    <PageSection title="Macros" lead={LEAD}>
      <QueryView query={macros} absent={ABSENT}>
        {(data) => (
          <>
            <p className="muted small">
              {Object.entries(data.placeholders)
                .map(([name, meaning]) => `{${name}}: ${meaning}`)
                .join(' · ')}
            </p>
            <ul className="cards">
              {data.macros.map((macro) => (
                <li key={`${macro.id} ${macro.updated_at}`}>
                  <MacroForm macro={macro} />
                </li>
              ))}
              <li key={`new ${data.macros.length}`}>
                <MacroForm />
              </li>
            </ul>
          </>
        )}
      </QueryView>
      <BlockedSenders />
    </PageSection>
  );
}

function MacroForm({ macro }: { macro?: Schemas['MacroView'] }) {
  const [title, setTitle] = useState(macro?.title ?? '');
  const [content, setContent] = useState(macro?.content ?? '');
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const name = macro?.id ?? 'new';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const body = { title, content };
    const outcome = await act((client) =>
      macro ? client.put('/api/v1/macros/{macro_id}', { path: { macro_id: macro.id }, body }) : client.post('/api/v1/macros', { body }),
    );
    setErrors(outcome?.error?.fields ?? {});
  };
  const remove = () => macro && act((client) => client.delete('/api/v1/macros/{macro_id}', { path: { macro_id: macro.id } }));
  return (
    <form className="panel" method="post" noValidate onSubmit={submit} aria-label={macro ? `Macro ${macro.title}` : 'New macro'}>
      <FormField name={`title-${name}`} label={macro ? 'Title' : 'Title of a new macro'} value={title} error={errors.title ?? ''} onChange={(_, value) => setTitle(value)} />
      <FormField
        name={`content-${name}`}
        as="textarea"
        rows={4}
        label="Text"
        value={content}
        error={errors.content ?? ''}
        onChange={(_, value) => setContent(value)}
      />
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="actions">
        <SendButton className="button button-primary button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="Saving…">
          Save
        </SendButton>
        {macro ? (
          <button type="button" className="button button-plain button-small" onClick={() => void remove()}>
            Remove
          </button>
        ) : null}
      </div>
    </form>
  );
}

function BlockedSenders() {
  const found = useStaffQuery('/api/v1/staff/blocked', { pollFactor: 0 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const blocked = found.data?.blocked ?? [];
  if (blocked.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="blocked-title">
      <h3 id="blocked-title">Blocked senders</h3>
      <p className="muted small">What they write is stored and gets no answer.</p>
      <ul className="plain-list">
        {blocked.map(({ kind, value, is_proven: isProven, blocked_by: by }) => (
          <li key={`${kind} ${value} ${isProven}`}>
            {value} <span className="muted">{isProven ? '' : '(only those who claim it) '}by {by} </span>
            <SendButton
              type="button"
              className="button button-small"
              isBusy={isBusy}
              busyText="One moment…"
              onClick={() => act((client) => client.delete('/api/v1/staff/blocked', { query: { kind: kind as 'email', value } }))}
            >
              Unblock
            </SendButton>
          </li>
        ))}
      </ul>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}
