import { Console } from '../../components/console/Console';
import { NeedsScript } from '../../components/NeedsScript';
import '../../styles/console.css';
import '../../styles/console-detail.css';
import '../../styles/charts.css';

export const metadata = { title: 'Staff console' };

export default function Page() {
  return (
    <>
      <NeedsScript>It is the staff console.</NeedsScript>
      <Console />
    </>
  );
}
