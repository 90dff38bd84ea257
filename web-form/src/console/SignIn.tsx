'use client';

import { useEffect, useRef, useState, type FormEvent } from 'react';

import type { Client } from '../api/client';
import { useCompany } from '../api/company';
import type { Session } from '../api/staff';
import type { Schemas } from '../api/types';
import { BrandMark } from '../components/BrandMark';
import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { Notice } from '../components/Notice';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import type { Explain, FailureWords } from '../failures';
import { useSend } from '../hooks/useSend';
import { explainStaffFailure } from './staffFailures';

const REFUSED: FailureWords = {
  title: 'This key is not accepted',
  advice: 'Check that you copied all of it. Administrators give keys out, and can make you a new one.',
  retryAfterSeconds: null,
};
const LOOK_AGAIN_MS = 2_000;

const explain: Explain = (error) => (error.kind === 'unauthorized' ? REFUSED : explainStaffFailure(error));

interface SignInProps {
  client: Client;
  /** Why it is asked for; '' at the first time. */
  reason: string;
  /** Over a page that keeps what was written: the provider's page opens beside it. */
  isOver?: boolean;
  onSignedIn: (session: Session) => void;
}

/** Signs in by key or through the identity provider; the browser keeps the session where no script reads it. */
export function SignIn({ client, reason, isOver = false, onSignedIn }: SignInProps) {
  const { product } = useCompany();
  const [ways, setWays] = useState<Schemas['SignInWays']>({ provider: null, url: null });
  const [key, setKey] = useState('');
  const [error, setError] = useState('');
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain });
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => focusField(form.current, 'staff-key'), []);
  useEffect(() => {
    client.get('/api/v1/staff/sign-in').then(setWays, () => undefined);
  }, [client]);
  useEffect(() => {
    if (!isOver) return undefined;
    // The provider's page, or another tab of the console, signs this browser in.
    const look = () => client.get('/api/v1/staff/session').then(onSignedIn, () => undefined);
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [client, isOver, onSignedIn]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (!trimmed) {
      setError('Enter your staff key.');
      focusField(form.current, 'staff-key');
      return;
    }
    const outcome = await send(async () => {
      await client.post('/api/v1/staff/session', { body: { key: trimmed } });
      return client.get('/api/v1/staff/session');
    });
    if (outcome?.value) onSignedIn(outcome.value);
  };

  return (
    <form ref={form} className="card" method="post" noValidate onSubmit={submit} aria-labelledby="signin-title">
      <BrandMark />
      <div>
        <h1 id="signin-title">Staff console</h1>
        <p className="muted">{product}</p>
      </div>
      {reason ? <Notice tone="warning">{reason}</Notice> : null}
      {ways.provider && ways.url ? (
        <a className="button button-primary" href={atProvider(ways.url)} {...(isOver ? { target: '_blank', rel: 'noopener' } : {})}>
          Sign in with {ways.provider}
        </a>
      ) : null}
      <FormField
        name="staff-key"
        label="Staff key"
        type="password"
        autoComplete="current-password"
        spellCheck={false}
        hint="Opens a session in this browser. The key itself is not kept."
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
  );
}

/** Comes back to the page of the console that is asked for now. */
function atProvider(url: string): string {
  const place = window.location.hash.replace(/^#\/?/, '');
  return /^[\w/-]+$/.test(place) ? `${url}?then=${encodeURIComponent(place)}` : url;
}
