import { STATUS_TONE, wordFor } from '../words';

export function StatusBadge({ status, words }) {
  return <span className={`badge badge-${STATUS_TONE[status] ?? 'neutral'}`}>{wordFor(words, status)}</span>;
}
