// Parts of the page that are loaded when they are first needed.
//
// The module of such a part imports `main.tsx`: then it shares all that the first load has with every other part, and the
// bundler leaves that in one file. Without it, each set of modules that some parts share becomes a file of the first load.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Page } from "./page.tsx";
import { Notice } from "./region.tsx";

/** A component whose code comes with its first use; nothing is shown for the moment that takes. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [Loaded, set] = useState<ComponentType<P> | null>(() => known);
    const [failed, fail] = useState(false);
    useEffect(() => {
      if (known) return;
      load().then((found) => ((known = found), set(() => found)), () => fail(true));
    }, []);
    if (Loaded) return <Loaded {...props} />;
    return failed ? <Missing /> : null;
  };
}

/** A newer page may have replaced the files that this one knows. In place of a whole page it has a title, as every page. */
function Missing() {
  const [alone] = useState(() => !document.querySelector("h1"));
  const notice = (
    <Notice kind="error">
      <p><b>This part could not be loaded.</b> You may be offline, or Daybook was renewed meanwhile.</p>
      <p><button type="button" onClick={() => location.reload()}>Load the page again</button></p>
    </Notice>
  );
  return alone ? <Page title="Not loaded">{notice}</Page> : notice;
}
