import { SiteFooter } from './SiteFooter';
import { SiteHeader } from './SiteHeader';

/** Header, content and footer of the pages that customers see. */
export function SiteFrame({ children }) {
  return (
    <>
      <SiteHeader />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <SiteFooter />
    </>
  );
}
