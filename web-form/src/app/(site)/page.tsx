import { NeedsScript } from '../../components/NeedsScript';
import { SupportPage } from '../../support/SupportPage';
import '../../styles/support.css';

export default function Page() {
  return (
    <div className="page support">
      <header className="page-head">
        <h1>How can we help?</h1>
        <p className="lead">
          Tell us what is going on. Most questions get an answer within minutes, and a person takes over whenever one is
          needed.
        </p>
        <NeedsScript>It sends your request from here.</NeedsScript>
      </header>
      <SupportPage />
    </div>
  );
}
