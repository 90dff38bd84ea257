'use client';

import { useEffect, useRef, useState } from 'react';

import { useCountdown } from '../../hooks/useCountdown';
import { findError } from '../../hooks/useFormValidation';
import { useSlow } from '../../hooks/useSlow';
import rules from '../../rules.json';
import { explainFailure } from '../../services/failures';
import { forgetKey, keyFor } from '../../services/idempotency';
import { readStored, removeStored, writeStored } from '../../services/tabStorage';
import { FormField } from '../FormField';
import { Notice } from '../Notice';
import { SendButton } from '../SendButton';

const RULE = { minLength: 1, maxLength: rules.message.maxLength };

/** Lets the customer add to the conversation; what is typed outlives a failure and a reload. */
export function FollowUp({ api, reference, onSent, onAnnounce }) {
  const slot = `ticket.draft.${reference.ticketId}`;
  const keySlot = `ticket.key.${reference.ticketId}`;
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const [failure, setFailure] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const isSlow = useSlow(isBusy);
  const waitSeconds = useCountdown(failure?.retryAfterSeconds, failure);
  const busy = useRef(false);
  const form = useRef(null);

  useEffect(() => setText(readStored(slot) ?? ''), [slot]);

  const change = (_, value) => {
    setText(value);
    writeStored(slot, value);
    if (error) setError(findError('message', value, RULE));
  };

  const submit = async (event) => {
    event.preventDefault();
    if (busy.current || waitSeconds > 0) return;
    const why = findError('message', text, RULE);
    setError(why);
    setFailure(null);
    if (why) {
      form.current.elements.namedItem('follow-up').focus();
      return;
    }
    const message = text.trim();
    busy.current = true;
    setBusy(true);
    try {
      await api.sendMessage(reference.ticketId, reference.token, message, keyFor(keySlot, message));
      removeStored(slot);
      forgetKey(keySlot);
      setText('');
      onAnnounce('Your message was sent.');
      // The message is stored; a refresh that fails is made good by the running updates.
      await onSent().catch(() => {});
    } catch (problem) {
      setError(problem.fields?.message ?? '');
      setFailure(explainFailure(problem));
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };

  return (
    <form ref={form} className="follow-up" method="post" noValidate onSubmit={submit} aria-label="Add to the conversation">
      <FormField
        name="follow-up"
        as="textarea"
        rows={3}
        label="Add to this conversation"
        value={text}
        onChange={change}
        error={error}
      />
      {failure ? (
        <Notice tone="danger" title={failure.title}>
          {failure.advice}
        </Notice>
      ) : null}
      {isSlow ? (
        <Notice tone="info" title="This takes longer than usual">
          We are still trying. Please keep this page open; your text is safe.
        </Notice>
      ) : null}
      <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…">
        Send message
      </SendButton>
    </form>
  );
}
