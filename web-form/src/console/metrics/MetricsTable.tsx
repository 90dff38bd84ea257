import type { Schemas } from '../../api/types';
import { CHANNEL, REASON, wordFor } from '../../words';

/** Of one channel, or of all: then some figures are left out. */
type Figures = Partial<Schemas['ChannelFigures']>;
type Format = (value: number | null | undefined) => string;

/** The names of the figures that are numbers. */
type NumberOf<T> = { [Key in keyof T]: T[Key] extends number | null ? Key : never }[keyof T];

const count: Format = (value) => (value == null ? '–' : value.toLocaleString('en'));
const seconds: Format = (value) => (value == null ? '–' : `${(value / 1000).toLocaleString('en', { maximumFractionDigits: 2 })} s`);
const score: Format = (value) => (value == null ? '–' : value.toFixed(2));
const share: Format = (value) => (value == null ? '–' : `${(value * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`);

const COLUMNS: readonly (readonly [NumberOf<Schemas['ChannelFigures']>, string, Format])[] = [
  ['conversations', 'Conversations', count],
  ['messages', 'Messages', count],
  ['avg_latency_ms', 'Average answer', seconds],
  ['p95_latency_ms', '95th percentile', seconds],
  ['avg_sentiment', 'Sentiment', score],
  ['negative', 'Negative messages', count],
  ['escalations', 'Escalations', count],
  ['escalation_rate', 'Escalation rate', share],
];

function Row({ name, figures }: { name: string; figures: Figures }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {COLUMNS.map(([key, , format]) => (
        <td key={key}>{format(figures[key])}</td>
      ))}
    </tr>
  );
}

interface MetricsTableProps {
  channels: Schemas['ChannelFigures'][];
  totals: Schemas['Totals'];
  /** How many escalations each reason had, the most first. */
  reasons: readonly (readonly [string, number])[];
}

/** The same figures as the charts, to be read exactly. */
export function MetricsTable({ channels, totals, reasons }: MetricsTableProps) {
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Figures by channel">
        <table>
          <caption>By channel</caption>
          <thead>
            <tr>
              <th scope="col">Channel</th>
              {COLUMNS.map(([key, word]) => (
                <th key={key} scope="col">
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {channels.map((channel) => (
              <Row key={channel.channel} name={wordFor(CHANNEL, channel.channel)} figures={channel} />
            ))}
          </tbody>
          <tfoot>
            <Row name="All" figures={totals} />
          </tfoot>
        </table>
      </div>
      {reasons.length > 0 ? (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Escalations by reason">
          <table>
            <caption>Escalations by reason</caption>
            <thead>
              <tr>
                <th scope="col">Reason</th>
                <th scope="col">Escalations</th>
              </tr>
            </thead>
            <tbody>
              {reasons.map(([reason, number]) => (
                <tr key={reason}>
                  <th scope="row">{wordFor(REASON, reason)}</th>
                  <td>{count(number)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}
