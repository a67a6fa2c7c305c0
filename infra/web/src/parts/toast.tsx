// What went well, said for a moment, with a way back where there is one. It is never the only trace: the sync activity keeps it.
import { signal } from "@preact/signals";
import { Failed } from "../api.ts";

const SHOWN_MS = 8000;
type Undo = () => Promise<unknown>;
const said = signal<{ words: string; undo: Undo | undefined } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(words: string, undo?: Undo): void {
  said.value = { words, undo };
  count();
}

/** Anew from its whole time, once nobody points at it or has its button in focus. */
function count(): void {
  hold();
  timer = setTimeout(() => (said.value = null), SHOWN_MS);
}

const hold = (): void => clearTimeout(timer);

async function takeBack(undo: Undo): Promise<void> {
  said.value = null;
  try {
    await undo();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    say(`This could not be undone: ${error.message}`);
  }
}

export function Toast() {
  const { words, undo } = said.value ?? {};
  return (
    <div class="toast" role="status" onMouseEnter={hold} onMouseLeave={count} onFocusIn={hold} onFocusOut={count}>
      {words && <p>{words}{undo && <button type="button" class="plain" onClick={() => void takeBack(undo)}>Undo</button>}</p>}
    </div>
  );
}
