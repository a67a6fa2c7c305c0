// Parts of the page that are loaded when they are first needed.
//
// The module of such a part imports `core.ts`: then it shares all that the first load has with every other part, and the
// bundler leaves that in one file. Without it, each set of modules that some parts share becomes a file of the first load.
import type { ComponentChild, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Page } from "./page.tsx";
import { Notice } from "./region.tsx";

const SKELETON = <div class="skeleton" role="status"><span class="unseen">Loading the page</span><i /><i /><i /></div>;

/**
 * A component by its file, with `meanwhile` in its place until that is there. It stands there at once when the file is there
 * already; `load` may be called ahead.
 */
export function later<P extends object>(fetch: () => Promise<ComponentType<P>>, meanwhile: ComponentChild = SKELETON): ComponentType<P> & { load: () => Promise<void> } {
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
    return missed ? <Missed /> : <>{meanwhile}</>;
  }
  return Object.assign(Later, { load });
}

/** A newer page may have replaced the files that this one knows. In place of a whole page it has a title, as every page. */
function Missed() {
  const [alone] = useState(() => !document.querySelector("h1"));
  const notice = (
    <Notice kind="error">
      <p><b>This part could not be loaded.</b> You may be offline, or Daybook was renewed meanwhile.</p>
      <p><button type="button" onClick={() => location.reload()}>Load the page again</button></p>
    </Notice>
  );
  return alone ? <Page title="Not loaded">{notice}</Page> : notice;
}
