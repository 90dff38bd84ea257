'use client';

import { useCompany } from '../api/company';
import { MailAddress } from './MailAddress';

export function SiteFooter() {
  const { help_site: helpSite, privacy_url: privacy } = useCompany();
  return (
    <footer className="site-footer">
      <p>
        <MailAddress before="You can also write to" after="." />
        {helpSite ? (
          <>
            {' '}
            <a href={helpSite}>Help articles</a>
          </>
        ) : null}
        {privacy ? (
          <>
            {' '}
            <a href={privacy}>Privacy</a>
          </>
        ) : null}
      </p>
    </footer>
  );
}
