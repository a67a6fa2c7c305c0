// Pages that come in files of their own, fetched when they are wanted first.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./region.tsx";

/** A page by its file. It stands there at once when its file is there already; `load` may be called ahead. */
export function later<P extends object>(fetch: () => Promise<ComponentType<P>>): ComponentType<P> & { load: () => Promise<void> } {
  let found: ComponentType<P> | null = null;
  const load = async () => void (found ??= await fetch());
  function Later(props: P) {
    const [missed, miss] = useState(false);
    const [, show] = useState(0);
    // The file may have come between the first drawing and now: it is shown either way.
    useEffect(() => void load().then(() => show(1), () => miss(true)), []);
    if (found) {
      const Found = found;
      return <Found {...props} />;
    }
    return missed ? <Missed /> : <div class="skeleton" role="status"><span class="unseen">Loading the page</span><i /><i /><i /></div>;
  }
  return Object.assign(Later, { load });
}

/** A new build takes the files of the old one away; the page itself is then old as well. */
const Missed = () => (
  <Notice kind="warning">
    <p><b>This page could not be loaded.</b> There is no connection, or Daybook has been renewed meanwhile.</p>
    <p><button type="button" onClick={() => location.reload()}>Load it again</button></p>
  </Notice>
);
