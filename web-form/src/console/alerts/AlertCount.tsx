'use client';

import { useAlerts } from './useAlerts';

/** How many alerts are active, red once one of them is critical; nothing when there are none. */
export function AlertCount() {
  const alerts = useAlerts().data?.alerts ?? [];
  if (alerts.length === 0) return null;
  const isCritical = alerts.some(({ severity }) => severity === 'critical');
  return (
    <span className={`count count-${isCritical ? 'danger' : 'warning'}`}>
      {alerts.length} <span className="visually-hidden">active</span>
    </span>
  );
}
