// What went well, said for a moment. It is never the only trace: the sync activity keeps it.
import { signal } from "@preact/signals";

const SHOWN_MS = 8000;
const text = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(words: string): void {
  text.value = words;
  clearTimeout(timer);
  timer = setTimeout(() => (text.value = ""), SHOWN_MS);
}

export const Toast = () => <div class="toast" role="status">{text.value && <p>{text}</p>}</div>;
