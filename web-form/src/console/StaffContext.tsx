'use client';

import { createContext, useContext } from 'react';

import type { Client } from '../api/client';

export interface Staff {
  client: Client;
  /** The signed-in person's name; '' while unknown. */
  viewer: string;
  setViewer: (viewer: string) => void;
  signOut: (why?: string) => void;
  /** How often what is on show is read again. */
  pollMs: number;
}

export const StaffContext = createContext<Staff | null>(null);

/** Who is signed in, and the client that calls with their key. */
export function useStaff(): Staff {
  const staff = useContext(StaffContext);
  if (!staff) throw new Error('useStaff is for what is shown inside the signed-in console');
  return staff;
}
