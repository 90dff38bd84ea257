'use client';

import { useState } from 'react';

import type { ApiError } from '../../api/errors';
import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';
import { Specimens } from './Specimens';

type Checked = Schemas['CheckedCompany'];

/** The profile in force as YAML. What is typed survives a change by somebody else, and says so. */
export function ProfileEditor({ version, yaml }: { version: number; yaml: string }) {
  const [text, setText] = useState(yaml);
  const [basis, setBasis] = useState({ version, yaml });
  const [checked, setChecked] = useState<Checked | null>(null);
  const [faults, setFaults] = useState<ApiError['fields']>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const isChanged = text !== basis.yaml;
  if (version !== basis.version && !isChanged) {
    // Somebody saved, and nothing typed here would be lost.
    setBasis({ version, yaml });
    setText(yaml);
  }
  const isOvertaken = version !== basis.version;

  const check = async (): Promise<Checked | null> => {
    const outcome = await act((client) => client.post('/api/v1/company/check', { body: text }));
    setFaults(outcome?.error?.fields ?? {});
    setChecked(outcome?.value ?? null);
    return outcome?.value ?? null;
  };
  const save = async () => {
    const valid = await check();
    if (!valid) return;
    const outcome = await act((client) =>
      client.put('/api/v1/company', { body: valid.profile, header: { 'if-match': String(basis.version) } }),
    );
    if (outcome?.value) {
      setBasis({ version: outcome.value.version, yaml: valid.yaml });
      setText(valid.yaml);
    }
  };

  return (
    <div className="panel">
      {isOvertaken ? (
        <Notice tone="warning" title={`Version ${version} was saved meanwhile`}>
          Your text is still here. Copy it, load the new version, and add your change to it.{' '}
          <button
            type="button"
            className="button button-small"
            onClick={() => {
              setBasis({ version, yaml });
              setText(yaml);
            }}
          >
            Load version {version}
          </button>
        </Notice>
      ) : null}
      <FormField
        name="profile"
        as="textarea"
        rows={24}
        label={`Profile, version ${basis.version}`}
        hint="YAML. docs/reference/company.md describes every key."
        spellCheck={false}
        value={text}
        onChange={(_, value) => setText(value)}
      />
      {Object.keys(faults).length > 0 ? (
        <Notice tone="warning" title="This can't be saved yet">
          <ul className="plain-list">
            {Object.entries(faults).map(([field, reason]) => (
              <li key={field}>
                {field ? <code>{field}</code> : null} {reason}
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      <div className="actions">
        <SendButton
          type="button"
          className="button button-primary button-small"
          isBusy={isBusy}
          waitSeconds={waitSeconds}
          busyText="One moment…"
          disabled={!isChanged || isOvertaken}
          onClick={save}
        >
          Save
        </SendButton>
        <button type="button" className="button button-small" disabled={isBusy} onClick={check}>
          Check and preview
        </button>
      </div>
      {Object.keys(faults).length === 0 ? <SendOutcome failure={failure} isSlow={isSlow} /> : null}
      {checked ? <Specimens specimens={checked.specimens} /> : null}
    </div>
  );
}
