import brand from '../brand.json';
import { BrandMark } from './BrandMark';

export function SiteHeader() {
  return (
    <header className="site-header">
      <div className="site-header-inner">
        <a className="brand" href="/">
          <BrandMark />
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
