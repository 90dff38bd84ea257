'use client';

import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { asApiError, type ApiError } from '../api/errors';
import { createStaffClient, includes, type CreateStaffClient, type Role, type Session } from '../api/staff';
import { SignIn } from './SignIn';
import { explainStaffFailure } from './staffFailures';
import { StaffContext, type Staff } from './StaffContext';

// Whoever isn't signed in needs none of it.
const ConsoleShell = lazy(() => import('./ConsoleShell'));

interface ConsoleProps {
  createClient?: CreateStaffClient;
  pollMs?: number;
}

const REFUSED: Record<string, string> = {
  no_role: 'Your account there has no role here. Ask an administrator for one.',
  withdrawn: 'Your account was withdrawn.',
  denied: 'The sign-in was declined.',
  failed: 'The sign-in could not be verified. Begin again.',
  away: 'The sign-in service does not answer just now.',
};
const ENDED = 'Your session has ended. Sign in to go on; what you wrote is still here.';

/** Why the identity provider's sign-in led to nothing; the address is cleaned, so that a reload does not say it again. */
function takeRefusal(): string {
  const code = new URLSearchParams(window.location.search).get('refused');
  if (code === null) return '';
  window.history.replaceState(null, '', window.location.pathname + window.location.hash);
  return REFUSED[code] ?? 'The sign-in did not succeed.';
}

/** The staff console: signed out it asks who is there, signed in it shows the work. */
export function Console({ createClient = createStaffClient, pollMs = 4_000 }: ConsoleProps) {
  // Undefined until the server has said whether there is a session.
  const [session, setSession] = useState<Session | null>();
  const [hasEnded, setEnded] = useState(false);
  const [reason, setReason] = useState('');
  const focused = useRef<Element | null>(null);

  const entry = useMemo(() => createClient(), [createClient]);
  const client = useMemo(
    () =>
      createClient({
        onRefused: (error) => {
          if (error.kind === 'unauthorized') setEnded(true);
        },
      }),
    [createClient],
  );

  useEffect(() => {
    const refusal = takeRefusal();
    const show = (found: Session | null, why: string) => {
      setReason(refusal || why);
      setSession(found);
    };
    entry.get('/api/v1/staff/session').then(
      (found) => show(found, ''),
      (thrown: ApiError) => {
        const error = asApiError(thrown);
        show(null, error.kind === 'unauthorized' ? '' : explainStaffFailure(error).title);
      },
    );
  }, [entry]);

  useEffect(() => {
    if (hasEnded) {
      focused.current = document.activeElement;
    } else if (focused.current instanceof HTMLElement) {
      focused.current.focus();
      focused.current = null;
    }
  }, [hasEnded]);

  const onSignedIn = useCallback((next: Session) => {
    setReason('');
    setEnded(false);
    // Somebody else begins with pages of their own: what the one before wrote is not theirs.
    setSession(next);
  }, []);
  const onSignedOut = useCallback(() => {
    setReason('');
    setEnded(false);
    setSession(null);
  }, []);
  const staff = useMemo<Staff | null>(
    () =>
      session
        ? {
            client,
            viewer: session.name,
            role: session.role,
            may: (least: Role) => includes(session.role, least),
            onSignedOut,
            pollMs: hasEnded ? 0 : pollMs,
          }
        : null,
    [client, session, hasEnded, onSignedOut, pollMs],
  );

  if (session === undefined) return <Opening />;
  if (!staff) {
    return (
      <main id="main" className="console-signin" tabIndex={-1}>
        <SignIn client={entry} reason={reason} onSignedIn={onSignedIn} />
      </main>
    );
  }
  return (
    <StaffContext value={staff}>
      <div className="console-page" inert={hasEnded}>
        <Suspense fallback={<Opening />}>
          <ConsoleShell key={staff.viewer} />
        </Suspense>
      </div>
      {hasEnded ? (
        <div className="console-signin console-over" role="dialog" aria-modal="true" aria-labelledby="signin-title">
          <SignIn client={entry} reason={ENDED} isOver onSignedIn={onSignedIn} />
        </div>
      ) : null}
    </StaffContext>
  );
}

function Opening() {
  return (
    <main id="main" className="console-signin needs-script" tabIndex={-1}>
      <h1 className="visually-hidden">Staff console</h1>
      <p className="loading" role="status">
        Loading…
      </p>
    </main>
  );
}
