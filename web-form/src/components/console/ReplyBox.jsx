'use client';

import { useEffect, useRef, useState } from 'react';

import { findError } from '../../hooks/useFormValidation';
import { useSend } from '../../hooks/useSend';
import rules from '../../rules.json';
import { explainStaffFailure } from '../../services/staffFailures';
import { forgetKey, keyFor } from '../../services/idempotency';
import { readStored, removeStored, writeStored } from '../../services/tabStorage';
import { CHANNEL, wordFor } from '../../words';
import { FormField } from '../FormField';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';
import { useStaff } from './StaffContext';

const RULE = { minLength: 1, maxLength: rules.message.maxLength };

/** Answers through the customer's own channel; only whoever owns the conversation may. */
export function ReplyBox({ conversation, onChanged }) {
  const { api, viewer } = useStaff();
  const { id, channel, owner, owner_name: ownerName } = conversation;
  const slot = `staff.reply.${id}`;
  const keySlot = `staff.reply-key.${id}`;
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const [sent, setSent] = useState('');
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain: explainStaffFailure });
  const form = useRef(null);
  const mayReply = owner === 'human' && Boolean(ownerName) && (!viewer || ownerName === viewer);

  useEffect(() => setText(readStored(slot) ?? ''), [slot]);

  if (!mayReply) return <p className="muted small reply-hint">Take the conversation to reply.</p>;

  const submit = async (event) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const why = findError('message', text, RULE);
    setError(why);
    setSent('');
    if (why) {
      form.current.elements.namedItem('reply').focus();
      return;
    }
    const outcome = await send(() => api.reply(id, text.trim(), keyFor(keySlot, text.trim())));
    if (!outcome) return;
    if (!outcome.error) {
      removeStored(slot);
      forgetKey(keySlot);
      setText('');
      setSent(`Your reply goes out by ${wordFor(CHANNEL, channel)}.`);
    }
    await onChanged();
  };

  return (
    <form ref={form} className="reply" method="post" noValidate onSubmit={submit} aria-label="Reply">
      <FormField
        name="reply"
        as="textarea"
        rows={4}
        label={`Reply by ${wordFor(CHANNEL, channel)}`}
        value={text}
        error={error}
        onChange={(_, value) => {
          setText(value);
          writeStored(slot, value);
          setError('');
        }}
      />
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="actions">
        <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…">
          Send reply
        </SendButton>
        <p className="muted small reply-sent" role="status">
          {sent}
        </p>
      </div>
    </form>
  );
}
