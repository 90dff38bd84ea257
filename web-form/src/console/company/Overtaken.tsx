'use client';

import { Notice } from '../../components/Notice';
import { differingKeys, mergeProfiles, type Json, type JsonObject } from './profileSchema';
import type { Basis, ProfileDraft } from './useProfileDraft';

/** Somebody saved meanwhile: shows both profiles where they differ, and the ways on. No text is lost. */
export function Overtaken({ draft, latest }: { draft: ProfileDraft; latest: Basis }) {
  const { content, basis, checked, setContent, setBasis, load } = draft;
  const mine = content.view === 'form' ? content.document : (checked?.profile as JsonObject | undefined);
  const { merged, both } = mergeProfiles(basis.profile, latest.profile, mine ?? latest.profile);
  const add = () => {
    setBasis(latest);
    setContent({ view: 'form', document: merged });
  };
  return (
    <div className="panel panel-warning">
      <Notice tone="warning" title={`Version ${latest.version} was saved meanwhile`}>
        What you wrote is still here, on version {basis.version}. Nothing of it is saved.
      </Notice>
      {mine ? (
        <div className="scrolls">
          <table className="compare">
            <caption className="visually-hidden">Where the two differ</caption>
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Version {latest.version}</th>
                <th scope="col">Yours</th>
              </tr>
            </thead>
            <tbody>
              {differingKeys(latest.profile, mine).map((key) => (
                <tr key={key}>
                  <th scope="row">
                    <code>{key}</code>
                  </th>
                  <td>{written(latest.profile[key])}</td>
                  <td>{written(mine[key])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <>
          <p className="small">Version {latest.version}:</p>
          <pre className="payload">{latest.yaml}</pre>
        </>
      )}
      <div className="actions">
        {mine ? (
          <button type="button" className="button button-small button-primary" onClick={add}>
            Add my changes to version {latest.version}
          </button>
        ) : null}
        <button type="button" className="button button-small" onClick={() => load(latest)}>
          Load version {latest.version}
        </button>
      </div>
      {mine && both.length > 0 ? <p className="small">Both changed {both.join(', ')}: there, yours would win.</p> : null}
    </div>
  );
}

function written(value: Json | undefined): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}
