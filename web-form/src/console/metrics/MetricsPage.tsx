'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { Charts } from './Charts';

type Period = Schemas['ChannelReport']['period'];

const PERIODS: readonly (readonly [Period, string])[] = [
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];
const ABSENT = { title: 'No metrics on this server', text: 'Volume, latency and sentiment by channel would appear here.' };
const EMPTY = { title: 'No figures yet', text: 'They appear with the first messages of this period.' };

/** Volume, latency, sentiment and escalations of one period. */
export default function MetricsPage() {
  const [period, setPeriod] = useState<Period>('24h');
  const report = useStaffQuery('/api/v1/metrics/channels', { query: { period }, pollFactor: 3 });
  return (
    <PageSection title="Metrics" isWide tools={<PeriodChoice period={period} onChange={setPeriod} />}>
      <QueryView query={report} absent={ABSENT} empty={EMPTY} isEmpty={({ channels }) => channels.length === 0}>
        {(data) => <Charts report={data} />}
      </QueryView>
    </PageSection>
  );
}

interface PeriodChoiceProps {
  period: Period;
  onChange: (period: Period) => void;
}

function PeriodChoice({ period, onChange }: PeriodChoiceProps) {
  return (
    <div className="filter">
      <label htmlFor="metrics-period">Period</label>
      <span className="select">
        <select
          id="metrics-period"
          className="control control-small"
          value={period}
          onChange={(event) => onChange(event.target.value as Period)}
        >
          {PERIODS.map(([code, word]) => (
            <option key={code} value={code}>
              {word}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
