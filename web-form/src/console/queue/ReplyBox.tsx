'use client';

import { useEffect, useRef, useState, type FormEvent } from 'react';

import type { Schemas } from '../../api/types';
import { focusField } from '../../components/focusField';
import { FormField } from '../../components/FormField';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { findError, type Rule } from '../../hooks/useFormValidation';
import rules from '../../rules.json';
import { forgetKey, keyFor } from '../../storage/idempotency';
import { readReplyDraft, writeReplyDraft } from '../../storage/replyDrafts';
import { CHANNEL, NOT_PROVEN, wordFor } from '../../words';
import { SuggestReply } from '../drafts/SuggestReply';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';
import { AlsoHere } from './AlsoHere';
import { MacroPicker } from './MacroPicker';
import { ReplyPreview } from './ReplyPreview';
import { WhatsAppWindow } from './WhatsAppWindow';

const RULE: Rule = { minLength: 1, maxLength: rules.message.maxLength };

/** Answers through the customer's own channel; only whoever owns the conversation may. */
export function ReplyBox({ conversation }: { conversation: Schemas['ConversationView'] }) {
  const { viewer } = useStaff();
  const { id, assurance, channel, owner, owner_name: ownerName } = conversation;
  const keySlot = `staff.reply-key.${id}`;
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const [sent, setSent] = useState('');
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const form = useRef<HTMLFormElement>(null);
  const mayReply = owner === 'human' && Boolean(ownerName) && ownerName === viewer;

  useEffect(() => setText(readReplyDraft(id)), [id]);
  const write = (next: string) => {
    setText(next);
    writeReplyDraft(id, next);
    setError('');
  };

  if (!mayReply) {
    return (
      <>
        <AlsoHere conversationId={id} isWriting={false} />
        <p className="muted small reply-hint">Take the conversation to reply.</p>
      </>
    );
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const why = findError('message', text, RULE);
    setError(why);
    setSent('');
    if (why) {
      focusField(form.current, 'reply');
      return;
    }
    const content = text.trim();
    const outcome = await act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/reply', {
        path: { conversation_id: id },
        header: { 'idempotency-key': keyFor(keySlot, content) },
        body: { content },
      }),
    );
    if (!outcome || outcome.error) return;
    forgetKey(keySlot);
    write('');
    setSent(`Your reply goes out by ${wordFor(CHANNEL, channel)}.`);
  };

  return (
    <form ref={form} className="reply" method="post" noValidate onSubmit={submit} aria-label="Reply">
      {assurance === 'claimed' ? (
        <Notice tone="warning" title={NOT_PROVEN}>
          Whoever wrote may be somebody else. Say nothing that only the owner of the address may know.
        </Notice>
      ) : null}
      <AlsoHere conversationId={id} isWriting={text.trim() !== ''} />
      <WhatsAppWindow conversation={conversation} />
      <FormField
        name="reply"
        hotkey="r"
        as="textarea"
        rows={4}
        label={`Reply by ${wordFor(CHANNEL, channel)}`}
        value={text}
        error={error}
        onChange={(_, value) => write(value)}
      />
      <SuggestReply
        conversationId={id}
        onSuggest={(suggested) => write(text.trim() ? `${text.trim()}\n\n${suggested}` : suggested)}
      />
      <ReplyPreview conversationId={id} text={text} />
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="actions">
        <MacroPicker conversationId={id} onPick={(macro) => write(text.trim() ? `${text.trimEnd()}\n\n${macro}` : macro)} />
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
