'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';

import { createQueryClient } from '../api/queryClient';
import { useHashRoute } from '../hooks/useHashRoute';
import { ConsoleBar } from './ConsoleBar';
import { DeskLive } from './live/DeskLive';
import { FIRST_PAGE, PAGES } from './pages';
import { useStaff } from './StaffContext';

/** The signed-in console: the bar, and below it the page that the address names. */
export default function ConsoleShell() {
  const { signOut } = useStaff();
  const [path, id] = useHashRoute(FIRST_PAGE.path);
  const current = PAGES.find((page) => page.path === path) ?? FIRST_PAGE;
  const [queries] = useState(() =>
    createQueryClient({ onUnauthorized: () => signOut('Your key is no longer accepted.') }),
  );

  useEffect(() => {
    document.title = `${current.title} · Staff console`;
  }, [current]);

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
            <current.Page id={id} />
          </Suspense>
        </main>
      </DeskLive>
    </QueryClientProvider>
  );
}
