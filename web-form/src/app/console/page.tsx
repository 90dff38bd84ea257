import type { Metadata } from 'next';

import { NeedsScript } from '../../components/NeedsScript';
import { Console } from '../../console/Console';
import '../../styles/console.css';
import '../../styles/console-detail.css';
import '../../styles/knowledge.css';
import '../../styles/charts.css';
import '../../styles/console-company.css';
import '../../styles/console-accounts.css';

export const metadata: Metadata = { title: 'Staff console' };

export default function Page() {
  return (
    <>
      <NeedsScript>It is the staff console.</NeedsScript>
      <Console />
    </>
  );
}
