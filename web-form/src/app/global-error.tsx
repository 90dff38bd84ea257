'use client';

import brand from '../brand.json';

export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>This page stopped working</h1>
          <p>
            Load it again, or write to <a href={`mailto:${brand.supportEmail}`}>{brand.supportEmail}</a>.
          </p>
        </main>
      </body>
    </html>
  );
}
