'use client';

import { useEffect, useRef, useState } from 'react';

import brand from '../../brand.json';
import { useSend } from '../../hooks/useSend';
import { explainStaffFailure } from '../../services/staffFailures';
import { BrandMark } from '../BrandMark';
import { FormField } from '../FormField';
import { Notice } from '../Notice';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';

const REFUSED = {
  title: 'This key is not accepted',
  advice: 'Check that you copied all of it. Keys are given out by whoever runs the system.',
  retryAfterSeconds: null,
};

const explain = (error) => (error.kind === 'unauthorized' ? REFUSED : explainStaffFailure(error));

/** Asks for the staff key and tries it before it is kept. */
export function SignIn({ createApi, reason, onSignedIn }) {
  const [key, setKey] = useState('');
  const [error, setError] = useState('');
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain });
  const form = useRef(null);

  useEffect(() => form.current?.elements.namedItem('staff-key').focus(), []);

  const submit = async (event) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (!trimmed) {
      setError('Enter your staff key.');
      form.current.elements.namedItem('staff-key').focus();
      return;
    }
    const outcome = await send(() => createApi({ key: trimmed }).listConversations({}));
    // A server without a queue still knows the key: only a refusal bars the way.
    if (outcome?.value !== undefined || outcome?.error?.kind === 'absent') {
      onSignedIn({ key: trimmed, viewer: outcome.value?.viewer ?? '' });
    }
  };

  return (
    <main id="main" className="console-signin" tabIndex={-1}>
      <form ref={form} className="card" method="post" noValidate onSubmit={submit} aria-labelledby="signin-title">
        <BrandMark />
        <div>
          <h1 id="signin-title">Staff console</h1>
          <p className="muted">{brand.product}</p>
        </div>
        {reason ? <Notice tone="warning">{reason}</Notice> : null}
        <FormField
          name="staff-key"
          label="Staff key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          hint="Kept in this tab only, until you sign out or close it."
          value={key}
          error={error}
          onChange={(_, value) => {
            setKey(value);
            setError('');
          }}
        />
        <SendOutcome failure={failure} isSlow={isSlow} />
        <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Signing in…">
          Sign in
        </SendButton>
      </form>
    </main>
  );
}
