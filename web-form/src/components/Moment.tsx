'use client';

const SAME_DAY = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });
const OTHER_DAY = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});
const FULL = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' });

/** A point in time in the reader's own zone: the hour today, else with its date. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  if (!at || Number.isNaN(date.getTime())) return null;
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={FULL.format(date)}>
      {(isToday ? SAME_DAY : OTHER_DAY).format(date)}
    </time>
  );
}
