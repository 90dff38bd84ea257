import type { Metadata } from 'next';

import { NeedsScript } from '../../../components/NeedsScript';
import { ConversationPage } from '../../../conversation/ConversationPage';
import '../../../styles/support.css';
import '../../../styles/conversation.css';

export const metadata: Metadata = { title: 'Your request' };

export default function Page() {
  return (
    <div className="page page-medium">
      <NeedsScript>It shows your conversation as answers arrive.</NeedsScript>
      <ConversationPage />
    </div>
  );
}
