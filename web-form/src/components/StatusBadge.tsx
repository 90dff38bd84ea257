import { STATUS_TONE, wordFor, type Tone, type Words } from '../words';

const TONES: Readonly<Record<string, Tone>> = STATUS_TONE;

interface StatusBadgeProps {
  status: string;
  words: Words;
}

export function StatusBadge({ status, words }: StatusBadgeProps) {
  return <span className={`badge badge-${TONES[status] ?? 'neutral'}`}>{wordFor(words, status)}</span>;
}
