'use client';

import type { ReactNode } from 'react';

import type { Role } from '../api/staff';
import { useStaff } from './StaffContext';

/** Offers its children to whoever has at least this role. */
export function May({ role, children }: { role: Role; children: ReactNode }) {
  return useStaff().may(role) ? children : null;
}
