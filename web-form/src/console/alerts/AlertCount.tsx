'use client';

import { useAlerts } from './useAlerts';

/** How many alerts are active; nothing when there are none. */
export function AlertCount() {
  const count = useAlerts().data?.alerts.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="count count-danger">
      {count} <span className="visually-hidden">active</span>
    </span>
  );
}
