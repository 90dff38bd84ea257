'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';

import { createQueryClient } from '../api/queryClient';
import { useHashRoute } from '../hooks/useHashRoute';
import { ConsoleBar } from './ConsoleBar';
import { DeskLive } from './live/DeskLive';
import { EmptyState } from './EmptyState';
import { FIRST_PAGE, PAGES } from './pages';
import { useStaff } from './StaffContext';

/** The signed-in console: the bar, and below it the page that the address names. */
export default function ConsoleShell() {
  const { may, pollMs } = useStaff();
  const [path, id] = useHashRoute(FIRST_PAGE.path);
  const current = PAGES.find((page) => page.path === path) ?? FIRST_PAGE;
  const [queries] = useState(createQueryClient);
  const isSignedIn = pollMs > 0;

  useEffect(() => {
    document.title = `${current.title} · Staff console`;
  }, [current]);
  useEffect(() => {
    // After a session that had ended, all that is on show is read again.
    if (isSignedIn) void queries.invalidateQueries();
  }, [queries, isSignedIn]);

  return (
    <QueryClientProvider client={queries}>
      <DeskLive>
        <ConsoleBar current={current} />
        <main id="main" className="console" tabIndex={-1}>
          <h1 className="visually-hidden">Staff console</h1>
          <Suspense
            fallback={
              <p className="loading" role="status">
                Loading…
              </p>
            }
          >
            {may(current.least) ? (
              <current.Page id={id} />
            ) : (
              <EmptyState title="Not for your role" text={`This page takes the role ${current.least}. Administrators give roles out.`} />
            )}
          </Suspense>
        </main>
      </DeskLive>
    </QueryClientProvider>
  );
}
