'use client';

import { useEffect, useState } from 'react';

import { asApiError, type ApiError } from '../../api/errors';
import type { Schemas } from '../../api/types';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';
import type { JsonObject } from './profileSchema';

type Checked = Schemas['CheckedCompany'];
export type Faults = ApiError['fields'];
export type Content = { view: 'form'; document: JsonObject } | { view: 'yaml'; text: string };
export interface Basis {
  version: number;
  profile: JsonObject;
  yaml: string;
}

const CHECK_AFTER_MS = 600;
const NO_FAULTS: Faults = {};

/**
 * The profile that is being written, in the view that it is written in. It is checked as it changes. What was
 * written survives a change by somebody else, who is then ahead (`isOvertaken`).
 */
export function useProfileDraft(latest: Basis) {
  const { client } = useStaff();
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const [basis, setBasis] = useState(latest);
  const [content, setContent] = useState<Content>({ view: 'form', document: latest.profile });
  const [found, setFound] = useState<{ body: string; checked: Checked | null; faults: Faults } | null>(null);
  const body = content.view === 'form' ? content.document : content.text;
  const key = JSON.stringify(body);
  const isChanged = content.view === 'form' ? key !== JSON.stringify(basis.profile) : content.text !== basis.yaml;
  const isOvertaken = latest.version > basis.version;

  const load = (version: Basis) => {
    setBasis(version);
    setContent((now) =>
      now.view === 'form' ? { view: 'form', document: version.profile } : { view: 'yaml', text: version.yaml },
    );
  };
  // Somebody saved, and nothing written here would be lost.
  if (isOvertaken && !isChanged) load(latest);

  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      client.post('/api/v1/company/check', { body: JSON.parse(key) as JsonObject | string, signal: stop.signal }).then(
        (checked) => setFound({ body: key, checked, faults: NO_FAULTS }),
        (thrown: unknown) => {
          if (stop.signal.aborted) return;
          const { fields } = asApiError(thrown);
          if (Object.keys(fields).length > 0) setFound({ body: key, checked: null, faults: fields });
        },
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client, key]);

  const check = async (): Promise<Checked | null> => {
    if (found?.body === key && found.checked) return found.checked;
    const outcome = await act((staff) => staff.post('/api/v1/company/check', { body }));
    if (outcome) setFound({ body: key, checked: outcome.value ?? null, faults: outcome.error?.fields ?? NO_FAULTS });
    return outcome?.value ?? null;
  };

  /** Shows the same profile in the other view; one with a fault stays where it is, since the other view can't hold it. */
  const show = async (view: Content['view']) => {
    if (view === content.view) return;
    const checked = await check();
    if (!checked) return;
    setContent(view === 'form' ? { view, document: checked.profile as JsonObject } : { view, text: isChanged ? checked.yaml : basis.yaml });
  };

  const save = async () => {
    const checked = await check();
    if (!checked) return;
    const outcome = await act((staff) =>
      staff.put('/api/v1/company', { body: checked.profile, header: { 'if-match': String(basis.version) } }),
    );
    if (outcome?.value) load({ version: outcome.value.version, profile: checked.profile as JsonObject, yaml: checked.yaml });
    else if (outcome?.error && Object.keys(outcome.error.fields).length > 0) {
      setFound({ body: key, checked: null, faults: outcome.error.fields });
    }
  };

  return {
    basis,
    content,
    setContent,
    setBasis,
    load,
    show,
    save,
    isChanged,
    isOvertaken,
    /** Of the content as it stands; null while it has a fault or is not checked yet. */
    checked: found?.body === key ? found.checked : null,
    /** The last ones that were shown, so that the preview does not flicker. */
    specimens: found?.checked?.specimens ?? [],
    faults: found?.body === key || found?.checked === null ? (found?.faults ?? NO_FAULTS) : NO_FAULTS,
    send: { isBusy, isSlow, failure, waitSeconds },
  };
}

export type ProfileDraft = ReturnType<typeof useProfileDraft>;
