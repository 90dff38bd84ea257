/** Knows whose pages these are: what the company profile shows of itself, kept for the next page of this tab. */
'use client';

import { useSyncExternalStore } from 'react';

import { readStored, writeStored } from '../storage/tabStorage';
import { createClient } from './client';
import type { Company } from './types';

const SLOT = 'support.company';
const FRESH_MS = 5_000;

/** Named neutrally until the profile is known, so that no other company's name is ever shown. */
const UNKNOWN: Company = {
  name: 'Support',
  product: 'Support',
  support_name: 'Support',
  colour: '',
  logo: '',
  languages: ['en'],
  timezone: 'UTC',
  hours: {},
  holidays: [],
  addresses: {},
  phone: '',
  help_site: '',
  privacy_url: '',
};

let known: Company | null = null;
let readAt = 0;
const listeners = new Set<() => void>();

function kept(): Company | null {
  const value = readStored(SLOT);
  return typeof value === 'object' && value !== null && 'name' in value ? { ...UNKNOWN, ...(value as Partial<Company>) } : null;
}

/** The profile as it was last read; neutral before the first time. */
export function company(): Company {
  known ??= typeof window === 'undefined' ? null : kept();
  return known ?? UNKNOWN;
}

async function refresh(): Promise<void> {
  if (Date.now() - readAt < FRESH_MS) return;
  readAt = Date.now();
  try {
    known = await createClient().get('/api/v1/company/public');
    writeStored(SLOT, known);
    listeners.forEach((tell) => tell());
  } catch {
    // The pages work under the last known name, or a neutral one.
  }
}

function follow(onChange: () => void): () => void {
  const look = () => {
    if (document.visibilityState === 'visible') void refresh();
  };
  listeners.add(onChange);
  look();
  const timer = window.setInterval(look, FRESH_MS);
  document.addEventListener('visibilitychange', look);
  return () => {
    listeners.delete(onChange);
    window.clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
  };
}

/** The company whose pages these are; follows a change of its profile. */
export function useCompany(): Company {
  return useSyncExternalStore(follow, company, () => UNKNOWN);
}
