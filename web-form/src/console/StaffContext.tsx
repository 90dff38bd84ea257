'use client';

import { createContext, useContext } from 'react';

import type { Client } from '../api/client';
import type { Role } from '../api/staff';

export interface Staff {
  client: Client;
  /** The signed-in person's name, by which conversations name their owner. */
  viewer: string;
  role: Role;
  /** Whether the signed-in person's role includes this one; what it does not is not offered. */
  may: (least: Role) => boolean;
  /** After the session was ended on the server. */
  onSignedOut: () => void;
  /** How often what is on show is read again; 0 while nobody is signed in. */
  pollMs: number;
}

export const StaffContext = createContext<Staff | null>(null);

/** Who is signed in, and the client that calls in their name. */
export function useStaff(): Staff {
  const staff = useContext(StaffContext);
  if (!staff) throw new Error('useStaff is for what is shown inside the signed-in console');
  return staff;
}
