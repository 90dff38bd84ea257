/** Remembers whether this browser shows notices of hand-overs, and shows them. */

const KEY = 'console-notices';

/** `unsupported` where the browser has none, `denied` where its owner has forbidden them to this site. */
export type NoticeState = 'on' | 'off' | 'denied' | 'unsupported';

export function noticeState(): NoticeState {
  if (typeof window === 'undefined' || !('Notification' in window)) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  try {
    return Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on' ? 'on' : 'off';
  } catch {
    return 'off';
  }
}

/** Asks the browser for its permission where it was not given yet; to be called from a click. */
export async function switchNotices(isOn: boolean): Promise<NoticeState> {
  if (noticeState() === 'unsupported') return 'unsupported';
  if (isOn && Notification.permission === 'default') await Notification.requestPermission();
  try {
    localStorage.setItem(KEY, isOn ? 'on' : 'off');
  } catch {
    // Without storage it is off again after a reload.
  }
  return noticeState();
}

/** Shows one notice for each tag, however many tabs are open; a click leads to `hash` in this tab. */
export function showNotice(title: string, body: string, tag: string, hash: string): void {
  const notice = new Notification(title, { body, tag });
  notice.onclick = () => {
    window.focus();
    window.location.hash = hash;
    notice.close();
  };
}
