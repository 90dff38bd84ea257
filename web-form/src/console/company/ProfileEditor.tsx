'use client';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { Notice } from '../../components/Notice';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { Overtaken } from './Overtaken';
import { ProfileForm } from './ProfileForm';
import { ReplayPanel } from './ReplayPanel';
import { Specimens } from './Specimens';
import { useProfileDraft, type Basis, type Content } from './useProfileDraft';

const VIEWS: readonly (readonly [Content['view'], string])[] = [
  ['form', 'Form'],
  ['yaml', 'YAML'],
];

/** The profile, as a form or as YAML, checked and previewed as it changes. */
export function ProfileEditor({ latest, form }: { latest: Basis; form: Schemas['CompanyForm'] }) {
  const draft = useProfileDraft(latest);
  const { basis, content, setContent, faults, specimens, isChanged, isOvertaken, save, show, send } = draft;
  const isWrong = Object.keys(faults).length > 0;
  return (
    <div className="profile">
      <div className="panel">
        <div className="panel-head panel-head-row">
          <h3>Profile, version {basis.version}</h3>
          <div className="switch" role="group" aria-label="View">
            {VIEWS.map(([view, word]) => (
              <button
                key={view}
                type="button"
                className="button button-small"
                aria-pressed={content.view === view}
                disabled={send.isBusy}
                onClick={() => void show(view)}
              >
                {word}
              </button>
            ))}
          </div>
        </div>
        {isOvertaken ? <Overtaken draft={draft} latest={latest} /> : null}
        {content.view === 'form' ? (
          <ProfileForm
            key={basis.version}
            form={form}
            document={content.document}
            faults={faults}
            onChange={(document) => setContent({ view: 'form', document })}
          />
        ) : (
          <FormField
            name="profile"
            as="textarea"
            rows={28}
            label="Profile in YAML"
            hint="docs/reference/company.md describes every key."
            spellCheck={false}
            value={content.text}
            onChange={(_, text) => setContent({ view: 'yaml', text })}
          />
        )}
        {isWrong ? (
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
        <div className="actions profile-actions">
          <SendButton
            type="button"
            className="button button-primary button-small"
            isBusy={send.isBusy}
            waitSeconds={send.waitSeconds}
            busyText="One moment…"
            disabled={!isChanged || isOvertaken}
            onClick={() => void save()}
          >
            Save
          </SendButton>
          {isChanged ? (
            <button type="button" className="button button-small" onClick={() => draft.load(basis)}>
              Discard my changes
            </button>
          ) : (
            <p className="muted small">Nothing changed.</p>
          )}
        </div>
        {isWrong ? null : <SendOutcome failure={send.failure} isSlow={send.isSlow} />}
      </div>
      <Specimens specimens={specimens} />
      <ReplayPanel profile={draft.checked?.profile ?? null} />
    </div>
  );
}
