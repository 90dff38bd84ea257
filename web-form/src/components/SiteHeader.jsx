import brand from '../brand.json';

export function SiteHeader() {
  return (
    <header className="site-header">
      <div className="site-header-inner">
        <a className="brand" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M8 9h16v3.6h-6.1V24h-3.8V12.6H8z" />
          </svg>
          <span>{brand.product}</span>
        </a>
        <nav aria-label="Main">
          <a href="/">New request</a>
          <a href="/ticket/">Your request</a>
        </nav>
      </div>
    </header>
  );
}
