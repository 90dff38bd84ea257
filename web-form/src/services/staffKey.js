/** The staff key and the name behind it, for this browser tab only. */
import { readStored, removeStored, writeStored } from './tabStorage';

const SLOT = 'staff.session';

export const readStaffSession = () => readStored(SLOT);
export const keepStaffSession = (session) => writeStored(SLOT, session);
export const forgetStaffSession = () => removeStored(SLOT);
