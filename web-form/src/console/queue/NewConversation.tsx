'use client';

import { useState, type FormEvent } from 'react';

import { FormField } from '../../components/FormField';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { CHANNEL } from '../../words';
import { useStaffAction } from '../useStaffAction';

const CHANNELS = ['email', 'whatsapp'] as const;
type Begins = (typeof CHANNELS)[number];
const EMPTY = { channel: 'email', to: '', name: '', subject: '', content: '' };
type Field = keyof typeof EMPTY;
const NEEDED: Readonly<Partial<Record<Field, string>>> = { to: 'Say to whom.', content: 'Write the message.' };

/** Writes to somebody first, by mail or WhatsApp. */
export function NewConversation() {
  const [values, setValues] = useState(EMPTY);
  const [errors, setErrors] = useState<Partial<Record<Field, string>>>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const isMail = values.channel === 'email';

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const missing = Object.fromEntries(Object.entries(NEEDED).filter(([name]) => !values[name as Field].trim()));
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    const body = { ...values, channel: values.channel as Begins, subject: isMail ? values.subject : '' };
    const outcome = await act((client) => client.post('/api/v1/staff/conversations', { body }));
    if (outcome?.value) window.location.hash = `#/queue/${encodeURIComponent(outcome.value.conversation_id)}`;
    else if (outcome?.error) setErrors(outcome.error.fields);
  };
  const field = (name: Field) => ({
    name,
    value: values[name],
    error: errors[name] ?? '',
    onChange: (_: Field, value: string) => setValues((known) => ({ ...known, [name]: value })),
  });

  return (
    <form className="panel" method="post" noValidate onSubmit={submit} aria-labelledby="begin-title">
      <h2 id="begin-title">New conversation</h2>
      <FormField {...field('channel')} as="select" label="By" options={CHANNELS.map((channel) => [channel, CHANNEL[channel]] as const)} />
      <FormField {...field('to')} label={isMail ? 'E-mail address' : 'Phone number with country code'} type={isMail ? 'email' : 'tel'} />
      <FormField {...field('name')} label="Name" isOptional />
      {isMail ? <FormField {...field('subject')} label="Subject" isOptional /> : null}
      <FormField {...field('content')} as="textarea" rows={6} label="Message" />
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="actions">
        <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…">
          Send
        </SendButton>
        <a className="button button-plain" href="#/queue" data-hotkey="Escape">
          Cancel
        </a>
      </div>
    </form>
  );
}
