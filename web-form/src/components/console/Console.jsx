'use client';

import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';

import { createStaffApi } from '../../services/staffApi';
import { forgetStaffSession, keepStaffSession, readStaffSession } from '../../services/staffKey';
import { SignIn } from './SignIn';
import { StaffContext } from './StaffContext';

// Whoever isn't signed in needs none of it.
const ConsoleShell = lazy(() => import('./ConsoleShell').then((module) => ({ default: module.ConsoleShell })));

/** The staff console: signed out it asks for the key, signed in it shows the work. */
export function Console({ createApi = createStaffApi, pollMs = 4_000 }) {
  const [session, setSession] = useState(undefined);
  const [reason, setReason] = useState('');

  useEffect(() => setSession(readStaffSession()), []);

  const signIn = (next) => {
    keepStaffSession(next);
    setReason('');
    setSession(next);
  };
  const signOut = useCallback((why = '') => {
    forgetStaffSession();
    setReason(why);
    setSession(null);
  }, []);
  const setViewer = useCallback((viewer) => {
    if (!viewer) return;
    setSession((current) => {
      if (!current || current.viewer === viewer) return current;
      const next = { ...current, viewer };
      keepStaffSession(next);
      return next;
    });
  }, []);

  const key = session?.key;
  const viewer = session?.viewer ?? '';
  const api = useMemo(() => (key ? createApi({ key }) : null), [createApi, key]);
  const staff = useMemo(
    () => ({ api, viewer, setViewer, signOut, pollMs, onUnauthorized: () => signOut('Your key is no longer accepted.') }),
    [api, viewer, setViewer, signOut, pollMs],
  );

  if (session === undefined) return <Opening />;
  if (!session) return <SignIn createApi={createApi} reason={reason} onSignedIn={signIn} />;
  return (
    <StaffContext value={staff}>
      <Suspense fallback={<Opening />}>
        <ConsoleShell />
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
