/** Keeps the staff key and the name behind it, for this browser tab only. */
import { readStoredTexts, removeStored, writeStored } from './tabStorage';

const SLOT = 'staff.session';

export interface StaffSession {
  key: string;
  /** The signed-in person's name; '' while unknown. */
  viewer: string;
}

export function readStaffSession(): StaffSession | null {
  const { key, viewer = '' } = readStoredTexts(SLOT);
  return key ? { key, viewer } : null;
}

export const keepStaffSession = (session: StaffSession): void => writeStored(SLOT, session);
export const forgetStaffSession = (): void => removeStored(SLOT);
