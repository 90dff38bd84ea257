import { SiteFrame } from '../../components/SiteFrame';

export default function SiteLayout({ children }) {
  return <SiteFrame>{children}</SiteFrame>;
}
