'use client';

import { useCallback, useState } from 'react';

import { BarChart } from '../../charts/BarChart';
import { usePolled } from '../../hooks/usePolled';
import { CHANNEL, REASON, wordFor } from '../../words';
import { MetricsTable } from './MetricsTable';
import { PolledView } from './PolledView';
import { useStaff } from './StaffContext';

const PERIODS = [
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];
const ABSENT = { title: 'No metrics on this server', text: 'Volume, latency and sentiment by channel would appear here.' };
const EMPTY = { title: 'No figures yet', text: 'They appear with the first messages of this period.' };
const SENTIMENT_RANGE = [0, 1];

const whole = (value) => (Number.isInteger(value) ? value.toLocaleString('en') : '');
const seconds = (value) => `${value.toLocaleString('en', { maximumFractionDigits: 1 })} s`;
const score = (value) => value.toFixed(1);
const inSeconds = (milliseconds) => (milliseconds == null ? null : milliseconds / 1000);

/** Volume, latency, sentiment and escalations of one period. */
export function Metrics() {
  const { api, pollMs, onUnauthorized } = useStaff();
  const [period, setPeriod] = useState('24h');
  const load = useCallback((signal) => api.getMetrics(period, { signal }), [api, period]);
  const polled = usePolled(load, { everyMs: pollMs * 3, onUnauthorized });

  return (
    <section className="view view-wide" aria-labelledby="metrics-title">
      <div className="view-head view-head-row">
        <h2 id="metrics-title">Metrics</h2>
        <div className="filter">
          <label htmlFor="metrics-period">Period</label>
          <span className="select">
            <select
              id="metrics-period"
              className="control control-small"
              value={period}
              onChange={(event) => setPeriod(event.target.value)}
            >
              {PERIODS.map(([code, word]) => (
                <option key={code} value={code}>
                  {word}
                </option>
              ))}
            </select>
          </span>
        </div>
      </div>
      <PolledView polled={polled} absent={ABSENT} empty={EMPTY} isEmpty={(data) => !data.channels?.length}>
        {(data) => <Charts metrics={data} />}
      </PolledView>
    </section>
  );
}

function Charts({ metrics }) {
  const { channels } = metrics;
  const groups = channels.map(({ channel }) => wordFor(CHANNEL, channel));
  const valuesOf = (name) => channels.map((channel) => channel[name] ?? null);
  const reasons = Object.entries(metrics.escalations_by_reason ?? {}).sort((one, other) => other[1] - one[1]);

  return (
    <>
      <div className="charts">
        <BarChart
          title="Volume"
          groups={groups}
          format={whole}
          series={[
            { label: 'Messages', values: valuesOf('messages') },
            { label: 'Conversations', values: valuesOf('conversations') },
          ]}
        />
        <BarChart
          title="Time to answer"
          groups={groups}
          format={seconds}
          series={[
            { label: 'Average', values: valuesOf('avg_latency_ms').map(inSeconds) },
            { label: '95th percentile', values: valuesOf('p95_latency_ms').map(inSeconds) },
          ]}
        />
        <BarChart
          title="Average sentiment"
          groups={groups}
          format={score}
          range={SENTIMENT_RANGE}
          series={[{ label: 'Sentiment', values: valuesOf('avg_sentiment') }]}
        />
        {reasons.length > 0 ? (
          <BarChart
            title="Escalations by reason"
            groups={reasons.map(([reason]) => wordFor(REASON, reason))}
            format={whole}
            isHorizontal
            series={[{ label: 'Escalations', values: reasons.map(([, count]) => count) }]}
          />
        ) : (
          <BarChart
            title="Escalations"
            groups={groups}
            format={whole}
            series={[{ label: 'Escalations', values: valuesOf('escalations') }]}
          />
        )}
      </div>
      <MetricsTable channels={channels} totals={metrics.totals} reasons={reasons} />
    </>
  );
}
