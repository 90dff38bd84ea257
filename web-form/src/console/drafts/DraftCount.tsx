'use client';

import { useStaffQuery } from '../useStaffQuery';

/** How many drafts wait for somebody; nothing when there are none. */
export function DraftCount() {
  const count = useStaffQuery('/api/v1/staff/drafts', { query: { limit: 1 } }).data?.total ?? 0;
  if (count === 0) return null;
  return (
    <span className="count">
      {count} <span className="visually-hidden">waiting</span>
    </span>
  );
}
