// What is shown this once, with a button that copies it.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

type Frame = { title: string; text: string; onDone: () => void; children: ComponentChildren };

/** It takes focus when it appears, so that nobody leaves without having heard of it. */
export function Once({ title, text, onDone, children }: Frame) {
  const box = useRef<HTMLElement>(null);
  const [said, say] = useState("");
  useEffect(() => box.current?.focus(), [text]);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
    } catch {
      say("Your browser did not let us copy it: select the text and copy it yourself.");
    }
  }
  return (
    <section class="once" ref={box} tabIndex={-1} aria-label={title}>
      <p><b>{title}</b></p>
      <div class="row">
        <code>{text}</code>
        <button type="button" class="main" onClick={() => void copy()}>Copy</button>
      </div>
      <p role="status">{said}</p>
      <p>{children}</p>
      <p class="actions"><button type="button" onClick={onDone}>Done</button></p>
    </section>
  );
}
