'use client';

import { useEffect, useRef, useState } from 'react';

import { findError } from '../../hooks/useFormValidation';
import { useSend } from '../../hooks/useSend';
import rules from '../../rules.json';
import { forgetKey, keyFor } from '../../services/idempotency';
import { readStored, removeStored, writeStored } from '../../services/tabStorage';
import { FormField } from '../FormField';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';

const RULE = { minLength: 1, maxLength: rules.message.maxLength };

/** Lets the customer add to the conversation; what is typed outlives a failure and a reload. */
export function FollowUp({ api, reference, onSent, onAnnounce }) {
  const slot = `ticket.draft.${reference.ticketId}`;
  const keySlot = `ticket.key.${reference.ticketId}`;
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const { send, isBusy, isSlow, failure, clearFailure, waitSeconds } = useSend();
  const form = useRef(null);

  useEffect(() => setText(readStored(slot) ?? ''), [slot]);

  const change = (_, value) => {
    setText(value);
    writeStored(slot, value);
    if (error) setError(findError('message', value, RULE));
  };

  const submit = async (event) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const why = findError('message', text, RULE);
    setError(why);
    if (why) {
      clearFailure();
      form.current.elements.namedItem('follow-up').focus();
      return;
    }
    const message = text.trim();
    const outcome = await send(() =>
      api.sendMessage(reference.ticketId, reference.token, message, keyFor(keySlot, message)),
    );
    if (!outcome) return;
    if (outcome.error) {
      setError(outcome.error.fields?.message ?? '');
      return;
    }
    removeStored(slot);
    forgetKey(keySlot);
    setText('');
    onAnnounce('Your message was sent.');
    onSent();
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
      <SendOutcome failure={failure} isSlow={isSlow} />
      <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…">
        Send message
      </SendButton>
    </form>
  );
}
