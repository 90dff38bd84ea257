'use client';

import { useCompany } from '../api/company';

/** "{before} support@…{after}" where the company can be written to by mail; nothing where it can't. */
export function MailAddress({ before = '', after = '' }: { before?: string; after?: string }) {
  const { email } = useCompany().addresses;
  if (!email) return null;
  return (
    <>
      {before} <a href={`mailto:${email}`}>{email}</a>
      {after}
    </>
  );
}
