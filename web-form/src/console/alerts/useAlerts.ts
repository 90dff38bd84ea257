'use client';

import { useStaffQuery } from '../useStaffQuery';

/** What is over its threshold now. */
export const useAlerts = () => useStaffQuery('/api/v1/alerts', { pollFactor: 3 });
