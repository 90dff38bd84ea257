'use client';

import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';

import { createStaffClient, type CreateStaffClient } from '../api/staff';
import { forgetStaffSession, keepStaffSession, readStaffSession, type StaffSession } from '../storage/staffSession';
import { SignIn } from './SignIn';
import { StaffContext, type Staff } from './StaffContext';

// Whoever isn't signed in needs none of it.
const ConsoleShell = lazy(() => import('./ConsoleShell'));

interface ConsoleProps {
  createClient?: CreateStaffClient;
  pollMs?: number;
}

/** The staff console: signed out it asks for the key, signed in it shows the work. */
export function Console({ createClient = createStaffClient, pollMs = 4_000 }: ConsoleProps) {
  // Undefined until the page is alive and has looked.
  const [session, setSession] = useState<StaffSession | null>();
  const [reason, setReason] = useState('');

  useEffect(() => setSession(readStaffSession()), []);

  const signIn = (next: StaffSession) => {
    keepStaffSession(next);
    setReason('');
    setSession(next);
  };
  const signOut = useCallback((why = '') => {
    forgetStaffSession();
    setReason(why);
    setSession(null);
  }, []);
  const setViewer = useCallback((viewer: string) => {
    setSession((current) => {
      if (!current || current.viewer === viewer) return current;
      const next = { ...current, viewer };
      keepStaffSession(next);
      return next;
    });
  }, []);

  const key = session?.key;
  const viewer = session?.viewer ?? '';
  const client = useMemo(() => (key ? createClient({ key }) : null), [createClient, key]);
  const staff = useMemo<Staff | null>(
    () => client && { client, viewer, setViewer, signOut, pollMs },
    [client, viewer, setViewer, signOut, pollMs],
  );

  if (session === undefined) return <Opening />;
  if (!staff) return <SignIn createClient={createClient} reason={reason} onSignedIn={signIn} />;
  return (
    <StaffContext value={staff}>
      <Suspense fallback={<Opening />}>
        <ConsoleShell key={key} />
      </Suspense>
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
