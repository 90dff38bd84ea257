'use client';

import type { Schemas } from '../../api/types';
import { BarChart } from '../../charts/BarChart';
import type { Range } from '../../charts/options';
import { CHANNEL, REASON, wordFor } from '../../words';
import { MetricsTable } from './MetricsTable';

type Figure = 'messages' | 'conversations' | 'escalations' | 'avg_latency_ms' | 'p95_latency_ms' | 'avg_sentiment';

const SENTIMENT_RANGE: Range = [0, 1];

const whole = (value: number) => (Number.isInteger(value) ? value.toLocaleString('en') : '');
const seconds = (value: number) => `${value.toLocaleString('en', { maximumFractionDigits: 1 })} s`;
const score = (value: number) => value.toFixed(1);
const inSeconds = (milliseconds: number | null) => (milliseconds === null ? null : milliseconds / 1000);

/** The figures of one period as bars, and beside them as a table. */
export function Charts({ report }: { report: Schemas['ChannelReport'] }) {
  const { channels } = report;
  const groups = channels.map(({ channel }) => wordFor(CHANNEL, channel));
  const valuesOf = (name: Figure) => channels.map((channel) => channel[name]);
  const reasons = Object.entries(report.escalations_by_reason).sort((one, other) => other[1] - one[1]);

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
      <MetricsTable channels={channels} totals={report.totals} reasons={reasons} />
    </>
  );
}
