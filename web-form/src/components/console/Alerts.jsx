'use client';

import { wordFor } from '../../words';
import { Elapsed } from './Elapsed';
import { PolledView } from './PolledView';

const ABSENT = { title: 'No alerts on this server', text: 'What is over its threshold would appear here.' };
const EMPTY = { title: 'All quiet', text: 'Nothing is over its threshold.' };
const TONE = { critical: 'danger', error: 'danger', warning: 'warning', info: 'info' };

/** What is over its threshold now. */
export function Alerts({ alerts }) {
  return (
    <section className="view" aria-labelledby="alerts-title">
      <div className="view-head">
        <h2 id="alerts-title">Alerts</h2>
        <p className="muted">What is over its threshold right now.</p>
      </div>
      <PolledView polled={alerts} absent={ABSENT} empty={EMPTY} isEmpty={(data) => !data.alerts?.length}>
        {(data) => (
          <ul className="cards">
            {data.alerts.map((alert, index) => (
              <li key={`${alert.name}-${index}`}>
                <article className={`panel panel-${TONE[alert.severity] ?? 'info'}`}>
                  <header className="panel-head">
                    <h3>{wordFor({}, alert.name)}</h3>
                    <p className="tags">
                      <span className={`badge badge-${TONE[alert.severity] ?? 'info'}`}>{wordFor({}, alert.severity)}</span>
                      {alert.since ? (
                        <span className="muted small">
                          for <Elapsed since={alert.since} />
                        </span>
                      ) : null}
                    </p>
                  </header>
                  <p>{alert.detail}</p>
                </article>
              </li>
            ))}
          </ul>
        )}
      </PolledView>
    </section>
  );
}
