'use client';

import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { ProfileEditor } from './ProfileEditor';
import type { JsonObject } from './profileSchema';
import { Versions } from './Versions';

const ABSENT = { title: 'No company profile on this server', text: 'It would hold the name, the tone and the rules of your company.' };
const LEAD = 'Who speaks, in which words and by which rules. A saved change is in force at once.';

/** The company profile: edit, check, save, and go back to an earlier version. */
export default function CompanyPage() {
  const profile = useStaffQuery('/api/v1/company', { pollFactor: 2 });
  const form = useStaffQuery('/api/v1/company/form', { pollFactor: 0 });
  return (
    <PageSection title="Company" lead={LEAD} isWide>
      <QueryView query={form} absent={ABSENT}>
        {(fields) => (
          <QueryView query={profile} absent={ABSENT}>
            {({ version, profile: document, yaml }) => (
              <>
                <ProfileEditor latest={{ version, profile: document as JsonObject, yaml }} form={fields} />
                <Versions current={version} />
              </>
            )}
          </QueryView>
        )}
      </QueryView>
    </PageSection>
  );
}
