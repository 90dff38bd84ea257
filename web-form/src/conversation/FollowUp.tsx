'use client';

import { useEffect, useRef, useState, type FormEvent } from 'react';

import type { CustomerApi, TicketReference } from '../api/customer';
import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import { findError, type Rule } from '../hooks/useFormValidation';
import { useSend } from '../hooks/useSend';
import rules from '../rules.json';
import { forgetKey, keyFor } from '../storage/idempotency';
import { readStoredText, removeStored, writeStored } from '../storage/tabStorage';

interface FollowUpProps {
  api: CustomerApi;
  reference: TicketReference;
  onSent: () => void;
  onAnnounce: (words: string) => void;
}

const RULE: Rule = { minLength: 1, maxLength: rules.message.maxLength };

/** Lets the customer add to the conversation; what is typed outlives a failure and a reload. */
export function FollowUp({ api, reference, onSent, onAnnounce }: FollowUpProps) {
  const slot = `ticket.draft.${reference.ticketId}`;
  const keySlot = `ticket.key.${reference.ticketId}`;
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const { send, isBusy, isSlow, failure, clearFailure, stopRepeating, waitSeconds } = useSend({ repeats: true });
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => setText(readStoredText(slot)), [slot]);

  const change = (_: string, value: string) => {
    stopRepeating();
    setText(value);
    writeStored(slot, value);
    if (error) setError(findError('message', value, RULE));
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const why = findError('message', text, RULE);
    setError(why);
    if (why) {
      clearFailure();
      focusField(form.current, 'follow-up');
      return;
    }
    const message = text.trim();
    const outcome = await send(() => api.sendMessage(reference, message, keyFor(keySlot, message)));
    if (!outcome) return;
    if (outcome.error) {
      setError(outcome.error.fields.message ?? '');
      return;
    }
    forgetKey(keySlot);
    // What was typed meanwhile is the next message.
    if (readStoredText(slot).trim() === message) {
      removeStored(slot);
      setText('');
    }
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
