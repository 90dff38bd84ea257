import brand from '../brand.json';

export function SiteFooter() {
  return (
    <footer className="site-footer">
      <p>
        You can also write to <a href={`mailto:${brand.supportEmail}`}>{brand.supportEmail}</a>.
      </p>
    </footer>
  );
}
