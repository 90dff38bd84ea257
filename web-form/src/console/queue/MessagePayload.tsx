'use client';

import type { Schemas } from '../../api/types';

const LABELS: readonly (readonly [string, string])[] = [
  ['ReferralHeadline', 'From the ad'],
  ['ReferralBody', 'The ad says'],
  ['ReferralSourceUrl', 'Address of the ad'],
  ['ButtonPayload', 'Button'],
  ['ListId', 'Choice'],
  ['Label', 'Place'],
  ['Address', 'Address'],
  ['ProfileName', 'Name on WhatsApp'],
  ['cc', 'In copy'],
  ['reply_to', 'Asks for answers to'],
  ['relay', 'Sent by the form'],
  ['group', 'Came through the group'],
  ['forward', 'Forwarded by'],
  ['signature', 'Signed (not checked)'],
  ['unreadable', 'Encrypted with'],
];

/** What came with a message besides its words: files, the ad that was tapped, a choice's own id. */
export function MessagePayload({ attachments, payload }: Pick<Schemas['StaffMessage'], 'attachments' | 'payload'>) {
  const facts = LABELS.filter(([name]) => payload[name]);
  const { Latitude: latitude, Longitude: longitude } = payload;
  if (attachments.length === 0 && facts.length === 0 && !latitude) return null;
  return (
    <ul className="message-payload muted small">
      {attachments.map(({ filename, content_type: type, url }, index) => (
        <li key={`${filename}-${index}`}>
          {url ? (
            <a href={url} target="_blank" rel="noreferrer noopener">
              {filename}
            </a>
          ) : (
            filename
          )}{' '}
          ({type})
        </li>
      ))}
      {latitude && longitude ? (
        <li>
          <a href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}`} target="_blank" rel="noreferrer noopener">
            Show on a map
          </a>
        </li>
      ) : null}
      {facts.map(([name, label]) => (
        <li key={name}>
          {label}: {payload[name]}
        </li>
      ))}
    </ul>
  );
}
