// A button with a panel below it.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

type Frame = { button: ComponentChildren; children: ComponentChildren | ((close: () => void) => ComponentChildren) };

/** What is in the panel is made when it is first opened. Esc closes it and gives its button the focus, as `close` does; so does a click elsewhere, without the focus. */
export function Drop({ button, children }: Frame) {
  const drop = useRef<HTMLDetailsElement>(null);
  const [wanted, want] = useState(false);
  function close() {
    if (!drop.current) return;
    drop.current.open = false;
    drop.current.querySelector("summary")?.focus();
  }
  useEffect(() => {
    const outside = (event: Event) => {
      if (drop.current?.open && event.target instanceof Node && !drop.current.contains(event.target)) drop.current.open = false;
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key === "Escape" && drop.current?.open) close();
    };
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
      removeEventListener("keydown", escape);
    };
  }, []);
  return (
    <details class="drop" ref={drop}>
      <summary class="button" onClick={() => want(true)}>{button}<Icon name="down" size={16} /></summary>
      {wanted && <div class="panel">{typeof children === "function" ? children(close) : children}</div>}
    </details>
  );
}
