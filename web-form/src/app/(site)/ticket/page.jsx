import { ConversationPage } from '../../../components/conversation/ConversationPage';
import { NeedsScript } from '../../../components/NeedsScript';
import '../../../styles/support.css';
import '../../../styles/conversation.css';

export const metadata = { title: 'Your request' };

export default function Page() {
  return (
    <div className="page page-medium">
      <NeedsScript>It shows your conversation as answers arrive.</NeedsScript>
      <ConversationPage />
    </div>
  );
}
