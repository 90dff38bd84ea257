'use client';

import { createContext, useContext } from 'react';

/** {api, viewer, setViewer, signOut}; `viewer` is the signed-in person's name, '' while unknown. */
export const StaffContext = createContext(null);

export const useStaff = () => useContext(StaffContext);
