import type { Schemas } from '../../api/types';
import { elapsedWords } from '../Elapsed';

type Sla = Schemas['SlaView'];

const TONE: Readonly<Record<Sla['state'], string>> = { ok: 'neutral', warning: 'warning', breached: 'danger' };

/** Until when a person has to answer, or for how long that time is over; nothing where no time is set. */
export function SlaBadge({ sla, now = Date.now() }: { sla: Sla | null; now?: number }) {
  const due = sla?.first_response_due ?? sla?.next_response_due;
  if (!sla || !due) return null;
  const at = new Date(due).getTime();
  const words =
    at > now ? `answer due in ${elapsedWords(new Date(now).toISOString(), at)}` : `answer late by ${elapsedWords(due, now)}`;
  return (
    <span className={`badge badge-${TONE[sla.state]}`} title={new Date(due).toLocaleString()}>
      {words}
    </span>
  );
}
