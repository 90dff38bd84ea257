'use client';

import { useCallback, useEffect, useRef } from 'react';

import { useHashRoute } from '../../hooks/useHashRoute';
import { usePolled } from '../../hooks/usePolled';
import { BrandMark } from '../BrandMark';
import { Alerts } from './Alerts';
import { Candidates } from './Candidates';
import { DeadLetters } from './DeadLetters';
import { Metrics } from './Metrics';
import { Queue } from './Queue';
import { useStaff } from './StaffContext';

const VIEWS = [
  ['queue', 'Queue'],
  ['dead-letters', 'Dead letters'],
  ['knowledge', 'Knowledge'],
  ['metrics', 'Metrics'],
  ['alerts', 'Alerts'],
];

export function ConsoleShell() {
  const { api, viewer, pollMs, signOut, onUnauthorized } = useStaff();
  const [view, id] = useHashRoute('queue');
  const current = VIEWS.some(([name]) => name === view) ? view : 'queue';
  const loadAlerts = useCallback((signal) => api.listAlerts({ signal }), [api]);
  const alerts = usePolled(loadAlerts, { everyMs: pollMs * 3, onUnauthorized });
  const alertCount = alerts.data?.alerts?.length ?? 0;

  const nav = useRef(null);
  useEffect(() => {
    const word = VIEWS.find(([name]) => name === current)[1];
    document.title = `${word} · Staff console`;
    // On a narrow screen the row of views scrolls, and the one shown may be out of sight.
    nav.current.querySelector('[aria-current=page]').scrollIntoView?.({ inline: 'nearest', block: 'nearest' });
  }, [current]);

  return (
    <>
      <header className="console-bar">
        <a className="brand" href="#/queue">
          <BrandMark />
          <span>Staff console</span>
        </a>
        <nav ref={nav} aria-label="Console">
          {VIEWS.map(([name, word]) => (
            <a key={name} href={`#/${name}`} aria-current={name === current ? 'page' : undefined}>
              {word}{' '}
              {name === 'alerts' && alertCount > 0 ? (
                <span className="count count-danger">
                  {alertCount} <span className="visually-hidden">active</span>
                </span>
              ) : null}
            </a>
          ))}
        </nav>
        <div className="console-user">
          {viewer ? <span className="muted small">{viewer}</span> : null}
          <button type="button" className="button button-small" onClick={() => signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" className="console" tabIndex={-1}>
        <h1 className="visually-hidden">Staff console</h1>
        {current === 'queue' ? <Queue selectedId={id} /> : null}
        {current === 'dead-letters' ? <DeadLetters /> : null}
        {current === 'knowledge' ? <Candidates /> : null}
        {current === 'metrics' ? <Metrics /> : null}
        {current === 'alerts' ? <Alerts alerts={alerts} /> : null}
      </main>
    </>
  );
}
