'use client';

export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>This page stopped working</h1>
          <p>
            Load it again, or write to us by e-mail.
          </p>
        </main>
      </body>
    </html>
  );
}
