'use client';

import { useEffect, useRef, useState, type FormEvent } from 'react';

import { useCompany } from '../api/company';
import type { CreateStaffClient } from '../api/staff';
import { BrandMark } from '../components/BrandMark';
import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { Notice } from '../components/Notice';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import type { Explain, FailureWords } from '../failures';
import { useSend } from '../hooks/useSend';
import type { StaffSession } from '../storage/staffSession';
import { explainStaffFailure } from './staffFailures';

const REFUSED: FailureWords = {
  title: 'This key is not accepted',
  advice: 'Check that you copied all of it. Keys are given out by whoever runs the system.',
  retryAfterSeconds: null,
};

const explain: Explain = (error) => (error.kind === 'unauthorized' ? REFUSED : explainStaffFailure(error));

interface SignInProps {
  createClient: CreateStaffClient;
  /** Why the last session ended; '' at the first. */
  reason: string;
  onSignedIn: (session: StaffSession) => void;
}

/** Asks for the staff key and tries it before it is kept. */
export function SignIn({ createClient, reason, onSignedIn }: SignInProps) {
  const { product } = useCompany();
  const [key, setKey] = useState('');
  const [error, setError] = useState('');
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain });
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => focusField(form.current, 'staff-key'), []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (!trimmed) {
      setError('Enter your staff key.');
      focusField(form.current, 'staff-key');
      return;
    }
    const outcome = await send(() => createClient({ key: trimmed }).get('/api/v1/staff/conversations'));
    // A server without a queue still knows the key: only a refusal bars the way.
    if (outcome?.value || outcome?.error?.kind === 'absent') {
      onSignedIn({ key: trimmed, viewer: outcome.value?.viewer ?? '' });
    }
  };

  return (
    <main id="main" className="console-signin" tabIndex={-1}>
      <form ref={form} className="card" method="post" noValidate onSubmit={submit} aria-labelledby="signin-title">
        <BrandMark />
        <div>
          <h1 id="signin-title">Staff console</h1>
          <p className="muted">{product}</p>
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
