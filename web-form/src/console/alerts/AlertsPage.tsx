'use client';

import type { Schemas } from '../../api/types';
import { wordFor } from '../../words';
import { Elapsed } from '../Elapsed';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useAlerts } from './useAlerts';

type AlertView = Schemas['AlertView'];

const ABSENT = { title: 'No alerts on this server', text: 'What is over its threshold would appear here.' };
const EMPTY = { title: 'All quiet', text: 'Nothing is over its threshold.' };
const TONE: Readonly<Record<AlertView['severity'], string>> = { critical: 'danger', warning: 'warning' };

/** What is over its threshold now. */
export default function AlertsPage() {
  return (
    <PageSection title="Alerts" lead="What is over its threshold right now.">
      <QueryView query={useAlerts()} absent={ABSENT} empty={EMPTY} isEmpty={({ alerts }) => alerts.length === 0}>
        {({ alerts }) => (
          <ul className="cards">
            {alerts.map((alert) => (
              <li key={`${alert.name}-${alert.channel}`}>
                <Alert alert={alert} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </PageSection>
  );
}

function Alert({ alert }: { alert: AlertView }) {
  const tone = TONE[alert.severity];
  return (
    <article className={`panel panel-${tone}`}>
      <header className="panel-head">
        <h3>{wordFor({}, alert.name)}</h3>
        <p className="tags">
          <span className={`badge badge-${tone}`}>{wordFor({}, alert.severity)}</span>
          {alert.since ? (
            <span className="muted small">
              for <Elapsed since={alert.since} />
            </span>
          ) : null}
        </p>
      </header>
      <p>{alert.detail}</p>
    </article>
  );
}
