'use client';

import { useEffect, useRef, useState } from 'react';

import type { CustomerApi, TicketReference } from '../api/customer';
import type { Schemas } from '../api/types';
import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import { useSend } from '../hooks/useSend';
import { readStored, writeStored } from '../storage/tabStorage';

interface FeedbackProps {
  api: CustomerApi;
  reference: TicketReference;
  answerIndex: number;
}

type Stage = 'unknown' | 'past' | 'asking' | 'explaining' | 'thanked';

/** Asks once for each answer whether it helped; a "no" may say why. */
export function Feedback({ api, reference, answerIndex }: FeedbackProps) {
  const slot = `ticket.feedback.${reference.ticketId}.${answerIndex}`;
  const [stage, setStage] = useState<Stage>('unknown');
  const [comment, setComment] = useState('');
  const { send: sendOnce, isBusy, isSlow, failure, waitSeconds } = useSend();
  const thanks = useRef<HTMLParagraphElement>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => setStage(readStored(slot) ? 'past' : 'asking'), [slot]);
  useEffect(() => {
    if (stage === 'explaining') focusField(form.current, 'feedback-comment');
    if (stage === 'thanked') thanks.current?.focus();
  }, [stage]);

  const send = async (feedback: Schemas['Feedback']) => {
    const outcome = await sendOnce(() => api.sendFeedback(reference, feedback));
    if (!outcome || outcome.error) return;
    writeStored(slot, true);
    setStage('thanked');
  };

  if (stage === 'unknown' || stage === 'past') return null;
  if (stage === 'thanked') {
    return (
      <p className="feedback feedback-thanks" tabIndex={-1} ref={thanks}>
        Thank you. That helps us answer better.
      </p>
    );
  }

  return (
    <section className="feedback" aria-labelledby="feedback-title">
      <h2 id="feedback-title">Did this answer help?</h2>
      {stage === 'asking' ? (
        <div className="actions">
          <SendButton type="button" className="button" isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…" onClick={() => send({ helpful: true })}>
            <span className="thumb">
              <Thumb />
              Yes
            </span>
          </SendButton>
          <button type="button" className="button" onClick={() => setStage('explaining')}>
            <span className="thumb thumb-down">
              <Thumb />
              No
            </span>
          </button>
        </div>
      ) : (
        <form
          ref={form}
          method="post"
          onSubmit={(event) => {
            event.preventDefault();
            send({ helpful: false, ...(comment.trim() ? { comment: comment.trim() } : {}) });
          }}
        >
          <FormField
            name="feedback-comment"
            as="textarea"
            rows={2}
            label="What was missing?"
            value={comment}
            maxLength={1000}
            isOptional
            onChange={(_, value) => setComment(value)}
          />
          <div className="actions">
            <SendButton className="button" isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…">
              Send feedback
            </SendButton>
            <button type="button" className="button button-plain" onClick={() => setStage('asking')}>
              Back
            </button>
          </div>
        </form>
      )}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}

function Thumb() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2 9h3v8H2V9Zm5 0 3.2-6.6c1.3.1 2.1 1 1.9 2.3L11.6 8H16a2 2 0 0 1 2 2.3l-.8 5A2 2 0 0 1 15.2 17H9.2L7 16V9Z" />
    </svg>
  );
}
