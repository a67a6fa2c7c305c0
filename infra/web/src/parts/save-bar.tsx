// The bar that appears while something is unsaved, and the question before unsaved changes are left.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { guardLeaving } from "../router.ts";

type BarFrame = { dirty: boolean; busy: boolean; what: readonly string[]; onSave: () => void; onDiscard: () => void };

/** Ctrl S saves as the button does. `what` are sentences on what saving will do. */
export function SaveBar({ dirty, busy, what, onSave, onDiscard }: BarFrame) {
  const save = useRef<(() => void) | null>(null);
  save.current = dirty && !busy ? onSave : null;
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      save.current?.();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <span class="unseen" role="status">{dirty ? "There are unsaved changes" : ""}</span>
      {dirty && (
        <section class="save-bar" aria-label="Unsaved changes">
          <div>
            <b>Unsaved changes</b>
            <p>{what.join(". ")}</p>
          </div>
          <button type="button" class="plain" disabled={busy} onClick={onDiscard}>Discard</button>
          <button type="button" class="main" disabled={busy} aria-keyshortcuts="Control+S Meta+S" onClick={onSave}>{busy ? "Saving…" : "Save changes"}</button>
        </section>
      )}
      <LeaveGuard dirty={dirty} onLeave={onDiscard} />
    </>
  );
}

/** Asks before the page is left, and lets the browser ask before it is closed. */
function LeaveGuard({ dirty, onLeave }: { dirty: boolean; onLeave: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [leave, setLeave] = useState<(() => void) | null>(null);
  // With the bar, not a frame later: a click in between would be asked about changes that are saved.
  useLayoutEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    guardLeaving((way) => {
      setLeave(() => way);
      dialog.current?.showModal();
    });
    return () => {
      removeEventListener("beforeunload", warn);
      guardLeaving(null);
    };
  }, [dirty]);
  function discard() {
    dialog.current?.close();
    onLeave();
    leave?.();
  }
  return (
    <dialog ref={dialog} aria-labelledby="leave-title" onClose={() => setLeave(null)}>
      <h2 id="leave-title">Leave without saving?</h2>
      <p>Your changes to this page are not saved yet.</p>
      <p class="actions">
        <button type="button" class="main" onClick={() => dialog.current?.close()}>Stay</button>
        <button type="button" onClick={discard}>Discard and leave</button>
      </p>
    </dialog>
  );
}
