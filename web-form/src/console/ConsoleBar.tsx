'use client';

import { useEffect, useRef } from 'react';

import { BrandMark } from '../components/BrandMark';
import { HandoverNotices } from './HandoverNotices';
import { Hotkeys } from './Hotkeys';
import { SendOutcome } from '../components/SendOutcome';
import { useSend } from '../hooks/useSend';
import { FIRST_PAGE, PAGES, type ConsolePage } from './pages';
import { explainStaffFailure } from './staffFailures';
import { useStaff } from './StaffContext';

/** The console's pages, who is signed in, and the way out. */
export function ConsoleBar({ current }: { current: ConsolePage }) {
  const { client, viewer, role, may, onSignedOut } = useStaff();
  const { send, isBusy, isSlow, failure } = useSend({ explain: explainStaffFailure });
  const nav = useRef<HTMLElement>(null);

  useEffect(() => {
    // On a narrow screen the row of pages scrolls, and the one shown may be out of sight. jsdom can't scroll.
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView?.({ inline: 'nearest', block: 'nearest' });
  }, [current]);

  const signOut = async () => {
    const outcome = await send(() => client.delete('/api/v1/staff/session'));
    if (outcome && !outcome.error) onSignedOut();
  };

  return (
    <header className="console-bar">
      <a className="brand" href={`#/${FIRST_PAGE.path}`}>
        <BrandMark />
        <span>Staff console</span>
      </a>
      <nav ref={nav} aria-label="Console">
        {PAGES.filter(({ least }) => may(least)).map(({ path, title, Badge }) => (
          <a key={path} href={`#/${path}`} aria-current={path === current.path ? 'page' : undefined}>
            {title} {Badge ? <Badge /> : null}
          </a>
        ))}
      </nav>
      <div className="console-user">
        <HandoverNotices />
        <Hotkeys />
        <span className="muted small">
          {viewer} ({role})
        </span>
        <button type="button" className="button button-small" disabled={isBusy} onClick={signOut}>
          Sign out
        </button>
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </header>
  );
}
